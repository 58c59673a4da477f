//! Following a chain that misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_indexer::{run, Config, Error, Progress, Store};
use common::{dump, fake::FakeSource, random, Chain, Dump, Sqlite, FIRST_BLOCK};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{
    sync::{atomic::Ordering, Arc},
    time::Duration,
};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// A chain of the given number of blocks, the same each time.
fn chain(blocks: usize) -> Chain {
    let mut runner = TestRunner::deterministic();
    let mut plan = Vec::new();
    while plan.len() < blocks {
        plan.extend(random::plan(20).new_tree(&mut runner).unwrap().current());
    }
    plan.truncate(blocks);
    random::chain_of(&plan)
}

async fn clean_rows(chain: &Chain) -> Dump {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    for block in &chain.blocks {
        store.apply(block).await.unwrap();
    }
    dump(&sqlite.url).await
}

struct Running {
    progress: Progress,
    stop: CancellationToken,
    task: JoinHandle<bizkey_indexer::Result<()>>,
}

fn start(store: &Store, source: &Arc<FakeSource>) -> Running {
    let progress = Progress::default();
    let mut config = Config::new(store.clone(), source.clone(), progress.clone());
    config.first_retry = Duration::from_millis(1);
    config.longest_retry = Duration::from_millis(5);
    config.stall_after = Duration::from_millis(200);
    config.prefetch = 4;
    let stop = CancellationToken::new();
    Running { progress, stop: stop.clone(), task: tokio::spawn(run(config, stop)) }
}

impl Running {
    async fn reach(&self, number: u32) {
        let reached = timeout(PATIENCE, self.progress.reached(number)).await;
        assert!(reached.is_ok(), "block {number} was not stored: {:?}", self.progress.status());
    }

    async fn end(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn backfill_then_tail_without_a_gap_though_heads_are_skipped() {
    let chain = chain(40);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.finalise(FIRST_BLOCK + 9, false);
    let running = start(&store, &source);
    running.reach(FIRST_BLOCK + 9).await;
    timeout(PATIENCE, running.progress.ready()).await.unwrap();
    for head in [10, 14, 15, 27, 41] {
        source.finalise(FIRST_BLOCK + head, true);
        running.reach(FIRST_BLOCK + head).await;
    }
    running.end().await;
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain).await);
}

#[tokio::test]
async fn a_source_that_fails_again_and_again_costs_time_but_no_row() {
    let chain = chain(40);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.fail_every.store(13, Ordering::SeqCst);
    let running = start(&store, &source);
    running.reach(chain.blocks.last().unwrap().number).await;
    running.end().await;
    assert!(source.subscriptions.load(Ordering::SeqCst) > 1);
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain).await);
}

#[tokio::test]
async fn stopped_at_any_moment_it_resumes_with_the_rows_of_a_clean_run() {
    let chain = chain(200);
    let last = chain.blocks.last().unwrap().number;
    let sqlite = Sqlite::new();
    let source = Arc::new(FakeSource::new(&chain));
    let mut runner = TestRunner::deterministic();
    let mut restarts = 0;
    loop {
        let store = sqlite.open().await;
        let running = start(&store, &source);
        let micros = (0u64..10_000).new_tree(&mut runner).unwrap().current();
        let done = timeout(Duration::from_micros(micros), running.progress.reached(last)).await.is_ok();
        // Dropped between any two awaits, as a process that dies.
        running.task.abort();
        let _ = running.task.await;
        store.close().await;
        if done {
            break;
        }
        restarts += 1;
    }
    assert!(restarts > 3, "only {restarts} restarts: the chain is too short for this test");
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain).await);
}

#[tokio::test]
async fn a_subscription_that_falls_silent_is_noticed_and_renewed() {
    let chain = chain(20);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.finalise(FIRST_BLOCK + 4, false);
    let running = start(&store, &source);
    running.reach(FIRST_BLOCK + 4).await;
    // A head that rests is a fault where blocks are due.
    let mut changes = running.progress.subscribe();
    timeout(PATIENCE, changes.wait_for(|status| status.stalled)).await.unwrap().unwrap();
    assert!(!running.progress.status().is_ready());
    // The chain goes on, but nobody says so.
    source.finalise(FIRST_BLOCK + 12, false);
    running.reach(FIRST_BLOCK + 12).await;
    assert!(!running.progress.status().stalled);
    assert!(source.subscriptions.load(Ordering::SeqCst) > 1);
    running.end().await;
}

#[tokio::test]
async fn a_block_with_another_parent_stops_the_indexer() {
    let chain = chain(20);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.alter(FIRST_BLOCK + 7, |block| block.parent_hash = [3; 32]);
    let running = start(&store, &source);
    let error = timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::ParentMismatch { number, .. } if number == FIRST_BLOCK + 7), "{error}");
    assert_eq!(store.checkpoint().await.unwrap().unwrap().number, FIRST_BLOCK + 6);
    assert!(!running.progress.status().is_ready());
}

#[tokio::test]
async fn a_database_of_another_chain_is_refused() {
    let chain = chain(20);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    store.apply(&chain.blocks[0]).await.unwrap();
    store.apply(&chain.blocks[1]).await.unwrap();
    let source = Arc::new(FakeSource::new(&chain));
    source.alter(FIRST_BLOCK + 1, |block| block.hash = [3; 32]);
    let running = start(&store, &source);
    let error = timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::OtherChain { .. }), "{error}");
}
