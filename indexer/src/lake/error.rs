//! Why an epoch could not be written to the lake, or not be read from it.

use bizkey_primitives::Epoch;
use parquet::errors::ParquetError;

/// What went wrong with the lake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no folder and no object store that this program knows.
    #[error("the lake's URL (scheme `{scheme}`) cannot be used: {cause}; give a folder, file:///FOLDER, or, in a program built with the feature `aws`, s3://BUCKET/PREFIX")]
    Url {
        /// The scheme only: the rest may hold credentials.
        scheme: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The folder or object store failed.
    #[error("the lake failed at {what}: {cause}")]
    Objects {
        /// What was being done.
        what: String,
        /// What the object store said.
        #[source]
        cause: object_store::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] crate::Error),
    /// Parquet could not be made of the rows.
    #[error("rows could not be written as Parquet: {0}")]
    Encoding(#[from] ParquetError),
    /// The lake holds another network than the one configured.
    #[error("the lake holds a network with another {field}: give it a place of its own")]
    OtherNetwork {
        /// The first figure that differs.
        field: &'static str,
    },
    /// The lake was written in a format that this program does not know.
    #[error("{path} is of format {found}, this program reads format {known}: use the program that wrote it")]
    Format {
        /// The object.
        path: String,
        /// The format it names.
        found: u32,
        /// The one format that this program knows.
        known: u32,
    },
    /// An object that describes the lake cannot be read.
    #[error("{path} cannot be read ({cause}): it was altered, or cut short by a power cut; delete it, and it is written again")]
    Unreadable {
        /// The object.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Final blocks do not close the epoch yet.
    #[error("epoch {0} is not over: it can be written once a later block is final")]
    Open(Epoch),
    /// The epoch has no manifest.
    #[error("epoch {0} is not in the lake: it has no manifest")]
    NotWritten(Epoch),
    /// The epoch has a manifest that says something else than the rows do.
    #[error("the manifest of epoch {epoch} has another {field} than the rows: the database or the lake was altered; index the chain again into an empty database, and write a new lake")]
    ManifestDiffers {
        /// The epoch.
        epoch: Epoch,
        /// The first figure that differs.
        field: &'static str,
    },
    /// A part is not what its manifest says.
    #[error(
        "{path} {what}: the lake was altered; restore it, or delete the epoch's manifest, and it is written again"
    )]
    Part {
        /// The part, or the manifest where it contradicts itself.
        path: String,
        /// How it differs.
        what: String,
    },
    /// Receipts are missing from the rows.
    #[error("epoch {epoch} has receipt {found} where {expected} was due: the database was altered; index the chain again into an empty database")]
    Gap {
        /// The epoch.
        epoch: Epoch,
        /// The number due; numbers have no gaps.
        expected: u64,
        /// The number that came; 0 if none did.
        found: u64,
    },
}

/// Result of the lake.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether trying again can help: a disk or an object store that is away
    /// comes back; a contradiction stays one.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Store(error) => error.is_transient(),
            Error::Objects { cause, .. } => !matches!(
                cause,
                object_store::Error::InvalidPath { .. }
                    | object_store::Error::NotSupported { .. }
                    | object_store::Error::NotImplemented { .. }
                    | object_store::Error::UnknownConfigurationKey { .. }
            ),
            _ => false,
        }
    }
}

/// Adds what was being done to an error of the object store.
pub(super) fn at<'w>(
    what: &'static str,
    path: &'w impl std::fmt::Display,
) -> impl FnOnce(object_store::Error) -> Error + 'w {
    move |cause| Error::Objects { what: format!("{what} {path}"), cause }
}
