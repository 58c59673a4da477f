//! Ours: the files of an epoch into scores, leaves and both roots, over what
//! the epochs before have left.

use crate::{
    epoch::Lake,
    facts, memory,
    options::Options,
    peer::Totals,
    proofs::{self, Served},
};
use anyhow::Context as _;
use bizkey_oracle::{
    lake::{LakeEngine, Settings, Spent},
    report::EpochReport,
    scoring::EpochScores,
};
use bizkey_primitives::{bizpower::Counts, Epoch, Side};
use object_store::{local::LocalFileSystem, ObjectStore};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What an epoch took.
pub struct Measured {
    /// Which one.
    pub epoch: Epoch,
    /// From the files to both roots, the state's opening included.
    pub total: Duration,
    opening: Duration,
    spent: Spent,
    trees: Duration,
    /// Writing what later epochs need; after the roots.
    pub carry: Duration,
    /// Most resident bytes from the files to both roots.
    pub peak: u64,
    /// Most resident bytes while it was carried, the report dropped.
    pub carry_peak: u64,
    /// Bytes on disk of what is carried, after the epoch.
    pub state_bytes: u64,
    /// Merchants and customers with a leaf.
    pub leaves: [usize; 2],
    /// Both roots.
    pub roots: [String; 2],
    /// What DuckDB computes too.
    pub totals: Totals,
    /// Of the pairs with an in-store order, those that were known before.
    pub returning: u128,
    /// Merchants' proofs over HTTP.
    pub served: Served,
}

/// Scores epoch after epoch. Each begins as a program that has just started:
/// with the state on disk.
pub struct Contender<'b> {
    lake: &'b Lake,
    options: &'b Options,
    runtime: Runtime,
    state: TempDir,
}

impl<'b> Contender<'b> {
    /// Has seen nothing; epoch 0 comes next.
    ///
    /// # Errors
    /// When no thread or no folder can be had.
    pub fn new(lake: &'b Lake, options: &'b Options) -> anyhow::Result<Self> {
        let threads = options.threads.get();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
        let state = tempfile::Builder::new().prefix("state").tempdir_in(lake.folder())?;
        Ok(Self { lake, options, runtime, state })
    }

    /// Scores the next epoch, has its proofs served, and carries it.
    ///
    /// # Errors
    /// When it cannot be scored, or a proof fails.
    pub fn score(&self, epoch: Epoch) -> anyhow::Result<Measured> {
        let manifest = self.lake.epochs.get(epoch as usize).with_context(|| format!("epoch {epoch} was not made"))?;
        self.lake.warm(manifest)?;
        let input = Arc::new(facts::input(epoch, self.options));
        let holdings = facts::holdings(self.options);
        let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(self.lake.folder())?);
        let settings = Settings::new(self.state.path().to_owned(), self.options.threads);

        memory::reset_peak()?;
        let begun = Instant::now();
        let mut engine = LakeEngine::open(objects, &facts::network(), settings)?;
        let opening = begun.elapsed();
        let scores = self.runtime.block_on(engine.score(manifest, input))?;
        let spent = engine.spent();
        let started = Instant::now();
        let report = EpochReport::build(&facts::network(), scores, holdings)?;
        let roots = Side::ALL.map(|side| hex::encode(report.tree(side).root()));
        let trees = started.elapsed();
        let total = begun.elapsed();
        let peak = memory::peak()?;

        let leaves = Side::ALL.map(|side| report.tree(side).leaves().len());
        let (totals, returning) = (totals(&report.scores), sum(&report.scores, |counts| counts.un.into()));
        let served = proofs::measure(report, self.options.threads)?;
        memory::reset_peak()?;
        let started = Instant::now();
        self.runtime.block_on(engine.carry())?;
        let carry = started.elapsed();
        let measured = Measured {
            epoch,
            total,
            opening,
            spent,
            trees,
            carry,
            peak,
            carry_peak: memory::peak()?,
            state_bytes: size(self.state.path())?,
            leaves,
            roots,
            totals,
            returning,
            served,
        };
        measured.print();
        Ok(measured)
    }
}

fn sum(scores: &EpochScores, of: fn(&Counts) -> u128) -> u128 {
    scores.merchants.iter().map(|row| of(&row.counts)).sum()
}

fn totals(scores: &EpochScores) -> Totals {
    Totals {
        merchants: scores.merchants.len() as u128,
        orders: sum(scores, |counts| counts.pl.into()),
        sales: sum(scores, |counts| counts.pm),
        buyers: sum(scores, |counts| u128::from(counts.um) + u128::from(counts.un)),
        outside_orders: sum(scores, |counts| counts.uom.into()),
        outside_sales: sum(scores, |counts| counts.uon),
        outside_buyers: sum(scores, |counts| counts.uo.into()),
    }
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        bytes += if found.is_dir() { size(&entry.path())? } else { found.len() };
    }
    Ok(bytes)
}

impl Measured {
    /// Most resident bytes at any moment of the epoch.
    pub fn most_memory(&self) -> u64 {
        self.peak.max(self.carry_peak)
    }

    /// Seconds by stage.
    pub fn stages(&self) -> Vec<(&'static str, f64)> {
        let spent = &self.spent;
        let stages = [
            ("opening the state, by the clock", self.opening),
            ("decode, all threads", spent.decode),
            ("partition by merchant, all threads", spent.partition),
            ("tally, all threads", spent.tally),
            ("partition by customer, all threads", spent.exchange),
            ("sales, all threads", spent.sales),
            ("plan, by the clock", spent.plan),
            ("scores, by the clock", spent.settle),
            ("leaves and trees, by the clock", self.trees),
        ];
        stages.map(|(name, time)| (name, time.as_secs_f64())).to_vec()
    }

    fn print(&self) {
        println!("epoch {}", self.epoch);
        let seconds = |name: &str, seconds: f64| println!("  {name:<40} {seconds:>8.2} s");
        for (name, time) in self.stages() {
            seconds(name, time);
        }
        seconds("from files to both roots", self.total.as_secs_f64());
        println!("  {:<40} {:>8.2} GiB", "most memory", memory::gib(self.peak));
        seconds("then carry: what later epochs need", self.carry.as_secs_f64());
        println!("  {:<40} {:>8.2} GiB", "most memory", memory::gib(self.carry_peak));
        println!("  {:<40} {:>8.2} GiB", "state on disk", memory::gib(self.state_bytes));
        let Totals { buyers, .. } = self.totals;
        println!("  {} of {buyers} pairs with an in-store order were known before", self.returning);
        let [merchants, customers] = self.leaves;
        println!("  {merchants} merchants of root {}, {customers} customers of root {}", self.roots[0], self.roots[1]);
        let served = &self.served;
        println!(
            "  {} proofs over HTTP, each checked: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms (merchant {}), {} bytes each",
            served.count(),
            served.percentile(50.0),
            served.percentile(99.0),
            served.worst(),
            served.slowest(),
            served.bytes / served.count().max(1),
        );
    }
}
