//! The operator that tallies each merchant's receipts.

use super::{
    error::within,
    exchange::{Chunks, Gathered, Part, Scatter, Times},
    figures,
    state::State,
    tally::{part_of, ReceiptRow, Tally},
    voids::{self, column, is_cash, optional, references, LaterVoid, OUTSIDE},
    Exchange,
};
use crate::scoring::{Algorithm, EpochInput, Standing};
use bizkey_primitives::{membership::Clamp, receipt::MAX_AMOUNT, Epoch, MerchantIndex};
use datafusion::{
    arrow::{
        datatypes::{UInt32Type, UInt64Type, UInt8Type},
        record_batch::RecordBatch,
    },
    common::tree_node::TreeNodeRecursion,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        execution_plan::{Boundedness, EmissionType},
        metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet},
        stream::RecordBatchStreamAdapter,
        DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, Partitioning, PlanProperties,
    },
};
use std::{fmt, ops::Range, sync::Arc, time::Instant};

/// What the operator knows of the epoch, beside its rows.
#[derive(Clone, Debug, Default)]
pub struct TallyRules {
    /// The epoch.
    pub epoch: Epoch,
    /// The algorithm that scores it.
    pub algorithm: Algorithm,
    /// Numbers of its receipts.
    pub ids: Range<u64>,
    /// Merchants at the epoch's close.
    pub merchants: Standing,
    /// Between what a customer's total counts, for merchants of a trade that
    /// has a clamp; ascending by merchant.
    pub clamps: Vec<(MerchantIndex, Clamp)>,
    /// Voided receipts of earlier epochs, ascending by part of their merchants.
    pub voids: Vec<LaterVoid>,
}

impl TallyRules {
    /// The rules of an epoch's facts.
    #[must_use]
    pub fn new(facts: &EpochInput, ids: Range<u64>, voids: Vec<LaterVoid>) -> Self {
        let clamps = match facts.algorithm {
            Algorithm::Bizpower1 => Vec::new(),
            Algorithm::Bizpower2 => {
                let clamp = |business| facts.parameters.clamp(Some(business));
                let clamps = facts.businesses.iter().filter_map(|(merchant, of)| Some((*merchant, clamp(of)?)));
                clamps.collect()
            }
        };
        Self { epoch: facts.epoch, algorithm: facts.algorithm, ids, merchants: facts.merchants.clone(), clamps, voids }
    }

    pub(super) fn clamp(&self, merchant: MerchantIndex) -> Option<Clamp> {
        let found = self.clamps.binary_search_by_key(&merchant, |(merchant, _)| *merchant).ok()?;
        self.clamps.get(found).map(|(_, clamp)| *clamp)
    }
}

/// Receipts in, merchants' and customers' figures out; what later epochs need
/// goes to the state.
#[derive(Debug)]
pub struct MerchantTallyExec {
    input: Arc<dyn ExecutionPlan>,
    rules: Arc<TallyRules>,
    state: Arc<State>,
    exchange: Exchange,
    properties: Arc<PlanProperties>,
    gathered: Arc<Gathered<ReceiptRow>>,
    metrics: ExecutionPlanMetricsSet,
}

impl MerchantTallyExec {
    /// The operator over `input`, which has the columns of [`RECEIPT_COLUMNS`].
    #[must_use]
    pub fn new(input: Arc<dyn ExecutionPlan>, rules: Arc<TallyRules>, state: Arc<State>, exchange: Exchange) -> Self {
        let partitions = exchange.partitions(&input);
        Self {
            properties: properties(partitions),
            gathered: Arc::new(Gathered::new(exchange.groups(partitions))),
            metrics: ExecutionPlanMetricsSet::new(),
            input,
            rules,
            state,
            exchange,
        }
    }
}

/// What an operator of figures promises of its output.
pub(super) fn properties(partitions: usize) -> Arc<PlanProperties> {
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(figures::schema()),
        Partitioning::UnknownPartitioning(partitions),
        EmissionType::Final,
        Boundedness::Bounded,
    ))
}

/// The columns that are read.
pub const RECEIPT_COLUMNS: [&str; 8] =
    ["id", "merchant", "customer", "channel", "rail", "amount", "reference", "voided_epoch"];

/// Receipts into rows by part.
struct Receipts {
    epoch: Epoch,
    ids: Range<u64>,
}

impl Scatter<ReceiptRow> for Receipts {
    fn scatter(&self, batch: &RecordBatch, parts: &mut [Chunks<ReceiptRow>]) -> Result<()> {
        let ids = column::<UInt64Type>(batch, "id")?;
        let merchants = column::<UInt32Type>(batch, "merchant")?;
        let customers = optional(batch, "customer")?;
        let channels = column::<UInt8Type>(batch, "channel")?;
        let rails = column::<UInt8Type>(batch, "rail")?;
        let amounts = column::<UInt64Type>(batch, "amount")?;
        let references = references(batch)?;
        let voided = optional(batch, "voided_epoch")?;
        let none_voided = voided.is_empty();
        for (row, ((&id, &merchant), &amount)) in ids.iter().zip(merchants).zip(amounts).enumerate() {
            if !self.ids.contains(&id) {
                return Err(DataFusionError::Execution(format!(
                    "receipt {id} is none of the epoch's, which are {} to {}",
                    self.ids.start, self.ids.end
                )));
            }
            let is_valid = (1..=MAX_AMOUNT).contains(&amount) && (none_voided || !voided.is(row, self.epoch));
            let (outside, cash) = (channels[row] == OUTSIDE, is_cash(rails[row]));
            parts[part_of(merchant)].push(ReceiptRow {
                id,
                amount: if is_valid { ReceiptRow::amount_with(amount, outside, cash) } else { 0 },
                reference: references.get(row),
                merchant,
                customer: customers.get(row),
            });
        }
        Ok(())
    }
}

impl DisplayAs for MerchantTallyExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TallyRules { epoch, algorithm, .. } = &*self.rules;
        write!(formatter, "MerchantTallyExec: epoch={epoch}, algorithm={}", algorithm.version())
    }
}

impl ExecutionPlan for MerchantTallyExec {
    fn name(&self) -> &str {
        "MerchantTallyExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![self.exchange.distribution(&self.input, "merchant")]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = only(children)?;
        Ok(Arc::new(Self::new(input, Arc::clone(&self.rules), Arc::clone(&self.state), self.exchange)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let time = |name| MetricBuilder::new(&self.metrics).subset_time(name, partition);
        let times = Times { input: time("decode"), partition: time("partition") };
        let tallying = time("tally");
        let (rules, state) = (Arc::clone(&self.rules), Arc::clone(&self.state));
        let (gathered, input) = (Arc::clone(&self.gathered), Arc::clone(&self.input));
        let scatter = Arc::new(Receipts { epoch: rules.epoch, ids: rules.ids.clone() });
        let parts = async move { gathered.of(partition, &input, &context, scatter, times).await };
        let tallied = futures::stream::once(parts);
        let batches = futures::TryStreamExt::try_flatten(futures::TryStreamExt::map_ok(tallied, move |parts| {
            let (rules, state, tallying) = (Arc::clone(&rules), Arc::clone(&state), tallying.clone());
            let mut tally = Tally::default();
            futures::stream::iter(std::iter::from_fn(move || {
                let (number, rows) = parts.take()?;
                let started = Instant::now();
                let made = check(&rows).and_then(|()| state.history(number).map_err(within)).and_then(|history| {
                    let made = tally.part(&rows, voids::of_part(&rules.voids, number), &history, &rules);
                    state.keep(number, made.carry);
                    made.figures.into_batch()
                });
                tallying.add_elapsed(started);
                Some(made)
            }))
        }));
        Ok(Box::pin(RecordBatchStreamAdapter::new(figures::schema(), batches)))
    }
}

/// Places within a part have 31 bits.
fn check(rows: &Part<ReceiptRow>) -> Result<()> {
    let count: usize = rows.iter().map(Chunks::len).sum();
    if count < 1 << 31 {
        return Ok(());
    }
    Err(DataFusionError::Execution(format!("one part of the merchants has {count} receipts, 2^31 or more")))
}

/// The only child.
///
/// # Errors
/// When there is another number of them.
pub(super) fn only(children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
    let [input] = <[_; 1]>::try_from(children)
        .map_err(|children| DataFusionError::Internal(format!("one input is needed, not {}", children.len())))?;
    Ok(input)
}
