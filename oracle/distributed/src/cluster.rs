//! Having a cluster run plans.

use crate::{address::SchedulerAddress, codec::Codec, MESSAGE_BYTES};
use ballista_core::{
    config::{BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS, BALLISTA_CLIENT_PULL},
    execution_plans::execute_physical_plan,
    extension::SessionConfigExt as _,
    ids::new_instance_id,
};
use bizkey_oracle::lake::{Cluster, LakeAddress};
use datafusion::{
    arrow::record_batch::RecordBatch,
    error::{DataFusionError, Result},
    physical_plan::{ExecutionPlan, ExecutionPlanProperties as _},
    prelude::SessionConfig,
};
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt as _;
use std::{sync::Arc, time::Duration};

/// How often a plan is given to the cluster. When an executor dies, rows are
/// lost that others need, and the job fails (see the scheduler); or the job is
/// done and its results are lost. The executors that are left run it again.
const ATTEMPTS: u32 = 3;

/// Pause before the second attempt; each further one is as much longer.
const PAUSE: Duration = Duration::from_secs(1);

/// Pause between an executor's attempts to fetch rows from another, in
/// milliseconds.
const FETCH_PAUSE_MS: usize = 1_000;

/// How long a plan may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// A Ballista cluster, by its scheduler.
#[derive(Debug)]
pub struct Ballista {
    scheduler: SchedulerAddress,
    lake: LakeAddress,
    timeout: Duration,
}

impl Ballista {
    /// A cluster whose executors find the lake at `lake`.
    #[must_use]
    pub fn new(scheduler: SchedulerAddress, lake: LakeAddress) -> Self {
        Self { scheduler, lake, timeout: TIMEOUT }
    }

    /// Waits so long for one attempt at a plan, which is six hours otherwise.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn attempt(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>> {
        let config = SessionConfig::new_with_ballista()
            .with_target_partitions(plan.output_partitioning().partition_count())
            .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES as usize)
            .set_usize(BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS, FETCH_PAUSE_MS)
            // Short questions instead of one answer that must not break off.
            .set_bool(BALLISTA_CLIENT_PULL, true);
        let settings = config.ballista_config();
        let (url, codec) = (self.scheduler.url(), Codec::default());
        let running =
            execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, &codec, new_instance_id(), config);
        running.await?.try_collect().await
    }
}

#[async_trait::async_trait]
impl Cluster for Ballista {
    fn lake(&self) -> &LakeAddress {
        &self.lake
    }

    async fn run(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>> {
        let mut attempt = 1;
        loop {
            let error = match tokio::time::timeout(self.timeout, self.attempt(Arc::clone(&plan))).await {
                Ok(Ok(batches)) => return Ok(batches),
                Ok(Err(error)) => error,
                Err(_) => {
                    let seconds = self.timeout.as_secs();
                    DataFusionError::Execution(format!("{} did not finish within {seconds} s", self.scheduler))
                }
            };
            if attempt == ATTEMPTS {
                return Err(error.context(format!("the cluster of {} failed {ATTEMPTS} times", self.scheduler)));
            }
            tracing::warn!(scheduler = %self.scheduler, attempt, %error, "the cluster failed; trying again");
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }
}
