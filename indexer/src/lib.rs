//! Chain events into a database, and the REST API over it.
