//! What to do with the rows, step by step, so that they follow the chain.

use super::{
    follow::{within, Config},
    progress::Progress,
    source::{source_error, BlockRef, BlockSource, Heads},
};
use crate::{model::hex, Error, Result};
use futures::{stream::BoxStream, FutureExt, StreamExt};
use std::{collections::VecDeque, ops::RangeInclusive, sync::Arc};

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Store this final block.
    StoreFinal(BlockRef),
    /// Store this block, which may still go back.
    StoreHot(BlockRef),
    /// Undo every block above this one.
    RollBack(u32),
    /// This block is final.
    Finalize(BlockRef),
}

/// Final blocks whose hashes are asked for at once.
const HASHES_A_QUESTION: u32 = 256;

/// What was planned and not given yet.
enum Planned {
    /// These final blocks, one after the other, whose hashes are not known yet.
    StoreFinal(RangeInclusive<u32>),
    Task(Task),
}

/// The stored chain, as it will be after the tasks given so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    /// Number of the network's first block.
    pub first: u32,
    /// The highest final block; `None` before the first.
    pub finalized: Option<BlockRef>,
    /// The blocks above it, lowest first.
    pub hot: Vec<BlockRef>,
}

impl Branch {
    /// Number of the highest block; the one before the first if there is none.
    fn top(&self) -> u32 {
        self.hot.last().or(self.finalized.as_ref()).map_or(self.first.saturating_sub(1), |block| block.number)
    }

    /// Number of the highest final block, likewise.
    fn base(&self) -> u32 {
        self.finalized.map_or(self.first.saturating_sub(1), |block| block.number)
    }

    fn holds(&self, block: &BlockRef) -> bool {
        self.finalized.as_ref().into_iter().chain(&self.hot).any(|stored| stored == block)
    }

    /// Whether `block` may follow what is stored up to the block before it.
    fn continues(&self, block: &BlockRef, parent_hash: [u8; 32]) -> bool {
        if block.number == self.first {
            return self.finalized.is_none();
        }
        self.holds(&BlockRef { number: block.number.saturating_sub(1), hash: parent_hash })
    }

    fn cut(&mut self, number: u32) {
        self.hot.retain(|block| block.number <= number);
    }
}

/// Gives the tasks, one after the other.
pub(super) struct Planner {
    config: Config,
    source: Arc<dyn BlockSource>,
    words: BoxStream<'static, Result<()>>,
    branch: Branch,
    planned: VecDeque<Planned>,
    /// The chain's ends as they were planned for; `None` to look again at once.
    seen: Option<Heads>,
}

impl Planner {
    /// A planner that goes on from `branch`.
    pub fn new(
        config: Config,
        source: Arc<dyn BlockSource>,
        words: BoxStream<'static, Result<()>>,
        branch: Branch,
    ) -> Self {
        Self { config, source, words, branch, planned: VecDeque::new(), seen: None }
    }

    /// The next task, once there is one.
    pub async fn next(&mut self) -> Result<Task> {
        loop {
            match self.planned.pop_front() {
                Some(Planned::Task(task)) => return Ok(task),
                Some(Planned::StoreFinal(numbers)) => {
                    self.look_up(numbers).await?;
                    continue;
                }
                None => {}
            }
            let heads = match self.seen {
                None => self.heads().await?,
                Some(seen) => self.moved(seen).await?,
            };
            self.plan(heads).await?;
        }
    }

    /// Plans the first of these final blocks by their hashes, the rest after
    /// them.
    async fn look_up(&mut self, numbers: RangeInclusive<u32>) -> Result<()> {
        let (first, last) = numbers.into_inner();
        if first > last {
            return Ok(());
        }
        let end = last.min(first.saturating_add(HASHES_A_QUESTION - 1));
        let hashes = within(self.config.call_timeout, "block hashes", self.source.block_hashes(first..=end)).await?;
        if end < last {
            self.planned.push_front(Planned::StoreFinal(end + 1..=last));
        }
        let found: Vec<_> = (first..=end).zip(hashes).collect();
        for (number, hash) in found.into_iter().rev() {
            let lacks = || source_error(format!("block {number}"), "it is below the head, yet the endpoint lacks it");
            let block = BlockRef { number, hash: hash.ok_or_else(lacks)? };
            self.planned.push_front(Planned::Task(Task::StoreFinal(block)));
        }
        Ok(())
    }

    /// Waits until the chain's ends are others than `seen`.
    async fn moved(&mut self, seen: Heads) -> Result<Heads> {
        loop {
            let stall_after = self.config.stall_after;
            let announced = match tokio::time::timeout(stall_after, self.words.next()).await {
                Ok(Some(word)) => {
                    word?;
                    // What was said meanwhile is answered by the same question.
                    while let Some(Some(word)) = self.words.next().now_or_never() {
                        word?;
                    }
                    true
                }
                Ok(None) => return Err(source_error("new heads", "the subscription ended")),
                Err(_) => false,
            };
            let heads = self.heads().await?;
            match (announced, heads == seen) {
                (true, false) => return Ok(heads),
                (true, true) => {}
                // Renewed by the next session.
                (false, false) => {
                    let what = format!("head {} was not announced by the subscription", heads.best.number);
                    return Err(source_error("new heads", what));
                }
                (false, true) => self.rest(heads)?,
            }
        }
    }

    /// The chain's ends rest for long.
    fn rest(&self, heads: Heads) -> Result<()> {
        let (progress, after) = (&self.config.progress, self.config.stall_after);
        if !self.config.blocks_due {
            return Ok(());
        }
        if !progress.status().stalled {
            tracing::warn!(head = heads.best.number, ?after, "the chain does not move");
        }
        progress.update(|status| status.stalled = true);
        if self.config.sources.len() > 1 {
            let cause = format!("it rests at block {} for {after:?}", heads.best.number);
            return Err(source_error("new heads", cause));
        }
        Ok(())
    }

    async fn heads(&mut self) -> Result<Heads> {
        let mut heads = within(self.config.call_timeout, "its heads", self.source.heads()).await?;
        if !self.config.best {
            heads.best = heads.finalized;
        }
        see_heads(&self.config.progress, heads);
        Ok(heads)
    }

    /// Plans the way from the branch to the chain with these ends.
    async fn plan(&mut self, heads: Heads) -> Result<()> {
        self.seen = Some(heads);
        if heads.finalized.number > self.branch.base() {
            let missing = self.plan_final(heads.finalized).await?;
            if missing as usize > self.config.prefetch {
                // Once all of these are stored, the best block is another one.
                self.seen = None;
                return Ok(());
            }
        }
        if heads.best.number < self.branch.base() || self.branch.hot.last() == Some(&heads.best) {
            return Ok(());
        }
        self.plan_hot(heads.best).await
    }

    /// The way to a block that became final; how many are stored on it.
    async fn plan_final(&mut self, finalized: BlockRef) -> Result<u32> {
        if self.branch.holds(&finalized) {
            self.planned.push_back(Planned::Task(Task::Finalize(finalized)));
            self.branch.hot.retain(|block| block.number > finalized.number);
            self.branch.finalized = Some(finalized);
            return Ok(0);
        }
        let fork = self.fork_below(finalized.number).await?;
        self.roll_back(fork);
        self.planned.push_back(Planned::StoreFinal(fork.saturating_add(1)..=finalized.number));
        self.branch.hot.clear();
        self.branch.finalized = Some(finalized);
        Ok(finalized.number.saturating_sub(fork))
    }

    /// The highest stored block that the chain has too, of those below `number`.
    async fn fork_below(&mut self, number: u32) -> Result<u32> {
        for block in self.branch.hot.iter().rev().filter(|block| block.number < number) {
            let hash = within(self.config.call_timeout, "a block hash", self.source.block_hash(block.number)).await?;
            if hash == Some(block.hash) {
                return Ok(block.number);
            }
        }
        Ok(self.branch.base())
    }

    /// The way to a best block.
    async fn plan_hot(&mut self, best: BlockRef) -> Result<()> {
        let mut way = Vec::new();
        let mut block = best;
        while !self.branch.holds(&block) {
            let parent = within(self.config.call_timeout, "a header", self.source.parent_hash(block.hash)).await?;
            way.push(block);
            if self.branch.continues(&block, parent) {
                break;
            }
            if block.number <= self.branch.base().saturating_add(1) {
                // A best block from before the last final one was known.
                let (number, hash) = (best.number, hex(&best.hash));
                tracing::debug!(number, hash, "a best block does not descend from the last final one");
                return Ok(());
            }
            block = BlockRef { number: block.number.saturating_sub(1), hash: parent };
        }
        let fork = way.last().map_or(block.number, |lowest| lowest.number.saturating_sub(1));
        self.roll_back(fork);
        for block in way.into_iter().rev() {
            self.planned.push_back(Planned::Task(Task::StoreHot(block)));
            self.branch.hot.push(block);
        }
        Ok(())
    }

    fn roll_back(&mut self, number: u32) {
        if number < self.branch.top() {
            self.planned.push_back(Planned::Task(Task::RollBack(number)));
            self.branch.cut(number);
        }
    }
}

fn see_heads(progress: &Progress, heads: Heads) {
    progress.update(|status| {
        status.connected = true;
        status.last_error = None;
        if status.head != Some(heads.best.number) || status.finalized_head != Some(heads.finalized.number) {
            status.head = Some(heads.best.number);
            status.finalized_head = Some(heads.finalized.number);
            status.stalled = false;
        }
    });
}

/// Reads where the rows stand, after checking that what is final is of the
/// source's chain.
pub(super) async fn resume(config: &Config, source: &dyn BlockSource) -> Result<Branch> {
    let store = &config.store;
    let to_ref = |block: crate::model::Checkpoint| BlockRef { number: block.number, hash: block.hash };
    let finalized = store.finalized().await?.map(to_ref);
    let hot: Vec<_> = store.hot_blocks().await?.into_iter().map(to_ref).collect();
    if let Some(BlockRef { number, hash }) = finalized {
        let heads = within(config.call_timeout, "its heads", source.heads()).await?;
        let behind = || source_error(format!("block {number}"), "it has not come so far; the index is ahead of it");
        if heads.finalized.number < number {
            return Err(behind());
        }
        let found = within(config.call_timeout, "a block hash", source.block_hash(number)).await?;
        let found = found.ok_or_else(behind)?;
        if found != hash {
            return Err(Error::OtherChain { number, stored: hex(&hash), found: hex(&found) });
        }
    }
    config.progress.update(|status| {
        status.finalized = finalized.map(|block| block.number);
        status.indexed = hot.last().or(finalized.as_ref()).map(|block| block.number);
    });
    Ok(Branch { first: store.network().first_block, finalized, hot })
}
