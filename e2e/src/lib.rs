//! Tests across processes: the whole system as a user meets it.
