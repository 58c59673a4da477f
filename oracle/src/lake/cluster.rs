//! Running an epoch's plan in other processes than the one that scores.

use super::{
    carried::{self, Unpacked},
    error::{LakeError, Result},
};
use datafusion::{
    arrow::record_batch::RecordBatch,
    datasource::object_store::ObjectStoreUrl,
    error::{DataFusionError, Result as PlanResult},
    physical_plan::ExecutionPlan,
};
use object_store::{path::Path, ObjectStoreScheme};
use std::{fmt::Debug, sync::Arc};
use url::{Position, Url};

/// Who runs the plan of an epoch. It does not show in the scores.
#[derive(Clone, Debug, Default)]
pub enum Runner {
    /// Threads of this process, which share memory.
    #[default]
    InProcess,
    /// Other processes.
    Cluster(Arc<dyn Cluster>),
}

/// Processes that share nothing with this one but the lake and the state's
/// folder, which all see under the same path.
///
/// They get each operator of ours as bytes ([`super::encode_operator`]).
#[async_trait::async_trait]
pub trait Cluster: Debug + Send + Sync + 'static {
    /// Where its processes find the lake.
    fn lake(&self) -> &LakeAddress;

    /// Runs a plan to its end: every row of every partition once, in any order
    /// and any batches. Whether that is so is looked at, and if not, the same
    /// plan is given again.
    ///
    /// # Errors
    /// When it cannot be run, after trying again where that can help.
    async fn run(&self, plan: Arc<dyn ExecutionPlan>) -> PlanResult<Vec<RecordBatch>>;
}

/// A lake's address as DataFusion takes it: an object store, and a folder there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeAddress {
    store: ObjectStoreUrl,
    folder: Path,
}

impl LakeAddress {
    /// Reads what [`bizkey_indexer::Lake::open`] takes: a folder, a `file:///`
    /// URL, or the URL of a bucket (`s3://`, `gs://`, `az://`) with or without
    /// a path.
    ///
    /// # Errors
    /// [`LakeError::Address`] for any other.
    pub fn parse(address: &str) -> Result<Self> {
        let scheme = address.split_once("://").map_or("file", |(scheme, _)| scheme);
        let refused = |cause: String| LakeError::Address { scheme: scheme.to_owned(), cause };
        if !address.contains("://") {
            let folder = std::path::absolute(address).map_err(|error| refused(error.to_string()))?;
            let folder = Path::from_absolute_path(folder).map_err(|error| refused(error.to_string()))?;
            return Ok(Self { store: ObjectStoreUrl::local_filesystem(), folder });
        }
        let url = Url::parse(address).map_err(|error| refused(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("credentials come from the environment, not from the URL".to_owned()));
        }
        let (kind, folder) =
            ObjectStoreScheme::parse(&url).map_err(|_| refused("no object store is known by it".to_owned()))?;
        match kind {
            ObjectStoreScheme::Local => Ok(Self { store: ObjectStoreUrl::local_filesystem(), folder }),
            // Their bucket is the host, so the store follows from the URL's beginning.
            _ if ["s3", "s3a", "gs", "az"].contains(&url.scheme()) => {
                let store = ObjectStoreUrl::parse(&url[..Position::BeforePath]);
                Ok(Self { store: store.map_err(|error| refused(error.to_string()))?, folder })
            }
            _ => Err(refused("give a folder, file:///…, or a bucket as s3://, gs:// or az://".to_owned())),
        }
    }

    /// The object store.
    #[must_use]
    pub fn store(&self) -> &ObjectStoreUrl {
        &self.store
    }

    /// Where the lake begins in the store.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// How often a plan is run whose rows come twice or not at all.
const ATTEMPTS: u32 = 3;

/// Runs a plan elsewhere over so many receipts, and takes apart what comes.
pub(super) async fn run(cluster: &dyn Cluster, plan: Arc<dyn ExecutionPlan>, receipts: u64) -> PlanResult<Unpacked> {
    let mut attempt = 1;
    loop {
        let batches = cluster.run(Arc::clone(&plan)).await?;
        let unpacked = tokio::task::spawn_blocking(move || carried::unpack(batches));
        match unpacked.await.map_err(|error| DataFusionError::External(Box::new(error)))? {
            // If the files hold others than the manifest names, they do so
            // each time, and whoever asked finds it.
            Ok(unpacked) if unpacked.receipts == receipts || attempt == ATTEMPTS => return Ok(unpacked),
            Ok(unpacked) => {
                let found = unpacked.receipts;
                tracing::warn!(attempt, found, receipts, "the cluster counted other receipts; trying again");
            }
            Err(error) if attempt == ATTEMPTS => {
                return Err(error.context(format!("the cluster mixed up rows {ATTEMPTS} times: look at its machines")));
            }
            Err(error) => tracing::warn!(attempt, %error, "the cluster mixed up rows; trying again"),
        }
        attempt += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lake_is_a_store_and_a_folder_there() {
        let parse = |address: &str| LakeAddress::parse(address).unwrap();
        let at = |address: &str| (parse(address).store.to_string(), parse(address).folder.to_string());
        assert_eq!(at("/data/lake"), ("file:///".to_owned(), "data/lake".to_owned()));
        assert_eq!(at("file:///data/the%20lake/"), ("file:///".to_owned(), "data/the lake".to_owned()));
        assert_eq!(at("s3://bucket/a/b"), ("s3://bucket/".to_owned(), "a/b".to_owned()));
        assert_eq!(at("s3://bucket"), ("s3://bucket/".to_owned(), String::new()));
        for refused in ["https://user:secret@example.com/lake", "ftp://example.com"] {
            let error = LakeAddress::parse(refused).unwrap_err().to_string();
            assert!(error.contains(refused.split(':').next().unwrap()) && !error.contains("secret"), "{error}");
        }
    }
}
