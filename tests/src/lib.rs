//! Tests across contracts, on the in-process chain with the real bundles.
