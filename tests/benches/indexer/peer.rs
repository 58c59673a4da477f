//! A peer: a Node program that indexes the same chain into a database of its own
//! on the same server.
//!
//! Peers begin at the first block with receipts and keep no index but that of
//! the primary key, so each has less to do than we have.

use crate::{
    chain::Chain,
    ours::{self, Indexed},
    report::Run,
    rows::{connect, Server, Table},
};
use anyhow::{bail, ensure, Context as _};
use sqlx::{AssertSqlSafe, PgPool};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How often a peer's checkpoint is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a peer may take until it has a checkpoint.
const START: Duration = Duration::from_secs(120);
/// How long the server may take to notice that a peer is gone.
const END: Duration = Duration::from_secs(60);
/// Lines of a failed peer's log that are shown.
const LOG_LINES: usize = 40;

/// What differs from peer to peer.
pub trait Peer {
    /// Its name.
    const NAME: &'static str;
    /// Name of its database.
    const DATABASE: &'static str;
    /// Where it keeps receipts.
    const TABLE: Table;
    /// Query of the last block that it committed; no row or no table before it
    /// has begun.
    const CHECKPOINT: &'static str;

    /// The program that indexes the chain; `folder` is its own.
    ///
    /// # Errors
    /// When it cannot be set up.
    fn command(chain: &Chain, url: &str, folder: &Path) -> anyhow::Result<Command>;
}

/// Folder of the peers' programs.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/indexer/peers")
}

/// Runs a peer for at most `patience` and compares its rows with ours.
///
/// # Errors
/// When it fails, stores nothing in that time, or its rows differ from ours.
pub async fn measure<P: Peer>(
    chain: &Chain,
    server: &Server,
    ours: &Indexed,
    patience: Duration,
) -> anyhow::Result<Run> {
    println!("{} ...", P::NAME);
    let url = server.database(P::DATABASE).await?;
    let pool = connect(&url).await?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let mut command = P::command(chain, &url, folder.path())?;
    let output = File::create(&log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).kill_on_drop(true);
    let child = command.spawn().with_context(|| format!("starting {}", P::NAME))?;
    let followed = follow::<P>(child, &pool, chain, patience).await.with_context(|| tail(&log))?;

    let block = followed.block;
    let theirs = P::TABLE.digest(&pool, u32::MAX).await?;
    pool.close().await;
    let pool = connect(&ours.url).await?;
    let expected = ours::TABLE.digest(&pool, block).await?;
    pool.close().await;
    ensure!(
        theirs == expected,
        "{}: up to block {block} it has {} receipts of MD5 {}, we have {} of MD5 {}",
        P::NAME,
        theirs.receipts,
        theirs.md5,
        expected.receipts,
        expected.md5
    );
    let whole = block >= chain.last;
    ensure!(whole == (theirs.receipts == chain.receipts), "{}: its checkpoint {block} does not fit its rows", P::NAME);
    let run = Run {
        name: P::NAME.to_owned(),
        first: chain.first,
        last: block,
        receipts: theirs.receipts,
        time: followed.time,
        whole,
        digest: Some(theirs),
    };
    run.print();
    println!("  the same rows as ours");
    Ok(run)
}

/// How far a peer came.
struct Followed {
    /// The last block that it committed.
    block: u32,
    /// From its first checkpoint, which comes before its first block, to the
    /// commit of that block: the start of Node is not held against it, nor work
    /// that it had not committed when it was stopped.
    time: Duration,
}

async fn follow<P: Peer>(
    mut child: Child,
    pool: &PgPool,
    chain: &Chain,
    patience: Duration,
) -> anyhow::Result<Followed> {
    let asked = Instant::now();
    let mut begun: Option<Instant> = None;
    let mut reached: Option<Followed> = None;
    loop {
        // In this order: what an ended peer committed is seen.
        let ended = child.try_wait()?;
        let checkpoint = checkpoint::<P>(pool).await;
        let now = Instant::now();
        if checkpoint.is_some() {
            begun.get_or_insert(now);
        }
        let block = checkpoint.and_then(|block| block_with_receipts(block, chain));
        if let (Some(block), Some(begun)) = (block, begun) {
            if reached.as_ref().is_none_or(|reached| block > reached.block) {
                reached = Some(Followed { block, time: now.duration_since(begun) });
            }
        }
        let done = reached.as_ref().is_some_and(|reached| reached.block >= chain.last);
        let late = begun.is_some_and(|begun| now.duration_since(begun) >= patience);
        if done || late {
            stop(&mut child, pool).await?;
            if let (false, Some(begun), Some(block)) = (done, begun, committed::<P>(pool, chain).await) {
                // A commit was under way when it was stopped.
                if reached.as_ref().is_none_or(|reached| block > reached.block) {
                    reached = Some(Followed { block, time: begun.elapsed() });
                }
            }
            return reached.with_context(|| format!("{} stored no block in {patience:?}", P::NAME));
        }
        if let Some(status) = ended {
            bail!("{} ended with {status} at block {block:?} of {}", P::NAME, chain.last);
        }
        if begun.is_none() && now.duration_since(asked) > START {
            bail!("{} has not begun after {START:?}", P::NAME);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The last block that a peer committed, or whatever it notes before the first;
/// `None` while its tables are missing.
async fn checkpoint<P: Peer>(pool: &PgPool) -> Option<i64> {
    sqlx::query_scalar(AssertSqlSafe(P::CHECKPOINT)).fetch_optional(pool).await.ok().flatten()
}

/// The checkpoint, if it is a block from the first one with receipts on.
async fn committed<P: Peer>(pool: &PgPool, chain: &Chain) -> Option<u32> {
    checkpoint::<P>(pool).await.and_then(|block| block_with_receipts(block, chain))
}

fn block_with_receipts(checkpoint: i64, chain: &Chain) -> Option<u32> {
    u32::try_from(checkpoint).ok().filter(|block| *block >= chain.first)
}

/// Ends a peer and waits until the server has committed or undone what the peer
/// had in hand.
async fn stop(child: &mut Child, pool: &PgPool) -> anyhow::Result<()> {
    if child.try_wait()?.is_none() {
        child.kill().await?;
    }
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND backend_type = 'client backend'";
    let asked = Instant::now();
    while sqlx::query_scalar::<_, i64>(others).fetch_one(pool).await? > 0 {
        ensure!(asked.elapsed() < END, "the peer's connections to the database stay open");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// The end of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
