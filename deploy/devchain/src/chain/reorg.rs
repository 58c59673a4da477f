//! Injected reorganisations: the newest blocks give way to others.

use super::{seal::Draft, BlockInfo, Chain, Head};
use crate::{
    block_builder::{decode_extrinsic, Origin},
    error::Error,
    pool::{Included, PoolError, Position, Ready, TransactionStatus},
    runtime::{Hash, Hashing},
    store::{EncodedExtrinsic, Persist},
};
use sp_runtime::traits::Hash as _;
use std::collections::HashMap;

/// What becomes of the transactions of the blocks that leave the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetractedTransactions {
    /// The new blocks take them again as far as they are still valid and fit.
    #[default]
    Include,
    /// They wait in the pool; the new blocks are without them.
    Return,
    /// They are lost, as if no miner had ever seen them.
    Drop,
}

/// A reorganisation.
#[derive(Clone, Debug)]
pub struct Reorg {
    /// How many blocks leave the chain; they must not be final.
    pub depth: u32,
    /// How many new blocks come in their place, at least one; one more than
    /// left, if not given, as the longest chain wins.
    pub blocks: Option<u32>,
    /// What becomes of the transactions of the blocks that leave.
    pub transactions: RetractedTransactions,
    /// Encoded extrinsics (length prefix included) that the first new block
    /// takes before all others: a payment to somebody else, for example.
    pub include: Vec<EncodedExtrinsic>,
}

impl Chain {
    /// Carries out `reorg`; returns the new blocks, oldest first. Followers see
    /// the old branch leave and the whole new branch join in one step.
    ///
    /// # Errors
    /// [`Error::TooDeep`] when fewer blocks can be undone, [`Error::NoBlocks`]
    /// for a reorganisation without new blocks, or when a block cannot be built
    /// or written; the chain is then as it was.
    pub(crate) fn reorg(&self, reorg: &Reorg) -> Result<Vec<BlockInfo>, Error> {
        let count = reorg.blocks.unwrap_or_else(|| reorg.depth.saturating_add(1));
        if count == 0 {
            return Err(Error::NoBlocks);
        }
        let (undone, ancestor) = self.tip(reorg.depth)?;
        let retracted = self.transactions_of(&undone)?;
        let mut waiting: Vec<Ready> = reorg.include.iter().map(|bytes| ready(bytes)).collect();
        if reorg.transactions == RetractedTransactions::Include {
            waiting.extend(retracted.iter().cloned());
        }
        let mut drafts: Vec<Draft> = Vec::new();
        let mut parent = ancestor;
        for _ in 0..count {
            let siblings = self.hashes_at(parent.header.number.saturating_add(1))?.len();
            // States of drafts are not stored yet, so a row of them is written
            // block by block, off the chain.
            let draft =
                self.draft(&parent, Origin::Fork(u32::try_from(siblings).unwrap_or(u32::MAX)), &waiting, || {})?;
            parent = draft.head();
            waiting.retain(|transaction| !draft.included.iter().any(|(hash, _)| *hash == transaction.hash));
            let mut draft = draft;
            self.store.add(draft.for_store())?;
            drafts.push(draft);
        }
        let new: Vec<Head> = drafts.iter().map(Draft::head).collect();
        let (heads, finalized) = self.heads_after(&new, undone.len())?;
        self.store.commit(Vec::new(), self.stored(&heads), Persist::Now)?;
        self.publish(heads, &undone, &new);
        self.give_back(&undone, retracted, &drafts, reorg.transactions);
        self.pool.blocks_finalized(&finalized);
        self.recheck(self.pool.pending());
        self.release_delayed();
        Ok(drafts.iter().map(Draft::info).collect())
    }

    /// The transactions of `blocks` (newest first) in the order in which they
    /// were carried out, what the blocks' author put in himself left out.
    fn transactions_of(&self, blocks: &[Head]) -> Result<Vec<Ready>, Error> {
        let mut transactions = Vec::new();
        for block in blocks.iter().rev() {
            let (_, body) = self.block(&block.hash)?.ok_or_else(|| Error::UnknownBlock(format!("{:?}", block.hash)))?;
            let signed =
                body.iter().filter(|bytes| decode_extrinsic(bytes).is_ok_and(|extrinsic| extrinsic.is_signed()));
            transactions.extend(signed.map(|bytes| ready(bytes)));
        }
        Ok(transactions)
    }

    /// Tells those who follow the transactions of `undone` what became of them,
    /// and puts back into the pool what has to wait again.
    fn give_back(&self, undone: &[Head], retracted: Vec<Ready>, drafts: &[Draft], fate: RetractedTransactions) {
        let hashes: Vec<Hash> = undone.iter().map(|head| head.hash).collect();
        let mut followed: HashMap<Hash, Included> =
            self.pool.blocks_retracted(&hashes).into_iter().map(|included| (included.hash, included)).collect();
        let mut included: HashMap<Hash, Position> = HashMap::new();
        for draft in drafts {
            included.extend(draft.included.iter().copied());
            // Those of the pool that the new blocks took.
            self.pool.block_sealed(draft.block.header.number, &draft.included);
        }
        for transaction in retracted {
            let follower = followed.remove(&transaction.hash).unwrap_or_else(|| Included::unfollowed(transaction.hash));
            if let Some(position) = included.get(&transaction.hash) {
                self.pool.reinclude(follower, *position);
            } else if fate == RetractedTransactions::Drop {
                self.pool.abandon(follower, TransactionStatus::Dropped);
            } else {
                match self.check(transaction) {
                    Ok(checked) => self.pool.resume(follower, checked),
                    Err(PoolError::Chain(error)) => {
                        tracing::error!(%error, "a transaction could not be put back");
                        self.pool.abandon(follower, TransactionStatus::Dropped);
                    }
                    Err(_) => self.pool.abandon(follower, TransactionStatus::Invalid),
                }
            }
        }
    }
}

fn ready(bytes: &[u8]) -> Ready {
    Ready { hash: Hashing::hash(bytes), bytes: bytes.into() }
}
