//! The plan of an epoch.

use super::{
    customers::CustomerSales,
    error::{LakeError, Result},
    merchants::{MerchantTally, Past, TallyRules, RECEIPT_COLUMNS},
    operator::PartsExec,
    LakeAddress,
};
use bizkey_indexer::lake::{schema, Part};
use bizkey_primitives::CustomerIndex;
use datafusion::{
    arrow::{datatypes::SchemaRef, record_batch::RecordBatch},
    datasource::{
        listing::PartitionedFile,
        object_store::ObjectStoreUrl,
        physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource},
        source::DataSourceExec,
    },
    error::{DataFusionError, Result as PlanResult},
    execution::TaskContext,
    parquet::file::metadata::ParquetMetaDataReader,
    physical_expr::expressions::col,
    physical_plan::{
        collect_partitioned, repartition::RepartitionExec, Distribution, ExecutionPlan, ExecutionPlanProperties as _,
        Partitioning,
    },
    prelude::{SessionConfig, SessionContext},
};
use object_store::{path::Path, ObjectStore, ObjectStoreExt as _};
use std::sync::Arc;

/// How an operator gets all rows of a merchant or customer together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Through the memory that threads share: into so many partitions.
    Shared(usize),
    /// By DataFusion's exchange by hash, into so many partitions, which may be
    /// on several machines.
    ByHash(usize),
}

impl Exchange {
    /// Partitions of an operator over `input`.
    pub(super) fn partitions(self, input: &Arc<dyn ExecutionPlan>) -> usize {
        match self {
            Exchange::Shared(partitions) => partitions,
            Exchange::ByHash(_) => input.output_partitioning().partition_count(),
        }
    }

    /// Groups of input partitions whose rows meet.
    pub(super) fn groups(self, partitions: usize) -> usize {
        match self {
            Exchange::Shared(_) => 1,
            Exchange::ByHash(_) => partitions,
        }
    }

    /// What an operator requires of its input.
    pub(super) fn distribution(self, input: &Arc<dyn ExecutionPlan>, key: &str) -> Distribution {
        match (self, col(key, &input.schema())) {
            (Exchange::ByHash(_), Ok(key)) => Distribution::KeyPartitioned(vec![key]),
            _ => Distribution::UnspecifiedDistribution,
        }
    }

    fn over(self, input: Arc<dyn ExecutionPlan>, key: &str) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let Exchange::ByHash(partitions) = self else { return Ok(input) };
        let key = col(key, &input.schema())?;
        Ok(Arc::new(RepartitionExec::try_new(input, Partitioning::Hash(vec![key], partitions))?))
    }
}

/// Reads a lake's files.
#[derive(Clone)]
pub(super) struct Reader {
    context: SessionContext,
    url: ObjectStoreUrl,
    /// Where the lake begins in the object store.
    folder: Path,
}

/// Rows that are decoded at a time.
const BATCH: usize = 8_192;

impl Reader {
    /// # Errors
    /// When the address of the lake within DataFusion is none, which it is.
    pub(super) fn new(objects: Arc<dyn ObjectStore>) -> PlanResult<Self> {
        let context = SessionContext::new_with_config(SessionConfig::new().with_batch_size(BATCH));
        let url = ObjectStoreUrl::parse("lake://lake")?;
        context.runtime_env().register_object_store(url.as_ref(), objects);
        Ok(Self { context, url, folder: Path::default() })
    }

    /// Plans for processes that find the lake there.
    pub(super) fn elsewhere(&self, lake: &LakeAddress) -> Self {
        Self { context: self.context.clone(), url: lake.store().clone(), folder: lake.folder().clone() }
    }

    pub(super) fn task(&self) -> Arc<TaskContext> {
        self.context.task_ctx()
    }

    /// Reads `columns` of files in up to so many partitions, in order.
    pub(super) fn scan(
        &self,
        table: &SchemaRef,
        parts: &[Part],
        columns: &[&str],
        partitions: usize,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let indices = columns.iter().map(|column| Ok(table.index_of(column)?)).collect::<PlanResult<Vec<_>>>()?;
        let files = parts.iter().map(|part| self.file(part)).collect::<PlanResult<Vec<_>>>()?;
        let each = files.len().div_ceil(partitions.max(1)).max(1);
        let mut groups: Vec<_> = files.chunks(each).map(|files| FileGroup::new(files.to_vec())).collect();
        if groups.is_empty() {
            groups.push(FileGroup::new(Vec::new()));
        }
        let source = Arc::new(ParquetSource::new(Arc::clone(table)));
        let scan = FileScanConfigBuilder::new(self.url.clone(), source)
            .with_file_groups(groups)
            .with_projection_indices(Some(indices))?
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }

    fn file(&self, part: &Part) -> PlanResult<PartitionedFile> {
        let within = Path::parse(&part.path).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let mut file = PartitionedFile::new(&part.path, part.bytes);
        file.object_meta.location = self.folder.parts().chain(within.parts()).collect();
        Ok(file)
    }

    /// Figures of an epoch's receipts.
    pub(super) fn figures(
        &self,
        parts: &[Part],
        rules: TallyRules,
        past: Past,
        largest: CustomerIndex,
        exchange: Exchange,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let (Exchange::Shared(partitions) | Exchange::ByHash(partitions)) = exchange;
        let receipts = self.scan(&schema::receipts(), parts, &RECEIPT_COLUMNS, partitions)?;
        let receipts = exchange.over(receipts, "merchant")?;
        let tallied: Arc<dyn ExecutionPlan> =
            Arc::new(PartsExec::new(receipts, Arc::new(MerchantTally { rules, past }), exchange));
        let tallied = exchange.over(tallied, "account")?;
        Ok(Arc::new(PartsExec::new(tallied, Arc::new(CustomerSales { largest }), exchange)))
    }

    /// Runs a plan; batches in no particular order.
    pub(super) async fn run(&self, plan: Arc<dyn ExecutionPlan>) -> PlanResult<Vec<RecordBatch>> {
        Ok(collect_partitioned(plan, self.task()).await?.into_iter().flatten().collect())
    }
}

/// About the largest index of a customer, from the footers of a few files: a
/// hint, so no error.
pub(super) async fn largest_customer(objects: &Arc<dyn ObjectStore>, parts: &[Part]) -> Option<CustomerIndex> {
    let step = parts.len().div_ceil(FOOTERS).max(1);
    let mut largest = None;
    for part in parts.iter().step_by(step) {
        let path = Path::parse(&part.path).ok()?;
        let end = objects.get_range(&path, part.bytes.saturating_sub(FOOTER_BYTES)..part.bytes).await.ok()?;
        let mut footer = ParquetMetaDataReader::new();
        footer.try_parse_sized(&end, part.bytes).ok()?;
        for group in footer.finish().ok()?.row_groups() {
            let customers = group.columns().iter().find(|column| column.column_path().string() == "customer")?;
            let bytes = customers.statistics().and_then(|statistics| statistics.max_bytes_opt());
            let bytes = bytes.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            largest = largest.max(bytes.map(u32::from_le_bytes));
        }
    }
    largest
}

/// Footers that are read for the hint, and within how many bytes each is.
const FOOTERS: usize = 8;
const FOOTER_BYTES: u64 = 1 << 16;

/// Whether rows came that the manifest does not name, or fewer.
pub(super) fn check_rows(epoch: u32, expected: u64, found: u64) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(LakeError::Files { epoch, what: format!("hold {found} receipts, the manifest names {expected}") })
}
