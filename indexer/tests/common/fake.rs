//! A source of made-up blocks that can misbehave.

use super::{Chain, FIRST_BLOCK};
use bizkey_indexer::{source_error, Block, BlockRef, BlockSource, Heads, Result};
use futures::{stream::BoxStream, StreamExt};
use std::{
    collections::{HashMap, VecDeque},
    ops::RangeInclusive,
    sync::{
        atomic::{AtomicU32, Ordering},
        Mutex,
    },
};
use tokio::sync::broadcast;

/// What a chain looks like from one moment on.
#[derive(Clone)]
pub struct View {
    /// The best chain, up to its best block.
    pub chain: Chain,
    /// Number of the last final block.
    pub finalized: u32,
}

#[derive(Default)]
struct State {
    /// Every block that was ever seen, by its hash.
    known: HashMap<[u8; 32], Block>,
    chain: Vec<Block>,
    best: u32,
    finalized: u32,
    /// Views to come, each after so many more calls.
    to_come: VecDeque<(u32, View)>,
}

/// Serves a chain that the test moves.
pub struct FakeSource {
    name: String,
    state: Mutex<State>,
    words: broadcast::Sender<()>,
    calls: AtomicU32,
    /// Every so many calls fail; 0 for none.
    pub fail_every: AtomicU32,
    /// Subscriptions that were asked for.
    pub subscriptions: AtomicU32,
}

impl FakeSource {
    /// Every block of the chain, all of them final.
    pub fn new(chain: &Chain) -> Self {
        let finalized = chain.blocks.last().map_or(0, |block| block.number);
        Self::viewed(View { chain: chain.clone(), finalized })
    }

    pub fn viewed(view: View) -> Self {
        let source = Self {
            name: "fake".into(),
            state: Mutex::default(),
            words: broadcast::channel(1024).0,
            calls: AtomicU32::new(0),
            fail_every: AtomicU32::new(0),
            subscriptions: AtomicU32::new(0),
        };
        source.show(view);
        source
    }

    /// The chain is this one from now on, and says so.
    pub fn show(&self, view: View) {
        self.state.lock().unwrap().enter(view);
        let _ = self.words.send(());
    }

    /// The chain becomes this one in the middle of whatever happens then:
    /// `after` calls from the view before it.
    pub fn show_after(&self, after: u32, view: View) {
        self.state.lock().unwrap().to_come.push_back((after, view));
    }

    /// Says that something may have changed.
    pub fn announce(&self) {
        let _ = self.words.send(());
    }

    /// Views that have not come yet.
    pub fn to_come(&self) -> usize {
        self.state.lock().unwrap().to_come.len()
    }

    /// Makes `number` the best block and the final one.
    pub fn finalise(&self, number: u32, announce: bool) {
        let mut state = self.state.lock().unwrap();
        (state.best, state.finalized) = (number, number);
        drop(state);
        if announce {
            let _ = self.words.send(());
        }
    }

    /// Alters a block.
    pub fn alter(&self, number: u32, change: impl FnOnce(&mut Block)) {
        let mut state = self.state.lock().unwrap();
        let at = (number - FIRST_BLOCK) as usize;
        change(&mut state.chain[at]);
        let block = state.chain[at].clone();
        state.known.insert(block.hash, block);
    }

    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn attempt(&self) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let mut state = self.state.lock().unwrap();
        let due = state.to_come.front_mut().is_some_and(|(after, _)| {
            *after = after.saturating_sub(1);
            *after == 0
        });
        if due {
            let (_, view) = state.to_come.pop_front().unwrap();
            state.enter(view);
            let _ = self.words.send(());
        }
        drop(state);
        let every = self.fail_every.load(Ordering::SeqCst);
        if every > 0 && call.is_multiple_of(every) {
            return Err(source_error("an answer", "made to fail"));
        }
        Ok(())
    }
}

impl State {
    fn enter(&mut self, view: View) {
        for block in &view.chain.blocks {
            self.known.insert(block.hash, block.clone());
        }
        self.best = view.chain.blocks.last().map_or(0, |block| block.number);
        self.chain = view.chain.blocks;
        self.finalized = view.finalized;
    }

    fn at(&self, number: u32) -> Option<&Block> {
        self.chain.get(number.checked_sub(FIRST_BLOCK)? as usize).filter(|_| number <= self.best)
    }

    fn block_ref(&self, number: u32) -> BlockRef {
        BlockRef { number, hash: self.at(number).map_or([0; 32], |block| block.hash) }
    }
}

#[async_trait::async_trait]
impl BlockSource for FakeSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn heads(&self) -> Result<Heads> {
        self.attempt()?;
        let state = self.state.lock().unwrap();
        Ok(Heads { finalized: state.block_ref(state.finalized), best: state.block_ref(state.best) })
    }

    async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>> {
        self.attempt()?;
        Ok(self.state.lock().unwrap().at(number).map(|block| block.hash))
    }

    async fn block_hashes(&self, numbers: RangeInclusive<u32>) -> Result<Vec<Option<[u8; 32]>>> {
        self.attempt()?;
        let state = self.state.lock().unwrap();
        Ok(numbers.map(|number| state.at(number).map(|block| block.hash)).collect())
    }

    async fn parent_hash(&self, hash: [u8; 32]) -> Result<[u8; 32]> {
        self.attempt()?;
        let state = self.state.lock().unwrap();
        state.known.get(&hash).map(|block| block.parent_hash).ok_or_else(|| source_error("a header", "unknown hash"))
    }

    async fn block(&self, hash: [u8; 32]) -> Result<Block> {
        self.attempt()?;
        tokio::task::yield_now().await;
        let state = self.state.lock().unwrap();
        state.known.get(&hash).cloned().ok_or_else(|| source_error("a block", "unknown hash"))
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, Result<()>>> {
        self.attempt()?;
        self.subscriptions.fetch_add(1, Ordering::SeqCst);
        let receiver = self.words.subscribe();
        let next = |mut receiver: broadcast::Receiver<()>| async move {
            receiver.recv().await.ok()?;
            Some((Ok(()), receiver))
        };
        Ok(futures::stream::unfold(receiver, next).boxed())
    }
}
