//! Fetched steps into the rows, in order.

use super::{
    progress::Progress,
    source::{source_error, Block, BlockRef},
};
use crate::{store::Store, Result};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, OwnedSemaphorePermit};

/// A transaction takes no further block once its blocks take this much memory,
/// bytes: what it locks and logs stays small.
const BYTES_A_TRANSACTION: usize = 4 * 1024 * 1024;

/// A task with all that it needs.
pub(super) enum Step {
    StoreFinal(Block),
    StoreHot(Block),
    RollBack(u32),
    Finalize(BlockRef),
}

impl Step {
    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Step::StoreFinal(block) | Step::StoreHot(block) => block.bytes(),
            Step::RollBack(_) | Step::Finalize(_) => 0,
        }
    }
}

/// A step, or why it cannot be taken, and the room that it takes until then.
pub(super) struct Fetched {
    pub step: Result<Step>,
    pub room: OwnedSemaphorePermit,
}

/// Takes steps as they come; ends with the first failure.
pub(super) async fn take_all(
    store: &Store,
    progress: &Progress,
    blocks_a_transaction: usize,
    mut steps: mpsc::Receiver<Fetched>,
    mut worked: impl FnMut(),
) -> Result<()> {
    let mut next = None;
    loop {
        let behind = progress.status().lag() != Some(0);
        let asked = Instant::now();
        let fetched = match next.take() {
            Some(fetched) => Some(fetched),
            None => steps.recv().await,
        };
        let Some(Fetched { step, room }) = fetched else {
            return Err(source_error("blocks", "no more of them come"));
        };
        let fetching = if behind { asked.elapsed() } else { Duration::ZERO };
        let started = Instant::now();
        let done = match step? {
            Step::StoreFinal(block) => {
                let (blocks, _rooms);
                (blocks, _rooms, next) = gather(block, room, &mut steps, blocks_a_transaction);
                store_final(store, progress, &blocks).await
            }
            Step::StoreHot(block) => store_hot(store, progress, &block).await,
            Step::RollBack(number) => roll_back(store, progress, number).await,
            Step::Finalize(block) => finalize(store, progress, block).await,
        };
        let storing = started.elapsed();
        progress.update(|status| {
            status.work.fetching = status.work.fetching.saturating_add(fetching);
            status.work.storing = status.work.storing.saturating_add(storing);
        });
        done?;
        worked();
    }
}

/// The block and the final ones that follow it and are there already: while
/// they are written, the next gather. Returns what came after them too.
fn gather(
    block: Block,
    room: OwnedSemaphorePermit,
    steps: &mut mpsc::Receiver<Fetched>,
    most: usize,
) -> (Vec<Block>, Vec<OwnedSemaphorePermit>, Option<Fetched>) {
    let mut bytes = block.bytes();
    let (mut blocks, mut rooms) = (vec![block], vec![room]);
    while blocks.len() < most && bytes < BYTES_A_TRANSACTION {
        match steps.try_recv() {
            Ok(Fetched { step: Ok(Step::StoreFinal(block)), room }) => {
                bytes = bytes.saturating_add(block.bytes());
                blocks.push(block);
                rooms.push(room);
            }
            Ok(other) => return (blocks, rooms, Some(other)),
            Err(_) => break,
        }
    }
    (blocks, rooms, None)
}

/// Stores final blocks in one transaction; if one of them is wrong, those
/// before it all the same.
async fn store_final(store: &Store, progress: &Progress, blocks: &[Block]) -> Result<()> {
    let stored = |block: &Block| {
        progress.update(|status| {
            status.indexed = Some(block.number);
            status.finalized = Some(block.number);
        });
    };
    match store.apply_all(blocks).await {
        Ok(_) => {
            blocks.last().map(stored);
            Ok(())
        }
        Err(error) if blocks.len() < 2 || error.is_transient() => Err(error),
        Err(_) => {
            for block in blocks {
                store.apply(block).await?;
                stored(block);
            }
            Ok(())
        }
    }
}

async fn store_hot(store: &Store, progress: &Progress, block: &Block) -> Result<()> {
    store.apply_hot(block).await?;
    progress.update(|status| status.indexed = Some(block.number));
    Ok(())
}

async fn roll_back(store: &Store, progress: &Progress, number: u32) -> Result<()> {
    tracing::info!(number, "the chain turned away above this block: undoing what was stored");
    store.roll_back(number).await?;
    progress.update(|status| {
        status.indexed = Some(number);
        status.rollbacks = status.rollbacks.saturating_add(1);
    });
    Ok(())
}

async fn finalize(store: &Store, progress: &Progress, block: BlockRef) -> Result<()> {
    store.finalize(block.number, &block.hash).await?;
    progress.update(|status| status.finalized = Some(block.number));
    Ok(())
}
