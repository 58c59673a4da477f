//! `bizkey up`: the whole system, running, in one process.

use crate::api::{self, ApiArgs};
use crate::engine::{EngineArgs, Judging};
use crate::network::NetworkArgs;
use crate::system::System;
use anyhow::Context;
use bizkey_devchain::Devchain;
use bizkey_indexer::Lake;
use bizkey_oracle::Book;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Options of `bizkey up`.
#[derive(Clone, Debug, clap::Args)]
pub struct UpArgs {
    /// Which network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// postgres://…; without it SQLite files in the data directory.
    #[arg(long, env = "BIZKEY_DATABASE")]
    pub database: Option<String>,
    /// A folder or file:/// URL that gets each closed epoch's receipts as
    /// Parquet files; s3://BUCKET/PREFIX with the indexer's feature `aws`. The
    /// oracle then judges by them, and does not hold every receipt ever recorded
    /// in memory.
    #[arg(long, env = "BIZKEY_LAKE", value_name = "URL")]
    pub lake: Option<String>,
    /// How the lake's epochs are scored.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Where the gateway listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub gateway: SocketAddr,
    /// Where the indexer listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub indexer: SocketAddr,
    /// Where the oracle listens.
    #[arg(long, default_value = "127.0.0.1:8082")]
    pub oracle: SocketAddr,
    /// Where the embedded chain listens.
    #[arg(long, default_value = "127.0.0.1:9944")]
    pub rpc: SocketAddr,
    /// How much the indexer gives to whom.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a part does not start, or stops by itself.
pub async fn up(args: UpArgs) -> anyhow::Result<()> {
    let config = args.network.config(args.database.clone())?;
    let mut system = System::start(&config).await?;

    let gateway = listen("gateway", args.gateway).await?;
    let indexer = listen("indexer", args.indexer).await?;
    let oracle = listen("oracle", args.oracle).await?;
    let mut lines = vec![
        format!("gateway  http://{}", gateway.local_addr()?),
        format!("indexer  http://{}", indexer.local_addr()?),
        format!("oracle   http://{}", oracle.local_addr()?),
    ];
    if let Some(devchain) = system.devchain.clone() {
        let server = devchain.serve(args.rpc).await?;
        lines.push(format!("chain    {}", server.url()));
        let shutdown = system.process.shutdown.clone();
        let epoch_ms = system.suite.deployment().calendar.epoch_ms;
        system.process.spawn(async move {
            let outcome = keep_time(&devchain, epoch_ms, shutdown).await;
            server.stop().await;
            outcome
        });
    }
    lines.push(format!("contracts in {}", config.data_dir.join("deployment.json").display()));

    let mut state =
        bizkey_indexer::ApiState::new(system.index.clone(), system.progress.clone()).within(args.api.config());
    if let Some(url) = &args.lake {
        let lake = judge_by_lake(&mut system, url, &args.engine, &config.data_dir.join("score")).await?;
        state = state.with_lake(lake);
    }
    let rows = api::router(state, system.book.clone());
    let payments = bizkey_gateway::api::router(system.gateway.clone());
    system.process.serve(gateway, payments);
    system.process.serve(indexer, rows);
    let proofs = bizkey_oracle::proofs::router(system.book.clone());
    system.process.serve(oracle, proofs);

    let (running, stop) = (system.gateway.clone(), system.process.shutdown.clone());
    system.process.spawn(async move {
        running.run(stop).await;
        Ok(())
    });
    let (service, stop) = (system.oracle(Duration::from_secs(1)), system.process.shutdown.clone());
    system.process.spawn(async move {
        service.run(stop).await;
        Ok(())
    });

    for line in lines {
        println!("{line}");
    }
    println!("ready; Ctrl-C stops");
    wait(system).await
}

/// Waits for the signal to stop, or for the first service that fails.
///
/// # Errors
/// The first failure of a service.
pub async fn wait(mut system: System) -> anyhow::Result<()> {
    let outcome = system.process.wait().await;
    let stopped = system.stop().await;
    outcome.and(stopped)
}

/// Opens a lake, has every epoch written to it once it is closed, and judged
/// from there. Before anybody has the system's book.
async fn judge_by_lake(system: &mut System, url: &str, engine: &EngineArgs, folder: &Path) -> anyhow::Result<Lake> {
    let deployment = system.suite.deployment();
    let Judging { judge, lake, .. } = engine.open(url, deployment, &system.index, folder, true).await?;
    system.book = Arc::new(Book::judged_by(deployment.into(), judge));
    let (store, progress, stop) = (system.index.clone(), system.progress.clone(), system.process.shutdown.clone());
    let following = bizkey_indexer::lake::run(store, lake.clone(), progress, stop);
    system.process.spawn(async move { following.await.context("writing the lake stopped") });
    Ok(lake)
}

/// Seals a block now and then: the embedded chain makes blocks for
/// transactions only, and an epoch is over when a block says so.
async fn keep_time(devchain: &Devchain, epoch_ms: u64, shutdown: CancellationToken) -> anyhow::Result<()> {
    let every = Duration::from_millis((epoch_ms / 10).clamp(250, 60_000));
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(every) => {
                devchain.seal_block().await.context("the embedded chain stopped")?;
            }
        }
    }
}

async fn listen(what: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; give another with --{what}"))
}
