//! Ours: the files into scores, leaves and both roots.

use crate::{epoch::Epoch, memory, options::Options, peer::Totals};
use anyhow::Context as _;
use bizkey_oracle::{
    lake::{LakeEngine, Settings, Spent},
    report::EpochTree,
    scoring::{EpochInput, EpochScores},
};
use bizkey_primitives::{
    party::Capital,
    report::BIZPOWER_1,
    tree::{Domain, Leaf},
    Hash, Side,
};
use object_store::{local::LocalFileSystem, ObjectStore};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Merchants whose proofs are timed, and how often each: its shortest time is
/// the work, the others may hold somebody else's turn on the processor.
const PROOFS: usize = 10_000;
const TURNS: usize = 3;

/// What it took.
pub struct Measured {
    /// From the files to both roots.
    pub total: Duration,
    spent: Spent,
    leaves_time: Duration,
    trees: Duration,
    /// Writing what later epochs need; after the roots.
    pub carry: Duration,
    /// Most resident bytes from the files to both roots.
    pub peak: u64,
    /// Merchants and customers with a leaf.
    pub leaves: [usize; 2],
    /// Both roots.
    pub roots: [String; 2],
    /// What DuckDB computes too.
    pub totals: Totals,
    /// Of many merchants' proofs.
    pub slowest_proof: Duration,
    /// Of many merchants' proofs.
    pub median_proof: Duration,
}

/// Scores the epoch.
///
/// # Errors
/// When it cannot be scored.
pub fn measure(epoch: &Epoch, options: &Options) -> anyhow::Result<Measured> {
    let capital = |merchant| Capital {
        area_m2: 20 + merchant % 100,
        staff: 1 + merchant % 9,
        rent_per_m2_month: 2_000,
        wage_month: 300_000,
    };
    let facts = Arc::new(EpochInput {
        capital: (1..=options.merchants).map(|merchant| (merchant, capital(merchant))).collect(),
        ..EpochInput::default()
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.threads.get()).enable_all().build()?;
    let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(epoch.folder())?);
    let state = tempfile::Builder::new().prefix("state").tempdir_in(epoch.folder())?;
    let mut engine = LakeEngine::open(objects, Settings::new(state.path().to_owned(), options.threads))?;

    memory::reset_peak()?;
    let begun = Instant::now();
    let scores = runtime.block_on(engine.score(&epoch.manifest, facts))?;
    let started = Instant::now();
    let leaves = leaves(&scores);
    let counts = [leaves[0].len(), leaves[1].len()];
    let leaves_time = started.elapsed();
    let started = Instant::now();
    let [merchants, customers] = leaves;
    let tree = |side, leaves| {
        let domain = Domain::new(&Hash::from([7; 32]), &[8; 32], side, 0, BIZPOWER_1);
        let built = EpochTree::build(domain, leaves);
        built.map_err(|error| anyhow::anyhow!("the tree of {}: {error:?}", side.name()))
    };
    let merchants = tree(Side::Merchant, merchants)?;
    let customers = tree(Side::Customer, customers)?;
    let roots = [&merchants, &customers].map(|tree| hex::encode(tree.root()));
    let trees = started.elapsed();
    let total = begun.elapsed();
    let peak = memory::peak()?;

    let totals = totals(&scores);
    let [median_proof, slowest_proof] = proofs(&merchants)?;
    drop((scores, merchants, customers));
    let started = Instant::now();
    runtime.block_on(engine.carry())?;
    let carry = started.elapsed();
    let measured = Measured {
        total,
        spent: engine.spent(),
        leaves_time,
        trees,
        carry,
        peak,
        leaves: counts,
        roots,
        totals,
        slowest_proof,
        median_proof,
    };
    measured.print();
    Ok(measured)
}

fn leaves(scores: &EpochScores) -> [Vec<Leaf>; 2] {
    let holding = |merchant| 1_000_000_000_000 * u128::from(merchant % 1_000);
    [scores.merchant_leaves(holding), scores.customer_leaves()]
}

fn totals(scores: &EpochScores) -> Totals {
    let sum = |of: fn(&bizkey_primitives::bizpower::Counts) -> u128| -> u128 {
        scores.merchants.iter().map(|row| of(&row.counts)).sum()
    };
    Totals {
        merchants: scores.merchants.len() as u128,
        orders: sum(|counts| counts.pl.into()),
        sales: sum(|counts| counts.pm),
        buyers: sum(|counts| u128::from(counts.um) + u128::from(counts.un)),
        outside_orders: sum(|counts| counts.uom.into()),
        outside_sales: sum(|counts| counts.uon),
        outside_buyers: sum(|counts| counts.uo.into()),
    }
}

/// Median and longest time of merchants' proofs, each of which is checked.
fn proofs(tree: &EpochTree) -> anyhow::Result<[Duration; 2]> {
    let report = tree.side_report();
    let step = tree.leaves().len().div_ceil(PROOFS).max(1);
    let mut times = Vec::new();
    for leaf in tree.leaves().iter().step_by(step) {
        let mut shortest = Duration::MAX;
        let mut proven = None;
        for _ in 0..TURNS {
            let started = Instant::now();
            proven = tree.proof(leaf.account);
            shortest = shortest.min(started.elapsed());
        }
        times.push(shortest);
        let (leaf, proof) = proven.with_context(|| format!("merchant {} has no proof", leaf.account))?;
        let node = leaf.tuple(tree.domain()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        report.verify(tree.domain(), node, &proof).map_err(|error| anyhow::anyhow!("a proof fails: {error:?}"))?;
    }
    times.sort_unstable();
    let longest = times.last().copied().context("there is no merchant")?;
    Ok([times[times.len() / 2], longest])
}

impl Measured {
    /// Seconds by stage.
    pub fn stages(&self) -> Vec<(&'static str, f64)> {
        let Spent { decode, partition, tally, exchange, sales, plan, settle } = self.spent;
        let stages = [
            ("decode, all threads", decode),
            ("partition by merchant, all threads", partition),
            ("tally, all threads", tally),
            ("partition by customer, all threads", exchange),
            ("sales, all threads", sales),
            ("plan, by the clock", plan),
            ("scores, by the clock", settle),
            ("leaves, by the clock", self.leaves_time),
            ("trees, by the clock", self.trees),
        ];
        stages.map(|(name, time)| (name, time.as_secs_f64())).to_vec()
    }

    fn print(&self) {
        for (name, seconds) in self.stages() {
            println!("  {name:<40} {seconds:>8.2} s");
        }
        println!("  {:<40} {:>8.2} s", "from files to both roots", self.total.as_secs_f64());
        println!("  {:<40} {:>8.2} s", "then, what later epochs need", self.carry.as_secs_f64());
        println!("  {:<40} {:>8.2} GiB", "most memory", memory::gib(self.peak));
        let [merchants, customers] = self.leaves;
        println!("  {merchants} merchants of root {}, {customers} customers of root {}", self.roots[0], self.roots[1]);
    }
}
