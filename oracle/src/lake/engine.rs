//! An epoch of the lake into scores.

use super::{
    cluster::{self, Cluster, Runner},
    customers::CustomerSales,
    error::Result,
    merchants::{MerchantTally, Past, TallyRules},
    operator::Work as _,
    plan::{self, Exchange, Reader},
    settle,
    state::{EpochBuyers, State},
    voids::LaterVoids,
    LakeError,
};
use crate::{
    report::Network,
    scoring::{Debts, EpochInput, EpochScores, ScoringError, WeightBinding},
};
use bizkey_indexer::lake::{schema, Manifest, Part, ReceiptParts};
use bizkey_primitives::{CustomerIndex, Epoch};
use datafusion::{
    arrow::record_batch::RecordBatch,
    error::{DataFusionError, Result as PlanResult},
    physical_plan::{metrics::MetricsSet, ExecutionPlan},
};
use object_store::ObjectStore;
use std::{
    fs::File,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// How an epoch is computed. Nothing of it shows in the scores.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the state is kept.
    pub state: PathBuf,
    /// How rows meet, and in how many partitions.
    pub exchange: Exchange,
    /// Whose share each weight is; anything but the default is an auditor's.
    pub binding: WeightBinding,
    /// Who runs the plan. A cluster's rows meet by hash, in as many partitions
    /// as `exchange` has.
    pub runner: Runner,
    /// The lock of the state's folder. It is held until nothing of this engine
    /// writes there any more, which may be after the engine is gone.
    pub lock: Option<Arc<File>>,
}

impl Settings {
    /// A state's folder and so many threads.
    #[must_use]
    pub fn new(state: PathBuf, threads: NonZeroUsize) -> Self {
        let exchange = Exchange::Shared(threads.get());
        Self { state, exchange, binding: WeightBinding::default(), runner: Runner::InProcess, lock: None }
    }
}

/// Where the time of an epoch went. Those of the plan are summed over threads;
/// of a cluster's threads, nothing is known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Reading and decoding Parquet.
    pub decode: Duration,
    /// Receipts into parts.
    pub partition: Duration,
    /// Counting merchants' receipts.
    pub tally: Duration,
    /// Sales into parts.
    pub exchange: Duration,
    /// Adding up customers' sales.
    pub sales: Duration,
    /// The plan from first to last, by the clock.
    pub plan: Duration,
    /// Scores and debts, by the clock.
    pub settle: Duration,
}

/// Scores epoch after epoch from the lake, as [`crate::scoring::Engine`] does
/// from memory.
pub struct LakeEngine {
    objects: Arc<dyn ObjectStore>,
    reader: Reader,
    settings: Settings,
    state: Arc<State>,
    /// The last epoch that was scored, until it is carried.
    scored: Option<Scored>,
    spent: Spent,
}

struct Scored {
    epoch: Epoch,
    buyers: EpochBuyers,
    debts: Debts,
}

impl LakeEngine {
    /// An engine over the objects of a lake of `network`, whose state goes on
    /// where its folder ends; an empty or missing folder begins with epoch 0.
    ///
    /// # Errors
    /// [`LakeError::OtherNetwork`], [`LakeError::Altered`],
    /// [`LakeError::State`].
    pub fn open(objects: Arc<dyn ObjectStore>, network: &Network, settings: Settings) -> Result<Self> {
        let state = Arc::new(State::open(&settings.state, network)?);
        let reader = Reader::new(Arc::clone(&objects)).map_err(LakeError::plan(state.next_epoch()))?;
        Ok(Self { objects, reader, settings, state, scored: None, spent: Spent::default() })
    }

    /// The epoch that comes next.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.scored.as_ref().map_or(self.state.next_epoch(), |scored| scored.epoch.saturating_add(1))
    }

    /// Where the time of the last epoch went.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// What is carried so far, [`LakeEngine::carry`] called.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Scores the next epoch from the files that `manifest` names. `facts` has
    /// everything else; its receipts and voids are not looked at. Whoever
    /// trusts the lake's disk not has verified the epoch before.
    ///
    /// # Errors
    /// [`LakeError`]; nothing is carried then.
    pub async fn score(&mut self, manifest: &Manifest, facts: Arc<EpochInput>) -> Result<EpochScores> {
        self.carry().await?;
        let epoch = facts.epoch;
        if manifest.epoch != epoch {
            return Err(LakeError::OtherEpoch { manifest: manifest.epoch, facts: epoch });
        }
        let expected = self.state.next_epoch();
        if epoch != expected {
            return Err(ScoringError::EpochOutOfOrder { expected, given: epoch }.into());
        }
        let failed = LakeError::plan(epoch);
        let started = Instant::now();
        let voids = self.voids(manifest).await?;
        let receipts = &manifest.receipts;
        let largest = plan::largest_customer(&self.objects, &receipts.parts).await.unwrap_or(u32::MAX);
        let rules = TallyRules::new(&facts, receipts.first_id..receipts.end_id, voids.all().to_vec());
        self.state.forget_kept();
        let (batches, mut spent) = match &self.settings.runner {
            Runner::InProcess => self.compute(&receipts.parts, rules, largest).await.map_err(&failed)?,
            Runner::Cluster(cluster) => {
                let past = Past::Elsewhere(self.state.address()?);
                let computed = self.compute_on(cluster.as_ref(), receipts, rules, past, largest).await;
                (computed.map_err(&failed)?, Spent::default())
            }
        };
        spent.plan = started.elapsed();

        let started = Instant::now();
        let mut debts = self.state.memory().debts().clone();
        for void in voids.all().iter().filter(|void| void.is_ticketed) {
            debts.book(void.customer, void.amount, void.cash.then_some(void.epoch));
        }
        let (state, binding) = (Arc::clone(&self.state), self.settings.binding);
        let work = move || {
            let scored = settle::settle(&batches, &facts, state.memory(), &debts, binding)?;
            drop(batches);
            let settle::Settlement { scores, receipts, settled } = scored;
            for (customer, settled) in settled {
                debts.apply(epoch, customer, settled);
            }
            Ok::<_, LakeError>((scores, receipts, debts))
        };
        let joined = tokio::task::spawn_blocking(work).await;
        let (scores, found, debts) = joined.map_err(|error| failed(DataFusionError::External(Box::new(error))))??;
        plan::check_rows(epoch, receipts.rows, found)?;
        spent.settle = started.elapsed();
        self.spent = spent;
        let buyers = scores.merchants.iter().map(|row| (row.merchant, narrow(row.counts.buyers()))).collect();
        self.scored = Some(Scored { epoch, buyers: Arc::new(buyers), debts });
        Ok(scores)
    }

    /// Figures of an epoch, by threads of this process.
    async fn compute(
        &self,
        parts: &[Part],
        rules: TallyRules,
        largest: CustomerIndex,
    ) -> PlanResult<(Vec<RecordBatch>, Spent)> {
        let past = Past::Here(Arc::clone(&self.state));
        let plan = self.reader.figures(parts, rules, past, largest, self.settings.exchange)?;
        let batches = self.reader.run(Arc::clone(&plan)).await?;
        Ok((batches, spent(&plan)))
    }

    /// Figures of an epoch, by other processes.
    async fn compute_on(
        &self,
        cluster: &dyn Cluster,
        receipts: &ReceiptParts,
        rules: TallyRules,
        past: Past,
        largest: CustomerIndex,
    ) -> PlanResult<Vec<RecordBatch>> {
        if receipts.parts.is_empty() {
            return Ok(Vec::new());
        }
        let (Exchange::Shared(partitions) | Exchange::ByHash(partitions)) = self.settings.exchange;
        let reader = self.reader.elsewhere(cluster.lake());
        let plan = reader.figures(&receipts.parts, rules, past, largest, Exchange::ByHash(partitions))?;
        let unpacked = cluster::run(cluster, plan, receipts.rows).await?;
        for (part, carry) in unpacked.carries {
            self.state.keep(part, carry);
        }
        Ok(unpacked.figures)
    }

    async fn voids(&self, manifest: &Manifest) -> Result<LaterVoids> {
        let failed = LakeError::plan(manifest.epoch);
        if manifest.voids.parts.is_empty() {
            return Ok(LaterVoids::default());
        }
        let columns = ["id", "epoch", "merchant", "customer", "channel", "rail", "amount", "reference"];
        let scan = self.reader.scan(&schema::voids(), &manifest.voids.parts, &columns, 1).map_err(&failed)?;
        let batches = self.reader.run(scan).await.map_err(&failed)?;
        LaterVoids::read(&batches, manifest.epoch, self.state.memory()).map_err(failed)
    }

    /// Forgets the last epoch that was scored, unless it is carried: it comes
    /// next again.
    pub fn forget(&mut self) {
        self.scored = None;
    }

    /// Writes what later epochs need of the last epoch that was scored. Scoring
    /// the next one does it too; whoever reports first reports sooner.
    ///
    /// # Errors
    /// [`LakeError::State`]; it can be tried again.
    pub async fn carry(&mut self) -> Result<()> {
        let Some(scored) = self.scored.take() else { return Ok(()) };
        let (state, lock) = (Arc::clone(&self.state), self.settings.lock.clone());
        let work = move || {
            let _lock = lock;
            let carried = state.carry(scored.epoch, &scored.buyers, &scored.debts);
            (carried, scored)
        };
        let (carried, scored) =
            tokio::task::spawn_blocking(work).await.map_err(|error| LakeError::state(&self.settings.state, error))?;
        match carried {
            Ok(state) => {
                self.state = Arc::new(state);
                Ok(())
            }
            Err(error) => {
                self.scored = Some(scored);
                Err(error)
            }
        }
    }
}

/// A part has fewer than 2^31 rows, and a merchant fewer buyers of a kind.
fn narrow(buyers: bizkey_primitives::bizpower::Buyers) -> [u32; 3] {
    [buyers.first, buyers.repeat, buyers.outside].map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn spent(plan: &Arc<dyn ExecutionPlan>) -> Spent {
    let mut spent = Spent::default();
    add(plan, &mut spent);
    spent
}

fn add(plan: &Arc<dyn ExecutionPlan>, spent: &mut Spent) {
    let metrics = plan.metrics().unwrap_or_default();
    let time = |metrics: &MetricsSet, name: &str| {
        let nanoseconds = metrics.sum_by_name(name).map_or(0, |value| value.as_usize());
        Duration::from_nanos(nanoseconds as u64)
    };
    match plan.name() {
        MerchantTally::NAME => {
            spent.decode += time(&metrics, "decode");
            spent.partition += time(&metrics, "partition");
            spent.tally += time(&metrics, "tally");
        }
        CustomerSales::NAME => {
            spent.exchange += time(&metrics, "partition");
            spent.sales += time(&metrics, "sales");
        }
        _ => {}
    }
    for child in plan.children() {
        add(child, spent);
    }
}
