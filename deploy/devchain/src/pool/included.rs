//! Transactions whose block is not final yet: their senders are still told
//! what happens, and a block that leaves the chain gives them back.

use super::{entry::Watchers, Position, TransactionStatus};
use crate::runtime::Hash;
use sp_runtime::transaction_validity::TransactionTag;
use std::collections::HashMap;

/// A transaction that a block included.
pub struct Included {
    /// Blake2b-256 of the encoded extrinsic.
    pub hash: Hash,
    pub(super) tags: Vec<TransactionTag>,
    pub(super) watchers: Watchers,
}

impl Included {
    /// A transaction that nobody follows.
    pub fn unfollowed(hash: Hash) -> Self {
        Self { hash, tags: Vec::new(), watchers: Watchers::default() }
    }
}

/// The included transactions by block.
#[derive(Default)]
pub(super) struct IncludedTransactions {
    blocks: HashMap<Hash, Vec<(Included, Position)>>,
}

impl IncludedTransactions {
    /// Tells the transaction's watchers where it is and keeps them.
    pub(super) fn add(&mut self, mut included: Included, position: Position) {
        included.watchers.tell(&TransactionStatus::InBlock(position));
        self.blocks.entry(position.block).or_default().push((included, position));
    }

    /// `block` is final: its watchers hear the last of it.
    pub(super) fn finalized(&mut self, block: &Hash) {
        for (mut included, position) in self.blocks.remove(block).unwrap_or_default() {
            included.watchers.tell(&TransactionStatus::Finalized(position));
        }
    }

    /// `block` left the chain: its transactions, after telling their watchers.
    pub(super) fn retracted(&mut self, block: &Hash) -> Vec<Included> {
        let mut retracted: Vec<Included> =
            self.blocks.remove(block).unwrap_or_default().into_iter().map(|(included, _)| included).collect();
        for included in &mut retracted {
            included.watchers.tell(&TransactionStatus::Retracted(*block));
        }
        retracted
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> Vec<Included> {
        self.blocks.drain().flat_map(|(_, block)| block).map(|(included, _)| included).collect()
    }
}
