//! Payments on the chain against exact rationals, worked out here from the
//! formulas of architecture.md (Rewards, exactly) and the table of whitepaper
//! 3.4, over all months, counts beyond the caps, and pools that run out.

use super::{
    forest::{Forged, Lie, Recipe, Shape},
    stage::{account, agree, flat, overwrite, property, Outcome, Street, KIND},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    party::HoldingIndex,
    report::{Report, SideReport, BIZPOWER_1},
    tree::{Domain, Leaf},
    AccountId, Balance, Epoch, Side, CUSTOMER_POOL, TOKEN,
};
use bizkey_tests::{sandbox::Layouts, Sandbox, WINDOW};
use primitive_types::U512;
use proptest::prelude::*;

/// One epoch of each month whose shares differ, and one long after.
const EPOCHS: [Epoch; 7] = [1, 30, 60, 90, 120, 150, 390];
/// Cases for each of them.
const CASES: u32 = 40;
const PARTIES: u32 = 3;
/// What the three shops hold.
const HELD: [Balance; 3] = [50_000_000 * TOKEN, 7 * TOKEN + 3, 0];

/// `floor(emission · percent · value / (100 · sum))`; nothing of nothing.
pub fn part(emission: Balance, percent: u32, value: u128, sum: u128) -> Balance {
    if sum == 0 {
        return 0;
    }
    let product = U512::from(emission) * U512::from(percent) * U512::from(value);
    (product / (U512::from(100) * U512::from(sum))).as_u128()
}

/// Percent of a merchant's reward by score and by holding: 100 and 0 in the
/// first month, ten points less and more each month, 50 and 50 from the sixth on.
pub fn shares(side: Side, epoch: Epoch) -> (u32, u32) {
    let by_holding = match side {
        Side::Merchant => (epoch / 30 * 10).min(50),
        Side::Customer => 0,
    };
    (100 - by_holding, by_holding)
}

/// An epoch: what is reported, and what the other contracts have counted.
#[derive(Clone, Debug)]
struct Case {
    side: Side,
    leaves: Vec<(u128, u128)>,
    /// Leaves that nobody knows, and their sums.
    others: (u32, u128, u128),
    merchants_seen: u32,
    receipts: u64,
    registered: u32,
    /// What the pool has not reserved yet.
    pool: Balance,
}

fn case() -> impl Strategy<Value = Case> {
    let value = || prop_oneof![2 => Just(0u128), 2 => 1u128..1000, 3 => 0u128..1 << 70, 3 => 0u128..1 << 120];
    let leaves = proptest::collection::vec((value(), value()), PARTIES as usize);
    let count = || prop_oneof![Just(0u32), 1u32..50, 29_990u32..30_010, 99_990u32..100_010, any::<u32>()];
    let others = (prop_oneof![1u32..50, 1u32..120_000], value(), value());
    let pool = prop_oneof![
        2 => Just(Balance::MAX),
        1 => 0u128..1000,
        1 => 0u128..500 * TOKEN,
        1 => 0u128..4_000_000 * TOKEN,
    ];
    let side = prop_oneof![2 => Just(Side::Merchant), 1 => Just(Side::Customer)];
    (side, leaves, others, count(), count(), count(), pool).prop_map(
        |(side, leaves, others, merchants_seen, receipts, registered, pool)| Case {
            side,
            leaves,
            others,
            merchants_seen,
            receipts: receipts.into(),
            registered,
            pool,
        },
    )
}

/// Where `registry` keeps how many customers there are.
struct Counter {
    cell: Vec<u8>,
    at: usize,
}

impl Counter {
    /// Looks at what registering one more changes.
    fn find(network: &mut Sandbox) -> Self {
        let (registry, key) = (network.contracts.registry, Layouts::read().key(ContractKind::Registry, ""));
        let root = |network: &mut Sandbox| {
            let cells = network.state.storage_of(registry);
            cells.into_iter().find(|(cell, _)| cell.ends_with(&key) && cell.len() == 20).expect("a root cell")
        };
        let (cell, before) = root(network);
        let (_, after) = network.rolled_back(|network| {
            network.customer("one more");
            root(network)
        });
        let changed: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
        assert_eq!(changed.len(), 1, "more than a count changes");
        let at = changed[0];
        assert_eq!(before[at..at + 4], PARTIES.to_le_bytes());
        Self { cell, at }
    }

    fn set(&self, network: &mut Sandbox, count: u32) {
        let registry = network.contracts.registry;
        let cells = network.state.storage_of(registry);
        let (_, mut value) = cells.into_iter().find(|(cell, _)| *cell == self.cell).expect("a root cell");
        value[self.at..self.at + 4].copy_from_slice(&count.to_le_bytes());
        network.state.overwrite(registry, &self.cell, &value);
        assert_eq!(network.read::<u32>(ContractKind::Registry, "count", &Side::Customer), count);
    }
}

/// Has the other contracts say what the case says; returns what the pool has.
fn prepare(network: &mut Sandbox, epoch: Epoch, case: &Case, counter: &Counter) -> Balance {
    let counts = (case.merchants_seen, case.receipts);
    overwrite(network, ContractKind::Receipts, "closed_counts", &(epoch + 1), &counts);
    assert_eq!(network.read::<(u32, u64)>(ContractKind::Receipts, "epoch_counts", &epoch), counts);
    counter.set(network, case.registered);
    match case.side {
        Side::Merchant => {
            let (vault, sink) = (network.contracts.vault, account(network, "sink"));
            let all = network.bzky_of(vault);
            let arguments = (sink, all - all.min(case.pool), Vec::<u8>::new());
            let moved: Outcome = network.call(vault, ContractKind::Bzky, "PSP22::transfer", &arguments);
            moved.unwrap();
            all.min(case.pool)
        }
        Side::Customer => {
            let left = case.pool.min(CUSTOMER_POOL);
            overwrite(network, KIND, "customer_reserved", &(), &(CUSTOMER_POOL - left));
            left
        }
    }
}

fn tree(network: &Sandbox, epoch: Epoch, case: &Case) -> Forged {
    let domain = Domain::new(&network.genesis, network.contracts.rewards.as_ref(), case.side, epoch, BIZPOWER_1);
    let holds = |v2| if case.side == Side::Merchant { v2 } else { 0 };
    let leaf = |(account, (v1, v2)): (u32, &(u128, u128))| Leaf { account, v1: *v1, v2: holds(*v2) };
    let mut leaves: Vec<Leaf> = (1..).zip(&case.leaves).map(leaf).collect();
    leaves.push(Leaf { account: PARTIES + 1, v1: 0, v2: 0 });
    let (count, v1, v2) = case.others;
    // The fourth leaf is the fifth node that is made.
    let lies = vec![(4, Lie::Replace(count, v1, holds(v2)))];
    Forged::new(domain, case.side, &Recipe { leaves, shape: Shape::Rfc, lies, claimed: (0, 0, 0) })
}

/// What the formulas make of it: E, what is reserved, and each reward.
fn expected(epoch: Epoch, case: &Case, said: &SideReport, pool: Balance) -> (Balance, Balance, Vec<Balance>) {
    let count = PARTIES + case.others.0;
    let quota = match case.side {
        Side::Merchant => 100 * u128::from(count.min(case.merchants_seen).min(30_000)),
        Side::Customer => 10 * u128::from(u64::from(count.min(case.registered)).min(case.receipts).min(100_000)),
    };
    let emission = pool.min(quota * TOKEN);
    let (by_score, by_holding) = shares(case.side, epoch);
    let lost = |percent, sum| if sum == 0 { part(emission, percent, 1, 1) } else { 0 };
    let reserved = emission - lost(by_score, said.sum_v1) - lost(by_holding, said.sum_v2);
    let reward = |((v1, v2), held): (&(u128, u128), Balance)| {
        part(emission, by_score, *v1, said.sum_v1) + part(emission, by_holding, held.min(*v2), said.sum_v2)
    };
    (emission, reserved, case.leaves.iter().zip(HELD).map(reward).collect())
}

fn pays_exactly(network: &mut Sandbox, street: &Street, counter: &Counter, epoch: Epoch, case: &Case) {
    let pool = prepare(network, epoch, case, counter);
    let tree = tree(network, epoch, case);
    let (said, nothing) = (tree.report, SideReport::default());
    let report = match case.side {
        Side::Merchant => Report { algorithm_version: BIZPOWER_1, merchants: said, customers: nothing },
        Side::Customer => Report { algorithm_version: BIZPOWER_1, merchants: nothing, customers: said },
    };
    agree(network, epoch, &report);
    network.pass(WINDOW);
    network.finalise(epoch).unwrap();
    let record = network.record_of(epoch);
    let payout = if case.side == Side::Merchant { record.merchants } else { record.customers };
    let (emission, reserved, rewards) = expected(epoch, case, &said, pool);
    assert_eq!((payout.emission, payout.reserved), (emission, reserved));
    let balance = |network: &mut Sandbox, account: AccountId| match case.side {
        Side::Merchant => network.bzky_of(account),
        Side::Customer => network.time_of(account),
    };
    let stranger = account(network, "stranger");
    for ((leaf, proof), reward) in tree.proofs().into_iter().zip(&rewards) {
        let account = street.account(case.side, leaf.account);
        let holding = if leaf.v2 == 0 { HoldingIndex::default() } else { network.holding_index(account, epoch) };
        let before = balance(network, account);
        let paid = network.call(stranger, KIND, "claim", &(case.side, epoch, leaf, holding, proof));
        assert_eq!(paid, Ok(*reward), "{leaf:?}");
        assert_eq!(balance(network, account) - before, *reward);
    }
    assert!(rewards.iter().sum::<Balance>() <= reserved);
}

#[test]
fn payments_are_the_exact_rationals_rounded_down() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let mut street = Street::new(network, PARTIES);
    for (shop, held) in street.shops.clone().iter().zip(HELD) {
        network.give(shop.account(), held);
    }
    network.enter_epoch(0);
    street.trade(network);
    network.enter_epoch(1);
    // So that both pools have given something.
    let (merchants, customers) = (flat(network, Side::Merchant, 0, 3), flat(network, Side::Customer, 0, 3));
    network.settle(0, &merchants, &customers);
    let counter = Counter::find(network);
    let mut next = 1;
    for epoch in EPOCHS {
        for day in [epoch, epoch + 1] {
            network.enter_epoch(day);
            street.trade(network);
        }
        network.enter_epoch(epoch + 7);
        network.void_epochs(next, epoch);
        next = epoch;
        property(CASES, network, &case(), |network, case| pays_exactly(network, &street, &counter, epoch, &case));
    }
}
