//! The board's scoring rules: which are in force, and what they make of a
//! shop's epochs.

use crate::{
    api::Served,
    common::{
        account, apply_all, batch, clean_rows, difference, dump, emitted, from_contract, network, sale, Chain, Sqlite,
        GENESIS_MS,
    },
    scores::reported,
};
use bizkey_indexer::{
    model::ScoringRules,
    scores::rules::Parameters,
    scores::{keep_epoch, Algorithm},
    Error, Store,
};
use bizkey_primitives::{
    bizpower::{Counts, SCALE},
    events::*,
    membership::{Business, Clamp},
    party::Capital,
    receipt::Receipt,
    signature::PublicKey,
    Hash, Side,
};
use std::collections::BTreeMap;

const SHOP: Business = Business { trade: 7, region: 1 };

fn clamp_set(trade: u16, lo: u64, from_epoch: u32) -> Event {
    Event::ClampSet(ClampSet { trade, clamp: Clamp { lo, hi: 10 * lo }, from_epoch })
}

fn algorithm_set(from_epoch: u32, version: u16) -> Event {
    Event::AlgorithmSet(AlgorithmSet { from_epoch, version })
}

/// A sale with a ticket.
fn ticketed(amount: u64, customer: u32, reference: u8) -> Receipt {
    Receipt { reference: [reference; 16], ..sale(amount, customer) }
}

/// Shop 1 of [`SHOP`] with a capital of 3, and customers 1 to 3.
fn town(decisions: Vec<Event>) -> Chain {
    let registered = |side, index: u32| {
        let account = account(index as u8 + if side == Side::Merchant { 0 } else { 100 });
        Event::PartyRegistered(PartyRegistered { side, index, account, commitment: Hash::from([index as u8; 32]) })
    };
    let mut events: Vec<_> = (1..=3).map(|index| registered(Side::Customer, index)).collect();
    let capital = Capital { area_m2: 1, staff: 0, rent_per_m2_month: 3, wage_month: 1 };
    events.extend([
        registered(Side::Merchant, 1),
        Event::DeviceRegistered(DeviceRegistered { device: 1, merchant: 1, key: PublicKey::Sr25519([1; 32]) }),
        Event::CapitalAttested(CapitalAttested { merchant: 1, capital, from_epoch: 0 }),
        Event::BusinessAttested(BusinessAttested { merchant: 1, business: SHOP, from_epoch: 0 }),
    ]);
    events.extend(decisions);
    let mut chain = Chain::default();
    chain.push(GENESIS_MS - 1_000, events.into_iter().map(emitted).collect());
    chain
}

fn void(seq: u64, index: u16) -> Event {
    Event::ReceiptVoided(ReceiptVoided { device: 1, merchant: 1, seq, index })
}

/// Bizpower-1 until epoch 2, bizpower-2 from 3 on.
fn switched() -> Chain {
    let mut chain = town(vec![
        algorithm_set(3, 2),
        clamp_set(SHOP.trade, 10, 0),
        Event::CapitalFloorSet(CapitalFloorSet { business: SHOP, floor: 50, from_epoch: 3 }),
    ]);
    chain.push_in(0, vec![batch(1, 1, 0, &[ticketed(5, 1, 1), sale(5, 2)])]);
    // Reference 1 counted in epoch 0; customer 3 shows no ticket.
    let receipts = [ticketed(7, 1, 1), ticketed(500, 2, 2), ticketed(300, 2, 3), sale(20, 3)];
    chain.push_in(3, vec![batch(1, 1, 1, &receipts)]);
    // Seven epochs after epoch 0, and eight.
    chain.push_in(7, vec![batch(1, 1, 2, &[ticketed(9, 1, 1), ticketed(4, 3, 4)])]);
    // What was not ticketed in epochs 3 and 7 takes nothing; what was does.
    chain.push_in(8, vec![batch(1, 1, 3, &[ticketed(9, 1, 1)]), void(1, 0), void(2, 0), void(1, 1)]);
    chain
}

async fn scores(store: &Store) -> Vec<(u32, Counts, u128, u128)> {
    let kept = store.merchant_scores(1, None, 500).await.unwrap();
    let live = store.live(1).await.unwrap().unwrap();
    let kept = kept.iter().map(|row| (row.epoch, row.counts, row.capital, row.score));
    let live = live.runs.iter().filter(|run| run.has_leaf());
    kept.chain(live.map(|run| (run.epoch, run.counts(), run.opening.capital, run.score()))).collect()
}

#[tokio::test]
async fn only_ticketed_receipts_make_buyers_once_the_board_says_so() {
    let chain = switched();
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let (last, before) = chain.blocks.split_last().unwrap();
    apply_all(&store, before).await;
    while keep_epoch(&store).await.unwrap().is_some() {}
    // Epochs 7 and 8 are scored from their receipts.
    store.apply(last).await.unwrap();
    let found = scores(&store).await;
    let counts = Counts::default();
    let expected = [
        (0, Counts { um: 2, pl: 2, pm: 10, ..counts }, 3),
        // Customer 2 bought here before; 800 counts as the clamp's 100.
        (3, Counts { un: 1, pl: 1, pm: 100, ..counts }, 50),
        // Customer 3 was no buyer in epoch 3; 4 counts as the clamp's 10.
        (7, Counts { um: 1, pl: 1, pm: 10, ..counts }, 50),
        (8, Counts { pm: 10, ..counts }, 50),
    ];
    assert_eq!(found.iter().map(|row| (row.0, row.1, row.2)).collect::<Vec<_>>(), expected);
    // One repeat buyer of three in 30 epochs, a basket of 100, capital 50.
    assert_eq!(found[1].3, SCALE / (3 * 100 * 50));
    // The same once all of it is kept, and by the oracle.
    let mut over = chain.clone();
    over.push_in(9, Vec::new());
    store.apply(over.blocks.last().unwrap()).await.unwrap();
    while keep_epoch(&store).await.unwrap().is_some() {}
    assert_eq!(scores(&store).await, found);
    let epochs = reported(&store).await;
    let rows = epochs.iter().flat_map(|epoch| epoch.merchants.iter().map(|row| (epoch.epoch, row)));
    assert!(rows.map(|(epoch, row)| (epoch, row.counts, row.capital, row.score)).eq(found));
}

#[tokio::test]
async fn an_unknown_algorithm_is_named_and_nothing_is_scored_by_another_one() {
    let mut chain = town(vec![algorithm_set(1, 3)]);
    chain.push_in(0, vec![batch(1, 1, 0, &[sale(5, 1)])]);
    chain.push_in(1, vec![batch(1, 1, 1, &[sale(5, 1)])]);
    chain.push_in(2, Vec::new());
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    assert_eq!(keep_epoch(&store).await.unwrap(), Some(0));
    let error = keep_epoch(&store).await.unwrap_err();
    assert!(matches!(error, Error::UnknownAlgorithm { epoch: 1, version: 3 }), "{error}");
    assert!(error.to_string().contains("update the program"), "{error}");
    assert!(matches!(store.live(1).await.unwrap_err(), Error::UnknownAlgorithm { epoch: 1, version: 3 }));
    assert_eq!(store.last_scored_epoch().await.unwrap(), Some(0));
    let served = Served::of(store, sqlite).await;
    assert_eq!(served.problem("/v1/merchants/1/candles?interval=1m").await, (503, "unknown-algorithm".into()));
    assert_eq!(served.ok("/v1/rankings").await["items"][0]["epoch"], 0);
    for (version, algorithm) in [(1, Algorithm::Bizpower1), (2, Algorithm::Bizpower2)] {
        assert_eq!(Algorithm::of(0, version).unwrap(), algorithm);
    }
}

#[tokio::test]
async fn a_decision_drops_what_has_not_begun_and_comes_back_with_its_block() {
    let mut chain = town(vec![algorithm_set(2, 2), clamp_set(7, 1, 2)]);
    // Of another contract: no decision.
    let nobody = from_contract(network().contracts.otc, algorithm_set(1, 2));
    let capped = emitted(Event::CashCapSet(CashCapSet { cap: u64::MAX, from_epoch: 4 }));
    chain.push(GENESIS_MS, vec![nobody, capped]);
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    let before = store.scoring_rules(5).await.unwrap();
    assert_eq!((before.algorithm_version, before.parameters.cash_cap), (2, Some(u64::MAX)));
    assert_eq!(before.parameters.clamps[&7], Clamp { lo: 1, hi: 10 });
    assert_eq!(store.scoring_rules(1).await.unwrap().algorithm_version, 1);
    // Of two in one block the later one stands, though it begins later; the
    // algorithm from epoch 2 on stays, since the new one begins after it.
    let later = vec![clamp_set(7, 5, 3), clamp_set(7, 9, 6), algorithm_set(6, 1), clamp_set(8, 2, 1)];
    let hot = chain.clone().push_in(0, later).clone();
    store.apply_hot(&hot).await.unwrap();
    let after = store.scoring_rules(5).await.unwrap();
    assert_eq!(after.parameters.clamps, BTreeMap::from([(8, Clamp { lo: 2, hi: 20 })]));
    assert_eq!(after.algorithm_version, 2);
    let at_last = store.scoring_rules(6).await.unwrap();
    assert_eq!((at_last.algorithm_version, at_last.parameters.clamps[&7]), (1, Clamp { lo: 9, hi: 90 }));
    store.roll_back(chain.blocks.last().unwrap().number).await.unwrap();
    assert_eq!(store.scoring_rules(5).await.unwrap(), before);
    assert_eq!(difference(&dump(&sqlite.url).await, &clean_rows(&chain.blocks).await), None);
}

#[tokio::test]
async fn nothing_decided_is_bizpower_1_without_limits() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &town(Vec::new()).blocks).await;
    let (clamps, capital_floors) = (BTreeMap::new(), BTreeMap::new());
    let parameters = Parameters { clamps, capital_floors, cash_cap: None };
    let none = ScoringRules { algorithm_version: 1, parameters };
    assert_eq!(store.scoring_rules(u32::MAX - 1).await.unwrap(), none);
}

#[tokio::test]
async fn references_are_kept_for_as_long_as_they_count() {
    let mut chain = switched();
    for epoch in 9..20 {
        chain.push_in(epoch, vec![batch(1, 1, u64::from(epoch), &[ticketed(1, 1, epoch as u8)])]);
    }
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    while keep_epoch(&store).await.unwrap().is_some() {}
    assert_eq!(store.last_scored_epoch().await.unwrap(), Some(18));
    let rows = dump(&sqlite.url).await;
    // Those of epochs 11 to 18, one row an epoch.
    assert_eq!(rows["spent_references"].len(), 8, "{:?}", rows["spent_references"]);
    // Receipts 3 and 7 repeated reference 1.
    assert_eq!(rows["repeated_references"], ["receipt=3", "receipt=7"]);
}

#[tokio::test]
async fn the_rules_are_served() {
    let mut chain = switched();
    chain.push_in(8, vec![Event::CashCapSet(CashCapSet { cap: 1 << 60, from_epoch: 9 }), algorithm_set(12, 1)]);
    let served = Served::start(&chain, true).await;
    let algorithms = served.ok("/v1/algorithms").await;
    let items = algorithms["items"].as_array().unwrap().iter();
    let found = items.map(|one| (one["from_epoch"].as_u64().unwrap(), one["version"].as_u64().unwrap()));
    assert_eq!(found.collect::<Vec<_>>(), [(3, 2), (12, 1)]);
    let rules = served.ok("/v1/epochs/8/scoring-rules").await;
    assert_eq!(rules["algorithm_version"], 2);
    assert!(rules["cash_cap"].is_null(), "{rules}");
    let rules = served.ok("/v1/epochs/9/scoring-rules").await;
    assert_eq!(rules["cash_cap"], (1u64 << 60).to_string());
    assert_eq!(rules["cash_cap_from_epoch"], 9);
    let clamps = served.ok("/v1/epochs/0/clamps").await;
    assert_eq!(clamps["items"][0], serde_json::json!({"trade": 7, "lo": "10", "hi": "100", "from_epoch": 0}));
    assert!(served.ok("/v1/epochs/0/clamps?after=7").await["items"].as_array().unwrap().is_empty());
    assert!(served.ok("/v1/epochs/2/capital-floors").await["items"].as_array().unwrap().is_empty());
    let floors = served.ok("/v1/epochs/3/capital-floors?after=7-0").await;
    assert_eq!(floors["items"][0], serde_json::json!({"trade": 7, "region": 1, "floor": "50", "from_epoch": 3}));
    assert_eq!(served.problem("/v1/epochs/3/capital-floors?after=7").await, (400, "invalid-parameter".into()));
    assert_eq!(served.problem("/v1/epochs/3/clamps?after=65536").await, (400, "invalid-parameter".into()));
}
