//! The blocks that can still be undone, and how the chain's ends move.

use super::{Chain, Head, Heads};
use crate::{
    error::Error,
    runtime::{BlockNumber, Hash, Header},
    store::StoredHeads,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// The blocks above the final one.
#[derive(Default)]
pub(super) struct Unfinalized {
    /// Those of the best branch, the oldest first; the best block is the last.
    best: VecDeque<Head>,
    /// Those that left the best branch, by number.
    left: BTreeMap<BlockNumber, Vec<Hash>>,
}

/// The way from one block to another.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Blocks that the first has among itself and its ancestors and the second
    /// has not, the newest first.
    pub retracted: Vec<(Hash, Arc<Header>)>,
    /// Blocks that the second has and the first has not, the oldest first.
    pub enacted: Vec<(Hash, Arc<Header>)>,
}

impl Unfinalized {
    /// Reads the best branch's from `best` down to `finalized`.
    pub(super) fn load(
        best: &Head,
        finalized: &Head,
        mut load: impl FnMut(Hash) -> Result<Head, Error>,
    ) -> Result<Self, Error> {
        let mut branch = VecDeque::new();
        let mut head = best.clone();
        while head.header.number > finalized.header.number {
            let parent = load(head.header.parent_hash)?;
            branch.push_front(std::mem::replace(&mut head, parent));
        }
        Ok(Self { best: branch, left: BTreeMap::new() })
    }
}

impl Chain {
    /// The chain's ends when the newest `undone` blocks of the best branch give
    /// way to `new` ones, and the blocks that become final by that, oldest first.
    pub(super) fn heads_after(&self, new: &[Head], undone: usize) -> Result<(Heads, Vec<Hash>), Error> {
        let heads = self.heads.borrow().clone();
        let unfinalized = self.unfinalized.lock();
        let kept = unfinalized.best.len().saturating_sub(undone);
        let branch: Vec<&Head> = unfinalized.best.iter().take(kept).chain(new).collect();
        let lag = usize::try_from(self.settings().finality_lag).unwrap_or(usize::MAX);
        let final_count = branch.len().saturating_sub(lag);
        let finalized: Vec<Hash> = branch.iter().take(final_count).map(|head| head.hash).collect();
        let last_final = final_count.checked_sub(1).and_then(|index| branch.get(index));
        let heads = Heads {
            best: branch.last().map_or(&heads.finalized, |head| *head).clone(),
            finalized: last_final.map_or(&heads.finalized, |head| *head).clone(),
            revision: heads.revision,
        };
        Ok((heads, finalized))
    }

    /// Shows followers the new ends, after `undone` left the best branch and
    /// `new` joined it.
    pub(super) fn publish(&self, heads: Heads, undone: &[Head], new: &[Head]) {
        {
            let mut unfinalized = self.unfinalized.lock();
            for head in undone {
                unfinalized.best.pop_back();
                unfinalized.left.entry(head.header.number).or_default().push(head.hash);
            }
            unfinalized.best.extend(new.iter().cloned());
            let last_final = heads.finalized.header.number;
            while unfinalized.best.front().is_some_and(|head| head.header.number <= last_final) {
                unfinalized.best.pop_front();
            }
            unfinalized.left = unfinalized.left.split_off(&last_final.saturating_add(1));
        }
        self.heads.send_replace(heads);
    }

    /// The newest `depth` blocks of the best branch, the newest first, and the
    /// block below them.
    pub(super) fn tip(&self, depth: u32) -> Result<(Vec<Head>, Head), Error> {
        let unfinalized = self.unfinalized.lock();
        let available = u32::try_from(unfinalized.best.len()).unwrap_or(u32::MAX);
        if depth > available {
            return Err(Error::TooDeep { depth, available });
        }
        let mut newest = unfinalized.best.iter().rev();
        let undone: Vec<Head> = newest.by_ref().take(depth as usize).cloned().collect();
        let below = newest.next().cloned().unwrap_or_else(|| self.finalized());
        Ok((undone, below))
    }

    /// Forgets what was known of the blocks that can be undone and goes on from
    /// `heads`.
    pub(super) fn restart_from(&self, heads: Heads) -> Result<(), Error> {
        let unfinalized =
            Unfinalized::load(&heads.best, &heads.finalized, |hash| super::load_head(&self.store, &self.states, hash))?;
        *self.unfinalized.lock() = unfinalized;
        self.heads.send_replace(heads);
        Ok(())
    }

    /// What the store has to remember of `heads`.
    pub(super) fn stored(&self, heads: &Heads) -> StoredHeads {
        StoredHeads { genesis: self.genesis_hash, best: heads.best.hash, finalized: heads.finalized.hash }
    }

    /// All known blocks of a height: the best branch's first, then those of
    /// branches that were left and can still be reached from the final block.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hashes_at(&self, number: BlockNumber) -> Result<Vec<Hash>, Error> {
        let mut hashes: Vec<Hash> = self.hash_at(number)?.into_iter().collect();
        if let Some(left) = self.unfinalized.lock().left.get(&number) {
            hashes.extend(left.iter().filter(|hash| !hashes.contains(hash)).copied().collect::<Vec<_>>());
        }
        Ok(hashes)
    }

    /// The way from block `from` to block `to`.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`], or when the store cannot be read.
    pub fn route(&self, from: Hash, to: Hash) -> Result<Route, Error> {
        let load = |hash: Hash| Ok::<_, Error>((hash, Arc::new(self.header(Some(hash))?)));
        let mut route = Route::default();
        let mut old = load(from)?;
        let mut new = load(to)?;
        while old.0 != new.0 {
            let (old_number, new_number) = (old.1.number, new.1.number);
            if new_number >= old_number {
                let parent = load(new.1.parent_hash)?;
                route.enacted.push(std::mem::replace(&mut new, parent));
            }
            if old_number >= new_number {
                let parent = load(old.1.parent_hash)?;
                route.retracted.push(std::mem::replace(&mut old, parent));
            }
        }
        route.enacted.reverse();
        Ok(route)
    }
}
