//! The operator that adds up customers' sales. Merchants' figures pass.

use super::{
    exchange::{Chunks, Gathered, Part, Scatter, Times, PARTS},
    figures::{self, Figures, CASH, CASH_HIGH, RECEIPTS, SALES, SALES_HIGH},
    merchants::{only, properties},
    Exchange,
};
use bizkey_primitives::CustomerIndex;
use datafusion::{
    arrow::record_batch::RecordBatch,
    common::tree_node::TreeNodeRecursion,
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::PhysicalExpr,
    physical_plan::{
        metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet},
        stream::RecordBatchStreamAdapter,
        DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, PlanProperties,
    },
};
use std::{fmt, sync::Arc, time::Instant};

/// A figure in flight.
#[derive(Clone, Copy, Debug)]
struct FigureRow {
    value: u64,
    account: u32,
    figure: u8,
}

/// Figures in; out come merchants' figures as they are and customers' sums,
/// ascending by customer within each batch.
#[derive(Debug)]
pub struct CustomerSalesExec {
    input: Arc<dyn ExecutionPlan>,
    largest: CustomerIndex,
    exchange: Exchange,
    properties: Arc<PlanProperties>,
    gathered: Arc<Gathered<FigureRow>>,
    metrics: ExecutionPlanMetricsSet,
}

impl CustomerSalesExec {
    /// The operator over figures. `largest` is about the largest index of a
    /// customer; how far it is off costs time, nothing else.
    #[must_use]
    pub fn new(input: Arc<dyn ExecutionPlan>, largest: CustomerIndex, exchange: Exchange) -> Self {
        let partitions = exchange.partitions(&input);
        Self {
            properties: properties(partitions),
            gathered: Arc::new(Gathered::new(exchange.groups(partitions))),
            metrics: ExecutionPlanMetricsSet::new(),
            input,
            largest,
            exchange,
        }
    }
}

/// Figures into rows by part: each part is a range of accounts.
struct Accounts {
    shift: u32,
}

impl Accounts {
    fn new(largest: CustomerIndex) -> Self {
        let bits = u32::BITS - largest.leading_zeros();
        Self { shift: bits.saturating_sub(PARTS.trailing_zeros()) }
    }
}

impl Scatter<FigureRow> for Accounts {
    fn scatter(&self, batch: &RecordBatch, parts: &mut [Chunks<FigureRow>]) -> Result<()> {
        let (accounts, figures, values) = figures::columns(batch)?;
        for ((&account, &figure), &value) in accounts.iter().zip(figures).zip(values) {
            let part = ((account >> self.shift) as usize).min(PARTS - 1);
            parts[part].push(FigureRow { value, account, figure });
        }
        Ok(())
    }
}

/// Adds up parts, one after the other, with memory that it keeps.
#[derive(Default)]
struct Sums {
    /// Cash, everything else, and whether the customer is there.
    dense: Vec<([u128; 2], bool)>,
}

impl Sums {
    fn part(&mut self, part: &Part<FigureRow>) -> Figures {
        let rows = || part.iter().flat_map(|chunks| chunks.iter()).flatten();
        let customers = || rows().filter(|row| row.figure < RECEIPTS);
        let mut made = Figures::default();
        for row in rows().filter(|row| row.figure >= RECEIPTS) {
            made.push(row.account, row.figure, row.value);
        }
        let (first, last) =
            customers().fold((u32::MAX, 0), |(first, last), row| (first.min(row.account), last.max(row.account)));
        let count = customers().count();
        if count == 0 {
            return made;
        }
        let span = (last - first) as usize + 1;
        if span <= 4 * count + PARTS {
            self.dense.clear();
            self.dense.resize(span, ([0; 2], false));
            for row in customers() {
                let (sums, is_there) = &mut self.dense[(row.account - first) as usize];
                add(sums, row);
                *is_there = true;
            }
            for (account, (sums, _)) in (first..=last).zip(&self.dense).filter(|(_, (_, is_there))| *is_there) {
                push(&mut made, account, *sums);
            }
        } else {
            // Indices with wide gaps.
            let mut sorted: Vec<FigureRow> = customers().copied().collect();
            sorted.sort_unstable_by_key(|row| row.account);
            for rows in sorted.chunk_by(|one, other| one.account == other.account) {
                let mut sums = [0; 2];
                rows.iter().for_each(|row| add(&mut sums, row));
                push(&mut made, rows[0].account, sums);
            }
        }
        made
    }
}

/// Values are below 2^64 and rows fewer: no sum passes u128.
fn add(sums: &mut [u128; 2], row: &FigureRow) {
    let wide = u128::from(row.value);
    match row.figure {
        CASH => sums[0] += wide,
        CASH_HIGH => sums[0] += wide << 64,
        SALES_HIGH => sums[1] += wide << 64,
        _ => sums[1] += wide,
    }
}

/// A customer's sums: always a first row, which says that it is there.
fn push(made: &mut Figures, account: CustomerIndex, [cash, sales]: [u128; 2]) {
    made.push(account, SALES, sales as u64);
    made.push_wide(account, SALES_HIGH, SALES_HIGH, sales >> 64);
    made.push_wide(account, CASH, CASH_HIGH, cash);
}

impl DisplayAs for CustomerSalesExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CustomerSalesExec")
    }
}

impl ExecutionPlan for CustomerSalesExec {
    fn name(&self) -> &str {
        "CustomerSalesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![self.exchange.distribution(&self.input, "account")]
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
        Ok(Arc::new(Self::new(only(children)?, self.largest, self.exchange)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let time = |name| MetricBuilder::new(&self.metrics).subset_time(name, partition);
        let times = Times { input: time("upstream"), partition: time("partition") };
        let adding = time("sales");
        let (gathered, input) = (Arc::clone(&self.gathered), Arc::clone(&self.input));
        let scatter = Arc::new(Accounts::new(self.largest));
        let parts = async move { gathered.of(partition, &input, &context, scatter, times).await };
        let batches = futures::TryStreamExt::map_ok(futures::stream::once(parts), move |parts| {
            let adding = adding.clone();
            let mut sums = Sums::default();
            futures::stream::iter(std::iter::from_fn(move || {
                let (_, rows) = parts.take()?;
                let started = Instant::now();
                let made = sums.part(&rows).into_batch();
                adding.add_elapsed(started);
                Some(made)
            }))
        });
        let batches = futures::TryStreamExt::try_flatten(batches);
        Ok(Box::pin(RecordBatchStreamAdapter::new(figures::schema(), batches)))
    }
}
