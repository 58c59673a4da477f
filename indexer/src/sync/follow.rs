//! The loop that keeps the rows level with the chain.

use super::{
    backoff::Backoff,
    progress::Progress,
    source::{source_error, Block, BlockRef, BlockSource},
};
use crate::{
    model::{hex, Checkpoint},
    store::Store,
    Error, Result,
};
use futures::{
    stream::{self, BoxStream},
    StreamExt,
};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How to follow a chain.
#[derive(Clone)]
pub struct Config {
    /// The rows.
    pub store: Store,
    /// The chain.
    pub source: Arc<dyn BlockSource>,
    /// Where to say how far it is.
    pub progress: Progress,
    /// Longest answer of the source that is waited for.
    pub call_timeout: Duration,
    /// Blocks asked for at the same time; bounds memory.
    pub prefetch: usize,
    /// A head that rests for so long is checked, and named as stalled.
    pub stall_after: Duration,
    /// First wait after a failure; it doubles with each in a row.
    pub first_retry: Duration,
    /// Longest wait after a failure.
    pub longest_retry: Duration,
}

impl Config {
    /// The usual times and sizes.
    #[must_use]
    pub fn new(store: Store, source: Arc<dyn BlockSource>, progress: Progress) -> Self {
        Self {
            store,
            source,
            progress,
            call_timeout: Duration::from_secs(30),
            prefetch: 16,
            stall_after: Duration::from_secs(60),
            first_retry: Duration::from_millis(100),
            longest_retry: Duration::from_secs(10),
        }
    }
}

/// Follows the chain's finalised blocks until `shutdown`. An endpoint or
/// database that is away is tried again, ever more slowly; nothing is lost or
/// doubled thereby, since each block and the checkpoint are one transaction.
///
/// # Errors
/// What trying again cannot mend: [`Error::ParentMismatch`],
/// [`Error::OtherChain`], [`Error::Inconsistent`] and their like.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<()> {
    let mut follower = Follower { backoff: Backoff::new(config.first_retry, config.longest_retry), config };
    // A block that is being written is finished or undone by the database:
    // dropping the future between two awaits leaves no half block.
    shutdown.run_until_cancelled(follower.run()).await.unwrap_or(Ok(()))
}

struct Follower {
    config: Config,
    backoff: Backoff,
}

impl Follower {
    async fn run(&mut self) -> Result<()> {
        loop {
            // Never ends well: a session lasts until something fails.
            let Err(error) = self.session().await else { continue };
            if !error.is_transient() {
                tracing::error!(%error, "the indexer stops");
                self.config.progress.update(|status| {
                    status.connected = false;
                    status.last_error = Some(error.to_string());
                });
                return Err(error);
            }
            let wait = self.backoff.wait();
            tracing::warn!(%error, ?wait, "the indexer tries again");
            self.config.progress.update(|status| {
                status.connected = false;
                status.last_error = Some(error.to_string());
            });
            tokio::time::sleep(wait).await;
        }
    }

    /// From the checkpoint to the head, then each new head. What is missing
    /// is always asked for by number, so a head that the subscription skips,
    /// or that came before it, leaves no gap. Blocks are fetched while those
    /// before them are being written.
    async fn session(&mut self) -> Result<()> {
        let next = self.resume().await?;
        // Subscribed before the backfill's last look at the head.
        let heads = self.call("a subscription to finalised heads", self.config.source.subscribe()).await?;
        let head = self.call("the finalised head", self.config.source.finalized_head()).await?;
        see_head(&self.config.progress, head.number);
        let heads = Heads { config: self.config.clone(), heads, head: head.number, next };
        let (fetched, blocks) = mpsc::channel((self.config.prefetch / 4).max(1));
        let fetching = async {
            fetch_all(heads, fetched).await;
            // It ends after a failure, which is among the blocks.
            std::future::pending().await
        };
        tokio::select! {
            ended = fetching => ended,
            failed = self.store_all(blocks) => failed,
        }
    }

    /// The first block to read, after checking that the stored blocks are of
    /// this chain.
    async fn resume(&mut self) -> Result<u32> {
        let Some(checkpoint) = self.config.store.checkpoint().await? else {
            return Ok(self.config.store.network().first_block);
        };
        self.check_chain(&checkpoint).await?;
        self.config.progress.update(|status| status.indexed = Some(checkpoint.number));
        Ok(checkpoint.number.saturating_add(1))
    }

    async fn check_chain(&self, checkpoint: &Checkpoint) -> Result<()> {
        let number = checkpoint.number;
        match self.call("a block hash", self.config.source.block_hash(number)).await? {
            Some(hash) if hash == checkpoint.hash => Ok(()),
            Some(hash) => Err(Error::OtherChain { number, stored: hex(&checkpoint.hash), found: hex(&hash) }),
            // The endpoint itself may be behind.
            None => Err(source_error(format!("block {number}"), "it has not come so far; the index is ahead of it")),
        }
    }

    /// Stores blocks as they come; ends with the first failure.
    async fn store_all(&mut self, mut blocks: mpsc::Receiver<Result<Block>>) -> Result<()> {
        let Config { store, progress, .. } = self.config.clone();
        loop {
            let behind = progress.status().lag() != Some(0);
            let asked = Instant::now();
            let Some(block) = blocks.recv().await else {
                return Err(source_error("blocks", "no more of them come"));
            };
            let block = block?;
            let fetching = if behind { asked.elapsed() } else { Duration::ZERO };
            let started = Instant::now();
            store.apply(&block).await?;
            let storing = started.elapsed();
            self.backoff.reset();
            progress.update(|status| {
                status.indexed = Some(block.number);
                status.work.fetching = status.work.fetching.saturating_add(fetching);
                status.work.storing = status.work.storing.saturating_add(storing);
            });
        }
    }

    async fn call<T>(&self, what: &'static str, answer: impl Future<Output = Result<T>>) -> Result<T> {
        within(self.config.call_timeout, what, answer).await
    }
}

/// Which block to fetch next.
struct Heads {
    config: Config,
    heads: BoxStream<'static, Result<BlockRef>>,
    /// Highest known.
    head: u32,
    next: u32,
}

impl Heads {
    /// The next number, once it is at or below the head.
    async fn next_number(&mut self) -> Result<u32> {
        while self.next > self.head {
            let head = match tokio::time::timeout(self.config.stall_after, self.heads.next()).await {
                Ok(Some(head)) => head?.number,
                Ok(None) => return Err(source_error("finalised heads", "the subscription ended")),
                Err(_) => self.resting().await?,
            };
            self.head = self.head.max(head);
            see_head(&self.config.progress, head);
        }
        let number = self.next;
        self.next = number.saturating_add(1);
        Ok(number)
    }

    /// A head that came by no subscription for a while: is it resting, or is
    /// the subscription dead?
    async fn resting(&mut self) -> Result<u32> {
        let Config { source, progress, call_timeout, stall_after, .. } = &self.config;
        let head = within(*call_timeout, "the finalised head", source.finalized_head()).await?.number;
        if head >= self.next {
            return Err(source_error("finalised heads", format!("head {head} was not announced by the subscription")));
        }
        if !progress.status().stalled {
            tracing::warn!(head, after = ?stall_after, "the finalised head does not move");
        }
        progress.update(|status| status.stalled = true);
        Ok(head)
    }
}

fn see_head(progress: &Progress, number: u32) {
    progress.update(|status| {
        status.connected = true;
        status.last_error = None;
        if status.head < Some(number) {
            status.head = Some(number);
            status.stalled = false;
        }
    });
}

/// Fetches block after block, several at a time, and hands them over in order
/// until one fails or nobody takes them.
async fn fetch_all(heads: Heads, fetched: mpsc::Sender<Result<Block>>) {
    let config = heads.config.clone();
    let numbers = stream::try_unfold(heads, |mut heads| async move {
        let number = heads.next_number().await?;
        Ok(Some((number, heads)))
    });
    let blocks =
        numbers.map(|number: Result<u32>| async { fetch(&config, number?).await }).buffered(config.prefetch.max(1));
    let mut blocks = std::pin::pin!(blocks);
    while let Some(block) = blocks.next().await {
        let failed = block.is_err();
        if fetched.send(block).await.is_err() || failed {
            return;
        }
    }
}

async fn within<T>(limit: Duration, what: &str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| source_error(what, format!("no answer within {limit:?}"));
    tokio::time::timeout(limit, answer).await.map_err(late)?
}

async fn fetch(config: &Config, number: u32) -> Result<Block> {
    let what = format!("block {number}");
    let block = async {
        let hash = config.source.block_hash(number).await?;
        let hash = hash.ok_or_else(|| source_error(what.clone(), "it is below the head, yet the endpoint lacks it"))?;
        config.source.block(hash).await
    };
    let block = within(config.call_timeout, &what, block).await?;
    if block.number == number {
        Ok(block)
    } else {
        Err(Error::WrongBlock { expected: number, found: block.number })
    }
}
