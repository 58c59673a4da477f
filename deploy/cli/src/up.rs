//! `bizkey up`: the whole system, running, in one process.

use crate::system::{now_ms, ChainChoice, System, SystemConfig};
use anyhow::Context;
use bizkey_devchain::{Clock, Devchain};
use bizkey_primitives::Calendar;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Options of `bizkey up`.
#[derive(Clone, Debug, clap::Args)]
pub struct UpArgs {
    /// Chain, databases, deployment.json, device seed.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// A node, ws://…; without it the embedded chain runs in the data directory.
    #[arg(long)]
    pub chain: Option<String>,
    /// postgres://…; without it SQLite files in the data directory.
    #[arg(long, env = "BIZKEY_DATABASE")]
    pub database: Option<String>,
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
    /// Length of an epoch in seconds, when the contracts are deployed.
    #[arg(long, default_value_t = 86_400)]
    pub epoch_seconds: u64,
    /// Challenge window of a report in seconds, when the contracts are deployed.
    #[arg(long, default_value_t = 7_200)]
    pub window_seconds: u64,
    /// Secret URI of the deployer, from which this machine's other keys are
    /// derived. The default is known to everybody: for trials only.
    #[arg(long, env = "BIZKEY_SECRET", default_value = "//Alice", hide_env_values = true)]
    pub secret: String,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a part does not start, or stops by itself.
pub async fn up(args: UpArgs) -> anyhow::Result<()> {
    let epoch_ms = args.epoch_seconds.saturating_mul(1000);
    let genesis_ms = if epoch_ms == DAY_MS { now_ms() / DAY_MS * DAY_MS } else { now_ms() };
    let calendar = Calendar::new(genesis_ms, epoch_ms).context("--epoch-seconds: from 1 second to 366 days")?;
    let chain = match &args.chain {
        Some(url) => ChainChoice::Node(url.clone()),
        None => ChainChoice::Embedded { clock: Clock::System },
    };
    let config = SystemConfig {
        data_dir: args.data_dir.clone(),
        chain,
        database: args.database.clone(),
        calendar,
        window_ms: args.window_seconds.saturating_mul(1000),
        secret: args.secret.clone(),
    };
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
        let shutdown = system.shutdown.clone();
        let epoch_ms = system.suite.deployment().calendar.epoch_ms;
        system.tasks.spawn(async move {
            let outcome = keep_time(&devchain, epoch_ms, shutdown).await;
            server.stop().await;
            outcome
        });
    }
    lines.push(format!("contracts in {}", args.data_dir.join("deployment.json").display()));

    let state = bizkey_indexer::ApiState { store: system.index.clone(), progress: system.progress.clone() };
    serve(&mut system, gateway, bizkey_gateway::api::router);
    serve_router(&mut system, indexer, bizkey_indexer::router(state));
    let proofs = bizkey_oracle::proofs::router(system.book.clone());
    serve_router(&mut system, oracle, proofs);

    let (running, stop) = (system.gateway.clone(), system.shutdown.clone());
    system.tasks.spawn(async move {
        running.run(stop).await;
        Ok(())
    });
    let (service, stop) = (system.oracle(Duration::from_secs(1)), system.shutdown.clone());
    system.tasks.spawn(async move {
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
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let outcome = tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminate.recv() => Ok(()),
        stopped = system.tasks.join_next() => match stopped {
            Some(Ok(Err(error))) => Err(error),
            Some(Err(panic)) => Err(panic.into()),
            Some(Ok(Ok(()))) | None => Err(anyhow::anyhow!("a service stopped early")),
        },
    };
    // Whoever read our output may be gone; that is no reason to stop badly.
    let _ = writeln!(std::io::stdout(), "stopping");
    let stopped = system.stop().await;
    outcome.and(stopped)
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

fn serve(
    system: &mut System,
    listener: TcpListener,
    router: impl FnOnce(bizkey_gateway::Gateway<bizkey_gateway::SuiteChain>) -> axum::Router,
) {
    let router = router(system.gateway.clone());
    serve_router(system, listener, router);
}

/// Serves a router until the system stops.
pub fn serve_router(system: &mut System, listener: TcpListener, router: axum::Router) {
    let stop = system.shutdown.clone();
    system.tasks.spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?;
        Ok(())
    });
}
