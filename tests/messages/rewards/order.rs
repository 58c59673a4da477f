//! Nobody gains from the order of claims: whoever claims what when, one by
//! one, several at once or pushed, each gets the same in the end.

use super::{
    exact::{part, shares},
    stage::{account, agree, lock, property, send, skip_a_month, tokens, Street, KIND},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    report::{EpochRecord, LeafClaim, Report, BIZPOWER_1, BIZPOWER_2},
    Balance, Epoch, Hash, Side, TOKEN,
};
use bizkey_tests::{Sandbox, Tree, DAY, WINDOW};
use proptest::prelude::*;

const PARTIES: u32 = 4;
/// The first one's rewards are paid at once, the second one's wait.
const DAYS: [(Epoch, u16); 2] = [(30, BIZPOWER_1), (31, BIZPOWER_2)];
/// When all that waits is open.
const OPEN: Epoch = 31 + 64;
/// What parties owe: side, index, amount.
const DEBTS: [(Side, u32, Balance); 4] = [
    (Side::Merchant, 1, 30 * TOKEN + 1),
    (Side::Merchant, 3, 10_000 * TOKEN),
    (Side::Customer, 2, 3 * TOKEN + 7),
    (Side::Customer, 4, 500 * TOKEN),
];

#[derive(Clone, Debug)]
enum Step {
    /// Side, day, position.
    Claim(Side, usize, usize),
    Many(Vec<(Side, usize, usize)>),
    Push(Side, usize),
    Deferred(u32),
    Lock(usize, Balance),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![2 => Just(Side::Merchant), 1 => Just(Side::Customer)];
    let leaf = || (side(), 0..DAYS.len(), 0..PARTIES as usize);
    prop_oneof![
        6 => leaf().prop_map(|(side, day, position)| Step::Claim(side, day, position)),
        2 => proptest::collection::vec(leaf(), 1..5).prop_map(Step::Many),
        1 => (side(), 0..DAYS.len()).prop_map(|(side, day)| Step::Push(side, day)),
        3 => (1..=PARTIES).prop_map(Step::Deferred),
        2 => (0..PARTIES as usize, 1u128..200 * TOKEN).prop_map(|(shop, amount)| Step::Lock(shop, amount)),
        1 => (0u64..40).prop_map(|days| Step::Wait(days * DAY)),
    ]
}

struct Scene {
    street: Street,
    days: Vec<(Tree, Tree)>,
}

impl Scene {
    fn tree(&self, side: Side, day: usize) -> &Tree {
        match side {
            Side::Merchant => &self.days[day].0,
            Side::Customer => &self.days[day].1,
        }
    }

    /// Bzky and deposits of a shop, or Time of a customer.
    fn wealth(&self, network: &mut Sandbox, side: Side, index: u32) -> Balance {
        let account = self.street.account(side, index);
        match side {
            Side::Merchant => {
                network.bzky_of(account) + network.read::<Balance>(ContractKind::PosDeposit, "balance_of", &account)
            }
            Side::Customer => network.time_of(account),
        }
    }

    fn take(&self, network: &mut Sandbox, step: &Step) {
        match step {
            Step::Claim(side, day, position) => {
                let _ = network.claim(*side, DAYS[*day].0, self.tree(*side, *day), *position);
            }
            Step::Many(leaves) => {
                let mut claims = Vec::new();
                for (side, day, position) in leaves {
                    let (tree, epoch) = (self.tree(*side, *day), DAYS[*day].0);
                    let leaf = tree.leaves[*position];
                    let holdings = network.holding_of(*side, epoch, &leaf);
                    claims.push(LeafClaim { side: *side, epoch, leaf, holdings, proof: tree.proof(*position) });
                }
                let stranger = account(network, "stranger");
                let _ = network.call::<Vec<Balance>>(stranger, KIND, "claim_many", &claims);
            }
            Step::Push(side, day) => {
                network.push(*side, DAYS[*day].0, self.tree(*side, *day), 0).unwrap();
            }
            Step::Deferred(shop) => {
                let stranger = account(network, "stranger");
                let _ = network.call::<Balance>(stranger, KIND, "claim_deferred", &(DAYS[1].0, shop));
            }
            Step::Lock(shop, amount) => {
                let account = self.street.shops[*shop].account();
                let amount = (*amount).min(network.bzky_of(account));
                if amount > 0 {
                    lock(network, account, self.street.tills[*shop].id, amount);
                }
            }
            Step::Wait(ms) => network.pass(*ms),
        }
    }
}

/// Both days are final; some have deposits, some debts.
fn scene(network: &mut Sandbox) -> Scene {
    let admin = account(network, "admin");
    send(network, admin, "set_algorithm", &(DAYS[1].0, DAYS[1].1)).unwrap();
    let mut street = Street::new(network, PARTIES);
    for (index, shop) in (1u128..).zip(&street.shops) {
        network.give(shop.account(), index * tokens(70) + 3);
    }
    for (shop, amount) in [(0, tokens(20)), (1, tokens(130))] {
        lock(network, street.shops[shop].account(), street.tills[shop].id, amount);
    }
    for (epoch, _) in DAYS {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    skip_a_month(network);
    let mut days = Vec::new();
    for (epoch, version) in DAYS {
        let shops = |index: u32| (index, u128::from(7 * index + epoch), u128::from(index) * tokens(70) + 3);
        let customers = |index: u32| (index, u128::from(11 * index + epoch), 0);
        let merchants = network.tree_by(version, Side::Merchant, epoch, &(1..=PARTIES).map(shops).collect::<Vec<_>>());
        let customers =
            network.tree_by(version, Side::Customer, epoch, &(1..=PARTIES).map(customers).collect::<Vec<_>>());
        let said = (merchants.report(), customers.report());
        agree(network, epoch, &Report { algorithm_version: version, merchants: said.0, customers: said.1 });
        days.push((merchants, customers));
    }
    network.pass(WINDOW);
    for (epoch, _) in DAYS {
        network.finalise(epoch).unwrap();
    }
    for (side, index, amount) in DEBTS {
        send(network, admin, "book_debt", &(side, index, amount, Hash::default())).unwrap();
    }
    Scene { street, days }
}

/// All that a party earned on both days, worked out beside the contract.
fn earned(scene: &Scene, records: &[EpochRecord], side: Side, index: u32) -> Balance {
    let of = |day: usize| {
        let (leaf, said) = (scene.tree(side, day).leaves[index as usize - 1], scene.tree(side, day).report());
        let payout = if side == Side::Merchant { records[day].merchants } else { records[day].customers };
        let (score, holding) = shares(side, DAYS[day].0);
        part(payout.emission, score, leaf.v1, said.sum_v1) + part(payout.emission, holding, leaf.v2, said.sum_v2)
    };
    of(0) + of(1)
}

#[test]
fn whoever_claims_when_each_gets_the_same() {
    let mut network = Sandbox::new();
    let scene = scene(&mut network);
    let records = DAYS.map(|(epoch, _)| network.record_of(epoch));
    let parties = || Side::ALL.into_iter().flat_map(|side| (1..=PARTIES).map(move |index| (side, index)));
    let before: Vec<Balance> = parties().map(|(side, index)| scene.wealth(&mut network, side, index)).collect();
    property(80, &mut network, &proptest::collection::vec(step(), 0..30), |network, steps| {
        for step in &steps {
            scene.take(network, step);
        }
        if network.calendar.end_ms(OPEN) > network.state.now_ms() {
            network.enter_epoch(OPEN);
        }
        for (side, day) in [(Side::Merchant, 0), (Side::Merchant, 1), (Side::Customer, 0), (Side::Customer, 1)] {
            scene.take(network, &Step::Push(side, day));
        }
        for shop in 1..=PARTIES {
            scene.take(network, &Step::Deferred(shop));
        }
        let mut paid = [0, 0];
        for ((side, index), before) in parties().zip(&before) {
            let earned = earned(&scene, &records, side, index);
            let owed = DEBTS.iter().find(|debt| (debt.0, debt.1) == (side, index)).map_or(0, |debt| debt.2);
            let got = scene.wealth(network, side, index) - before;
            assert_eq!(got, earned.saturating_sub(owed), "{side:?} {index}");
            let left: Balance = network.read(KIND, "debt_of", &(side, index));
            assert_eq!(left, owed.saturating_sub(earned), "{side:?} {index} owes");
            paid[usize::from(side.code())] += got;
        }
        let booked = DAYS.map(|(epoch, _)| network.record_of(epoch));
        assert_eq!(booked.map(|record| record.merchants.paid).iter().sum::<Balance>(), paid[0]);
        assert_eq!(booked.map(|record| record.customers.paid).iter().sum::<Balance>(), paid[1]);
    });
}
