//! Killed, or left without its database, in the middle of a backfill.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_indexer::{run, Config, Progress, Store};
use common::{difference, dump, fake::FakeSource, network, postgres::Cluster, random, Chain, Dump, Sqlite};
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
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);
const KILLS: usize = 100;
/// Enough that no run comes to the end before the last kill.
const BLOCKS: usize = 3_000;
/// Names the database to the process that is killed.
const DATABASE: &str = "BIZKEY_VICTIM_DATABASE";

fn chain() -> Chain {
    let mut runner = TestRunner::deterministic();
    let strategy = random::plan(20);
    let mut plan = Vec::new();
    while plan.len() < BLOCKS {
        plan.extend(strategy.new_tree(&mut runner).unwrap().current());
    }
    plan.truncate(BLOCKS);
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

/// Not a test of its own: what is killed. Says each step that it made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let chain = chain();
    let last = chain.blocks.last().unwrap().number;
    let store = Store::open(&url, &network()).await.unwrap();
    let progress = Progress::default();
    let mut steps = progress.subscribe();
    tokio::spawn(run(Config::new(store, Arc::new(FakeSource::new(&chain)), progress), CancellationToken::new()));
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
        .args(["victim", "--exact", "--nocapture"])
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
    let chain = chain();
    let mut runner = TestRunner::deterministic();
    for kill in 0..KILLS {
        let steps = (2usize..30).new_tree(&mut runner).unwrap().current();
        let ended = run_and_kill(url, steps);
        assert!(!ended, "it came to the end before kill {kill}: the chain is too short for this test");
    }
    assert!(run_and_kill(url, usize::MAX));
    assert_eq!(difference(&dump(url).await, &clean_rows(&chain).await), None);
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
    let chain = chain();
    let (middle, last) = (chain.blocks[400].number, chain.blocks.last().unwrap().number);
    let store = Store::open(&url, &network()).await.unwrap();
    let progress = Progress::default();
    let mut config = Config::new(store, Arc::new(FakeSource::new(&chain)), progress.clone());
    config.longest_retry = Duration::from_millis(500);
    let stop = CancellationToken::new();
    let task = tokio::spawn(run(config, stop.clone()));
    progress.reached(middle).await;
    cluster.stop();
    let mut changes = progress.subscribe();
    let failed = tokio::time::timeout(PATIENCE, changes.wait_for(|status| status.last_error.is_some())).await;
    let error = failed.expect("it notices").unwrap().last_error.clone();
    assert!(error.unwrap().starts_with("the database failed"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(progress.status().indexed < Some(last), "the chain is too short for this test");
    cluster.start_again();
    tokio::time::timeout(PATIENCE, progress.reached(last)).await.expect("it goes on");
    stop.cancel();
    task.await.unwrap().unwrap();
    assert_eq!(difference(&dump(&url).await, &clean_rows(&chain).await), None);
}
