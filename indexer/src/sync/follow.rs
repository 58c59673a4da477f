//! The loop that keeps the rows level with the chain.

use super::{
    backfill,
    backoff::Backoff,
    plan::{resume, Planner, Task},
    progress::Progress,
    rows::{take_all, Fetched, Step},
    source::{source_error, Block, BlockRef, BlockSource},
};
use crate::{store::Store, Error, Result};
use futures::{stream, StreamExt};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::{mpsc, Semaphore};
use tokio_util::sync::CancellationToken;

/// Most fetched blocks that wait to be written: they go into few transactions.
const WAITING_BLOCKS: usize = 2_048;
/// Most memory that fetched blocks take while they wait to be written, KiB.
const ROOM_KIB: u32 = 64 * 1024;

/// How to follow a chain.
#[derive(Clone)]
pub struct Config {
    /// The rows.
    pub store: Store,
    /// Endpoints of the chain, at least one: each is followed until it fails or
    /// stalls, then the next.
    pub sources: Vec<Arc<dyn BlockSource>>,
    /// Where to say how far it is.
    pub progress: Progress,
    /// Store best blocks too, and undo them when the chain turns away from
    /// them; else final blocks only.
    pub best: bool,
    /// The chain makes blocks even when nothing happens, so that a head that
    /// rests is a fault.
    pub blocks_due: bool,
    /// Longest answer of the source that is waited for.
    pub call_timeout: Duration,
    /// Blocks asked for at the same time.
    pub prefetch: usize,
    /// Most final blocks that are written in one transaction, if so many wait;
    /// one larger than all is written alone.
    pub blocks_a_transaction: usize,
    /// A head that rests for so long is checked, and named as stalled.
    pub stall_after: Duration,
    /// First wait after a failure; it doubles with each in a row.
    pub first_retry: Duration,
    /// Longest wait after a failure.
    pub longest_retry: Duration,
}

impl Config {
    /// The usual times and sizes, one endpoint.
    #[must_use]
    pub fn new(store: Store, source: Arc<dyn BlockSource>, progress: Progress) -> Self {
        Self {
            store,
            sources: vec![source],
            progress,
            best: true,
            blocks_due: true,
            call_timeout: Duration::from_secs(30),
            prefetch: 32,
            blocks_a_transaction: 1_024,
            stall_after: Duration::from_secs(60),
            first_retry: Duration::from_millis(100),
            longest_retry: Duration::from_secs(10),
        }
    }
}

/// Follows the chain until `shutdown`. An endpoint or database that is away is
/// tried again, ever more slowly, and other endpoints meanwhile; nothing is
/// lost or doubled thereby, since each block and the checkpoint are one
/// transaction.
///
/// # Errors
/// What trying again cannot mend: [`Error::Inconsistent`] and its like; and
/// [`Error::ParentMismatch`], [`Error::OtherChain`] and theirs once every
/// endpoint has come to one.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<()> {
    let backoff = Backoff::new(config.first_retry, config.longest_retry);
    let mut follower = Follower { backoff, config, current: 0, wrong: 0 };
    // A block that is being written is finished or undone by the database:
    // dropping the future between two awaits leaves no half block.
    shutdown.run_until_cancelled(follower.run()).await.unwrap_or(Ok(()))
}

struct Follower {
    config: Config,
    backoff: Backoff,
    /// Position of the endpoint in use.
    current: usize,
    /// Endpoints in a row that were of another chain.
    wrong: usize,
}

impl Follower {
    async fn run(&mut self) -> Result<()> {
        let endpoints = self.config.sources.len();
        loop {
            let Some(source) = self.config.sources.get(self.current).cloned() else {
                return Err(source_error("blocks", "no endpoint is configured"));
            };
            // Never ends well: a session lasts until something fails.
            let Err(error) = self.session(&source).await else { continue };
            self.wrong = if error.blames_source() { self.wrong.saturating_add(1) } else { 0 };
            let fatal = if error.blames_source() { self.wrong >= endpoints } else { !error.is_transient() };
            self.config.progress.update(|status| {
                status.connected = false;
                status.last_error = Some(error.to_string());
            });
            if fatal {
                tracing::error!(%error, endpoint = source.name(), "the indexer stops");
                return Err(error);
            }
            self.current = self.current.saturating_add(1) % endpoints.max(1);
            let wait = self.backoff.wait();
            tracing::warn!(%error, endpoint = source.name(), ?wait, "the indexer tries again");
            tokio::time::sleep(wait).await;
        }
    }

    /// From the checkpoint to the head, then each new head. What is missing is
    /// always found by comparing with the stored blocks, so a head that the
    /// subscription skips, or that came before it, leaves no gap. Blocks are
    /// fetched while those before them are being written.
    async fn session(&mut self, source: &Arc<dyn BlockSource>) -> Result<()> {
        // Subscribed before the first look at the heads.
        let limit = self.config.call_timeout;
        let words = within(limit, "a subscription to heads", source.subscribe()).await?;
        let branch = resume(&self.config, source.as_ref()).await?;
        backfill::begin(&self.config, source.as_ref()).await?;
        let planner = Planner::new(self.config.clone(), source.clone(), words, branch);
        let (fetched, steps) = mpsc::channel(WAITING_BLOCKS);
        let fetching = async {
            fetch_all(&self.config, source.as_ref(), planner, fetched).await;
            // It ends after a failure, which is among the steps.
            std::future::pending().await
        };
        let Config { store, progress, blocks_a_transaction, .. } = self.config.clone();
        let near = u32::try_from(self.config.prefetch).unwrap_or(u32::MAX);
        let settling = async {
            backfill::end(&store, &progress, near).await?;
            std::future::pending().await
        };
        let (backoff, wrong) = (&mut self.backoff, &mut self.wrong);
        let worked = || {
            backoff.reset();
            *wrong = 0;
        };
        tokio::select! {
            ended = fetching => ended,
            failed = settling => failed,
            failed = take_all(&store, &progress, blocks_a_transaction, steps, worked) => failed,
        }
    }
}

/// Fetches what the planned tasks need, several at a time, and hands them over
/// in order until one fails or nobody takes them.
async fn fetch_all(config: &Config, source: &dyn BlockSource, planner: Planner, fetched: mpsc::Sender<Fetched>) {
    let tasks = stream::try_unfold(planner, |mut planner| async move {
        let task = planner.next().await?;
        Ok(Some((task, planner)))
    });
    let steps =
        tasks.map(|task: Result<Task>| async { prepare(config, source, task?).await }).buffered(config.prefetch.max(1));
    let mut steps = std::pin::pin!(steps);
    let room = Arc::new(Semaphore::new(ROOM_KIB as usize));
    while let Some(step) = steps.next().await {
        let failed = step.is_err();
        let kib = step.as_ref().map_or(0, |step| step.bytes() / 1024);
        // A block that is larger than all the room is let in alone.
        let kib = u32::try_from(kib).unwrap_or(ROOM_KIB).clamp(1, ROOM_KIB);
        // Nobody closes the semaphore.
        let Ok(room) = room.clone().acquire_many_owned(kib).await else { return };
        if fetched.send(Fetched { step, room }).await.is_err() || failed {
            return;
        }
    }
}

async fn prepare(config: &Config, source: &dyn BlockSource, task: Task) -> Result<Step> {
    match task {
        Task::StoreFinal(block) => Ok(Step::StoreFinal(fetch(config, source, block).await?)),
        Task::StoreHot(block) => Ok(Step::StoreHot(fetch(config, source, block).await?)),
        Task::RollBack(number) => Ok(Step::RollBack(number)),
        Task::Finalize(block) => Ok(Step::Finalize(block)),
    }
}

/// Fetches a block and looks whether it is the one that was asked for.
async fn fetch(config: &Config, source: &dyn BlockSource, asked: BlockRef) -> Result<Block> {
    let what = format!("block {}", asked.number);
    let block = within(config.call_timeout, &what, source.block(asked.hash)).await?;
    if block.number != asked.number {
        return Err(Error::WrongBlock { expected: asked.number, found: block.number });
    }
    if block.hash != asked.hash {
        return Err(source_error(what, "another one came"));
    }
    Ok(block)
}

/// Waits for an answer, but not for ever.
pub(super) async fn within<T>(limit: Duration, what: &str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| source_error(what, format!("no answer within {limit:?}"));
    tokio::time::timeout(limit, answer).await.map_err(late)?
}
