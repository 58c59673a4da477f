//! Why the indexer stopped, or could not answer.

use bizkey_primitives::{AccountId, Epoch};

/// What went wrong in the indexer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chain's endpoint failed, answered nonsense or took too long. Tried again.
    #[error("the chain did not give {what}: {cause}")]
    Source {
        /// What was asked for.
        what: String,
        /// What the source said.
        cause: String,
    },
    /// The database failed.
    #[error("the database failed at {what}: {cause}")]
    Database {
        /// What was being done.
        what: &'static str,
        /// What the driver said.
        #[source]
        cause: sqlx::Error,
    },
    /// The tables could not be brought to the version of this program.
    #[error("the database's tables cannot be brought up to date: {0}; was it written by a later version?")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The URL names a database that is not supported.
    #[error("unknown database `{0}`: use sqlite://PATH or postgres://USER@HOST/NAME")]
    UnknownDatabase(String),
    /// The database holds another network than the one configured.
    #[error("the database follows a network with another {field}: give it a database of its own")]
    OtherNetwork {
        /// The first figure that differs.
        field: &'static str,
    },
    /// An earlier version, which kept less of each block, stored blocks.
    #[error("the database's blocks up to {number} were indexed by an earlier version, which kept less of them: index the chain again into an empty database, or go on with that version; nothing was changed")]
    Incomplete {
        /// The highest of them.
        number: u32,
    },
    /// Too many epochs wait for their scores to be kept.
    #[error("scores are kept from epoch {next} on only once they are made, and the chain is in epoch {now}: ask again when the index has caught up")]
    ScoresBehind {
        /// The first epoch whose scores are not kept.
        next: Epoch,
        /// The epoch of the last stored block.
        now: Epoch,
    },
    /// The board set an algorithm that this program does not know.
    #[error(
        "epoch {epoch} is scored by algorithm version {version}, which this program does not know: update the program"
    )]
    UnknownAlgorithm {
        /// The epoch.
        epoch: Epoch,
        /// The version that scores it.
        version: u16,
    },
    /// The checkpoint's block is not on the chain.
    #[error("stored block {number} ({stored}) is not on this chain, which has {found}: wrong chain, or a database of another one")]
    OtherChain {
        /// The checkpoint.
        number: u32,
        /// Its hash as stored.
        stored: String,
        /// The chain's hash of that number.
        found: String,
    },
    /// A block does not continue the one stored before it.
    #[error("block {number} names {found} as its parent, but block {} is stored as {stored}: the endpoint does not keep to one chain", number.saturating_sub(1))]
    ParentMismatch {
        /// The block.
        number: u32,
        /// Hash of the stored block before it.
        stored: String,
        /// The parent that the block names.
        found: String,
    },
    /// A block came out of order.
    #[error("block {found} came where block {expected} was due")]
    WrongBlock {
        /// The number that continues the stored blocks.
        expected: u32,
        /// The number that came.
        found: u32,
    },
    /// A final block was to be undone.
    #[error("block {number} is final and cannot be undone: the endpoint is wrong")]
    Final {
        /// The highest final block.
        number: u32,
    },
    /// A block that is not stored was to become final.
    #[error("block {number} ({hash}) became final, but it is not stored: the endpoint is wrong")]
    NotStored {
        /// Its number.
        number: u32,
        /// Its hash.
        hash: String,
    },
    /// Time stamps of blocks never go back.
    #[error("block {number} is stamped before its parent")]
    TimeWentBack {
        /// The block.
        number: u32,
    },
    /// An event contradicts the rows: an earlier block was missed or altered.
    #[error("event {event} of block {number}: {what}; index the chain again into an empty database")]
    Inconsistent {
        /// The block.
        number: u32,
        /// Position of the event in it.
        event: u32,
        /// The contradiction.
        what: String,
    },
    /// A stored figure does not fit its type: the database was altered.
    #[error("column {column} holds {value}, which no indexer writes: the database was altered")]
    Altered {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
}

/// Result of the indexer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether trying again can help: an endpoint or a database that is away
    /// comes back; a contradiction stays one.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Source { .. } => true,
            Error::Database { cause, .. } => match cause {
                sqlx::Error::Database(cause) => {
                    !(cause.is_unique_violation() || cause.is_check_violation() || is_missing_table(cause.as_ref()))
                }
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => true,
                _ => false,
            },
            _ => false,
        }
    }
}

impl Error {
    /// Whether another endpoint may do better: what this one said is not of the
    /// chain that is stored.
    #[must_use]
    pub fn blames_source(&self) -> bool {
        matches!(
            self,
            Error::OtherChain { .. }
                | Error::ParentMismatch { .. }
                | Error::WrongBlock { .. }
                | Error::TimeWentBack { .. }
                | Error::Final { .. }
                | Error::NotStored { .. }
        )
    }
}

/// PostgreSQL's `undefined_table`; SQLite has no code of its own for it.
fn is_missing_table(cause: &dyn sqlx::error::DatabaseError) -> bool {
    cause.code().as_deref() == Some("42P01")
}

/// Adds what was being done to an error of the database.
pub(crate) trait During<T> {
    /// `what` is a noun phrase.
    fn during(self, what: &'static str) -> Result<T>;
}

impl<T> During<T> for std::result::Result<T, sqlx::Error> {
    fn during(self, what: &'static str) -> Result<T> {
        self.map_err(|cause| Error::Database { what, cause })
    }
}

/// A balance that would go below zero.
pub(crate) fn overdrawn(number: u32, event: u32, account: &AccountId) -> Error {
    let what = format!("the balance of {} would pass its bounds", crate::model::hex(account.as_ref()));
    Error::Inconsistent { number, event, what }
}

/// An event that may only happen after genesis, in a block before it.
pub(crate) fn before_genesis(number: u32, event: u32) -> Error {
    Error::Inconsistent { number, event, what: "it happened before genesis".into() }
}

/// An event whose figures contradict the rows.
pub(crate) fn contradiction(number: u32, event: u32, what: impl Into<String>) -> Error {
    Error::Inconsistent { number, event, what: what.into() }
}

/// An event of an epoch that has no row.
pub(crate) fn unknown_epoch(number: u32, event: u32, epoch: Epoch) -> Error {
    Error::Inconsistent { number, event, what: format!("epoch {epoch} is not known") }
}
