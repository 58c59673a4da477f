//! Transactions waiting for a block. A transaction is ready when everything it
//! requires (the transaction before it of the same account) is ready or
//! included, else it waits. The pool knows the runtime's answer about each
//! transaction and nothing else of the chain.

mod entry;
mod included;
mod status;

pub use entry::{Checked, Ready, Watcher};
pub use included::Included;
pub use status::{invalid_reason, PoolError, Position, TransactionStatus};

use crate::runtime::{BlockNumber, Hash};
use entry::{Entry, Waiting, Watchers};
use included::IncludedTransactions;
use parking_lot::Mutex;
use sp_runtime::transaction_validity::TransactionTag;
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// Transactions, ready and future together.
    pub transactions: usize,
    /// Their bytes together.
    pub bytes: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { transactions: 65_536, bytes: 256 * 1024 * 1024 }
    }
}

/// How many tags of included transactions are remembered: a transaction checked
/// against an older block may still require one.
const INCLUDED_TAGS: usize = 65_536;
/// How long a transaction found invalid while building a block is refused.
const BAN: Duration = Duration::from_secs(10);

/// The waiting transactions.
pub struct Pool {
    limits: PoolLimits,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<Hash, Entry>,
    /// Which waiting transaction provides a tag.
    providers: HashMap<TransactionTag, Hash>,
    /// Future transactions by a tag they lack.
    lacking: HashMap<TransactionTag, Vec<Hash>>,
    included: IncludedTransactions,
    included_tags: HashSet<TransactionTag>,
    included_order: VecDeque<TransactionTag>,
    banned: HashMap<Hash, Instant>,
    bytes: usize,
    next_order: u64,
}

impl Pool {
    /// An empty pool.
    pub fn new(limits: PoolLimits) -> Self {
        Self { limits, inner: Mutex::default() }
    }

    /// Refuses early what is here already or was found invalid a moment ago.
    ///
    /// # Errors
    /// [`PoolError::AlreadyImported`], [`PoolError::TemporarilyBanned`].
    pub fn precheck(&self, hash: &Hash) -> Result<(), PoolError> {
        let mut inner = self.inner.lock();
        let now = Instant::now();
        inner.banned.retain(|_, until| *until > now);
        if inner.banned.contains_key(hash) {
            return Err(PoolError::TemporarilyBanned);
        }
        if inner.entries.contains_key(hash) {
            return Err(PoolError::AlreadyImported(*hash));
        }
        Ok(())
    }

    /// Adds a checked transaction; `watcher` is told its statuses.
    /// Returns whether it is ready.
    ///
    /// # Errors
    /// When it is here already, cannot replace the one it collides with, or
    /// does not fit.
    pub fn insert(&self, checked: Checked, watcher: Option<entry::Watcher>) -> Result<bool, PoolError> {
        self.precheck(&checked.hash)?;
        let mut inner = self.inner.lock();
        let mut replaced: Vec<Hash> = Vec::new();
        for tag in &checked.validity.provides {
            if let Some(other) = inner.providers.get(tag) {
                let old = inner.entries.get(other).map_or(0, Entry::priority);
                if old >= checked.validity.priority {
                    return Err(PoolError::TooLowPriority { old, new: checked.validity.priority });
                }
                replaced.push(*other);
            }
        }
        for other in replaced {
            inner.remove(&other, Some(TransactionStatus::Usurped(checked.hash)));
        }
        let bytes = inner.bytes.saturating_add(checked.bytes.len());
        if inner.entries.len() >= self.limits.transactions || bytes > self.limits.bytes {
            return Err(PoolError::ImmediatelyDropped);
        }
        Ok(inner.add(checked, Watchers::new(watcher)))
    }

    /// The ready transactions in the order a block takes them: by priority,
    /// then by arrival, each after those it requires. At most `limit`.
    pub fn ready(&self, limit: usize) -> Vec<Ready> {
        let inner = self.inner.lock();
        // What can go next, best first, and what becomes possible after a tag.
        let mut possible: BTreeMap<entry::Rank, &Entry> = BTreeMap::new();
        let mut after: HashMap<&TransactionTag, Vec<&Entry>> = HashMap::new();
        let mut missing: HashMap<Hash, usize> = HashMap::new();
        for entry in inner.entries.values().filter(|entry| entry.ready) {
            let mut lacks = 0_usize;
            for tag in &entry.checked.validity.requires {
                if inner.providers.contains_key(tag) {
                    lacks = lacks.saturating_add(1);
                    after.entry(tag).or_default().push(entry);
                }
            }
            if lacks == 0 {
                possible.insert(entry.rank(), entry);
            } else {
                missing.insert(entry.checked.hash, lacks);
            }
        }
        let mut ordered = Vec::new();
        while let Some((_, entry)) = possible.pop_first() {
            if ordered.len() >= limit {
                break;
            }
            ordered.push(entry.as_ready());
            for tag in &entry.checked.validity.provides {
                for next in after.remove(tag).unwrap_or_default() {
                    let lacks = missing.entry(next.checked.hash).or_default();
                    *lacks = lacks.saturating_sub(1);
                    if *lacks == 0 {
                        possible.insert(next.rank(), next);
                    }
                }
            }
        }
        ordered
    }

    /// Whether a ready transaction provides `tag`.
    pub fn provides(&self, tag: &[u8]) -> bool {
        let inner = self.inner.lock();
        inner.providers.get(tag).and_then(|hash| inner.entries.get(hash)).is_some_and(|entry| entry.ready)
    }

    /// Whether any transaction is ready.
    pub fn has_ready(&self) -> bool {
        self.inner.lock().entries.values().any(|entry| entry.ready)
    }

    /// Takes out the transactions that block `number` included, at their
    /// positions, and what expired by it; tells the watchers. Returns the future
    /// transactions, which may have to be checked again.
    pub fn block_sealed(&self, number: BlockNumber, included: &[(Hash, Position)]) -> Vec<Ready> {
        let mut inner = self.inner.lock();
        for (hash, position) in included {
            let Some(entry) = inner.take(hash) else {
                continue;
            };
            let tags = entry.checked.validity.provides;
            for tag in &tags {
                inner.note_included(tag.clone());
            }
            inner.included.add(Included { hash: *hash, tags, watchers: entry.watchers }, *position);
        }
        let expired: Vec<Hash> = inner
            .entries
            .values()
            .filter(|entry| entry.checked.valid_till() < u64::from(number))
            .map(|entry| entry.checked.hash)
            .collect();
        for hash in expired {
            inner.remove(&hash, Some(TransactionStatus::Invalid));
        }
        inner.entries.values().filter(|entry| !entry.ready).map(Entry::as_ready).collect()
    }

    /// Tells the watchers of the transactions in `blocks` that they are final.
    pub fn blocks_finalized(&self, blocks: &[Hash]) {
        let mut inner = self.inner.lock();
        for block in blocks {
            inner.included.finalized(block);
        }
    }

    /// Tells the watchers of the transactions in `blocks` that these left the
    /// chain, and returns the transactions: each has to be given back by
    /// [`Pool::reinclude`], [`Pool::resume`] or [`Pool::abandon`].
    pub fn blocks_retracted(&self, blocks: &[Hash]) -> Vec<Included> {
        let mut inner = self.inner.lock();
        let retracted: Vec<Included> = blocks.iter().flat_map(|block| inner.included.retracted(block)).collect();
        for tag in retracted.iter().flat_map(|included| &included.tags) {
            inner.included_tags.remove(tag);
        }
        inner.included_order = std::mem::take(&mut inner.included_order)
            .into_iter()
            .filter(|tag| inner.included_tags.contains(tag))
            .collect();
        retracted
    }

    /// A transaction of a retracted block is in another block.
    pub fn reinclude(&self, included: Included, position: Position) {
        let mut inner = self.inner.lock();
        for tag in &included.tags {
            inner.note_included(tag.clone());
        }
        inner.included.add(included, position);
    }

    /// A transaction of a retracted block waits again, as `checked` now.
    pub fn resume(&self, included: Included, checked: Checked) {
        let mut inner = self.inner.lock();
        if !inner.entries.contains_key(&checked.hash) {
            inner.add(checked, included.watchers);
        }
    }

    /// A transaction of a retracted block is lost, for the reason `status`.
    pub fn abandon(&self, mut included: Included, status: TransactionStatus) {
        included.watchers.tell(&status);
    }

    /// Takes a waiting transaction out and tells its watchers that it was
    /// dropped; whether it was there.
    pub fn drop_transaction(&self, hash: &Hash) -> bool {
        let mut inner = self.inner.lock();
        let there = inner.entries.contains_key(hash);
        inner.remove(hash, Some(TransactionStatus::Dropped));
        there
    }

    /// Takes out a transaction that turned out invalid and refuses it for a
    /// while; those that require it wait again.
    pub fn invalidate(&self, hash: &Hash) {
        let mut inner = self.inner.lock();
        inner.remove(hash, Some(TransactionStatus::Invalid));
        inner.banned.insert(*hash, Instant::now() + BAN);
    }

    /// Replaces what is known of a waiting transaction, keeping its watchers
    /// and its place in the queue.
    pub fn recheck(&self, checked: Checked) {
        let mut inner = self.inner.lock();
        if let Some(mut entry) = inner.take(&checked.hash) {
            (entry.checked, entry.ready) = (checked, false);
            inner.put(entry);
        }
    }

    /// The encoded transactions that wait, ready ones first in block order.
    pub fn pending(&self) -> Vec<Ready> {
        let mut pending = self.ready(usize::MAX);
        let inner = self.inner.lock();
        let mut future: Vec<&Entry> = inner.entries.values().filter(|e| !e.ready).collect();
        future.sort_unstable_by_key(|entry| entry.order);
        pending.extend(future.into_iter().map(Entry::as_ready));
        pending
    }

    /// Drops everything, what is in blocks that are not final included, and
    /// tells the watchers.
    pub fn clear(&self) {
        let mut inner = self.inner.lock();
        let hashes: Vec<Hash> = inner.entries.keys().copied().collect();
        for hash in hashes {
            inner.remove(&hash, Some(TransactionStatus::Dropped));
        }
        for mut included in inner.included.drain() {
            included.watchers.tell(&TransactionStatus::Dropped);
        }
        inner.included_tags.clear();
        inner.included_order.clear();
    }
}

impl Inner {
    fn add(&mut self, checked: Checked, watchers: Watchers) -> bool {
        let order = self.next_order;
        self.next_order = self.next_order.saturating_add(1);
        self.put(Entry::new(checked, order, watchers))
    }

    /// Puts a transaction in, not ready yet, and decides whether it is.
    fn put(&mut self, entry: Entry) -> bool {
        let hash = entry.checked.hash;
        self.bytes = self.bytes.saturating_add(entry.checked.bytes.len());
        for tag in &entry.checked.validity.provides {
            self.providers.insert(tag.clone(), hash);
        }
        self.entries.insert(hash, entry);
        self.settle(vec![hash]);
        self.entries.get(&hash).is_some_and(|entry| entry.ready)
    }

    /// Decides for each of `queue` whether it is ready, and goes on with those
    /// that waited for one that became ready.
    fn settle(&mut self, mut queue: Vec<Hash>) {
        while let Some(hash) = queue.pop() {
            let Some(entry) = self.entries.get(&hash) else {
                continue;
            };
            if entry.ready {
                continue;
            }
            let lacks = entry.checked.validity.requires.iter().find(|tag| !self.is_satisfied(tag)).cloned();
            let Some(entry) = self.entries.get_mut(&hash) else {
                continue;
            };
            match lacks {
                Some(tag) => {
                    entry.tell(Waiting::Future);
                    self.lacking.entry(tag).or_default().push(hash);
                }
                None => {
                    entry.ready = true;
                    entry.tell(Waiting::Ready);
                    for tag in entry.checked.validity.provides.clone() {
                        queue.extend(self.lacking.remove(&tag).unwrap_or_default());
                    }
                }
            }
        }
    }

    fn is_satisfied(&self, tag: &TransactionTag) -> bool {
        match self.providers.get(tag) {
            Some(provider) => self.entries.get(provider).is_some_and(|e| e.ready),
            None => self.included_tags.contains(tag),
        }
    }

    fn note_included(&mut self, tag: TransactionTag) {
        let waiting = self.lacking.remove(&tag).unwrap_or_default();
        if self.included_tags.insert(tag.clone()) {
            self.included_order.push_back(tag);
        }
        while self.included_order.len() > INCLUDED_TAGS {
            if let Some(old) = self.included_order.pop_front() {
                self.included_tags.remove(&old);
            }
        }
        self.settle(waiting);
    }

    /// Takes a transaction out without looking at those that require it.
    fn take(&mut self, hash: &Hash) -> Option<Entry> {
        let entry = self.entries.remove(hash)?;
        self.bytes = self.bytes.saturating_sub(entry.checked.bytes.len());
        for tag in &entry.checked.validity.provides {
            if self.providers.get(tag) == Some(hash) {
                self.providers.remove(tag);
            }
        }
        Some(entry)
    }

    /// Takes a transaction out; those that require it become future.
    fn remove(&mut self, hash: &Hash, status: Option<TransactionStatus>) {
        let Some(mut entry) = self.take(hash) else {
            return;
        };
        if let Some(status) = status {
            entry.watchers.tell(&status);
        }
        let mut lost = entry.checked.validity.provides;
        while let Some(tag) = lost.pop() {
            let dependants: Vec<Hash> = self
                .entries
                .values()
                .filter(|e| e.ready && e.checked.validity.requires.contains(&tag))
                .map(|e| e.checked.hash)
                .collect();
            for dependant in dependants {
                if let Some(entry) = self.entries.get_mut(&dependant) {
                    entry.ready = false;
                    lost.extend(entry.checked.validity.provides.iter().cloned());
                }
                self.settle(vec![dependant]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
