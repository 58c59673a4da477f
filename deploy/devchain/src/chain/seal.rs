//! Making blocks on top of the best one.

use super::{Chain, Head};
use crate::{
    block_builder::{ApplyError, BlockBuilder, BuiltBlock, Origin},
    error::Error,
    pool::{Position, Ready},
    runtime::{BlockNumber, Hash},
    store::{NewBlock, Persist},
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use std::sync::Arc;

/// How many transactions one block tries at most.
const MAX_TRIED: usize = 16_384;
/// After so many transactions that do not fit, the block counts as full.
const MAX_UNFIT: usize = 8;
/// Blocks that a long row of them writes to disk at once.
const BLOCKS_A_WRITE: u32 = 256;

/// A sealed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockInfo {
    /// Position in the chain.
    pub number: BlockNumber,
    /// Hash of the header.
    pub hash: Hash,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
    /// Extrinsics in the body, the timestamp among them.
    pub extrinsics: u32,
}

/// A block that is built and not yet part of the chain.
pub(super) struct Draft {
    pub(super) block: BuiltBlock,
    pub(super) timestamp_ms: u64,
    /// The transactions it took, with their places in the body.
    pub(super) included: Vec<(Hash, Position)>,
}

impl Draft {
    pub(super) fn head(&self) -> Head {
        Head { hash: self.block.hash, header: Arc::new(self.block.header.clone()), timestamp_ms: self.timestamp_ms }
    }

    pub(super) fn info(&self) -> BlockInfo {
        BlockInfo {
            number: self.block.header.number,
            hash: self.block.hash,
            timestamp_ms: self.timestamp_ms,
            extrinsics: u32::try_from(self.block.body.len()).unwrap_or(u32::MAX),
        }
    }

    /// What the store writes; the draft keeps all but the trie nodes.
    pub(super) fn for_store(&mut self) -> NewBlock<'_> {
        let nodes = std::mem::take(&mut self.block.nodes);
        NewBlock { hash: self.block.hash, header: &self.block.header, body: &self.block.body, nodes }
    }
}

impl Chain {
    /// Seals one block of the ready transactions. Without any that can be
    /// included no block is made, unless `even_empty`.
    ///
    /// # Errors
    /// When the block cannot be built or written.
    pub(crate) fn seal(&self, even_empty: bool) -> Result<Option<BlockInfo>, Error> {
        let ready = self.ready();
        if ready.is_empty() && !even_empty {
            return Ok(None);
        }
        let draft = self.draft(&self.best(), Origin::Best, &ready, || {})?;
        if draft.included.is_empty() && !even_empty {
            return Ok(None);
        }
        self.append(draft, Persist::Now).map(Some)
    }

    /// Seals `count` blocks, the clock put forward by `interval_ms` before each
    /// but the first. Writes to disk now and then; all of it at the end.
    ///
    /// # Errors
    /// As [`Chain::seal`]; the blocks before the failing one stay.
    pub(crate) fn seal_many(&self, count: u32, interval_ms: u64) -> Result<Vec<BlockInfo>, Error> {
        let mut infos = Vec::new();
        for index in 0..count {
            if index > 0 && interval_ms > 0 {
                self.clock.set(self.clock.get().advanced(interval_ms));
            }
            let last = index.saturating_add(1) == count;
            let persist =
                if last || index % BLOCKS_A_WRITE == BLOCKS_A_WRITE - 1 { Persist::Now } else { Persist::Later };
            let draft = self.draft(&self.best(), Origin::Best, &self.ready(), || {})?;
            infos.push(self.append(draft, persist)?);
        }
        Ok(infos)
    }

    /// Seals one block without transactions after `change` has changed the state.
    ///
    /// # Errors
    /// As [`Chain::seal`], or when `change` panics.
    pub(crate) fn seal_change(&self, change: impl FnOnce()) -> Result<BlockInfo, Error> {
        let draft = self.draft(&self.best(), Origin::Best, &[], change)?;
        self.append(draft, Persist::Now)
    }

    /// The transactions that the next block tries.
    fn ready(&self) -> Vec<Ready> {
        self.metrics.choose.time(|| self.pool.ready(MAX_TRIED))
    }

    /// Builds a block after `parent`: `change` first, then what fits of
    /// `transactions`. Transactions that can never be included are taken out of
    /// the pool.
    pub(super) fn draft(
        &self,
        parent: &Head,
        origin: Origin,
        transactions: &[Ready],
        change: impl FnOnce(),
    ) -> Result<Draft, Error> {
        let timestamp_ms = self.clock.get().now_ms().max(parent.timestamp_ms.saturating_add(1));
        let begin = || BlockBuilder::begin(&self.states, parent.hash, &parent.header, timestamp_ms, origin);
        let mut builder = self.metrics.begin.time(begin)?;
        builder.change(change)?;
        let included = self.fill(&mut builder, transactions);
        let block = self.metrics.finish.time(|| builder.finish())?;
        let included = included
            .into_iter()
            .map(|(hash, index)| {
                let block = block.hash;
                (hash, Position { block, index })
            })
            .collect();
        Ok(Draft { block, timestamp_ms, included })
    }

    /// Makes `draft` the best block.
    fn append(&self, mut draft: Draft, persist: Persist) -> Result<BlockInfo, Error> {
        let (heads, finalized) = self.heads_after(std::slice::from_ref(&draft.head()), 0)?;
        let stored = self.stored(&heads);
        self.metrics.commit.time(|| self.store.commit(vec![draft.for_store()], stored, persist))?;
        self.publish(heads, &[], &[draft.head()]);
        self.metrics.settle.time(|| {
            let future = self.pool.block_sealed(draft.block.header.number, &draft.included);
            self.pool.blocks_finalized(&finalized);
            self.recheck(future);
            self.release_delayed();
        });
        Ok(draft.info())
    }

    /// Applies `transactions` while they fit; returns those included with
    /// their places in the body.
    fn fill(&self, builder: &mut BlockBuilder, transactions: &[Ready]) -> Vec<(Hash, u32)> {
        let mut included = Vec::new();
        let mut unfit = 0_usize;
        for transaction in transactions {
            if unfit >= MAX_UNFIT {
                break;
            }
            let index = u32::try_from(builder.len()).unwrap_or(u32::MAX);
            match self.metrics.execute.time(|| builder.apply(&transaction.bytes)) {
                Ok(_) => included.push((transaction.hash, index)),
                Err(ApplyError::Refused(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources))) => {
                    // What does not fit an empty block never will.
                    if included.is_empty() {
                        self.pool.invalidate(&transaction.hash);
                        continue;
                    }
                    unfit = unfit.saturating_add(1);
                }
                // Behind one that did not fit or was taken out; it stays. Counted
                // too, else a long queue of one account would be tried in vain.
                Err(ApplyError::Refused(TransactionValidityError::Invalid(InvalidTransaction::Future))) => {
                    unfit = unfit.saturating_add(1)
                }
                Err(error) => {
                    tracing::debug!(hash = ?transaction.hash, %error, "transaction left out");
                    self.pool.invalidate(&transaction.hash);
                }
            }
        }
        included
    }
}
