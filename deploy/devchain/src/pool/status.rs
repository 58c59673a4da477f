//! What a transaction's sender is told, and why a transaction is refused.

use crate::runtime::Hash;
use serde::Serialize;
use sp_runtime::transaction_validity::{InvalidTransaction, UnknownTransaction};

/// A step in a transaction's life, named as a Substrate node names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TransactionStatus {
    /// Waits for an earlier one of its account.
    Future,
    /// May go into the next block.
    Ready,
    /// Included in this block.
    #[serde(serialize_with = "block_hash_only")]
    InBlock(Position),
    /// The block left the best chain; the transaction waits again.
    Retracted(Hash),
    /// Its block is final. The last status.
    #[serde(serialize_with = "block_hash_only")]
    Finalized(Position),
    /// Replaced by this transaction of the same account and nonce. The last status.
    Usurped(Hash),
    /// Left out because the pool is full or closed. The last status.
    Dropped,
    /// No longer valid. The last status.
    Invalid,
}

impl TransactionStatus {
    /// Whether no status follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Finalized(_) | Self::Usurped(_) | Self::Dropped | Self::Invalid)
    }
}

/// Where a transaction was included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Hash of the block.
    pub block: Hash,
    /// Place in the block's body, from 0 (the timestamp).
    pub index: u32,
}

fn block_hash_only<S: serde::Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    position.block.serialize(serializer)
}

/// Why the pool refused a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The bytes are no extrinsic of this chain.
    #[error("the bytes are no extrinsic of this chain: {0}")]
    BadFormat(String),
    /// The runtime calls it invalid.
    #[error("invalid transaction: {}", invalid_reason(.0))]
    Invalid(InvalidTransaction),
    /// The runtime cannot tell.
    #[error("the transaction's validity is unknown: {0:?}")]
    Unknown(UnknownTransaction),
    /// It failed as invalid a moment ago.
    #[error("the transaction is temporarily banned: it was found invalid a moment ago")]
    TemporarilyBanned,
    /// It is in the pool.
    #[error("the transaction {0:?} is already in the pool")]
    AlreadyImported(Hash),
    /// Another one of the same account and nonce has no lower priority.
    #[error("priority {new} is too low to replace a pending transaction of priority {old}")]
    TooLowPriority {
        /// Priority of the pending transaction.
        old: u64,
        /// Priority of the refused one.
        new: u64,
    },
    /// The pool is full.
    #[error("the pool is full")]
    ImmediatelyDropped,
    /// The chain itself failed.
    #[error("the chain could not check the transaction: {0}")]
    Chain(String),
}

/// The runtime's reason in words, as a Substrate node gives it.
pub fn invalid_reason(invalid: &InvalidTransaction) -> String {
    match invalid {
        InvalidTransaction::Custom(code) => format!("Custom error: {code}"),
        known => <&'static str>::from(*known).to_owned(),
    }
}
