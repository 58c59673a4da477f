//! The engine against an independent computation, on random networks.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod naive;

use bizkey_oracle::scoring::{
    Algorithm, Engine, EpochInput, EpochScores, Parameters, ReceiptId, ReceiptInput, ScoringError, Standing,
    WeightBinding,
};
use bizkey_primitives::{
    bizpower::{Buyers, SCALE},
    membership::{Business, Clamp},
    party::Capital,
    receipt::{Channel, Rail, MAX_AMOUNT},
    Status,
};
use naive::Network;
use num_bigint::BigInt;
use proptest::prelude::*;
use std::{collections::BTreeMap, ops::Range};

/// Receipts, voids and parameters as drawn, before they know their place.
type DrawnReceipt = (u32, Option<u32>, bool, u64, u8, usize);
/// lo and hi - lo, floor, cap on cash.
type DrawnParameters = (Option<(u64, u64)>, Option<u64>, Option<u64>);
type DrawnEpoch = (Vec<DrawnReceipt>, Vec<usize>, Vec<u8>, DrawnParameters);

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![
        20 => 1u64..2_000,
        1 => Just(0),
        1 => Just(MAX_AMOUNT),
        1 => Just(MAX_AMOUNT + 1),
        1 => any::<u64>(),
    ]
}

fn epoch(merchants: u32, customers: u32, most: usize) -> impl Strategy<Value = DrawnEpoch> {
    let customer = proptest::option::weighted(0.9, 0..customers);
    let receipt = (1..=merchants, customer, any::<bool>(), amount(), 0u8..12, 0usize..4);
    let parameters = (
        proptest::option::of((1u64..900, 0u64..900)),
        proptest::option::of(0u64..1_000_000),
        proptest::option::of(0u64..3_000),
    );
    (
        proptest::collection::vec(receipt, 0..most),
        proptest::collection::vec(0usize..400, 0..4),
        proptest::collection::vec(0u8..40, (merchants + customers) as usize),
        parameters,
    )
}

/// The epochs of a network of `length` that are scored by `bizpower-2`: none,
/// all, from one on, or up to one.
fn hardened(length: u32) -> impl Strategy<Value = Range<u32>> {
    (0..=length, 0..=length).prop_map(|(from, to)| from..to)
}

fn binding() -> impl Strategy<Value = WeightBinding> {
    prop_oneof![Just(WeightBinding::OwnShare), Just(WeightBinding::Printed)]
}

/// Gives the drawn epochs their places on chain. A tenth of the customers is
/// unknown, and so is customer 0; voids point at receipts of this
/// and earlier epochs, at nothing, and at the same receipt twice. Shops of
/// trades 0 and 1, one of them in another region; merchant 1 has no trade at
/// first. Trade 1 alone is clamped, region 0 alone has a floor.
fn network(merchants: u32, customers: u32, drawn: Vec<DrawnEpoch>, hardened: &Range<u32>) -> Vec<EpochInput> {
    let mut all: Vec<ReceiptId> = vec![];
    let mut inputs = vec![];
    for (number, (receipts, voids, marks, (clamp, floor, cash_cap))) in drawn.into_iter().enumerate() {
        let epoch = number as u32;
        let place = |(position, (merchant, customer, outside, amount, reference, rail)): (usize, DrawnReceipt)| {
            let id = ReceiptId { device: merchant, seq: u64::from(epoch), index: position as u16 };
            let channel = if outside { Channel::Outside } else { Channel::InStore };
            // Four of twelve receipts carry no ticket; the rest share eight references.
            let reference = if reference < 4 { [0; 16] } else { [reference; 16] };
            let (customer, rail) = (customer.filter(|c| *c > 0), Rail::ALL[rail]);
            ReceiptInput { id, merchant, customer, channel, rail, amount, reference }
        };
        let receipts: Vec<ReceiptInput> = receipts.into_iter().enumerate().map(place).collect();
        all.extend(receipts.iter().map(|r| r.id));
        let nothing = ReceiptId { device: 1, seq: 1_000, index: 0 };
        let voids = voids.into_iter().map(|v| all.get(v % (all.len() + 1)).copied().unwrap_or(nothing)).collect();
        let mut marks = marks.into_iter().map(|mark| match mark {
            0 => Some(Status::Restricted),
            1 => Some(Status::Removed),
            2 | 3 => Some(Status::Demoted),
            _ => None,
        });
        let mut mark = |count: u32| -> BTreeMap<u32, Status> {
            (1..=count).filter_map(|index| Some((index, marks.next().flatten()?))).collect()
        };
        let marked = mark(merchants);
        let capital = |m: u32| Capital { area_m2: m * 7, staff: m, rent_per_m2_month: 1_300, wage_month: 90_001 };
        let business = |m: u32| Business { trade: (m % 2) as u16, region: u16::from(m == 3) };
        let clamp = clamp.map(|(lo, more)| (1, Clamp { lo, hi: lo + more }));
        inputs.push(EpochInput {
            epoch,
            algorithm: if hardened.contains(&epoch) { Algorithm::Bizpower2 } else { Algorithm::Bizpower1 },
            parameters: Parameters {
                clamps: clamp.into_iter().collect(),
                capital_floors: floor.map(|floor| ((1, 0), u128::from(floor))).into_iter().collect(),
                cash_cap,
            },
            businesses: (1..=merchants).filter(|m| *m > 1 || epoch > 3).map(|m| (m, business(m))).collect(),
            receipts,
            voids,
            merchants: Standing::new(marked),
            // Merchant 1 has no capital at first.
            capital: (1..=merchants).filter(|m| *m > 1 || epoch > 2).map(|m| (m, capital(m))).collect(),
            customers: Standing::new(mark(customers)),
        });
    }
    inputs
}

fn assert_same(ours: &EpochScores, network: &Network, epoch: usize) -> Result<(), TestCaseError> {
    let ours_merchants: Vec<naive::Merchant> = ours
        .merchants
        .iter()
        .map(|row| naive::Merchant {
            index: row.merchant,
            pl: row.counts.pl as i64,
            pm: row.counts.pm.into(),
            buyers: [row.counts.um as i64, row.counts.un as i64, row.counts.uo as i64],
            uom: row.counts.uom as i64,
            uon: row.counts.uon.into(),
            score: row.score.into(),
        })
        .collect();
    prop_assert_eq!(ours_merchants, network.merchants(epoch));
    let ours_customers: Vec<naive::Customer> = ours
        .customers
        .iter()
        .map(|row| naive::Customer { index: row.customer, sales: BigInt::from(row.sales), has_leaf: row.has_leaf() })
        .collect();
    prop_assert_eq!(ours_customers, network.customers(epoch));
    Ok(())
}

fn run(inputs: &[EpochInput], binding: WeightBinding) -> Result<(), TestCaseError> {
    let mut engine = Engine::with_binding(binding);
    for epoch in 0..inputs.len() {
        let scores = engine.score(&inputs[epoch]).expect("epochs are in order");
        prop_assert_eq!(scores.algorithm, inputs[epoch].algorithm);
        assert_same(&scores, &Network::new(&inputs[..=epoch], binding == WeightBinding::Printed), epoch)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Few customers over many epochs: histories, the window of 30, references,
    /// debts, all across changes of the algorithm.
    #[test]
    fn a_long_quiet_network_scores_as_the_naive_computation(
        drawn in proptest::collection::vec(epoch(3, 6, 6), 1..45), hardened in hardened(45), binding in binding(),
    ) {
        run(&network(3, 6, drawn, &hardened), binding)?;
    }

    /// Many customers over few epochs: enough buyers for the epoch's own shares.
    #[test]
    fn a_short_busy_network_scores_as_the_naive_computation(
        drawn in proptest::collection::vec(epoch(2, 60, 120), 1..6), hardened in hardened(6), binding in binding(),
    ) {
        run(&network(2, 60, drawn, &hardened), binding)?;
    }

    /// What was scored keeps its bits, whatever algorithm comes after it; and
    /// parameters of version 2 mean nothing to version 1.
    #[test]
    fn a_switch_changes_no_earlier_epoch(
        drawn in proptest::collection::vec(epoch(3, 6, 6), 2..20), from in 1u32..20,
    ) {
        let score = |inputs: Vec<EpochInput>| -> Vec<EpochScores> {
            let mut engine = Engine::new();
            inputs.iter().map(|input| engine.score(input).expect("epochs are in order")).collect()
        };
        let from = from.min(drawn.len() as u32);
        let switched = score(network(3, 6, drawn.clone(), &(from..u32::MAX)));
        let plain = network(3, 6, drawn, &(0..0)).into_iter();
        let plain = score(plain.map(|input| EpochInput { parameters: Parameters::default(), ..input }).collect());
        prop_assert_eq!(&switched[..from as usize], &plain[..from as usize]);
    }
}

const CAPITAL: Capital = Capital { area_m2: 1, staff: 0, rent_per_m2_month: 10, wage_month: 0 };

fn sale(epoch: u32, position: u16, customer: u32, amount: u64) -> ReceiptInput {
    ReceiptInput {
        id: ReceiptId { device: 1, seq: epoch.into(), index: position },
        merchant: 1,
        customer: Some(customer),
        channel: Channel::InStore,
        rail: Rail::Card,
        amount,
        reference: [(epoch * 100 + u32::from(position) + 1) as u8; 16],
    }
}

fn day(epoch: u32, receipts: Vec<ReceiptInput>, voids: Vec<ReceiptId>) -> EpochInput {
    EpochInput { epoch, receipts, voids, capital: BTreeMap::from([(1, CAPITAL)]), ..EpochInput::default() }
}

#[test]
fn first_and_repeat_buyers_by_hand() {
    let mut engine = Engine::new();
    // Two first-time buyers, three orders, 60 in all: 2 · 3/60 · 2/2 / 10 = 1/100.
    let monday = day(0, vec![sale(0, 0, 1, 10), sale(0, 1, 1, 20), sale(0, 2, 2, 30)], vec![]);
    let scores = engine.score(&monday).unwrap();
    assert_eq!((scores.merchants[0].counts.um, scores.merchants[0].counts.un), (2, 0));
    assert_eq!(scores.merchants[0].score, SCALE / 100);
    // One repeat and one first: shares of both days are first 3/4, repeat 1/4.
    // (1 · 2/40 · 3/4 + 1 · 2/40 · 1/4) / 10 = 1/200.
    let tuesday = day(1, vec![sale(1, 0, 1, 20), sale(1, 1, 3, 20)], vec![]);
    let scores = engine.score(&tuesday).unwrap();
    assert_eq!(scores.merchants[0].shares, Buyers { first: 3, repeat: 1, outside: 0 });
    assert_eq!(scores.merchants[0].score, SCALE / 200);
}

#[test]
fn a_void_in_its_own_epoch_leaves_no_receipt_and_a_later_one_takes_order_buyer_and_sales() {
    let mut engine = Engine::new();
    let same_day = day(0, vec![sale(0, 0, 1, 100)], vec![sale(0, 0, 1, 100).id]);
    let scores = engine.score(&same_day).unwrap();
    assert!(scores.merchants.is_empty() && scores.customers.is_empty());
    assert_eq!(scores.invalid_receipts, 1);

    let scores = engine.score(&day(1, vec![sale(1, 0, 1, 100)], vec![])).unwrap();
    assert_eq!(scores.merchants[0].counts.um, 1, "the voided receipt is no history");

    // The void takes one order and one first-time buyer of day 2, no amount,
    // and the customer's 100 from sales of 70: 30 are carried to day 3.
    let void = sale(1, 0, 1, 100).id;
    let scores = engine.score(&day(2, vec![sale(2, 0, 1, 70), sale(2, 1, 2, 5)], vec![void, void])).unwrap();
    let counts = scores.merchants[0].counts;
    assert_eq!((counts.pl, counts.pm, counts.um, counts.un), (1, 75, 0, 1));
    assert_eq!(scores.customers.iter().map(|c| (c.customer, c.sales)).collect::<Vec<_>>(), [(1, 0), (2, 5)]);
    assert_eq!(scores.customer_leaves().len(), 1);

    let scores = engine.score(&day(3, vec![sale(3, 0, 1, 40)], vec![void])).unwrap();
    assert_eq!((scores.customers[0].sales, scores.merchants[0].counts.pl), (10, 1));
}

#[test]
fn a_reference_counts_again_after_eight_epochs() {
    let mut engine = Engine::new();
    let with = |epoch, position| ReceiptInput { reference: [7; 16], ..sale(epoch, position, 1, 10) };
    let sold: Vec<u128> = (0..10)
        .map(|epoch| {
            engine.score(&day(epoch, vec![with(epoch, 0), with(epoch, 1)], vec![])).unwrap().customers[0].sales
        })
        .collect();
    assert_eq!(sold, [10, 0, 0, 0, 0, 0, 0, 0, 10, 0]);
}

#[test]
fn epochs_are_scored_in_order_and_a_refusal_changes_nothing() {
    let mut engine = Engine::new();
    let refused = engine.score(&day(1, vec![sale(1, 0, 1, 10)], vec![]));
    assert_eq!(refused, Err(ScoringError::EpochOutOfOrder { expected: 0, given: 1 }));
    assert_eq!(engine.score(&day(0, vec![sale(0, 0, 1, 10)], vec![])).unwrap().merchants[0].counts.um, 1);
}

/// The paper's ambiguity: a shop with only new walk-in customers.
#[test]
fn as_printed_a_shop_of_first_time_buyers_scores_zero() {
    let monday = day(0, vec![sale(0, 0, 1, 10), sale(0, 1, 2, 30)], vec![]);
    let own = Engine::new().score(&monday).unwrap();
    let printed = Engine::with_binding(WeightBinding::Printed).score(&monday).unwrap();
    assert_eq!((own.merchants[0].score, printed.merchants[0].score), (SCALE / 100, 0));
    assert_eq!(own.merchants[0].shares, printed.merchants[0].shares);
}
