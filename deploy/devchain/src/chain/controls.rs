//! What a test may do to a chain and a real chain's user may not: change the
//! state by hand, hold back or force finality, go back to a snapshot, write a
//! chain out and take one in.

use super::{load_head, BlockInfo, Chain, Head, Heads};
use crate::{
    clock::Clock,
    error::Error,
    runtime::{AccountId, Balance, Balances, Hash, EXISTENTIAL_DEPOSIT},
    store::Persist,
};
use frame_support::traits::fungible::Mutate as _;
use sp_core::storage::ChildInfo;
use std::io::{Read, Write};

/// A point to go back to.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    heads: Heads,
    clock: Clock,
}

/// A value to be written into the state, or removed.
#[derive(Clone, Debug)]
pub struct StorageChange {
    /// The child trie, if it is not the main one.
    pub child: Option<ChildInfo>,
    /// The key.
    pub key: Vec<u8>,
    /// The new value; `None` removes the entry.
    pub value: Option<Vec<u8>>,
}

impl Chain {
    /// Seals a block in which `changes` are made to the state as they are,
    /// whatever they do to it.
    ///
    /// # Errors
    /// When the block cannot be built or written.
    pub(crate) fn set_storage(&self, changes: Vec<StorageChange>) -> Result<BlockInfo, Error> {
        self.seal_change(move || {
            for StorageChange { child, key, value } in changes {
                match (child, value) {
                    (None, Some(value)) => sp_io::storage::set(&key, &value),
                    (None, None) => sp_io::storage::clear(&key),
                    (Some(child), Some(value)) => sp_io::default_child_storage::set(child.storage_key(), &key, &value),
                    (Some(child), None) => sp_io::default_child_storage::clear(child.storage_key(), &key),
                }
            }
        })
    }

    /// Seals a block in which `account` owns `free` of the native coin, in the
    /// smallest unit, besides what is held; the total issuance follows.
    ///
    /// # Errors
    /// When `free` is neither 0 nor at least the existential deposit, or the
    /// block cannot be built or written.
    pub(crate) fn set_balance(&self, account: AccountId, free: Balance) -> Result<BlockInfo, Error> {
        if free > 0 && free < EXISTENTIAL_DEPOSIT {
            return Err(Error::BelowExistentialDeposit(free));
        }
        self.seal_change(move || {
            Balances::set_balance(&account, free);
        })
    }

    /// Makes block `hash` of the best branch, the best one if not given, final
    /// with all its ancestors.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`] when it is not on the best branch.
    pub(crate) fn finalize(&self, hash: Option<Hash>) -> Result<Hash, Error> {
        let heads = self.heads.borrow().clone();
        let hash = hash.unwrap_or(heads.best.hash);
        let header = self.header(Some(hash))?;
        if self.hash_at(header.number)? != Some(hash) {
            return Err(Error::UnknownBlock(format!("{hash:?} (on the best branch)")));
        }
        if header.number <= heads.finalized.header.number {
            return Ok(heads.finalized.hash);
        }
        let finalized: Vec<Hash> =
            self.route(heads.finalized.hash, hash)?.enacted.into_iter().map(|(hash, _)| hash).collect();
        let heads = Heads { finalized: self.head(hash)?, ..heads };
        self.store.commit(Vec::new(), self.stored(&heads), Persist::Now)?;
        self.publish(heads, &[], &[]);
        self.pool.blocks_finalized(&finalized);
        Ok(hash)
    }

    /// Remembers the chain's ends and clock; returns the number to go back by.
    pub(crate) fn snapshot(&self) -> u32 {
        let mut snapshots = self.snapshots.lock();
        snapshots.push(Snapshot { heads: self.heads.borrow().clone(), clock: self.clock.get() });
        u32::try_from(snapshots.len()).unwrap_or(u32::MAX)
    }

    /// Goes back to snapshot `id`, final blocks or not. Waiting transactions and
    /// those of the blocks that go are dropped, and so are the snapshots after
    /// it; this one can be used again.
    ///
    /// # Errors
    /// [`Error::UnknownSnapshot`], or when the store cannot be written.
    pub(crate) fn revert(&self, id: u32) -> Result<Head, Error> {
        let snapshot = {
            let mut snapshots = self.snapshots.lock();
            let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            let snapshot = index.and_then(|index| snapshots.get(index)).cloned().ok_or(Error::UnknownSnapshot(id))?;
            snapshots.truncate(usize::try_from(id).unwrap_or(usize::MAX));
            snapshot
        };
        self.clock.set(snapshot.clock);
        self.set_back(snapshot.heads)
    }

    /// Writes the chain to `out`.
    ///
    /// # Errors
    /// When the store cannot be read or `out` cannot be written.
    pub(crate) fn dump(&self, out: impl Write) -> Result<(), Error> {
        let heads = self.heads.borrow().clone();
        Ok(self.store.dump(self.stored(&heads), out)?)
    }

    /// Goes on from the chain that `input` holds, in place of this one; waiting
    /// transactions and snapshots are dropped.
    ///
    /// # Errors
    /// When `input` is no whole dump of a chain with this genesis block.
    pub(crate) fn load(&self, input: impl Read) -> Result<Head, Error> {
        let stored = self.store.load(input, Some(self.genesis_hash))?;
        self.snapshots.lock().clear();
        self.set_back(Heads { best: self.head(stored.best)?, finalized: self.head(stored.finalized)?, revision: 0 })
    }

    fn set_back(&self, heads: Heads) -> Result<Head, Error> {
        let revision = self.heads.borrow().revision.saturating_add(1);
        let heads = Heads { revision, ..heads };
        let best = heads.best.clone();
        self.store.commit(Vec::new(), self.stored(&heads), Persist::Now)?;
        self.restart_from(heads)?;
        self.drop_transactions();
        Ok(best)
    }

    fn head(&self, hash: Hash) -> Result<Head, Error> {
        load_head(&self.store, &self.states, hash)
    }
}
