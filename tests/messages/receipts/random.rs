//! Demands against a plain model, over random histories of two shops: one with
//! a deposit, one without. Every bond is held once and goes one way, every
//! penalty is paid in full out of the deposit or owed.

use super::stage::{key_of, sale, Stage, FOREIGN, FUNDS, TILL};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    opening::{Evidence, OpeningRules},
    pause::COOL_DOWN_MS,
    receipt::KEPT_HEADS,
    ticket::Ticket,
    Balance, Epoch, Side, MERCHANT_POOL, TOKEN,
};
use bizkey_tests::{DAY, HOUR};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use std::cell::Cell;

const CASES: u32 = 32;
/// What the first shop locks for its till.
const DEPOSIT: Balance = 330 * TOKEN;

#[derive(Clone, Copy, Debug)]
enum Act {
    Demand,
    Open,
    Fail,
    Forget,
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// A sale at the first shop, or at the second one.
    Sell(bool),
    /// What somebody does about one of the sales.
    Act(Act, Index),
    Rules(OpeningRules),
    Pause(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![3 => HOUR..40 * HOUR, 3 => DAY..9 * DAY, 1 => 25 * DAY..35 * DAY];
    let rules = (1u128..20, 0u128..150, 1u32..10).prop_map(|(bond, penalty, epochs)| OpeningRules {
        bond: bond * TOKEN,
        penalty: penalty * TOKEN + 1,
        epochs,
    });
    let act = prop_oneof![8 => Just(Act::Demand), 4 => Just(Act::Open), 6 => Just(Act::Fail), 2 => Just(Act::Forget)];
    prop_oneof![
        6 => wait.prop_map(Step::Wait),
        6 => any::<bool>().prop_map(Step::Sell),
        20 => (act, any::<Index>()).prop_map(|(act, which)| Step::Act(act, which)),
        1 => rules.prop_map(Step::Rules),
        1 => (1u64..72).prop_map(|hours| Step::Pause(hours * HOUR)),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Quiet,
    Open { bond: Balance, penalty: Balance, since_ms: u64, window_ms: u64 },
    Settled,
    Forgotten,
}

struct Sale {
    shop: usize,
    epoch: Epoch,
    position: usize,
    ticket: Ticket,
    state: State,
}

struct Model {
    sales: Vec<Sale>,
    rules: OpeningRules,
    pauses: Vec<(u64, u64)>,
    deposit: Balance,
    doubter: Balance,
    vault: Balance,
    /// What each shop was paid in bonds, and what it owes.
    paid: [Balance; 2],
    owed: [Balance; 2],
    /// Demands made, opened, failed, forgotten.
    done: [u32; 4],
}

impl Model {
    fn new() -> Self {
        Self {
            sales: vec![],
            rules: OpeningRules::default(),
            pauses: vec![],
            deposit: DEPOSIT,
            doubter: FUNDS,
            vault: MERCHANT_POOL,
            paid: [0; 2],
            owed: [0; 2],
            done: [0; 4],
        }
    }

    /// The moment at which a window has run through, standing still in pauses.
    fn end_of(&self, since_ms: u64, window_ms: u64) -> u64 {
        let (mut at_ms, mut left_ms) = (since_ms, window_ms);
        for (from_ms, until_ms) in &self.pauses {
            if *until_ms <= at_ms {
                continue;
            }
            let running_ms = from_ms.saturating_sub(at_ms);
            if left_ms <= running_ms {
                break;
            }
            left_ms -= running_ms;
            at_ms = *until_ms;
        }
        at_ms + left_ms
    }

    fn open_against(&self, shop: usize) -> usize {
        self.sales.iter().filter(|sale| sale.shop == shop && matches!(sale.state, State::Open { .. })).count()
    }

    fn bond(&self, shop: usize) -> Balance {
        self.rules.bond << (self.open_against(shop) / 16)
    }

    fn bonds(&self) -> Balance {
        let bond = |sale: &Sale| match sale.state {
            State::Open { bond, .. } => bond,
            _ => 0,
        };
        self.sales.iter().map(bond).sum()
    }

    fn take(&mut self, stage: &mut Stage, step: &Step) {
        let now_ms = stage.network.state.now_ms();
        match step {
            Step::Wait(ms) => stage.network.pass(*ms),
            Step::Sell(first) => self.sell(stage, usize::from(!first)),
            Step::Rules(rules) => {
                stage.done(stage.account("admin"), "set_opening_rules", rules);
                self.rules = *rules;
            }
            Step::Pause(ms) => {
                let allowed = self.pauses.last().is_none_or(|(_, until_ms)| now_ms >= until_ms + COOL_DOWN_MS);
                let begun = stage.call::<()>(stage.account("admin"), "pause", &(now_ms + ms));
                assert_eq!(begun.is_ok(), allowed);
                if allowed {
                    self.pauses.push((now_ms, now_ms + ms));
                }
            }
            Step::Act(act, which) => {
                if !self.sales.is_empty() {
                    self.act(stage, *act, which.index(self.sales.len()));
                }
            }
        }
    }

    fn sell(&mut self, stage: &mut Stage, shop: usize) {
        let (now_ms, epoch) = (stage.network.state.now_ms(), stage.epoch());
        if self.pauses.last().is_some_and(|(_, until_ms)| now_ms < *until_ms) {
            return;
        }
        let merchant = [stage.shop.index, stage.neighbour.index][shop];
        let ticket = Ticket { merchant, ..stage.ticket(self.sales.len() as u64) };
        let device = [TILL, FOREIGN][shop];
        stage.record(device, &[sale(&ticket)]);
        let position = stage.tapes[&(stage.id(device), epoch)].len() - 1;
        self.sales.push(Sale { shop, epoch, position, ticket, state: State::Quiet });
    }

    /// Lets every window run through and every demand end, so that no bond stays.
    fn close(&mut self, stage: &mut Stage) {
        for act in [Act::Fail, Act::Forget] {
            stage.network.pass(u64::from(KEPT_HEADS + 10) * DAY);
            for number in 0..self.sales.len() {
                self.act(stage, act, number);
                self.check(stage);
            }
        }
        assert_eq!(self.bonds(), 0);
    }

    /// An act about one sale: what it comes to, on both sides.
    fn act(&mut self, stage: &mut Stage, act: Act, number: usize) {
        let (now_ms, today) = (stage.network.state.now_ms(), stage.epoch());
        let Sale { shop, epoch, position, ticket, state } = self.sales[number];
        let evidence: Evidence = stage.evidence([TILL, FOREIGN][shop], epoch, position, 0);
        let key = key_of(&evidence);
        let ends_ms = match state {
            State::Open { since_ms, window_ms, .. } => Some(self.end_of(since_ms, window_ms)),
            _ => None,
        };
        assert_eq!(stage.read::<Option<u64>>("opening_ends", &key), ends_ms);
        let kept = epoch < today && epoch + KEPT_HEADS >= today;
        let (done, expected, next) = match act {
            Act::Demand => {
                let (bond, penalty) = (self.bond(shop), self.rules.penalty);
                let window_ms = u64::from(self.rules.epochs) * DAY;
                let next = State::Open { bond, penalty, since_ms: now_ms, window_ms };
                (stage.demand(&evidence), state == State::Quiet && kept && bond <= self.doubter, next)
            }
            Act::Open => {
                let signature = stage.signed(&ticket);
                let expected = ends_ms.is_some_and(|ends_ms| now_ms < ends_ms);
                (stage.open(key, &ticket, &signature), expected, State::Settled)
            }
            Act::Fail => (stage.fail(key), ends_ms.is_some_and(|ends_ms| now_ms >= ends_ms), State::Settled),
            Act::Forget => {
                let forgotten = stage.call(stage.account("stranger"), "forget_demand", &key);
                (forgotten, state == State::Settled && epoch + KEPT_HEADS < today, State::Forgotten)
            }
        };
        assert_eq!(done.is_ok(), expected, "{act:?} of {state:?} of epoch {epoch} in {today}: {done:?}");
        if expected {
            self.pay(act, shop, state, next);
            self.done[act as usize] += 1;
            self.sales[number].state = next;
        }
    }

    fn pay(&mut self, act: Act, shop: usize, state: State, next: State) {
        match (act, state, next) {
            (Act::Demand, _, State::Open { bond, .. }) => self.doubter -= bond,
            (Act::Open, State::Open { bond, .. }, _) => self.paid[shop] += bond,
            (Act::Fail, State::Open { bond, penalty, .. }, _) => {
                let taken = if shop == 0 { penalty.min(self.deposit) } else { 0 };
                let to_demander = taken.min(penalty / 2);
                self.deposit -= if shop == 0 { taken } else { 0 };
                self.doubter += bond + to_demander;
                self.vault += taken - to_demander;
                self.owed[shop] += penalty - taken;
            }
            _ => {}
        }
    }

    fn check(&self, stage: &mut Stage) {
        let at = stage.network.contracts;
        let parties = [stage.shop.account(), stage.neighbour.account()];
        let [receipts, doubter, vault, pos_deposit] =
            stage.bzky_of([at.receipts, stage.account("doubter"), at.vault, at.pos_deposit]);
        assert_eq!((receipts, doubter), (self.bonds(), self.doubter));
        assert_eq!((vault, pos_deposit), (self.vault, self.deposit));
        for (shop, index) in [stage.shop.index, stage.neighbour.index].into_iter().enumerate() {
            assert_eq!(stage.read::<u32>("open_demands", &index) as usize, self.open_against(shop));
            let owed: Balance = stage.network.read(ContractKind::Rewards, "debt_of", &(Side::Merchant, index));
            assert_eq!((stage.network.bzky_of(parties[shop]), owed), (self.paid[shop], self.owed[shop]));
        }
    }
}

#[test]
fn bonds_and_penalties_are_those_of_a_plain_model() {
    let steps = proptest::collection::vec(step(), 1..80);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let done = Cell::new([0; 4]);
    let run = |steps: Vec<Step>| {
        let mut stage = Stage::with(Default::default());
        stage.lock(DEPOSIT);
        let mut model = Model::new();
        for step in &steps {
            model.take(&mut stage, step);
            model.check(&mut stage);
        }
        model.close(&mut stage);
        done.set([0, 1, 2, 3].map(|kind| done.get()[kind] + model.done[kind]));
        Ok(())
    };
    runner.run(&steps, run).unwrap();
    // A history in which nothing happens shows nothing.
    assert!(done.get().iter().all(|count| *count > 0), "{done:?}");
}
