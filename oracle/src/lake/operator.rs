//! Operators that gather their input by part and turn each part into figures.

use super::{
    exchange::{Gathered, Part, Scatter, Times},
    figures, Exchange,
};
use datafusion::{
    arrow::record_batch::RecordBatch,
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
use futures::{stream, TryStreamExt as _};
use std::{
    fmt::{self, Debug},
    sync::Arc,
    time::Instant,
};

/// What an operator does.
pub(super) trait Work: Debug + Send + Sync + 'static {
    /// A row in flight.
    type Row: Copy + Debug + Send + Sync + 'static;
    /// The operator's name.
    const NAME: &'static str;
    /// The column whose equal values meet in one part.
    const KEY: &'static str;
    /// What the time is called that its input takes.
    const INPUT: &'static str;
    /// What the time is called that its parts take.
    const PARTS: &'static str;

    /// What a plan says of it beside its name.
    fn describe(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }

    /// Puts rows into parts.
    fn scatter(&self) -> Arc<dyn Scatter<Self::Row>>;

    /// Turns the parts that one thread takes into figures, one after the other.
    fn worker(self: Arc<Self>) -> impl FnMut(usize, &Part<Self::Row>) -> Result<RecordBatch> + Send + 'static;
}

/// The operator that does some work. Its input's rows meet as the exchange says.
#[derive(Debug)]
pub(super) struct PartsExec<W: Work> {
    input: Arc<dyn ExecutionPlan>,
    work: Arc<W>,
    exchange: Exchange,
    properties: Arc<PlanProperties>,
    gathered: Arc<Gathered<W::Row>>,
    metrics: ExecutionPlanMetricsSet,
}

impl<W: Work> PartsExec<W> {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, work: Arc<W>, exchange: Exchange) -> Self {
        let partitions = exchange.partitions(&input);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(figures::schema()),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            properties: Arc::new(properties),
            gathered: Arc::new(Gathered::new(exchange.groups(partitions))),
            metrics: ExecutionPlanMetricsSet::new(),
            input,
            work,
            exchange,
        }
    }

    pub(super) fn work(&self) -> &W {
        &self.work
    }

    pub(super) fn exchange(&self) -> Exchange {
        self.exchange
    }
}

impl<W: Work> DisplayAs for PartsExec<W> {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(W::NAME)?;
        self.work.describe(formatter)
    }
}

impl<W: Work> ExecutionPlan for PartsExec<W> {
    fn name(&self) -> &str {
        W::NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![self.exchange.distribution(&self.input, W::KEY)]
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
        let [input] = <[_; 1]>::try_from(children)
            .map_err(|children| DataFusionError::Internal(format!("one input is needed, not {}", children.len())))?;
        Ok(Arc::new(Self::new(input, Arc::clone(&self.work), self.exchange)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let time = |name| MetricBuilder::new(&self.metrics).subset_time(name, partition);
        let times = Times { input: time(W::INPUT), partition: time("partition") };
        let working = time(W::PARTS);
        let (gathered, input) = (Arc::clone(&self.gathered), Arc::clone(&self.input));
        let (work, scatter) = (Arc::clone(&self.work), self.work.scatter());
        let parts = async move { gathered.of(partition, &input, &context, scatter, times).await };
        let batches = stream::once(parts).map_ok(move |parts| {
            let (working, mut worker) = (working.clone(), Arc::clone(&work).worker());
            stream::iter(std::iter::from_fn(move || {
                let (number, rows) = parts.take()?;
                let started = Instant::now();
                let made = worker(number, &rows);
                working.add_elapsed(started);
                Some(made)
            }))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(figures::schema(), batches.try_flatten())))
    }
}
