//! A source of made-up blocks that can misbehave.

use super::Chain;
use bizkey_indexer::{source_error, Block, BlockRef, BlockSource, Result};
use futures::{stream::BoxStream, StreamExt};
use std::sync::{
    atomic::{AtomicU32, Ordering},
    Mutex,
};
use tokio::sync::broadcast;

/// Serves a chain up to a head that the test moves.
pub struct FakeSource {
    blocks: Mutex<Vec<Block>>,
    head: AtomicU32,
    heads: broadcast::Sender<BlockRef>,
    calls: AtomicU32,
    /// Every so many calls fail; 0 for none.
    pub fail_every: AtomicU32,
    /// Subscriptions that were asked for.
    pub subscriptions: AtomicU32,
}

impl FakeSource {
    pub fn new(chain: &Chain) -> Self {
        let head = chain.blocks.last().map_or(0, |block| block.number);
        Self {
            blocks: Mutex::new(chain.blocks.clone()),
            head: AtomicU32::new(head),
            heads: broadcast::channel(1024).0,
            calls: AtomicU32::new(0),
            fail_every: AtomicU32::new(0),
            subscriptions: AtomicU32::new(0),
        }
    }

    /// Finalises up to `number`. Only announced heads reach subscribers.
    pub fn finalise(&self, number: u32, announce: bool) {
        self.head.store(number, Ordering::SeqCst);
        if announce {
            let _ = self.heads.send(BlockRef { number, hash: self.find(|block| block.number == number).unwrap().hash });
        }
    }

    /// Alters a block.
    pub fn alter(&self, number: u32, change: impl FnOnce(&mut Block)) {
        change(self.blocks.lock().unwrap().iter_mut().find(|block| block.number == number).unwrap());
    }

    fn find(&self, wanted: impl Fn(&Block) -> bool) -> Option<Block> {
        self.blocks.lock().unwrap().iter().find(|block| wanted(block)).cloned()
    }

    fn attempt(&self) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let every = self.fail_every.load(Ordering::SeqCst);
        if every > 0 && call % every == 0 {
            return Err(source_error("an answer", "made to fail"));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl BlockSource for FakeSource {
    async fn finalized_head(&self) -> Result<BlockRef> {
        self.attempt()?;
        let number = self.head.load(Ordering::SeqCst);
        let block = self.find(|block| block.number == number);
        Ok(BlockRef { number, hash: block.map_or([0; 32], |block| block.hash) })
    }

    async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>> {
        self.attempt()?;
        if number > self.head.load(Ordering::SeqCst) {
            return Ok(None);
        }
        Ok(self.find(|block| block.number == number).map(|block| block.hash))
    }

    async fn block(&self, hash: [u8; 32]) -> Result<Block> {
        self.attempt()?;
        tokio::task::yield_now().await;
        self.find(|block| block.hash == hash).ok_or_else(|| source_error("a block", "unknown hash"))
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, Result<BlockRef>>> {
        self.attempt()?;
        self.subscriptions.fetch_add(1, Ordering::SeqCst);
        let receiver = self.heads.subscribe();
        let next = |mut receiver: broadcast::Receiver<BlockRef>| async move {
            let head = receiver.recv().await.ok()?;
            Some((Ok(head), receiver))
        };
        Ok(futures::stream::unfold(receiver, next).boxed())
    }
}
