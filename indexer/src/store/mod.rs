//! The database: SQLite or PostgreSQL, chosen by URL when a program starts.
//! All SQL of the indexer is in this folder, one text for both databases.

mod change_log;
pub(crate) mod codes;
mod connect;
mod copy;
mod database;
mod indexes;
mod insert;
mod ledger;
pub(crate) mod read;
mod relations;
pub(crate) mod sql;
pub(crate) mod write;

pub use connect::Store;
pub use write::Applied;
