//! Errors of the chain's public interface.

use crate::{
    block_builder::BuildError,
    pool::PoolError,
    runtime::{Balance, Hash, EXISTENTIAL_DEPOSIT},
    state::RuntimePanic,
    store::{ArchiveError, StoreError},
    workers::WorkersGone,
};
use std::path::PathBuf;

/// What can go wrong with a chain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Blocks or state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The genesis configuration breaks a rule of the runtime.
    #[error("the genesis configuration is refused: {0}")]
    Genesis(String),
    /// The data folder belongs to another chain.
    #[error("the data folder holds the chain {stored:?}, the configuration makes {configured:?}: use the same endowed accounts or a new folder")]
    GenesisMismatch {
        /// Genesis hash in the folder.
        stored: Hash,
        /// Genesis hash of the configuration.
        configured: Hash,
    },
    /// The store lacks something that is always written.
    #[error("the chain's data is damaged: {0}")]
    Damaged(&'static str),
    /// A chain cannot be loaded over another.
    #[error("the data folder holds the chain {0:?} already: load the dump into a new folder")]
    NotEmpty(Hash),
    /// A dump's file cannot be opened.
    #[error("cannot open the dump {path}: {source}")]
    DumpFile {
        /// The file asked for.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A dump could not be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A reorganisation cannot undo final blocks.
    #[error(
        "{depth} blocks cannot be undone, only the {available} newest are not final: raise the finality lag first"
    )]
    TooDeep {
        /// The depth asked for.
        depth: u32,
        /// The deepest that is possible.
        available: u32,
    },
    /// A reorganisation needs new blocks.
    #[error("a reorganisation needs at least one new block")]
    NoBlocks,
    /// No such snapshot.
    #[error("there is no snapshot {0}: it was never taken, or an earlier one was gone back to")]
    UnknownSnapshot(u32),
    /// An account cannot own so little.
    #[error("a balance of {0} is below the existential deposit of {EXISTENTIAL_DEPOSIT}: use 0 or more than that")]
    BelowExistentialDeposit(Balance),
    /// No such block.
    #[error("block {0} not found")]
    UnknownBlock(String),
    /// A block could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The runtime stopped with a panic.
    #[error(transparent)]
    Runtime(#[from] RuntimePanic),
    /// A state could not be read.
    #[error("the state could not be read: {0}")]
    State(String),
    /// The pool refused a transaction.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A submitted transaction will not be included.
    #[error("the transaction was not included: {0}")]
    NotIncluded(&'static str),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
    /// The server could not listen.
    #[error("the JSON-RPC server cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Two RPC methods have one name; an error of this program.
    #[error("the JSON-RPC methods clash: {0}")]
    Methods(#[from] jsonrpsee::core::RegisterMethodError),
    /// The chain has been shut down.
    #[error("the chain has been shut down")]
    Stopped,
}

impl From<WorkersGone> for Error {
    fn from(_: WorkersGone) -> Self {
        Self::Stopped
    }
}
