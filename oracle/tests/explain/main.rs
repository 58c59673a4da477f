//! What `bizkey explain` prints can be redone by hand, and leads to the leaf
//! and the reward.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod arithmetic;
mod grades;
#[path = "../town/mod.rs"]
mod town;
mod weights;

use arithmetic::{whole, work_through, Figures};
use bizkey_oracle::{
    explain::{ExplainError, Explanation, Focus, Follower, MerchantExplanation, RewardExplanation},
    scoring::WeightBinding,
};
use bizkey_primitives::{
    events::{BatchRecorded, Event, StatusChanged},
    receipt::{Channel, Rail, Receipt},
    report::Payout,
    Hash, Side, Status, TOKEN,
};
use proptest::prelude::*;
use town::{contracts, switched, Town, CALENDAR, GENESIS};

fn follower(town: &Town, epoch: u32, focus: Focus, weights: WeightBinding) -> Follower {
    let mut follower = Follower::new(GENESIS, contracts(), CALENDAR, epoch, focus).with_weights(weights);
    for block in &town.blocks {
        follower.follow(block).unwrap();
    }
    follower
}

fn explain(town: &Town, epoch: u32, focus: Focus) -> Result<Explanation, ExplainError> {
    Explanation::of(&follower(town, epoch, focus, WeightBinding::OwnShare), &CALENDAR)
}

fn merchant(index: u32) -> Focus {
    Focus { merchant: Some(index), customer: None }
}

fn customer(index: u32) -> Focus {
    Focus { merchant: None, customer: Some(index) }
}

/// Redoes every printed line and compares with the leaf and the reward that
/// the engine and the chain have.
fn redo(town: &Town, epoch: u32, side: Side, index: u32) -> (Explanation, Figures) {
    let focus = if side == Side::Merchant { merchant(index) } else { customer(index) };
    let explanation = explain(town, epoch, focus).unwrap();
    let json = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), explanation, "programs read the same");

    let text = explanation.to_string();
    let (figures, compared) = work_through(&text);
    assert!(compared >= 3, "hardly anything to redo in:\n{text}");
    let report = &town.reports[epoch as usize];
    let leaf = report.tree(side).position(index).map(|position| report.tree(side).leaves()[position]);
    let reward: &RewardExplanation = match side {
        Side::Merchant => &explanation.merchant.as_ref().unwrap().reward,
        Side::Customer => &explanation.customer.as_ref().unwrap().reward,
    };
    assert_eq!(reward.has_leaf, leaf.is_some());
    if let Some(leaf) = leaf {
        let score = figures.get(if side == Side::Merchant { "score" } else { "sales" }).unwrap();
        assert_eq!(*score, whole(leaf.v1), "{text}");
        if side == Side::Merchant {
            assert_eq!(figures["holding"], whole(leaf.v2), "{text}");
        }
    }
    let payout = Payout { emission: reward.emission, ..Payout::default() };
    assert_eq!(figures["E"], whole(reward.emission));
    assert_eq!(figures["reward"], whole(report.reward(side, index, &payout)), "{text}");
    (explanation, figures)
}

fn redo_all(town: &Town, merchants: u32, customers: u32) {
    for epoch in 0..town.reports.len() as u32 {
        for index in 1..=merchants {
            redo(town, epoch, Side::Merchant, index);
        }
        for index in 1..=customers {
            redo(town, epoch, Side::Customer, index);
        }
    }
}

/// One receipt; a reference of zero is none.
fn receipt(customer: u32, amount: u64, channel: Channel, reference: u8) -> Receipt {
    Receipt { delta_seconds: 0, amount, customer, channel, rail: Rail::Cash, reference: [reference; 16] }
}

fn reasons(merchant: &MerchantExplanation) -> Vec<(bool, &str)> {
    merchant.receipts.iter().map(|line| (line.counted, line.reason.as_str())).collect()
}

#[test]
fn each_receipt_has_its_reason() {
    use Channel::{InStore, Outside};
    let mut town = Town::new(2, 3);
    town.batch(0, 1, 0, &[receipt(1, 500, InStore, 1)]);
    town.settle(0);
    let receipts = [
        receipt(1, 300, InStore, 2),
        receipt(1, 200, InStore, 2),
        receipt(2, 100, Outside, 1),
        receipt(2, 90, InStore, 0),
        receipt(0, 80, InStore, 3),
        receipt(99, 70, InStore, 4),
        receipt(3, 0, InStore, 5),
        receipt(3, 1 << 48, InStore, 6),
        receipt(3, 60, InStore, 7),
    ];
    town.batch(1, 1, 1, &receipts);
    town.void(1, 1, 1, 8);
    // A batch of which nothing but the header can be read.
    let payload = bizkey_primitives::receipt::encode_payload(
        &bizkey_primitives::receipt::Header { version: 1, currency: *b"USD", at_ms: 0 },
        &[],
    );
    let broken =
        BatchRecorded { device: 1, merchant: 1, seq: 2, count: 4, payload: [payload, vec![0xff; 80]].concat() };
    town.set(1, bizkey_client::ContractKind::Receipts, vec![Event::BatchRecorded(broken)]);
    town.settle(1);

    let (explanation, figures) = redo(&town, 1, Side::Merchant, 1);
    let shop = explanation.merchant.unwrap();
    assert_eq!(
        reasons(&shop),
        [
            (true, "an order, and a repeat buyer (since epoch 0)"),
            (true, "an order; its buyer is counted already"),
            (true, "an order, and an outside buyer"),
            (true, "an order, and a first-time buyer"),
            (true, "an order; no registered customer, so no buyer"),
            (true, "an order; no registered customer, so no buyer"),
            (false, "its amount is zero"),
            (false, "its amount passes 2^48 - 1"),
            (false, "voided in the same epoch"),
        ]
    );
    let sales: Vec<(u64, &str)> =
        shop.receipts[..6].iter().map(|line| (line.sales, line.sales_reason.as_str())).collect();
    assert_eq!(
        sales,
        [
            (300, "with a ticket"),
            (0, "its ticket counted in epoch 1 already"),
            (0, "its ticket counted in epoch 0 already"),
            (0, "no ticket"),
            (0, "no registered customer"),
            (0, "no registered customer"),
        ]
    );
    assert_eq!(shop.unreadable, 4);
    let counts = shop.score.unwrap().counts;
    assert_eq!(
        (counts.pl, counts.pm, counts.um, counts.un, counts.uo, counts.uom, counts.uon),
        (5, 740, 1, 1, 1, 1, 100)
    );
    assert_eq!(figures["T"], whole(3));
    assert_eq!(figures["all"], whole(4), "two epochs' buyers");
    assert!(shop.receipts.iter().all(|line| line.block == shop.receipts[0].block && line.block > 0));
}

#[test]
fn what_is_voided_later_is_taken_from_shop_and_customer() {
    let mut town = Town::new(1, 2);
    town.sales(0, 1, 0, &[(1, 500), (2, 700)]);
    town.settle(0);
    town.sales(1, 1, 1, &[(2, 300), (1, 10)]);
    town.void(1, 1, 0, 1);
    town.settle(1);
    town.sales(2, 1, 2, &[(2, 1_000)]);
    town.settle(2);
    let (explanation, _) = redo(&town, 1, Side::Merchant, 1);
    let shop = explanation.merchant.unwrap();
    assert_eq!(shop.later_voids.len(), 1);
    assert_eq!((shop.later_voids[0].epoch, shop.later_voids[0].buyer.as_deref()), (0, Some("first-time")));
    assert_eq!(shop.score.unwrap().counts.pl, 1);
    // 700 came back: 300 of it is met now, 400 an epoch later.
    let (explanation, figures) = redo(&town, 1, Side::Customer, 2);
    let buyer = explanation.customer.unwrap();
    assert_eq!((buyer.sales.debt_added, buyer.sales.sales, buyer.sales.debt_after), (700, 0, 400));
    assert_eq!(figures["debt carried on"], whole(400));
    assert!(buyer.reward.standing.contains("no leaf"));
    let (explanation, _) = redo(&town, 2, Side::Customer, 2);
    assert_eq!(explanation.customer.unwrap().sales.sales, 600);
}

#[test]
fn a_shop_that_is_stopped_or_sold_nothing_has_no_score() {
    let mut town = Town::new(2, 1);
    town.sales(0, 1, 0, &[(1, 500)]);
    let stopped = StatusChanged { side: Side::Merchant, index: 1, status: Status::Restricted, reason: Hash::default() };
    town.set(0, bizkey_client::ContractKind::Registry, vec![Event::StatusChanged(stopped)]);
    town.settle(0);
    let explanation = explain(&town, 0, merchant(1)).unwrap();
    let text = explanation.to_string();
    let shop = explanation.merchant.unwrap();
    assert_eq!((shop.score, shop.holding, shop.status.as_str()), (None, None, "restricted"));
    assert_eq!(shop.receipts[0].reason, "the shop is restricted at the epoch's close");
    assert!(text.contains("no receipt counts"), "{text}");
    let quiet = explain(&town, 0, merchant(2)).unwrap().merchant.unwrap();
    assert_eq!((quiet.receipts.len(), quiet.reward.reward), (0, 0));
}

#[test]
fn what_became_of_a_reward_is_told() {
    let mut town = Town::new(2, 2);
    town.sales(0, 1, 0, &[(1, 500)]);
    town.settle(0);
    let (explanation, _) = redo(&town, 0, Side::Merchant, 1);
    assert!(explanation.committee.as_ref().unwrap().agrees);
    let reward = explanation.merchant.unwrap().reward;
    assert!(reward.is_settled && reward.emission_on_chain.is_none());
    assert_eq!((reward.payments.len(), reward.payments[0].amount), (1, reward.reward));
    assert_eq!(reward.reward, 100 * TOKEN);

    // Not settled yet: what it would be now.
    town.sales(1, 1, 1, &[(1, 500)]);
    town.block(CALENDAR.start_ms(2), vec![]);
    let (explanation, _) = redo(&town, 1, Side::Merchant, 1);
    assert_eq!((explanation.state.as_str(), explanation.committee.is_none()), ("open", true));
    assert!(!explanation.merchant.unwrap().reward.is_settled);
    assert!(matches!(explain(&town, 2, merchant(1)), Err(ExplainError::NotClosed { epoch: 2, open: 2 })));
    assert!(matches!(explain(&town, 1, merchant(3)), Err(ExplainError::NoParty { index: 3, .. })));
}

#[test]
fn both_algorithms_are_explained_by_their_own_rules() {
    let town = switched();
    redo_all(&town, 2, 4);
    let (explanation, figures) = redo(&town, 2, Side::Merchant, 1);
    assert_eq!(explanation.algorithm_version, 2);
    let shop = explanation.merchant.unwrap();
    let score = shop.score.unwrap();
    // Of 900, 150 and 300 count 600, 200 and 300; the void took customer 3.
    let totals: Vec<(u32, u128, u128)> =
        score.totals.iter().map(|line| (line.customer, line.total, line.counted)).collect();
    assert_eq!(totals, [(1, 900, 600), (2, 150, 200), (3, 300, 300)]);
    assert_eq!((figures["Pm"].clone(), figures["Pl"].clone()), (whole(1_100), whole(2)));
    assert_eq!((score.capital_floor, figures["capital"].clone()), (1_300, whole(1_300)));
    let what: Vec<&str> = shop.reward.payments.iter().map(|line| line.what.as_str()).collect();
    assert!(
        what.contains(&"deferred") && what.contains(&"withheld for a debt") && what.contains(&"deferred part paid")
    );
    // Cash of 900 + 100 counts up to 450.
    let (explanation, _) = redo(&town, 2, Side::Customer, 1);
    let sales = explanation.customer.unwrap().sales;
    assert_eq!((sales.cash, sales.cash_cap, sales.sales), (1_000, Some(450), 450));
}

#[test]
fn a_report_that_is_another_one_is_told() {
    let mut town = Town::new(1, 1);
    town.sales(0, 1, 0, &[(1, 500)]);
    town.settle(0);
    for block in &mut town.blocks {
        for event in &mut block.events {
            if let Event::ReportPending(pending) = &mut event.event {
                pending.report.merchants.sum_v1 += 1;
            }
        }
    }
    let explanation = explain(&town, 0, merchant(1)).unwrap();
    assert!(!explanation.committee.as_ref().unwrap().agrees);
    assert!(explanation.to_string().contains("IS ANOTHER ONE"));
}

/// A shop's batch of an epoch: customer, amount, whether outside, reference.
type Sale = (u32, u64, bool, u8);

fn played(epochs: &[Vec<(u32, Vec<Sale>)>], voids: &[(u32, u32, u64, u16)]) -> Town {
    let mut town = Town::new(2, 3);
    let mut seqs = [0u64; 3];
    for (epoch, batches) in (0u32..).zip(epochs) {
        for (shop, sales) in batches {
            let channel = |outside| if outside { Channel::Outside } else { Channel::InStore };
            let receipts: Vec<Receipt> = sales
                .iter()
                .map(|(who, amount, outside, ticket)| receipt(*who, *amount, channel(*outside), *ticket))
                .collect();
            let seq = &mut seqs[*shop as usize];
            town.batch(epoch, *shop, *seq, &receipts);
            *seq += 1;
        }
        for (_, shop, seq, index) in voids.iter().filter(|(when, ..)| *when == epoch) {
            town.void(epoch, *shop, *seq, *index);
        }
        town.settle(epoch);
    }
    town
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is sold and voided, every printed line can be redone and leads
    /// to the leaf and the reward.
    #[test]
    fn every_line_of_every_history_can_be_redone(
        epochs in proptest::collection::vec(
            proptest::collection::vec(
                (1u32..=2, proptest::collection::vec((0u32..=4, 0u64..2_000, any::<bool>(), 0u8..12), 1..6)), 0..4),
            1..5),
        voids in proptest::collection::vec((0u32..5, 1u32..=2, 0u64..6, 0u16..6), 0..8),
    ) {
        redo_all(&played(&epochs, &voids), 2, 3);
    }
}
