//! `bzky` against the plain definition of what it says: balances that add up,
//! and of every account and epoch the lowest balance it had, over random
//! payments in random epochs.

use super::{account, KIND};
use bizkey_primitives::{AccountId, Balance, Epoch, BZKY_SUPPLY, MERCHANT_POOL};
use bizkey_tests::{Sandbox, DAY, HOUR};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

const CASES: u32 = 48;
const HOLDERS: usize = 4;
/// What the first of them has at first. Small, so that refusals happen.
const START: Balance = 100;

/// One step of a random history of four holders.
#[derive(Clone, Debug)]
enum Step {
    /// Some hours, now and then some epochs.
    Wait(u64),
    Pay {
        from: usize,
        to: usize,
        value: Balance,
    },
    PayMany {
        from: usize,
        payments: Vec<(usize, Balance)>,
    },
    Allow {
        from: usize,
        spender: usize,
        value: Balance,
    },
    PayFrom {
        from: usize,
        spender: usize,
        to: usize,
        value: Balance,
    },
    Burn {
        from: usize,
        value: Balance,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..HOLDERS;
    let wait = prop_oneof![3 => 1..30 * HOUR, 1 => Just(DAY), 1 => DAY..5 * DAY];
    let value = || prop_oneof![4 => 0u128..70, 1 => Just(START), 1 => Just(u128::MAX)];
    prop_oneof![
        4 => wait.prop_map(Step::Wait),
        4 => (who(), who(), value()).prop_map(|(from, to, value)| Step::Pay { from, to, value }),
        3 => (who(), proptest::collection::vec((who(), 0u128..25), 0..5))
            .prop_map(|(from, payments)| Step::PayMany { from, payments }),
        1 => (who(), who(), value()).prop_map(|(from, spender, value)| Step::Allow { from, spender, value }),
        2 => (who(), who(), who(), value())
            .prop_map(|(from, spender, to, value)| Step::PayFrom { from, spender, to, value }),
        1 => (who(), 0u128..9).prop_map(|(from, value)| Step::Burn { from, value }),
    ]
}

/// The definition itself. A stamp is an epoch and one; zero is before the first.
#[derive(Default)]
struct Model {
    stamp: u32,
    balances: [Balance; HOLDERS],
    allowances: BTreeMap<(usize, usize), Balance>,
    burned: Balance,
    /// Each balance that an account had, and since when; in order.
    history: [Vec<(u32, Balance)>; HOLDERS],
    /// Stamps in which an account's balance was booked.
    booked: [BTreeSet<u32>; HOLDERS],
}

impl Model {
    fn book(&mut self, who: usize, balance: Balance) {
        self.balances[who] = balance;
        self.history[who].push((self.stamp, balance));
        self.booked[who].insert(self.stamp);
    }

    fn pay(&mut self, from: usize, to: usize, value: Balance) -> bool {
        if from == to || value == 0 {
            return true;
        }
        if value > self.balances[from] {
            return false;
        }
        self.book(from, self.balances[from] - value);
        self.book(to, self.balances[to] + value);
        true
    }

    /// Payments to oneself need the money and move nothing.
    fn pay_many(&mut self, from: usize, payments: &[(usize, Balance)]) -> bool {
        let sum = |own: bool| payments.iter().filter(|(to, _)| (*to == from) == own).map(|(_, value)| value).sum();
        let (away, own): (Balance, Balance) = (sum(false), sum(true));
        if away + own > self.balances[from] {
            return false;
        }
        if away > 0 {
            self.book(from, self.balances[from] - away);
        }
        for (to, value) in payments {
            if *to != from && *value > 0 {
                self.book(*to, self.balances[*to] + value);
            }
        }
        true
    }

    fn allowed(&self, from: usize, spender: usize) -> Balance {
        self.allowances.get(&(from, spender)).copied().unwrap_or(0)
    }

    fn pay_from(&mut self, from: usize, spender: usize, to: usize, value: Balance) -> bool {
        let by_allowance = spender != from && from != to && value > 0;
        let allowed = self.allowed(from, spender);
        if by_allowance && value > allowed || !self.pay(from, to, value) {
            return false;
        }
        if by_allowance {
            self.allowances.insert((from, spender), allowed - value);
        }
        true
    }

    fn burn(&mut self, from: usize, value: Balance) -> bool {
        if value > self.balances[from] {
            return false;
        }
        if value > 0 {
            self.book(from, self.balances[from] - value);
            self.burned += value;
        }
        true
    }

    /// The lowest of the balance that the epoch opened with and those in it.
    fn low(&self, who: usize, epoch: Epoch) -> Balance {
        let stamp = epoch + 1;
        let opened = self.history[who].iter().rev().find(|(at, _)| *at < stamp).map_or(0, |(_, balance)| *balance);
        let within = self.history[who].iter().filter(|(at, _)| *at == stamp).map(|(_, balance)| *balance);
        within.fold(opened, Balance::min)
    }

    /// The last entry of a list with one for each epoch with a change, at or
    /// before the epoch; the first one where there is none.
    fn index(&self, who: usize, epoch: Epoch) -> u32 {
        let until = self.booked[who].iter().filter(|stamp| **stamp <= epoch + 1).count();
        u32::try_from(until.saturating_sub(1)).unwrap()
    }
}

struct Run {
    network: Sandbox,
    holders: [AccountId; HOLDERS],
    model: Model,
}

impl Run {
    /// A network before its genesis, or in an epoch, in which the first holder has [`START`].
    fn new(start: Option<Epoch>) -> Self {
        let mut network = Sandbox::new();
        let holders = ["first", "second", "third", "fourth"].map(|name| account(&network, name));
        let mut model = Model::default();
        if let Some(epoch) = start {
            network.enter_epoch(epoch);
            model.stamp = epoch + 1;
        }
        network.give(holders[0], START);
        model.book(0, START);
        Self { network, holders, model }
    }

    fn call(&mut self, who: usize, message: &str, arguments: &impl codec::Encode) -> bool {
        self.network.call::<()>(self.holders[who], KIND, message, arguments).is_ok()
    }

    /// Takes a step on both sides; whether they agree that it can be taken.
    fn step(&mut self, step: &Step) -> bool {
        let none = Vec::<u8>::new();
        let holders = self.holders;
        match step.clone() {
            Step::Wait(ms) => {
                self.network.pass(ms);
                self.model.stamp = self.network.calendar.stamp_at(self.network.state.now_ms());
                true
            }
            Step::Pay { from, to, value } => {
                let done = self.call(from, "PSP22::transfer", &(holders[to], value, none));
                done == self.model.pay(from, to, value)
            }
            Step::PayMany { from, payments } => {
                let named: Vec<_> = payments.iter().map(|(to, value)| (holders[*to], *value)).collect();
                let done = self.call(from, "transfer_many", &named);
                done == self.model.pay_many(from, &payments)
            }
            Step::Allow { from, spender, value } => {
                if from != spender {
                    self.model.allowances.insert((from, spender), value);
                }
                self.call(from, "PSP22::approve", &(holders[spender], value))
            }
            Step::PayFrom { from, spender, to, value } => {
                let done = self.call(spender, "PSP22::transfer_from", &(holders[from], holders[to], value, none));
                done == self.model.pay_from(from, spender, to, value)
            }
            Step::Burn { from, value } => {
                let done = self.call(from, "PSP22Burnable::burn", &value);
                done == self.model.burn(from, value)
            }
        }
    }

    /// The balances are the model's, and all of them are the supply.
    fn check(&mut self) {
        let network = &mut self.network;
        let balances = self.holders.map(|holder| network.bzky_of(holder));
        assert_eq!(balances, self.model.balances);
        let [treasury, vault, vesting] =
            [account(network, "treasury"), network.contracts.vault, network.contracts.vesting]
                .map(|other| network.bzky_of(other));
        let supply: Balance = network.read(KIND, "PSP22::total_supply", &());
        assert_eq!(supply, BZKY_SUPPLY - self.model.burned, "the supply falls by burning alone");
        assert_eq!(balances.iter().sum::<Balance>() + treasury + vault + vesting, supply);
        assert_eq!(vault, MERCHANT_POOL);
    }

    fn check_allowances(&mut self) {
        for (from, spender) in (0..HOLDERS).flat_map(|from| (0..HOLDERS).map(move |spender| (from, spender))) {
            let pair = (self.holders[from], self.holders[spender]);
            let allowed: Balance = self.network.read(KIND, "PSP22::allowance", &pair);
            assert_eq!(allowed, self.model.allowed(from, spender));
        }
    }

    /// Of every epoch that is over: index and low of each account, singly and
    /// together, and that no other index is answered.
    fn check_closed(&mut self, other: &Index) {
        let Some(present) = self.model.stamp.checked_sub(1) else { return };
        let asker = account(&self.network, "stranger");
        for epoch in 0..present {
            let mut queries = Vec::new();
            let mut expected = Vec::new();
            for who in 0..HOLDERS {
                let holder = self.holders[who];
                let (index, low) = (self.model.index(who, epoch), self.model.low(who, epoch));
                let told: u32 = self.network.read(KIND, "checkpoint_index", &(holder, epoch));
                assert_eq!(told, index, "holder {who} in epoch {epoch}");
                let single: Result<Balance, _> = self.network.call(asker, KIND, "low_at", &(holder, epoch, index));
                assert_eq!(single.ok(), Some(low), "holder {who} in epoch {epoch}");
                let wrong = u32::try_from(other.index(self.model.booked[who].len() + 2)).unwrap();
                queries.extend([(holder, index), (holder, wrong)]);
                expected.extend([Some(low), (wrong == index).then_some(low)]);
            }
            let lows: Result<Vec<Option<Balance>>, _> = self.network.call(asker, KIND, "lows_at", &(epoch, queries));
            assert_eq!(lows.ok(), Some(expected), "epoch {epoch}");
        }
    }
}

/// Whatever happens, in epochs or before the first: sums are conserved, a
/// refused payment leaves no trace, and every low of an epoch that is over is
/// the lowest balance of it.
#[test]
fn balances_add_up_and_lows_are_the_lowest_balances() {
    let start = prop_oneof![Just(None), (0u32..6).prop_map(Some)];
    let history = (start, proptest::collection::vec(step(), 1..60), any::<Index>());
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let run = TestRunner::new(config).run(&history, |(start, steps, other)| {
        let mut run = Run::new(start);
        for step in &steps {
            assert!(run.step(step), "{step:?} is possible for one and not for the other");
            run.check();
        }
        run.check_allowances();
        run.check_closed(&other);
        // What was told is still so when more has happened since.
        run.network.pass(3 * DAY);
        run.model.stamp = run.network.calendar.stamp_at(run.network.state.now_ms());
        for holder in 0..HOLDERS {
            run.step(&Step::Pay { from: holder, to: (holder + 1) % HOLDERS, value: 1 });
        }
        run.check_closed(&other);
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}
