//! Killed, or left without its database, in the middle of a backfill.

use crate::common::{
    clean_rows, difference, dump, fake::FakeSource, network, postgres::Cluster, random::long_chain, running::Running,
    Sqlite,
};
use bizkey_indexer::{Config, Progress, Store};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);
const KILLS: usize = 100;
/// Enough that no run comes to the end before the last kill.
const BLOCKS: usize = 3_000;
/// Names the database to the process that is killed.
const DATABASE: &str = "BIZKEY_VICTIM_DATABASE";

/// Not a test of its own: what is killed. Says each step that it made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let chain = long_chain(BLOCKS);
    let last = chain.blocks.last().unwrap().number;
    let store = Store::open(&url, &network()).await.unwrap();
    let mut config = Config::new(store, Arc::new(FakeSource::new(&chain)), Progress::default());
    // Many transactions to be killed in.
    config.blocks_a_transaction = 2;
    let running = Running::start(config);
    let mut steps = running.progress.subscribe();
    loop {
        let indexed = steps.borrow_and_update().indexed;
        println!("stored {indexed:?}");
        if indexed == Some(last) {
            return;
        }
        steps.changed().await.unwrap();
    }
}

/// Runs the victim until it has said so many steps, then kills it; whether it
/// came to the end before.
fn run_and_kill(url: &str, steps: usize) -> bool {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["kill::victim", "--exact", "--nocapture"])
        .env(DATABASE, url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).filter(|line| line.starts_with("stored")).take(steps).count();
    // SIGKILL: nothing of the process runs any more.
    victim.kill().unwrap();
    victim.wait().unwrap();
    said < steps
}

async fn is_killed_a_hundred_times(url: &str) {
    let chain = long_chain(BLOCKS);
    let mut runner = TestRunner::deterministic();
    for kill in 0..KILLS {
        let steps = (2usize..14).new_tree(&mut runner).unwrap().current();
        let ended = run_and_kill(url, steps);
        assert!(!ended, "it came to the end before kill {kill}: the chain is too short for this test");
    }
    assert!(run_and_kill(url, usize::MAX));
    assert_eq!(difference(&dump(url).await, &clean_rows(&chain.blocks).await), None);
}

#[tokio::test]
async fn killed_a_hundred_times_it_ends_with_the_rows_of_an_undisturbed_run() {
    let sqlite = Sqlite::new();
    is_killed_a_hundred_times(&sqlite.url).await;
}

#[tokio::test]
async fn on_postgresql_too() {
    let Some(cluster) = Cluster::start() else { return };
    is_killed_a_hundred_times(&cluster.create_database("victim").await).await;
}

#[tokio::test]
async fn without_its_database_it_waits_and_goes_on_by_itself() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.create_database("away").await;
    let chain = long_chain(BLOCKS);
    let (middle, last) = (chain.blocks[400].number, chain.blocks.last().unwrap().number);
    let store = Store::open(&url, &network()).await.unwrap();
    let mut config = Config::new(store, Arc::new(FakeSource::new(&chain)), Progress::default());
    config.longest_retry = Duration::from_millis(500);
    let running = Running::start(config);
    running.progress.reached(middle).await;
    cluster.stop();
    let mut changes = running.progress.subscribe();
    let failed = tokio::time::timeout(PATIENCE, changes.wait_for(|status| status.last_error.is_some())).await;
    let error = failed.expect("it notices").unwrap().last_error.clone();
    assert!(error.unwrap().starts_with("the database failed"));
    // The minute for which it may be gone.
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(running.progress.status().indexed < Some(last), "the chain is too short for this test");
    cluster.start_again();
    running.until(PATIENCE, |status| status.indexed >= Some(last)).await;
    running.end().await;
    assert_eq!(difference(&dump(&url).await, &clean_rows(&chain.blocks).await), None);
}
