//! Following a chain that misbehaves.

use crate::common::{
    clean_rows, dump,
    fake::FakeSource,
    random::long_chain,
    running::{Running, PATIENCE},
    Sqlite, FIRST_BLOCK,
};
use bizkey_indexer::{Config, Error, Progress, Store};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::{
    sync::{atomic::Ordering, Arc},
    time::Duration,
};
use tokio::time::timeout;

fn start(store: &Store, source: &Arc<FakeSource>) -> Running {
    let mut config = Config::new(store.clone(), source.clone(), Progress::default());
    config.first_retry = Duration::from_millis(1);
    config.longest_retry = Duration::from_millis(5);
    config.stall_after = Duration::from_millis(200);
    config.prefetch = 4;
    Running::start(config)
}

#[tokio::test]
async fn backfill_then_tail_without_a_gap_though_heads_are_skipped() {
    let chain = long_chain(40);
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
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain.blocks).await);
}

#[tokio::test]
async fn a_source_that_fails_again_and_again_costs_time_but_no_row() {
    let chain = long_chain(40);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.fail_every.store(13, Ordering::SeqCst);
    let running = start(&store, &source);
    running.reach(chain.blocks.last().unwrap().number).await;
    running.end().await;
    assert!(source.subscriptions.load(Ordering::SeqCst) > 1);
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain.blocks).await);
}

#[tokio::test]
async fn stopped_at_any_moment_it_resumes_with_the_rows_of_a_clean_run() {
    let chain = long_chain(200);
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
    assert_eq!(dump(&sqlite.url).await, clean_rows(&chain.blocks).await);
}

#[tokio::test]
async fn a_subscription_that_falls_silent_is_noticed_and_renewed() {
    let chain = long_chain(20);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let source = Arc::new(FakeSource::new(&chain));
    source.finalise(FIRST_BLOCK + 4, false);
    let running = start(&store, &source);
    running.reach(FIRST_BLOCK + 4).await;
    // A head that rests is a fault where blocks are due.
    running.until(PATIENCE, |status| status.stalled).await;
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
    let chain = long_chain(20);
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
    let chain = long_chain(20);
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
