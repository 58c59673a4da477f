//! Where the chain's time goes, by stage, counted since the chain was opened.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// One stage's work so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTime {
    /// Time spent, all threads together.
    pub time: Duration,
    /// How often it ran.
    pub runs: u64,
}

/// The stages of a transaction's way into a block, each counted on its own: no
/// part of one is part of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Checking a submitted transaction, its signature among it; a run each.
    pub check: StageTime,
    /// Choosing the transactions of a block; a run a block.
    pub choose: StageTime,
    /// Starting a block; a run a block.
    pub begin: StageTime,
    /// Executing transactions, those left out too; a run each.
    pub execute: StageTime,
    /// Finishing a block: its state root, and the new nodes of the trie; a run a block.
    pub finish: StageTime,
    /// Writing a block to the disk; a run a block.
    pub commit: StageTime,
    /// Taking a block's transactions out of the pool and checking the waiting
    /// ones again; a run a block.
    pub settle: StageTime,
}

/// A stage being counted.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    nanos: AtomicU64,
    runs: AtomicU64,
}

impl Stage {
    /// Does `work` and counts its time.
    pub(crate) fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.runs.fetch_add(1, Ordering::Relaxed);
        result
    }

    fn so_far(&self) -> StageTime {
        StageTime {
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
            runs: self.runs.load(Ordering::Relaxed),
        }
    }
}

/// The counters behind [`Timings`].
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) check: Stage,
    pub(crate) choose: Stage,
    pub(crate) begin: Stage,
    pub(crate) execute: Stage,
    pub(crate) finish: Stage,
    pub(crate) commit: Stage,
    pub(crate) settle: Stage,
}

impl Metrics {
    pub(crate) fn so_far(&self) -> Timings {
        Timings {
            check: self.check.so_far(),
            choose: self.choose.so_far(),
            begin: self.begin.so_far(),
            execute: self.execute.so_far(),
            finish: self.finish.so_far(),
            commit: self.commit.so_far(),
            settle: self.settle.so_far(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_counts_its_runs_and_their_time() {
        let stage = Stage::default();
        let pause = Duration::from_millis(2);
        for _ in 0..3 {
            stage.time(|| std::thread::sleep(pause));
        }
        let so_far = stage.so_far();
        assert_eq!(so_far.runs, 3);
        assert!(so_far.time >= pause * 3);
    }
}
