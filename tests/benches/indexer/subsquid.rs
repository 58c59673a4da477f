//! Subsquid's processor (`peers/subsquid`).

use crate::{
    chain::Chain,
    peer::{programs, Peer},
    rows::Table,
};
use std::path::Path;
use tokio::process::Command;

/// Subsquid's processor, reading the node's RPC alone, with its own store.
pub struct Subsquid;

/// The same with a statement of our own in place of its store; see
/// `peers/subsquid/main.js`.
pub struct SubsquidBySql;

const TABLE: Table = Table { name: "receipt" };
const CHECKPOINT: &str = "SELECT height::bigint FROM squid_processor.status WHERE id = 0";

impl Peer for Subsquid {
    const NAME: &'static str = "Subsquid";
    const DATABASE: &'static str = "subsquid";
    const TABLE: Table = TABLE;
    const CHECKPOINT: &'static str = CHECKPOINT;

    fn command(chain: &Chain, url: &str, folder: &Path) -> anyhow::Result<Command> {
        Ok(processor(chain, url, folder, "store"))
    }
}

impl Peer for SubsquidBySql {
    const NAME: &'static str = "Subsquid, SQL by hand";
    const DATABASE: &'static str = "subsquid_by_sql";
    const TABLE: Table = TABLE;
    const CHECKPOINT: &'static str = CHECKPOINT;

    fn command(chain: &Chain, url: &str, folder: &Path) -> anyhow::Result<Command> {
        Ok(processor(chain, url, folder, "sql"))
    }
}

fn processor(chain: &Chain, url: &str, folder: &Path, write: &str) -> Command {
    let calendar = chain.calendar();
    let mut command = Command::new("node");
    command
        .arg(programs().join("subsquid/main.js"))
        .current_dir(folder)
        .env("DB_URL", url)
        .env("BENCH_CHAIN", chain.url())
        .env("BENCH_CONTRACT", chain.contract())
        .env("BENCH_FROM", chain.first.to_string())
        .env("BENCH_TO", chain.last.to_string())
        .env("BENCH_GENESIS_MS", calendar.genesis_ms.to_string())
        .env("BENCH_EPOCH_MS", calendar.epoch_ms.to_string())
        .env("BENCH_WRITE", write);
    command
}
