//! `bizkey score`: epochs of a lake into scores and both roots, in this process
//! or on a cluster.

use crate::engine::{EngineArgs, Judging};
use anyhow::{bail, Context};
use bizkey_client::Deployment;
use bizkey_indexer::Store;
use bizkey_oracle::lake::LakeJudge;
use bizkey_primitives::{Epoch, Side};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

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
    /// How it is scored.
    #[command(flatten)]
    pub engine: EngineArgs,
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
    let Judging { mut judge, state, .. } =
        args.engine.open(&args.lake, &deployment, &store, Path::new("bizkey-score"), false).await?;
    let first = judge.next_epoch();
    while score_next(&mut judge).await? {}
    store.close().await;
    match judge.next_epoch() {
        next if next == first => println!("no epoch from {first} on is closed and in the lake"),
        next => println!("epochs {first} to {} are scored; the state is in {}", next - 1, state.display()),
    }
    Ok(())
}

fn sqlite(args: &ScoreArgs) -> String {
    format!("sqlite://{}", args.data_dir.join("indexer.sqlite").display())
}

/// Scores the next epoch and prints its roots; `false` if it is not there yet.
async fn score_next(judge: &mut LakeJudge) -> anyhow::Result<bool> {
    let Some(closed) = judge.closed().await? else { return Ok(false) };
    let (epoch, receipts) = (closed.epoch(), closed.receipts());
    let bar = progress(epoch, receipts);
    let judged = judge.judge(closed).await;
    bar.finish_and_clear();
    let report = judged?;
    let [merchants, customers] = [Side::Merchant, Side::Customer].map(|side| {
        let tree = report.tree(side);
        format!("{} {}s of root 0x{}", tree.leaves().len(), side.name(), hex::encode(tree.root()))
    });
    println!("epoch {epoch}: {receipts} receipts, {merchants}, {customers}");
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
