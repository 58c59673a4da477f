//! `bizkey oracle`: one member of the committee, in a process of its own.

use crate::engine::{EngineArgs, Judging};
use crate::keys::{key_argument, KeyArgument};
use crate::place::at_node;
use crate::process::Process;
use crate::system::{lock, now_ms};
use anyhow::Context;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use bizkey_client::{ss58, Client, Deployment, Signer, Suite};
use bizkey_indexer::{sync::Progress, ClientSource, Config, Store};
use bizkey_oracle::committee::{Alone, AloneStatus, Journal, Member, Notice, Peer};
use bizkey_oracle::fetch::{Bounds, Fetcher};
use bizkey_oracle::{proofs, report::Network, source::IndexSource, Book};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

/// Longest pause after failures in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Options of `bizkey oracle`.
#[derive(Clone, Debug, clap::Args)]
pub struct OracleArgs {
    /// A node, ws://…
    #[arg(long)]
    pub chain: String,
    /// The address of `rewards`, where the chain holds several networks.
    #[arg(long)]
    pub rewards: Option<String>,
    /// The member's key: file:PATH (mode 0600; a secret URI, a mnemonic, or
    /// polkadot.js JSON with ;password=env:NAME), env:NAME, or
    /// pkcs11:module=PATH;token=LABEL;object=LABEL with ;pin=file:PATH or
    /// ;pin=env:NAME, without it the variable BIZKEY_PIN.
    #[arg(long, value_name = "SOURCE", value_parser = key_argument)]
    pub key: KeyArgument,
    /// The database of an indexer that is kept level by another process:
    /// postgres://…, or sqlite://PATH. Without it this process follows the
    /// chain itself, into the data directory.
    #[arg(long, value_name = "DATABASE_URL", env = "BIZKEY_INDEX", hide_env_values = true)]
    pub index: Option<String>,
    /// Judge from a lake, with the engine that does not hold every receipt ever
    /// recorded in memory: a folder, file:///…, or s3://BUCKET/PREFIX with the
    /// indexer's feature `aws`. Without --index, this process writes each closed
    /// epoch there; with --index, epochs are judged once the indexer's process
    /// has written them. Without --lake, everything is judged in memory, which
    /// is quickest for a small network.
    #[arg(long, env = "BIZKEY_LAKE", value_name = "URL")]
    pub lake: Option<String>,
    /// How the lake's epochs are scored.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// What the member has signed and, without --index, the rows of the chain.
    #[arg(long, default_value = "bizkey-oracle")]
    pub data_dir: PathBuf,
    /// Proof services of other members, http(s)://…, separated by commas: if
    /// the committee reports another result, they show on which leaf.
    #[arg(long, value_delimiter = ',', value_name = "URL")]
    pub peers: Vec<Url>,
    /// Where proofs, health, readiness and metrics are served.
    #[arg(long, default_value = "127.0.0.1:8082")]
    pub listen: SocketAddr,
    /// Seconds between two looks at the chain.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub every: u64,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the key, the chain, the index or the address cannot be had, or the key
/// reports for this network already.
pub async fn oracle(args: OracleArgs) -> anyhow::Result<()> {
    let key = args.key.source()?;
    let signer = key.open().await?;
    let (client, deployment) = at_node(&args.chain, args.rewards.as_deref()).await?;
    let network = Network::from(&deployment);
    let journal = Journal::open(&args.data_dir, &network, &signer.account_id())?;
    let suite = Suite::new(client.clone(), deployment.clone())?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; give another with --listen", args.listen))?;
    warn_stranger(&suite, &signer).await?;

    let mut process = Process::default();
    let (index, _lock) = open_index(&args, &client, &deployment, &mut process).await?;
    let book = open_book(&args, network, &deployment, &index, &mut process).await?;
    let member = Member::new(suite.clone(), signer.clone(), book.clone()).with_journal(journal);
    let fetcher = Fetcher::new(Bounds::default())?;
    let peers = args.peers.iter().map(|url| Peer::new(url.clone(), fetcher.clone())).collect();
    let alone = Alone::new(book.clone(), member, peers).watching(suite);

    let state = Arc::new(Served { status: alone.status(), book: book.clone(), progress: index.progress.clone() });
    println!("member   {}", ss58(&signer.account_id()));
    println!("key      {key}");
    println!("oracle   http://{}", listener.local_addr()?);
    println!("ready; Ctrl-C stops");
    process.serve(listener, router(state, book));
    let (every, stop) = (Duration::from_secs(args.every), process.shutdown.clone());
    process.spawn(async move {
        alone.run(every, LONGEST_PAUSE, stop, say).await;
        Ok(())
    });
    let outcome = process.wait().await;
    let stopped = process.stop().await;
    index.store.close().await;
    outcome.and(stopped)
}

/// A notice on standard output, with its time.
fn say(notice: &Notice) {
    // Whoever read our output may be gone; that is no reason to stop reporting.
    let _ = writeln!(std::io::stdout(), "{} {notice}", now_ms());
}

/// Says so if the key is in no committee: it may be the wrong one, or one of a
/// later epoch.
async fn warn_stranger(suite: &Suite, signer: &Signer) -> anyhow::Result<()> {
    let epoch = suite.rewards().next_epoch(None).await?;
    if !suite.rewards().committee_at(epoch, None).await?.contains(&signer.account_id()) {
        let account = ss58(&signer.account_id());
        eprintln!(
            "note: {account} is not in the committee of epoch {epoch}; it reports epochs whose committee it is in"
        );
    }
    Ok(())
}

/// The rows that the member judges by.
struct Index {
    store: Store,
    /// How far they are, if this process writes them.
    progress: Option<Progress>,
}

async fn open_index(
    args: &OracleArgs,
    client: &Client,
    deployment: &Deployment,
    process: &mut Process,
) -> anyhow::Result<(Index, Option<File>)> {
    let network = bizkey_indexer::model::Network::from(deployment);
    if let Some(url) = &args.index {
        let store = Store::open(url, &network).await.context("opening the database of --index")?;
        return Ok((Index { store, progress: None }, None));
    }
    let lock = lock(&args.data_dir)?;
    let store = Store::open(&sqlite(&args.data_dir), &network).await.context("opening the index")?;
    let progress = Progress::default();
    let source = Arc::new(ClientSource::new(client.clone(), deployment));
    let mut following = Config::new(store.clone(), source, progress.clone());
    // A report needs final blocks alone, and a quiet chain is no fault.
    following.best = false;
    following.blocks_due = false;
    let stop = process.shutdown.clone();
    process.spawn(async move { bizkey_indexer::run(following, stop).await.context("the indexer stopped") });
    Ok((Index { store, progress: Some(progress) }, Some(lock)))
}

/// The book that the member reports from.
async fn open_book(
    args: &OracleArgs,
    network: Network,
    deployment: &Deployment,
    index: &Index,
    process: &mut Process,
) -> anyhow::Result<Arc<Book>> {
    let Some(url) = &args.lake else {
        return Ok(Arc::new(Book::new(network, Arc::new(IndexSource::new(index.store.clone())))));
    };
    let folder = args.data_dir.join("score");
    let Judging { judge, lake, .. } =
        args.engine.open(url, deployment, &index.store, &folder, index.progress.is_some()).await?;
    if let Some(progress) = index.progress.clone() {
        let writing = bizkey_indexer::lake::run(index.store.clone(), lake, progress, process.shutdown.clone());
        process.spawn(async move { writing.await.context("writing the lake stopped") });
    }
    Ok(Arc::new(Book::judged_by(network, judge)))
}

fn sqlite(data_dir: &Path) -> String {
    format!("sqlite://{}", data_dir.join("indexer.sqlite").display())
}

/// What the addresses are answered from.
struct Served {
    status: watch::Receiver<AloneStatus>,
    book: Arc<Book>,
    progress: Option<Progress>,
}

impl Served {
    /// Why the member is not up to date; `None` if it is.
    fn trouble(&self) -> Option<String> {
        let status = self.status.borrow();
        if let Some(error) = &status.last_error {
            return Some(error.clone());
        }
        if let Some(error) = self.book.last_error() {
            return Some(error);
        }
        if !status.is_ready() || !self.book.is_ready() {
            return Some("epochs are still being judged".to_owned());
        }
        let behind = self.progress.as_ref().is_some_and(|progress| !progress.status().is_ready());
        behind.then(|| "the index is behind the chain".to_owned())
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let status = self.status.borrow().clone();
        let mut registry = Registry::with_prefix("bizkey_oracle");
        let mut gauge = |name: &str, help: &str, value: u64| {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        };
        gauge("ready", "1 while the member is up to date", self.trouble().is_none().into());
        gauge("next_epoch", "First epoch that is not judged", status.next_epoch.into());
        gauge("reported", "Reports of this process that are final on chain", status.reported);
        gauge("disagreements", "Epochs on which the committee reports something else", status.disagreements as u64);
        gauge(
            "contradictions",
            "Epochs that are not reported because the member signed something else before",
            status.contradictions as u64,
        );
        gauge(
            "split",
            "Epochs without a majority yet of which other members report something else",
            status.split as u64,
        );
        gauge("steps", "Looks at the chain since the start", status.steps);
        gauge("failures", "Looks at the chain that failed", status.failures);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

fn router(state: Arc<Served>, book: Arc<Book>) -> Router {
    let operation = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state);
    operation.merge(proofs::routes(book))
}

async fn ready(State(state): State<Arc<Served>>) -> Response {
    match state.trouble() {
        None => "ready".into_response(),
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble).into_response(),
    }
}

async fn metrics(State(state): State<Arc<Served>>) -> Response {
    match state.metrics() {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        oracle: OracleArgs,
    }

    fn parse(arguments: &[&str]) -> Result<OracleArgs, String> {
        let all = ["program"].iter().chain(arguments);
        Program::try_parse_from(all).map(|program| program.oracle).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused() {
        let mnemonic = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        for secret in ["//Alice", mnemonic] {
            let args = parse(&["--chain", "ws://127.0.0.1:9944", "--key", secret]).unwrap();
            let error = format!("{:#}", args.key.source().unwrap_err());
            assert!(error.contains("no place on a command line"), "{error}");
            assert!(!error.contains(secret) && !format!("{args:?}").contains(secret), "{error}");
        }
        let args = parse(&["--chain", "ws://127.0.0.1:9944", "--key", "file:/run/key"]).unwrap();
        assert!(format!("{args:?}").contains("/run/key"));
    }

    #[test]
    fn peers_are_separated_by_commas() {
        let args = parse(&[
            "--chain",
            "ws://127.0.0.1:9944",
            "--key",
            "env:KEY",
            "--peers",
            "http://a.example:8082,https://b.example/oracle",
        ]);
        let peers: Vec<String> = args.unwrap().peers.iter().map(Url::to_string).collect();
        assert_eq!(peers, ["http://a.example:8082/", "https://b.example/oracle"]);
    }
}
