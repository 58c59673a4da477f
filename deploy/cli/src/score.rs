//! `bizkey score`: epochs of a lake into scores and both roots, in this process
//! or on a cluster.

use crate::system::lock;
use anyhow::{bail, Context};
use bizkey_client::Deployment;
use bizkey_indexer::{lake, Lake, Store};
use bizkey_oracle::{
    lake::{LakeEngine, Runner, Settings},
    report::{EpochReport, Network},
    source::{EpochFacts, IndexSource},
};
use bizkey_primitives::{Epoch, Side};
use indicatif::{ProgressBar, ProgressStyle};
use std::{num::NonZeroUsize, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// How often the clock of an epoch that is being scored moves.
const TICK: Duration = Duration::from_millis(200);

/// Options of `bizkey score`.
#[derive(Clone, Debug, clap::Args)]
pub struct ScoreArgs {
    /// The data directory of `bizkey up` or `bizkey demo`, which holds
    /// `deployment.json` and, without --index, the index.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// The database of the indexer: postgres://…, or sqlite://PATH.
    #[arg(long, value_name = "DATABASE_URL", env = "BIZKEY_INDEX", hide_env_values = true)]
    pub index: Option<String>,
    /// The lake: a folder, file:///…, or s3://BUCKET/PREFIX with the indexer's
    /// feature `aws`.
    #[arg(long, env = "BIZKEY_LAKE", value_name = "URL")]
    pub lake: String,
    /// What later epochs need to know, which is made anew from the lake if it
    /// is missing. Executors of a cluster read it under the same path.
    #[arg(long, value_name = "FOLDER", default_value = "bizkey-score")]
    pub state: PathBuf,
    /// Who computes: in-process, or the cluster of ballista://HOST:PORT.
    #[arg(long, value_name = "ENGINE", default_value = "in-process")]
    pub engine: EngineChoice,
    /// Threads in this process, or partitions for a cluster, of which each
    /// executor takes as many at a time as it has threads; the processors of
    /// this machine without it.
    #[arg(long, value_name = "N")]
    pub partitions: Option<NonZeroUsize>,
    /// Take the lake's files as they are, without looking at their hashes first.
    #[arg(long)]
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

/// Scores every closed epoch that the lake has, from where the state ends.
///
/// # Errors
/// When the index, the lake, the state or the cluster cannot be had, or an
/// epoch of the lake is not whole.
pub async fn score(args: ScoreArgs) -> anyhow::Result<()> {
    let path = args.data_dir.join("deployment.json");
    if !path.exists() {
        bail!("{} is missing: give the --data-dir of `bizkey up` or `bizkey demo`", path.display());
    }
    let deployment = Deployment::load(&path)?;
    let network = bizkey_indexer::model::Network::from(&deployment);
    let index = args.index.clone().unwrap_or_else(|| sqlite(&args));
    let store = Store::open(&index, &network).await.context("opening the index")?;
    let lake = Lake::open(&args.lake, &network).await.context("opening the lake of --lake")?;
    // Two that carry at once would spoil the state.
    let _lock = lock(&args.state).context("taking the folder of --state")?;
    let threads = args.partitions.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let settings = Settings { runner: args.engine.runner(&args.lake)?, ..Settings::new(args.state.clone(), threads) };
    let mut engine = LakeEngine::open(lake.store(), settings)?;
    let source = IndexSource::new(store.clone());
    let first = engine.next_epoch();
    let network = Network::from(&deployment);
    while score_next(&args, &network, &source, &lake, &mut engine).await? {}
    store.close().await;
    match engine.next_epoch() {
        next if next == first => println!("no epoch from {first} on is closed and in the lake"),
        next => println!("epochs {first} to {} are scored; the state is in {}", next - 1, args.state.display()),
    }
    Ok(())
}

fn sqlite(args: &ScoreArgs) -> String {
    format!("sqlite://{}", args.data_dir.join("indexer.sqlite").display())
}

/// Scores the next epoch and prints its roots; `false` if it is not there yet.
async fn score_next(
    args: &ScoreArgs,
    network: &Network,
    source: &IndexSource,
    lake: &Lake,
    engine: &mut LakeEngine,
) -> anyhow::Result<bool> {
    let epoch = engine.next_epoch();
    // The receipts come from the lake.
    let facts = source.closed_epoch_without_receipts(epoch).await?;
    let Some(EpochFacts { input, holdings }) = facts else { return Ok(false) };
    let manifest = match if args.trust_lake { lake.read_manifest(epoch).await } else { lake.verify(epoch).await } {
        Ok(manifest) => manifest,
        Err(lake::Error::NotWritten(_)) => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("epoch {epoch} of the lake")),
    };
    let bar = progress(epoch, manifest.receipts.rows);
    let scored = engine.score(&manifest, Arc::new(input)).await;
    bar.finish_and_clear();
    let report = EpochReport::build(network, scored?, holdings)?;
    engine.carry().await?;
    let [merchants, customers] = [Side::Merchant, Side::Customer].map(|side| {
        let tree = report.tree(side);
        format!("{} {}s of root 0x{}", tree.leaves().len(), side.name(), hex::encode(tree.root()))
    });
    println!("epoch {epoch}: {} receipts, {merchants}, {customers}", manifest.receipts.rows);
    Ok(true)
}

fn progress(epoch: Epoch, receipts: u64) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(format!("epoch {epoch}: {receipts} receipts"));
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
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
