//! `bizpower-2` by hand: what it counts, and what it does not pay for.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_oracle::scoring::{
    Algorithm, Engine, EpochInput, EpochScores, MerchantRow, Parameters, ReceiptId, ReceiptInput,
};
use bizkey_primitives::{
    bizpower::{Buyers, SCALE},
    membership::{Business, Clamp},
    party::Capital,
    receipt::{Channel, Rail, MAX_AMOUNT},
};
use std::collections::BTreeMap;

const FIGURES: Capital = Capital { area_m2: 1, staff: 0, rent_per_m2_month: 10, wage_month: 0 };
const TRADE: u16 = 7;
const CLAMP: Clamp = Clamp { lo: 500, hi: 2_000 };
const FLOOR: u128 = 100;

/// A ticketed sale in store at shop 1, paid by card.
fn sale(epoch: u32, position: u16, customer: u32, amount: u64) -> ReceiptInput {
    let mut reference = [1; 16];
    reference[..4].copy_from_slice(&epoch.to_le_bytes());
    reference[4..6].copy_from_slice(&position.to_le_bytes());
    ReceiptInput {
        id: ReceiptId { device: 1, seq: epoch.into(), index: position },
        merchant: 1,
        customer: Some(customer),
        channel: Channel::InStore,
        rail: Rail::Card,
        amount,
        reference,
    }
}

fn outside(receipt: ReceiptInput) -> ReceiptInput {
    ReceiptInput { channel: Channel::Outside, ..receipt }
}

fn unticketed(receipt: ReceiptInput) -> ReceiptInput {
    ReceiptInput { reference: [0; 16], ..receipt }
}

fn paid_by(rail: Rail, receipt: ReceiptInput) -> ReceiptInput {
    ReceiptInput { rail, ..receipt }
}

/// An epoch under version 2: shop 1 in a trade with a clamp and a floor.
fn day(epoch: u32, receipts: Vec<ReceiptInput>, voids: Vec<ReceiptId>) -> EpochInput {
    EpochInput {
        epoch,
        algorithm: Algorithm::Bizpower2,
        parameters: Parameters {
            clamps: BTreeMap::from([(TRADE, CLAMP)]),
            capital_floors: BTreeMap::from([((TRADE, 0), FLOOR)]),
            cash_cap: Some(100),
        },
        receipts,
        voids,
        capital: BTreeMap::from([(1, FIGURES)]),
        businesses: BTreeMap::from([(1, Business { trade: TRADE, region: 0 })]),
        ..EpochInput::default()
    }
}

fn score(input: &EpochInput) -> EpochScores {
    Engine::new().score(input).unwrap()
}

fn shop(input: &EpochInput) -> MerchantRow {
    score(input).merchants[0]
}

#[test]
fn one_order_a_customer_clamped_over_a_floor() {
    let row = shop(&day(
        0,
        vec![
            sale(0, 0, 1, 300),
            sale(0, 1, 1, 100), // 400 in all count as 500
            sale(0, 2, 2, 5_000),
            outside(sale(0, 3, 3, 900)),
            unticketed(sale(0, 4, 4, 700)),
        ],
        vec![],
    ));
    let counts = row.counts;
    assert_eq!((counts.um, counts.un, counts.uo), (2, 0, 1));
    assert_eq!((counts.pl, counts.pm, counts.uom, counts.uon), (2, 2_500, 1, 900));
    assert_eq!(row.shares, Buyers { first: 2, repeat: 0, outside: 1 });
    assert_eq!(row.capital, FLOOR, "the figures come to 10");
    // (2 · 2/2500 · 2/3 + 1 · 1/900 · 1/3) / 100 = (72/67500 + 25/67500) / 100.
    assert_eq!(row.score, SCALE * 97 / 6_750_000);
}

/// Two hundred one-cent orders multiply a score under version 1. Under version
/// 2 they do nothing without tickets, nor with tickets of customers who spend
/// as much as counts anyway.
#[test]
fn a_flood_of_one_cent_orders_changes_nothing() {
    let honest: Vec<ReceiptInput> = (1..=3).map(|c| sale(0, c, u32::from(c), 3_000)).collect();
    let flooded = |flood: fn(ReceiptInput) -> ReceiptInput| {
        let cents = (100..300).map(|position| flood(sale(0, position, u32::from(position % 3) + 1, 1)));
        honest.iter().copied().chain(cents).collect::<Vec<_>>()
    };
    let before = shop(&day(0, honest.clone(), vec![]));
    assert_eq!(shop(&day(0, flooded(unticketed), vec![])), before);
    assert_eq!(shop(&day(0, flooded(|receipt| receipt), vec![])), before);
    let strangers = flooded(|receipt| ReceiptInput { customer: None, ..receipt });
    assert_eq!(shop(&day(0, strangers, vec![])), before);

    let letter = |receipts| EpochInput { algorithm: Algorithm::Bizpower1, ..day(0, receipts, vec![]) };
    let (poor, rich) = (shop(&letter(honest.clone())).score, shop(&letter(flooded(unticketed))).score);
    assert!(rich > 60 * poor, "the paper's letter pays for {poor} to {rich}");
}

#[test]
fn a_huge_amount_counts_as_the_largest_usual_one_and_a_tiny_one_as_the_smallest() {
    let row = |amount| shop(&day(0, vec![sale(0, 0, 1, amount), sale(0, 1, 2, 1_000)], vec![]));
    assert_eq!(row(MAX_AMOUNT), row(CLAMP.hi));
    assert_eq!(row(1), row(CLAMP.lo));
    assert_ne!(row(CLAMP.lo).score, row(CLAMP.hi).score);
    // The total is clamped, so splitting a sale gains nothing.
    let split = vec![sale(0, 0, 1, 700), sale(0, 2, 1, 700), sale(0, 1, 2, 1_000)];
    assert_eq!(shop(&day(0, split, vec![])), row(1_400));
    // Without a trade, or a clamp for it, nothing is clamped.
    let whale = || vec![sale(0, 0, 1, MAX_AMOUNT)];
    let homeless = EpochInput { businesses: BTreeMap::new(), ..day(0, whale(), vec![]) };
    assert_eq!(shop(&homeless).counts.pm, u128::from(MAX_AMOUNT));
    let other = Business { trade: TRADE + 1, region: 0 };
    let other = EpochInput { businesses: BTreeMap::from([(1, other)]), ..day(0, whale(), vec![]) };
    assert_eq!(shop(&other).counts.pm, u128::from(MAX_AMOUNT));
}

#[test]
fn receipts_without_a_ticket_make_neither_buyers_nor_history_but_a_leaf() {
    let mut engine = Engine::new();
    let monday = engine.score(&day(0, vec![unticketed(sale(0, 0, 1, 700))], vec![])).unwrap();
    assert_eq!((monday.merchants.len(), monday.merchants[0].score), (1, 0));
    assert_eq!(monday.merchants[0].counts, bizkey_primitives::bizpower::Counts::default());
    assert_eq!((monday.customers[0].sales, monday.customer_leaves().len()), (0, 0));

    // A reference that was spent is no ticket either.
    let twice = vec![sale(1, 0, 1, 700), ReceiptInput { reference: sale(1, 0, 1, 0).reference, ..sale(1, 1, 2, 700) }];
    let tuesday = engine.score(&day(1, twice, vec![])).unwrap();
    assert_eq!((tuesday.merchants[0].counts.um, tuesday.merchants[0].counts.un), (1, 0));

    let wednesday = vec![sale(2, 0, 1, 700), sale(2, 1, 2, 700)];
    let wednesday = engine.score(&day(2, wednesday, vec![])).unwrap();
    assert_eq!((wednesday.merchants[0].counts.um, wednesday.merchants[0].counts.un), (1, 1));
}

#[test]
fn history_grows_by_what_makes_buyers_in_its_own_epoch() {
    let mut engine = Engine::new();
    let letter = EpochInput {
        algorithm: Algorithm::Bizpower1,
        ..day(0, vec![unticketed(sale(0, 0, 1, 700)), sale(0, 1, 2, 700)], vec![])
    };
    engine.score(&letter).unwrap();
    let switched = day(1, vec![sale(1, 0, 1, 700), sale(1, 1, 3, 700), unticketed(sale(1, 2, 4, 700))], vec![]);
    let counts = engine.score(&switched).unwrap().merchants[0].counts;
    assert_eq!((counts.um, counts.un), (1, 1), "customer 1 had a receipt under version 1");
    let back = EpochInput { epoch: 2, algorithm: Algorithm::Bizpower1, ..day(2, vec![sale(2, 0, 4, 700)], vec![]) };
    let counts = engine.score(&back).unwrap().merchants[0].counts;
    assert_eq!((counts.um, counts.un), (1, 0), "customer 4 was no buyer under version 2");
}

#[test]
fn a_floor_raises_figures_but_is_none() {
    let sales = || vec![sale(0, 0, 1, 1_000)];
    let with = |capital: BTreeMap<u32, Capital>| shop(&EpochInput { capital, ..day(0, sales(), vec![]) });
    let large = Capital { area_m2: 50, ..FIGURES };
    assert_eq!(with(BTreeMap::from([(1, large)])).capital, 500);
    let nothing = with(BTreeMap::new());
    assert_eq!((nothing.capital, nothing.score), (0, 0));
    let attested_at_zero = with(BTreeMap::from([(1, Capital::default())]));
    assert_eq!((attested_at_zero.capital, attested_at_zero.score), (FLOOR, SCALE / 1_000 / FLOOR));
    // Another region has no floor: nothing is what it is.
    let elsewhere = BTreeMap::from([(1, Business { trade: TRADE, region: 1 })]);
    let capital = BTreeMap::from([(1, Capital::default())]);
    let elsewhere = shop(&EpochInput { businesses: elsewhere, capital, ..day(0, sales(), vec![]) });
    assert_eq!((elsewhere.capital, elsewhere.score), (0, 0));
}

#[test]
fn a_later_void_takes_the_buyer_of_a_ticket_with_its_order_and_no_sum() {
    let first = || vec![sale(0, 0, 1, 600), outside(sale(0, 1, 2, 700)), unticketed(sale(0, 2, 3, 800))];
    let second = || vec![sale(1, 0, 4, 900), sale(1, 1, 5, 900), outside(sale(1, 2, 6, 900))];
    let voids: Vec<ReceiptId> = first().iter().map(|receipt| receipt.id).collect();
    let mut engine = Engine::new();
    engine.score(&day(0, first(), vec![])).unwrap();
    let counts = engine.score(&day(1, second(), voids.clone())).unwrap().merchants[0].counts;
    // Of two first-time buyers one is left, of one outside buyer none; the
    // receipt without a ticket takes nothing.
    assert_eq!((counts.um, counts.pl, counts.pm), (1, 1, 1_800));
    assert_eq!((counts.uo, counts.uom, counts.uon), (0, 0, 900));
    // A second time they are ignored, and nothing falls below zero.
    let third = vec![unticketed(sale(2, 0, 7, 900))];
    let voids = voids.into_iter().chain(second().iter().map(|receipt| receipt.id)).collect();
    let counts = engine.score(&day(2, third, voids)).unwrap().merchants[0].counts;
    assert_eq!(counts, bizkey_primitives::bizpower::Counts::default());
}

/// Sales of one customer: what counts of each epoch.
fn sales(engine: &mut Engine, input: &EpochInput) -> u128 {
    engine.score(input).unwrap().customers.iter().find(|row| row.customer == 1).map_or(0, |row| row.sales)
}

#[test]
fn cash_and_external_payments_count_up_to_a_cap_over_all_shops() {
    let cash = paid_by(Rail::Cash, sale(0, 0, 1, 60));
    let external = ReceiptInput { merchant: 2, ..paid_by(Rail::External, sale(0, 1, 1, 60)) };
    let card = sale(0, 2, 1, 30);
    let (cash_again, stranger) =
        (unticketed(paid_by(Rail::Cash, sale(0, 3, 1, 500))), paid_by(Rail::Cash, sale(0, 4, 2, 70)));
    let monday = || day(0, vec![cash, external, card, cash_again, stranger], vec![]);
    let mut engine = Engine::new();
    assert_eq!(sales(&mut engine, &monday()), 130);

    // 60 of 120 are voided: 60 count where 100 did. The rest takes the rest.
    let spends = |epoch, voids| day(epoch, vec![sale(epoch, 0, 1, 200)], voids);
    assert_eq!(sales(&mut engine, &spends(1, vec![external.id])), 160);
    assert_eq!(sales(&mut engine, &spends(2, vec![cash.id])), 140);
    assert_eq!(sales(&mut engine, &spends(3, vec![card.id, cash_again.id])), 170);
    assert_eq!(sales(&mut engine, &spends(4, vec![cash.id, external.id, card.id])), 200);

    // All at once comes to the same.
    let mut engine = Engine::new();
    sales(&mut engine, &monday());
    assert_eq!(sales(&mut engine, &spends(1, vec![card.id, cash.id, external.id])), 70);

    // No cap set, or version 1: everything counts.
    let mut uncapped = monday();
    uncapped.parameters.cash_cap = None;
    assert_eq!(sales(&mut Engine::new(), &uncapped), 150);
    let letter = EpochInput { algorithm: Algorithm::Bizpower1, ..monday() };
    assert_eq!(sales(&mut Engine::new(), &letter), 150);
}

/// Whoever has more cash than counts loses nothing by a void that leaves
/// enough.
#[test]
fn a_void_above_the_cap_carries_nothing() {
    let cash = |position, amount| paid_by(Rail::Cash, sale(0, position, 1, amount));
    let mut engine = Engine::new();
    assert_eq!(sales(&mut engine, &day(0, vec![cash(0, 400), cash(1, 150)], vec![])), 100);
    assert_eq!(sales(&mut engine, &day(1, vec![sale(1, 0, 1, 50)], vec![cash(0, 0).id])), 50);
    // 150 are left, of which 100 counted: the last void takes just these.
    assert_eq!(sales(&mut engine, &day(2, vec![sale(2, 0, 1, 250)], vec![cash(1, 0).id])), 150);
}
