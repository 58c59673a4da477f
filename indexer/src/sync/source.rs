//! Where blocks come from.

use crate::{Error, Result};
use bizkey_primitives::{events::Event, AccountId};
use futures::stream::BoxStream;
use std::ops::RangeInclusive;

/// A block's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
    /// Number.
    pub number: u32,
    /// Hash.
    pub hash: [u8; 32],
}

/// The ends of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The highest final block.
    pub finalized: BlockRef,
    /// The block that the node builds on: `finalized` or a descendant, unless
    /// it moved between two questions.
    pub best: BlockRef,
}

/// An event of one of the suite's contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// Its position among all events of the block.
    pub index: u32,
    /// The contract that emitted it.
    pub contract: AccountId,
    /// The event.
    pub event: Event,
}

/// A block, as far as the suite is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Number.
    pub number: u32,
    /// Hash.
    pub hash: [u8; 32],
    /// Hash of the block before it.
    pub parent_hash: [u8; 32],
    /// Block time, Unix milliseconds.
    pub timestamp_ms: u64,
    /// The suite's events, in the order of the block.
    pub events: Vec<ContractEvent>,
}

impl Block {
    /// About how much memory it takes, bytes.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |event: &ContractEvent| match &event.event {
            Event::BatchRecorded(batch) => batch.payload.len(),
            Event::RewardsPaid(paid) => std::mem::size_of_val(paid.rewards.as_slice()),
            _ => 0,
        };
        let events: usize = self.events.iter().map(bytes).sum();
        events + std::mem::size_of_val(self.events.as_slice())
    }
}

/// A chain. Errors are [`Error::Source`].
#[async_trait::async_trait]
pub trait BlockSource: Send + Sync + 'static {
    /// What to call it in messages.
    fn name(&self) -> &str;
    /// The chain's ends now.
    async fn heads(&self) -> Result<Heads>;
    /// The hash of a block of the best chain; `None` past its end.
    async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>>;
    /// As [`Self::block_hash`], of several blocks in one question.
    async fn block_hashes(&self, numbers: RangeInclusive<u32>) -> Result<Vec<Option<[u8; 32]>>>;
    /// The hash of the block before this one.
    async fn parent_hash(&self, hash: [u8; 32]) -> Result<[u8; 32]>;
    /// A block by its hash, whether on the best chain or not.
    async fn block(&self, hash: [u8; 32]) -> Result<Block>;
    /// A word whenever one of the ends may have moved.
    async fn subscribe(&self) -> Result<BoxStream<'static, Result<()>>>;
}

/// An error of a source.
pub fn source_error(what: impl Into<String>, cause: impl std::fmt::Display) -> Error {
    Error::Source { what: what.into(), cause: cause.to_string() }
}
