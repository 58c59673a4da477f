//! Grades as they are kept: beside the rule played over what the oracle
//! reports, whatever way the chain took, in both databases.

use crate::{
    api::Served,
    common::{
        account, apply_all, batch, difference, dump, emitted, network,
        postgres::Cluster,
        random::{self, long_plan},
        sale, Chain, Dump, Sqlite, GENESIS_MS,
    },
    scores::reported,
};
use bizkey_indexer::{
    model::{GradeReached, RankingFilter},
    scores::{keep_epoch, Distribution, Grade, Graded},
    Store,
};
use bizkey_primitives::{
    events::*,
    party::{Capital, Status},
    signature::PublicKey,
    Hash, MerchantIndex, Side,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

/// How many blocks the chain turns back.
const DEPTH: usize = 6;

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn keep_all(store: &Store) {
    while keep_epoch(store).await.unwrap().is_some() {}
}

/// What there is of grades, and what they are made of.
async fn grades(url: &str) -> Dump {
    let of_grades = ["merchant_scores", "merchant_grades", "grades_reached", "graded_epochs"];
    dump(url).await.into_iter().filter(|(table, _)| of_grades.contains(table)).collect()
}

/// The rows of an index that saw nothing but these blocks.
async fn clean_grades(chain: &Chain) -> Dump {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    keep_all(&store).await;
    grades(&sqlite.url).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn kept_grades_follow_from_the_scores_that_the_oracle_reports(plan in random::plan(40)) {
        let chain = random::chain_of(&plan);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            apply_all(&store, &chain.blocks).await;
            keep_all(&store).await;
            let mut graded: BTreeMap<MerchantIndex, Vec<Graded>> = BTreeMap::new();
            let mut reached = BTreeSet::new();
            for epoch in reported(&store).await {
                let network = Distribution::of(epoch.merchants.iter().map(|row| row.score));
                for row in &epoch.merchants {
                    let of_shop = graded.entry(row.merchant).or_default();
                    of_shop.push(Graded::after(of_shop.last(), epoch.epoch, network.rank(row.score)));
                }
            }
            for (merchant, expected) in &graded {
                let rows = store.merchant_grades(*merchant, None, 500).await.unwrap();
                assert_eq!(rows.iter().map(|row| row.graded.clone()).collect::<Vec<_>>(), *expected);
                assert_eq!(rows.last(), store.merchant_grade(*merchant).await.unwrap().as_ref());
                let mut seen = BTreeSet::new();
                for row in rows {
                    let epoch = row.graded.epoch;
                    let status = store.merchant_score(epoch, *merchant).await.unwrap().unwrap().status;
                    assert_eq!((row.status, Some(row.shown)), (status, row.graded.earned.under(status)));
                    let up_to = Grade::ALL.into_iter().filter(|grade| *grade > Grade::Iron && *grade <= row.shown);
                    let first = up_to.filter(|grade| seen.insert(*grade));
                    reached.extend(first.map(|grade| (epoch, GradeReached { merchant: *merchant, grade, epoch })));
                }
            }
            let mut expected: Vec<_> = reached.into_iter().map(|(_, reached)| reached).collect();
            expected.sort_by_key(|reached| (reached.epoch, reached.merchant, reached.grade));
            let mut found: Vec<GradeReached> = Vec::new();
            loop {
                let page = store.grades_reached(None, found.last().copied(), 2).await.unwrap();
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, expected);
        });
    }
}

/// A chain that turned back while its epochs were kept ends with the rows of
/// one that did not.
async fn a_turn_leaves_no_trace(url: &str, runner: &mut TestRunner) -> usize {
    let (plan, other) = (long_plan(runner, 40), long_plan(runner, DEPTH + 1));
    let left = plan.len() - DEPTH;
    let turned: Vec<_> = plan[..left].iter().chain(&other).cloned().collect();
    let (old, new) = (random::chain_of(&plan), random::chain_of(&turned));
    let kept = old.blocks.len() - DEPTH;
    let store = Store::open(url, &network()).await.unwrap();
    apply_all(&store, &old.blocks[..kept]).await;
    keep_all(&store).await;
    for block in &old.blocks[kept..] {
        store.apply_hot(block).await.unwrap();
        keep_all(&store).await;
    }
    store.roll_back(old.blocks[kept - 1].number).await.unwrap();
    keep_all(&store).await;
    for block in &new.blocks[kept..] {
        store.apply_hot(block).await.unwrap();
        store.finalize(block.number, &block.hash).await.unwrap();
        keep_all(&store).await;
    }
    store.close().await;
    let (found, clean) = (grades(url).await, clean_grades(&new).await);
    assert_eq!(difference(&found, &clean), None);
    found["merchant_grades"].len()
}

#[tokio::test]
async fn grades_after_a_turn_are_those_of_a_clean_sync() {
    let mut runner = TestRunner::deterministic();
    let mut rows = 0;
    for _ in 0..4 {
        let sqlite = Sqlite::new();
        rows += a_turn_leaves_no_trace(&sqlite.url, &mut runner).await;
    }
    assert!(rows > 20, "{rows}");
}

#[tokio::test]
async fn on_postgresql_too() {
    let Some(cluster) = Cluster::start() else { return };
    let mut runner = TestRunner::deterministic();
    for case in 0..3 {
        let url = cluster.create_database(&format!("grades_{case}")).await;
        assert!(a_turn_leaves_no_trace(&url, &mut runner).await > 0);
    }
}

#[tokio::test]
async fn epochs_that_were_kept_without_grades_or_in_part_are_caught_up_with() {
    let chain = random::long_chain(60);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    keep_all(&store).await;
    let whole = grades(&sqlite.url).await;
    let epochs = whole["graded_epochs"].len();
    assert!(epochs > 5);
    // As an earlier version left it, and as if the process had died in the
    // middle of an epoch.
    for (from, shops) in [(0, 0), (epochs / 2, 2), (epochs - 1, 2)] {
        for condition in [format!("epoch > {from}"), format!("epoch = {from} AND merchant > {shops}")] {
            for table in ["merchant_grades", "grades_reached"] {
                sqlite.execute(&format!("DELETE FROM {table} WHERE {condition}")).await;
            }
        }
        sqlite.execute(&format!("DELETE FROM graded_epochs WHERE epoch >= {from}")).await;
        assert_ne!(difference(&whole, &grades(&sqlite.url).await), None);
        assert_eq!(keep_epoch(&store).await.unwrap(), Some(from as u32));
        keep_all(&store).await;
        assert_eq!(difference(&grades(&sqlite.url).await, &whole), None);
    }
}

#[tokio::test]
async fn the_shops_of_all_grades_are_the_shops_of_the_ranking() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &random::long_chain(300).blocks).await;
    keep_all(&store).await;
    let mut shown = BTreeSet::new();
    for epoch in 0..=store.last_graded_epoch().await.unwrap().unwrap() {
        for trade in [None, Some(0), Some(1)] {
            let filter = RankingFilter { trade, ..RankingFilter::default() };
            let all = store.ranking(epoch, filter, None, 500).await.unwrap();
            let mut parts = Vec::new();
            for grade in Grade::ALL {
                let filter = RankingFilter { grade: Some(grade), ..filter };
                let of_grade = store.ranking(epoch, filter, None, 500).await.unwrap();
                let mut paged = Vec::new();
                loop {
                    let after = paged.last().map(|row: &bizkey_indexer::model::MerchantScore| row.merchant);
                    let page = store.ranking(epoch, filter, after, 1).await.unwrap();
                    let Some(row) = page.first() else { break };
                    paged.push(*row);
                }
                assert_eq!(paged, of_grade);
                shown.extend((!of_grade.is_empty()).then_some(grade));
                parts.extend(of_grade);
            }
            parts.sort_by_key(|row| (row.status as u8, std::cmp::Reverse(row.score), row.merchant));
            assert_eq!(parts, all);
        }
    }
    assert!(shown.len() > 1, "{shown:?}");
}

/// Four shops that sell once a day to one customer, each cheaper than the one
/// before; then the best is demoted, and after the day the third is removed.
fn town() -> Chain {
    let registered = |side, index: u32| {
        let account = account(index as u8 + if side == Side::Merchant { 0 } else { 100 });
        Event::PartyRegistered(PartyRegistered { side, index, account, commitment: Hash::from([index as u8; 32]) })
    };
    let standing = |index, status| {
        Event::StatusChanged(StatusChanged { side: Side::Merchant, index, status, reason: Hash::from([7; 32]) })
    };
    let mut events = vec![registered(Side::Customer, 1)];
    for shop in 1..=4 {
        let capital = Capital { area_m2: 1, staff: 0, rent_per_m2_month: 3, wage_month: 1 };
        let key = PublicKey::Sr25519([shop as u8; 32]);
        events.extend([
            registered(Side::Merchant, shop),
            Event::DeviceRegistered(DeviceRegistered { device: shop, merchant: shop, key }),
            Event::CapitalAttested(CapitalAttested { merchant: shop, capital, from_epoch: 0 }),
        ]);
    }
    let mut chain = Chain::default();
    chain.push(GENESIS_MS - 1_000, events.into_iter().map(emitted).collect());
    for epoch in 0..5 {
        let sold = (1..=4).map(|shop| batch(shop, shop, epoch.into(), &[sale(u64::from(5 - shop), 1)]));
        let demoted = (epoch == 4).then(|| standing(4, Status::Demoted));
        chain.push_in(epoch, sold.chain(demoted).collect());
    }
    chain.push_in(5, vec![standing(3, Status::Removed)]);
    chain
}

#[tokio::test]
async fn the_api_shows_grades_and_leaderboards_of_each() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &town().blocks).await;
    keep_all(&store).await;
    let served = Served::of(store, sqlite).await;
    let best = &served.ok("/v1/merchants/4").await["grade"];
    let expected = serde_json::json!({
        "epoch": 4, "number": 4, "name": "silver", "earned": 5, "since_epoch": 3, "rank": 8_750, "standing": 8_750,
        "reached_at": 8_500, "kept_down_to": 8_200, "next_reached_at": 9_500, "to_next": 750,
    });
    assert_eq!(*best, expected);
    assert_eq!(served.ok("/v1/merchants/2").await["grade"]["name"], "copper");
    assert_eq!(served.ok("/v1/merchants/3").await["grade"], Value::Null, "removed");
    let numbers = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|item| item["number"].as_u64().unwrap()).collect()
    };
    // Four days make a grade; on the fifth it is shown lower.
    assert_eq!(numbers(&served.ok("/v1/merchants/4/grades").await), [1, 1, 1, 5, 4]);
    assert_eq!(numbers(&served.ok("/v1/merchants/3/grades").await), [1, 1, 1, 3, 3], "what was stays");
    let page = served.ok("/v1/merchants/4/grades?after=1&limit=2").await;
    assert_eq!((numbers(&page), &page["next"]), (vec![1, 5], &"3".into()));
    for (grade, shops) in [(1, vec![1]), (2, vec![2]), (3, vec![3]), (4, vec![4]), (5, vec![]), (7, vec![])] {
        let page = served.ok(&format!("/v1/rankings?grade={grade}")).await;
        let found: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|item| item["merchant"].as_u64().unwrap()).collect();
        assert_eq!(found, shops, "grade {grade}");
    }
    for path in ["/v1/rankings?grade=0", "/v1/rankings?grade=8", "/v1/rankings?grade=gold"] {
        assert_eq!(served.problem(path).await, (400, "invalid-parameter".into()), "{path}");
    }
    assert_eq!(served.problem("/v1/merchants/9/grades").await, (404, "not-found".into()));
}
