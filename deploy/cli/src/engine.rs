//! The options of whoever scores epochs of a lake: `bizkey score`, `bizkey
//! oracle` and `bizkey up`.

use crate::system::lock;
use anyhow::Context;
use bizkey_client::Deployment;
use bizkey_indexer::{Lake, Store};
use bizkey_oracle::{
    lake::{LakeJudge, LakeTrust, Runner, Settings},
    report::Network,
    source::IndexSource,
};
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// How epochs of a lake are scored.
#[derive(Clone, Debug, clap::Args)]
pub struct EngineArgs {
    /// What later epochs need to know of the lake's, and their reports; made
    /// anew from the lake if it is missing. Executors of a cluster read it
    /// under the same path. Without it, `score` in the data directory, or
    /// `bizkey-score` for `bizkey score`.
    #[arg(long, value_name = "FOLDER", requires = "lake")]
    pub state: Option<PathBuf>,
    /// Who computes: in-process, or the cluster of ballista://HOST:PORT.
    #[arg(long, value_name = "ENGINE", default_value = "in-process", requires = "lake")]
    pub engine: EngineChoice,
    /// Threads in this process, or partitions for a cluster, of which each
    /// executor takes as many at a time as it has threads; the processors of
    /// this machine without it.
    #[arg(long, value_name = "N", requires = "lake")]
    pub partitions: Option<NonZeroUsize>,
    /// Take the lake's files as they are, without looking at their hashes first.
    #[arg(long, requires = "lake")]
    pub trust_lake: bool,
}

/// Who computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineChoice {
    /// Threads of this process.
    InProcess,
    /// A Ballista cluster, by its scheduler.
    #[cfg(feature = "distributed")]
    Ballista(bizkey_oracle_distributed::SchedulerAddress),
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "in-process" => Ok(Self::InProcess),
            #[cfg(feature = "distributed")]
            _ if text.starts_with("ballista:") => text.parse().map(Self::Ballista),
            #[cfg(not(feature = "distributed"))]
            _ if text.starts_with("ballista:") => Err("this program was built without clusters: build it with \
                 `cargo build --release -p bizkey --features distributed`"
                .to_owned()),
            _ => Err(format!("{text} is no engine: give in-process or ballista://HOST:PORT")),
        }
    }
}

impl EngineChoice {
    #[cfg_attr(not(feature = "distributed"), allow(unused_variables))] // only a cluster is told where the lake is
    fn runner(&self, lake: &str) -> anyhow::Result<Runner> {
        match self {
            Self::InProcess => Ok(Runner::InProcess),
            #[cfg(feature = "distributed")]
            Self::Ballista(scheduler) => {
                let lake = bizkey_oracle::lake::LakeAddress::parse(lake).context("--lake")?;
                let cluster = bizkey_oracle_distributed::Ballista::new(scheduler.clone(), lake);
                Ok(Runner::Cluster(Arc::new(cluster)))
            }
        }
    }
}

/// A lake, and who judges by it.
pub struct Judging {
    /// Judges epoch after epoch.
    pub judge: LakeJudge,
    /// The lake.
    pub lake: Lake,
    /// Where the state is. The folder is this process's as long as it judges.
    pub state: PathBuf,
}

impl EngineArgs {
    /// Opens the lake at `url`, and its judge over the rows of `store`. The
    /// state is in `folder` if --state names none. With `awaits_writer`, this
    /// process writes the lake itself.
    ///
    /// # Errors
    /// When the lake cannot be opened, or the state is another process's,
    /// another network's or not what was written.
    pub async fn open(
        &self,
        url: &str,
        deployment: &Deployment,
        store: &Store,
        folder: &Path,
        awaits_writer: bool,
    ) -> anyhow::Result<Judging> {
        let lake = Lake::open(url, store.network()).await.context("opening the lake of --lake")?;
        let state = self.state.clone().unwrap_or_else(|| folder.to_owned());
        // Two that carry at once would spoil the state.
        let lock = Some(Arc::new(lock(&state).context("taking the folder of --state")?));
        let threads =
            self.partitions.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let settings = Settings { runner: self.engine.runner(url)?, lock, ..Settings::new(state.clone(), threads) };
        let trust = LakeTrust { files: self.trust_lake, awaits_writer };
        let source = IndexSource::new(store.clone());
        let judge = LakeJudge::open(Network::from(deployment), source, lake.clone(), trust, settings)?;
        Ok(Judging { judge, lake, state })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_this_process_or_a_cluster() {
        assert_eq!("in-process".parse::<EngineChoice>().unwrap(), EngineChoice::InProcess);
        assert!("threads".parse::<EngineChoice>().unwrap_err().contains("in-process"));
        let cluster = "ballista://127.0.0.1:50050".parse::<EngineChoice>();
        #[cfg(feature = "distributed")]
        assert!(matches!(cluster.unwrap(), EngineChoice::Ballista(address) if address.port() == 50050));
        #[cfg(not(feature = "distributed"))]
        assert!(cluster.unwrap_err().contains("--features distributed"));
    }
}
