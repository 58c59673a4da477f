//! Errors of the block store.

use std::path::PathBuf;

/// Why blocks or state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder, or the file in it, cannot be made.
    #[error("cannot create the chain's data in the folder {path}: {source}")]
    Folder {
        /// The folder asked for.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The database refused or failed.
    #[error("the chain's database: {0} (is another process using the same data folder?)")]
    Database(#[source] Box<redb::Error>),
    /// A stored value does not decode.
    #[error("the chain's database holds a value that does not decode: {0}")]
    Decode(#[from] codec::Error),
    /// The file was written by another version of this program.
    #[error("the chain's data has layout version {found}, this program reads {expected}: use a new data folder")]
    Layout {
        /// The version in the file.
        found: u32,
        /// The version of this program.
        expected: u32,
    },
    /// A block's ancestors are not all there.
    #[error("block {0:?} is not stored, so the chain cannot be led through it")]
    Detached(crate::runtime::Hash),
    /// The store was closed by a shutdown.
    #[error("the chain has been shut down")]
    Closed,
}

macro_rules! from_redb {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        })*
    };
}

from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError,
    redb::SetDurabilityError
);
