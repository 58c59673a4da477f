//! SubQuery's node (`peers/subquery`).

use crate::{
    chain::Chain,
    peer::{programs, Peer},
    rows::Table,
};
use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use std::{net::TcpListener, path::Path, str::FromStr as _};
use tokio::process::Command;

/// SubQuery's node, without a dictionary: there is none for this chain.
pub struct SubQuery;

/// What SubQuery's documentation offers for speed, and what is not needed here.
/// Tried and left out, for they took more processor time: `--skipTransactions`,
/// with which a handler has to ask the node for the time of each block, and
/// `--unsafe`. Sizes of batches and of the store's cache are the defaults.
const OPTIONS: &[&str] = &[
    "--db-schema=app",
    // Rows as they are now, without the versions of each.
    "--historical=false",
    // All blocks are final.
    "--unfinalized-blocks=false",
    // Nobody subscribes to changes.
    "--subscription=false",
];

impl Peer for SubQuery {
    const NAME: &'static str = "SubQuery";
    const DATABASE: &'static str = "subquery";
    const TABLE: Table = Table { name: "app.receipts" };
    const CHECKPOINT: &'static str =
        "SELECT coalesce(max((value #>> '{}')::bigint), 0) FROM app._metadata WHERE key = 'lastProcessedHeight'";

    fn command(chain: &Chain, url: &str, folder: &Path) -> anyhow::Result<Command> {
        let project = folder.join("project");
        set_up(chain, &project)?;
        let database = PgConnectOptions::from_str(url)?;
        let mut command = Command::new("node");
        command
            .arg(programs().join("subquery/node_modules/@subql/node/bin/run"))
            .arg("-f")
            .arg(&project)
            .args(OPTIONS)
            // Threads that fetch and handle blocks: it takes one a core at most.
            .arg(format!("--workers={}", std::thread::available_parallelism().map_or(2, |cores| cores.get())))
            // Of its own HTTP server, which says how it is.
            .arg(format!("--port={}", free_port()?))
            .current_dir(folder)
            // It refuses to start in any other zone.
            .env("TZ", "UTC")
            .env("DB_HOST", database.get_host())
            .env("DB_PORT", database.get_port().to_string())
            .env("DB_USER", database.get_username())
            .env("DB_PASS", "")
            .env("DB_DATABASE", database.get_database().context("a URL without a database")?);
        Ok(command)
    }
}

/// A port that nobody listens at.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Copies the project and says in it which chain it is for.
fn set_up(chain: &Chain, project: &Path) -> anyhow::Result<()> {
    let peers = programs();
    std::fs::create_dir(project)?;
    for file in ["package.json", "schema.graphql", "index.js"] {
        std::fs::copy(peers.join("subquery").join(file), project.join(file)).with_context(|| file.to_owned())?;
    }
    // SubQuery's sandbox reads nothing outside of the project.
    std::fs::copy(peers.join("receipts.js"), project.join("receipts.js")).context("receipts.js")?;
    let manifest = std::fs::read_to_string(peers.join("subquery/project.yaml")).context("project.yaml")?;
    let manifest = manifest
        .replace("GENESIS_HASH", &chain.genesis_hash())
        .replace("CHAIN_URL", &chain.url())
        .replace("FIRST_BLOCK", &chain.first.to_string())
        .replace("LAST_BLOCK", &chain.last.to_string());
    std::fs::write(project.join("project.yaml"), manifest)?;
    let calendar = chain.calendar();
    let settings = format!(
        "BENCH_CONTRACT={}\nBENCH_GENESIS_MS={}\nBENCH_EPOCH_MS={}\n",
        chain.contract(),
        calendar.genesis_ms,
        calendar.epoch_ms
    );
    Ok(std::fs::write(project.join(".env"), settings)?)
}
