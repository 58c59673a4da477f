//! The table of shops that score otherwise as printed, and an explanation by
//! that reading.

use super::{
    arithmetic::{whole, work_through},
    customer, explain, follower, merchant, receipt,
    town::{switched, Town, CALENDAR},
};
use bizkey_indexer::model::hex;
use bizkey_oracle::{
    chain::Ledger,
    explain::{Explanation, Readings},
    scoring::{Engine, EpochScores, WeightBinding},
};
use bizkey_primitives::{receipt::Channel, Side};

/// Shop 1 wins two new customers a day and one outside; shop 2 sells outside
/// only, and so scores nothing as printed.
fn town(days: u32) -> Town {
    use Channel::{InStore, Outside};
    let mut town = Town::new(2, 12);
    for day in 0..days {
        let reference = day as u8 + 1;
        let of = |customer: u32, channel| receipt(customer, 100 * u64::from(customer), channel, reference);
        let ours = [of(3 * day + 1, InStore), of(3 * day + 2, InStore), of(3 * day + 3, Outside), of(1, InStore)];
        town.batch(day, 1, day.into(), &ours);
        town.batch(day, 2, day.into(), &[receipt(1, 500, Outside, reference)]);
        town.settle(day);
    }
    town
}

/// Every epoch of a town by an engine that reads the weights so.
fn scores(town: &Town, binding: WeightBinding) -> Vec<EpochScores> {
    let (mut ledger, mut engine, mut scores) = (Ledger::new(CALENDAR), Engine::with_binding(binding), Vec::new());
    for block in &town.blocks {
        for facts in ledger.enter(block).unwrap() {
            scores.push(engine.score(&facts.input).unwrap());
        }
        block.events.iter().for_each(|event| ledger.apply(event).unwrap());
    }
    scores
}

#[test]
fn every_shop_that_differs_is_in_the_table_with_what_an_engine_as_printed_gives() {
    let town = town(4);
    let (own, printed) = (scores(&town, WeightBinding::OwnShare), scores(&town, WeightBinding::Printed));
    let mut readings = Readings::new(CALENDAR);
    let table: Vec<_> = town.blocks.iter().flat_map(|block| readings.follow(block).unwrap()).collect();
    assert_eq!(table.len(), 4);
    for ((reading, own), printed) in table.iter().zip(&own).zip(&printed) {
        let pairs = own.merchants.iter().zip(&printed.merchants);
        let expected: Vec<_> = pairs
            .filter(|(own, printed)| own.score != printed.score)
            .map(|(own, printed)| (own.merchant, own.score, printed.score))
            .collect();
        let listed: Vec<_> = reading.differing.iter().map(|shop| (shop.merchant, shop.own, shop.printed)).collect();
        assert_eq!(listed, expected);
        let sum = |scores: &EpochScores| Some(scores.merchants.iter().map(|row| row.score).sum());
        assert_eq!((reading.own_sum, reading.printed_sum), (sum(own), sum(printed)));
        assert_eq!((reading.epoch, reading.merchants, reading.algorithm_version), (own.epoch, 2, 1));
        let text = reading.to_string();
        assert!(listed.iter().all(|(_, own, printed)| text.contains(&format!("{own:>24} {printed:>24}"))), "{text}");
    }
    assert!(table.iter().any(|reading| !reading.differing.is_empty()), "nobody differs");
}

#[test]
fn a_score_as_printed_can_be_redone_by_hand_and_is_that_of_an_engine_as_printed() {
    let town = town(3);
    let printed = scores(&town, WeightBinding::Printed);
    for epoch in 0..3 {
        for row in &printed[epoch as usize].merchants {
            let follower = follower(&town, epoch, merchant(row.merchant), WeightBinding::Printed);
            let explanation = Explanation::of(&follower, &CALENDAR).unwrap();
            let (figures, _) = work_through(&explanation.to_string());
            assert_eq!(figures["score"], whole(row.score), "{explanation}");
            assert_eq!(explanation.merchant.as_ref().unwrap().score.as_ref().unwrap().score, row.score);
            assert_eq!(explanation.weights, "printed");
            assert!(explanation.committee.unwrap().agrees, "the committee reads the weights in the other way");
            let paid = explain(&town, epoch, merchant(row.merchant)).unwrap();
            assert_eq!(paid.customer_root, explanation.customer_root);
            assert_eq!(paid.merchant.unwrap().grade, explanation.merchant.unwrap().grade, "a grade is by what is paid");
        }
    }
}

#[test]
fn the_hardened_algorithm_has_one_reading() {
    let town = switched();
    let mut readings = Readings::new(CALENDAR);
    let table: Vec<_> = town.blocks.iter().flat_map(|block| readings.follow(block).unwrap()).collect();
    let [.., last] = &table[..] else { panic!("no epoch") };
    assert!(last.algorithm_version == 2 && last.merchants > 0);
    for reading in table.iter().filter(|reading| reading.algorithm_version == 2) {
        assert!(reading.differing.is_empty() && reading.own_sum > Some(0), "{reading}");
    }
    let [own, printed] = [WeightBinding::OwnShare, WeightBinding::Printed]
        .map(|binding| Explanation::of(&follower(&town, last.epoch, merchant(1), binding), &CALENDAR).unwrap());
    assert_eq!(own.merchant, printed.merchant);
    assert_eq!(own.merchant_root, printed.merchant_root);
}

#[test]
fn the_printed_hashes_lead_from_the_leaf_to_the_reported_root() {
    let town = town(2);
    let report = &town.reports[1];
    let root = report.tree(Side::Merchant).root();
    let explanation = explain(&town, 1, merchant(2)).unwrap();
    let tree = explanation.merchant.as_ref().unwrap().tree.clone();
    assert_eq!(tree.root, hex(root.as_ref()));
    assert_eq!((tree.reported_root.as_ref(), tree.leaves), (Some(&tree.root), 2));
    assert_eq!(explanation.merchant_root, tree.root);
    let leaf = tree.leaf.unwrap();
    let [beside] = &leaf.path[..] else { panic!("two leaves have one node above: {leaf:?}") };
    let other = report.tree(Side::Merchant).leaves()[0];
    assert_eq!((leaf.position, beside.is_left, beside.leaves), (1, true, 1));
    assert_eq!((beside.sum_v1, beside.sum_v2, beside.min_account), (other.v1, other.v2, other.account));
    // Nobody has a leaf who has no receipt.
    let none = explain(&town, 1, customer(12)).unwrap().customer.unwrap().tree;
    assert_eq!(none.leaf, None);
}
