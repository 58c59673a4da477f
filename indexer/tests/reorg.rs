//! A chain that turns away from blocks that were stored.

use crate::common::{
    apply_all, clean_rows, difference, dump,
    fake::{FakeSource, View},
    network,
    postgres::Cluster,
    random::{self, long_plan, Plan},
    running::{Running, PATIENCE},
    Chain, Dump, Sqlite,
};
use bizkey_indexer::{Block, Config, Error, Progress, Store};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How many blocks the made-up chain may turn back.
const LAG: usize = 6;

fn plans(count: usize, blocks: usize) -> Vec<Plan> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| long_plan(&mut runner, blocks)).collect()
}

async fn apply_all_hot(store: &Store, blocks: &[Block]) {
    for block in blocks {
        store.apply_hot(block).await.unwrap();
    }
}

/// The rows without what is kept to undo them.
async fn rows(url: &str) -> Dump {
    let mut rows = dump(url).await;
    for table in ["hot_blocks", "hot_changes"] {
        rows.insert(table, Vec::new());
    }
    rows
}

/// The chain of a plan, and another that leaves it `depth` blocks before its
/// end and is one block longer.
fn fork(plan: &Plan, other: &Plan, depth: usize) -> (Chain, Chain) {
    let kept = plan.len() - depth;
    let turned: Plan = plan[..kept].iter().chain(&other[..=depth]).cloned().collect();
    (random::chain_of(plan), random::chain_of(&turned))
}

async fn every_depth_is_undone(url: &str, plan: &Plan, other: &Plan, depth: usize) {
    let (old, new) = fork(plan, other, depth);
    let (length, kept) = (old.blocks.len(), old.blocks.len() - depth);
    let store = Store::open(url, &network()).await.unwrap();
    apply_all(&store, &old.blocks[..length - LAG]).await;
    apply_all_hot(&store, &old.blocks[length - LAG..]).await;
    assert_eq!(difference(&rows(url).await, &clean_rows(&old.blocks).await), None);
    assert_eq!(store.hot_blocks().await.unwrap().len(), LAG);

    let top = old.blocks[kept - 1].number;
    store.roll_back(top).await.unwrap();
    assert_eq!(difference(&rows(url).await, &clean_rows(&old.blocks[..kept]).await), None, "{depth} blocks undone");
    apply_all_hot(&store, &new.blocks[kept..]).await;
    assert_eq!(difference(&rows(url).await, &clean_rows(&new.blocks).await), None);

    // Final in part, then as a whole: nothing is kept to undo what is final.
    let last = new.blocks.last().unwrap();
    let middle = &new.blocks[new.blocks.len() - 3];
    store.finalize(middle.number, &middle.hash).await.unwrap();
    assert_eq!(store.finalized().await.unwrap().unwrap().number, middle.number);
    assert!(matches!(store.roll_back(middle.number - 1).await, Err(Error::Final { .. })));
    store.finalize(last.number, &last.hash).await.unwrap();
    assert_eq!(difference(&dump(url).await, &clean_rows(&new.blocks).await), None);
    store.close().await;
}

#[tokio::test]
async fn blocks_of_every_depth_are_undone_to_the_row() {
    for pair in plans(8, 16).chunks(2) {
        for depth in 1..=LAG {
            let sqlite = Sqlite::new();
            every_depth_is_undone(&sqlite.url, &pair[0], &pair[1], depth).await;
        }
    }
}

#[tokio::test]
async fn on_postgresql_too() {
    let Some(cluster) = Cluster::start() else { return };
    let plans = plans(2, 16);
    for depth in [1, 3, LAG] {
        let url = cluster.create_database(&format!("depth_{depth}")).await;
        every_depth_is_undone(&url, &plans[0], &plans[1], depth).await;
    }
}

#[tokio::test]
async fn what_is_final_cannot_be_undone_and_what_is_not_stored_cannot_be_final() {
    let chain = random::chain_of(&plans(1, 6)[0]);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks[..4]).await;
    apply_all_hot(&store, &chain.blocks[4..6]).await;
    let before = dump(&sqlite.url).await;
    let error = store.roll_back(chain.blocks[2].number).await.unwrap_err();
    assert!(matches!(error, Error::Final { number } if number == chain.blocks[3].number), "{error}");
    let error = store.finalize(chain.blocks[5].number, &[9; 32]).await.unwrap_err();
    assert!(matches!(error, Error::NotStored { .. }) && error.blames_source(), "{error}");
    assert_eq!(difference(&dump(&sqlite.url).await, &before), None);
    // A final block makes those before it final.
    store.apply(&chain.blocks[6]).await.unwrap();
    assert_eq!(difference(&dump(&sqlite.url).await, &clean_rows(&chain.blocks[..7]).await), None);
}

/// Follows `source` until all of `chain`, which it comes to show, is final; the rows.
async fn follow(source: Arc<FakeSource>, chain: &Chain) -> Dump {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut config = Config::new(store.clone(), source.clone(), Progress::default());
    config.first_retry = Duration::from_millis(1);
    config.longest_retry = Duration::from_millis(5);
    config.prefetch = 4;
    let running = Running::start(config);
    let last = chain.blocks.last().unwrap().number;
    let shown = async {
        // Further looks at the chain, should the views need them.
        while source.to_come() > 0 {
            source.announce();
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    };
    assert!(timeout(PATIENCE, shown).await.is_ok(), "{:?}", running.progress.status());
    source.show(View { chain: chain.clone(), finalized: last });
    running.until(PATIENCE, |status| (status.finalized, status.indexed) == (Some(last), Some(last))).await;
    running.end().await;
    store.close().await;
    dump(&sqlite.url).await
}

#[tokio::test]
async fn a_chain_that_turns_at_any_moment_ends_with_its_own_rows() {
    let plans = plans(2, 10);
    for depth in 1..=LAG {
        let (old, new) = fork(&plans[0], &plans[1], depth);
        let finalized = old.blocks[old.blocks.len() - 1 - LAG].number;
        let expected = clean_rows(&new.blocks).await;
        // One look after the other, until all of the old chain was stored before.
        for call in 1.. {
            let source = Arc::new(FakeSource::viewed(View { chain: old.clone(), finalized }));
            source.show_after(call, View { chain: new.clone(), finalized });
            let rows = follow(source.clone(), &new).await;
            assert_eq!(difference(&rows, &expected), None, "turned back {depth} blocks at call {call}");
            if call as usize > 3 * old.blocks.len() {
                break;
            }
        }
    }
}

/// How a chain goes on: blocks turned back, blocks added, blocks that become
/// final, and calls until then.
type Turn = (usize, Plan, u32, u32);

fn turns() -> impl Strategy<Value = (Plan, Vec<Turn>)> {
    let turn = (0..=LAG, random::plan(9), 0u32..6, 0u32..40);
    (random::plan(14), prop::collection::vec(turn, 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_turns_the_rows_are_those_of_a_clean_sync((plan, turns) in turns()) {
        let mut plan = plan;
        let mut chain = random::chain_of(&plan);
        let first = chain.blocks[0].number;
        let mut finalized = first;
        let source = Arc::new(FakeSource::viewed(View { chain: chain.clone(), finalized }));
        for (back, added, settled, calls) in turns {
            // Neither a final block goes back, nor the deployment.
            let hot = (chain.blocks.last().unwrap().number - finalized) as usize;
            plan.truncate(plan.len().saturating_sub(back.min(hot)));
            let kept = first + 1 + plan.len() as u32;
            plan.extend(added);
            chain = random::chain_of(&plan);
            finalized = (finalized + settled).min(kept);
            source.show_after(calls + 1, View { chain: chain.clone(), finalized });
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (rows, expected) = runtime.block_on(async { (follow(source, &chain).await, clean_rows(&chain.blocks).await) });
        prop_assert_eq!(difference(&rows, &expected), None);
    }
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_left_for_the_next_one() {
    let plans = plans(2, 10);
    let (chain, stranger) = (random::chain_of(&plans[0]), random::chain_of(&plans[1]));
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks[..6]).await;
    let mut config = Config::new(store.clone(), Arc::new(FakeSource::new(&stranger)), Progress::default());
    config.sources.push(Arc::new(FakeSource::new(&chain)));
    config.first_retry = Duration::from_millis(1);
    let running = Running::start(config.clone());
    running.reach(chain.blocks.last().unwrap().number).await;
    running.end().await;
    assert_eq!(difference(&dump(&sqlite.url).await, &clean_rows(&chain.blocks).await), None);

    // When every endpoint says so, it is the database that is another chain's.
    config.sources.truncate(1);
    config.sources.push(config.sources[0].clone());
    let error = timeout(PATIENCE, Running::start(config).task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::OtherChain { .. }), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_rests_is_left_for_one_that_does_not() {
    let chain = random::chain_of(&plans(1, 12)[0]);
    let resting = Arc::new(FakeSource::new(&chain));
    resting.finalise(chain.blocks[4].number, false);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut config = Config::new(store.clone(), resting, Progress::default());
    config.sources.push(Arc::new(FakeSource::new(&chain)));
    config.stall_after = Duration::from_millis(100);
    let running = Running::start(config);
    running.reach(chain.blocks.last().unwrap().number).await;
    running.end().await;
    assert_eq!(difference(&dump(&sqlite.url).await, &clean_rows(&chain.blocks).await), None);
}
