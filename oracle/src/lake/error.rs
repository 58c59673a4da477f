//! Why an epoch of the lake cannot be scored.

use crate::scoring::ScoringError;
use bizkey_primitives::Epoch;
use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use std::path::{Path, PathBuf};

/// What went wrong. What was carried before stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The epoch cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// Reading or computing failed.
    #[error("epoch {epoch} of the lake cannot be computed: {cause}")]
    Plan {
        /// The epoch.
        epoch: Epoch,
        /// What DataFusion says.
        #[source]
        cause: Box<DataFusionError>,
    },
    /// The manifest is of another epoch than the facts.
    #[error("the manifest is of epoch {manifest}, the facts are of epoch {facts}: give both of the same epoch")]
    OtherEpoch {
        /// The manifest's.
        manifest: Epoch,
        /// The facts'.
        facts: Epoch,
    },
    /// The files hold other rows than the manifest names.
    #[error("the files of epoch {epoch} {what}: verify the lake, and write the epoch again")]
    Files {
        /// The epoch.
        epoch: Epoch,
        /// How they differ.
        what: String,
    },
    /// The state cannot be read or written.
    #[error("the state at {path} cannot be used ({cause}); if it was altered, delete the folder: it is rebuilt from the lake")]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The state holds something else than was written there.
    #[error(
        "{path}{} holds other rows than were written: it was altered; delete the state's folder: it is rebuilt from the lake",
        .part.map_or_else(String::new, |part| format!(", part {part},"))
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The part of its rows, if it is read part by part.
        part: Option<usize>,
    },
    /// The state is of another network.
    #[error("the state at {path} is of a network with another {field}: give a folder of its own with --state")]
    OtherNetwork {
        /// The state's folder.
        path: PathBuf,
        /// The first figure that differs.
        field: &'static str,
    },
    /// A process of the cluster sees another state than whoever scores.
    #[error(
        "the state at {path} after epoch {epoch} has the digest {found}, whoever scores has {expected}: \
         have both see the same folder"
    )]
    OtherState {
        /// The state's folder.
        path: PathBuf,
        /// The last epoch of the state.
        epoch: Epoch,
        /// The digest that it has to have.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// The lake is nowhere that a cluster can reach by a URL.
    #[error("a cluster cannot read the lake at that {scheme} address: {cause}")]
    Address {
        /// The scheme of its URL: the rest may hold secrets.
        scheme: String,
        /// Why not, and what can be given instead.
        cause: String,
    },
}

/// Result of scoring over the lake.
pub type Result<T, E = LakeError> = std::result::Result<T, E>;

impl LakeError {
    /// Of a plan. What is wrong with the state is no matter of the plan's, but
    /// comes out of it wrapped, and shared by all that waited for it.
    pub(super) fn plan(epoch: Epoch) -> impl Fn(DataFusionError) -> Self {
        move |cause| {
            if let DataFusionError::External(root) = cause.find_root() {
                if let Some(Self::Altered { path, part }) = root.downcast_ref() {
                    return Self::Altered { path: path.clone(), part: *part };
                }
            }
            Self::Plan { epoch, cause: Box::new(cause) }
        }
    }

    pub(super) fn state(path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::State { path: path.to_owned(), cause: cause.to_string() }
    }
}

/// An error of ours inside a plan.
pub(super) fn within(error: LakeError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// An error of Arrow or Parquet at a file of the state.
pub(super) fn at(path: &Path) -> impl Fn(FileError) -> LakeError + '_ {
    move |error| LakeError::state(path, error)
}

/// What can fail at a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Content(String),
}
