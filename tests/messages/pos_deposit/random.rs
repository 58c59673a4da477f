//! Deposits against the plain model, over random histories of two shops and an
//! agent with four devices: each is counted once, for its depositor; what went
//! in and did not come out is there; and each epoch counted what it should.

use super::{
    model::{Account, Model, AGENT, DEVICES, PARTIES},
    stage::{Stage, FUNDS, KIND, TODAY},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{AccountId, Balance, DeviceId, Epoch, MERCHANT_POOL};
use bizkey_tests::{DAY, HOUR};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

const CASES: u32 = 32;
/// After so many steps all accounts are looked at, deposits after each.
const STRIDE: usize = 5;
/// Most changes of account of a party.
const MOVES: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Lock(usize, usize, Balance),
    /// Names the agent of a device, or nobody.
    Name(usize, bool),
    Switch(usize, bool),
    /// Stopped before, or as it is.
    Return(usize, bool),
    Release(usize),
    /// A penalty, and what of it is for the beneficiary.
    Penalise(usize, Balance, Balance),
    Seize(usize, Balance),
    Offer(usize, usize, Option<usize>),
    Transfer(usize, usize),
    Follow(usize),
    /// Of a party's present account or the one before, for so many epochs, counted from yesterday.
    Pledge(usize, bool, Balance, Epoch),
    /// A party changes its account; the board moves the agent.
    Move(usize),
    /// Offers, stops and transfers at once, which seldom comes by itself.
    GoOver(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (party, device) = (|| 0..PARTIES, || 0..DEVICES);
    let wait = prop_oneof![4 => 1..30 * HOUR, 2 => DAY..4 * DAY, 3 => 7 * DAY..9 * DAY, 1 => 37 * DAY..39 * DAY];
    let amount = || prop_oneof![6 => 1u128..90, 1 => Just(0), 1 => Just(FUNDS), 1 => Just(u128::MAX)];
    let small = || 0u128..60;
    let switch = prop_oneof![1 => Just(false), 1 => Just(true)];
    prop_oneof![
        9 => wait.prop_map(Step::Wait),
        6 => (device(), amount()).prop_map(|(device, amount)| Step::Lock(device / 2, device, amount)),
        5 => (party(), device(), amount()).prop_map(|(party, device, amount)| Step::Lock(party, device, amount)),
        3 => (device(), prop::bool::weighted(0.8)).prop_map(|(device, named)| Step::Name(device, named)),
        3 => (device(), switch).prop_map(|(device, active)| Step::Switch(device, active)),
        6 => (device(), any::<bool>()).prop_map(|(device, stop)| Step::Return(device, stop)),
        9 => device().prop_map(Step::Release),
        3 => (device(), small(), small()).prop_map(|(device, amount, first)| Step::Penalise(device, amount, first)),
        2 => (device(), small()).prop_map(|(device, amount)| Step::Seize(device, amount)),
        2 => (party(), device(), proptest::option::of(device())).prop_map(|(p, d, to)| Step::Offer(p, d, to)),
        2 => (device(), device()).prop_map(|(device, to)| Step::Transfer(device, to)),
        2 => device().prop_map(Step::Follow),
        2 => (party(), any::<bool>(), small(), 0u32..14).prop_map(|(p, b, a, ahead)| Step::Pledge(p, b, a, ahead)),
        2 => party().prop_map(Step::Move),
        4 => (device(), device()).prop_map(|(device, to)| Step::GoOver(device, to)),
    ]
}

/// The name of an account's actor.
fn name((party, number): Account) -> String {
    let first = ["shop", "neighbour", "agent"][party];
    if number == 0 {
        first.to_owned()
    } else {
        format!("{first}, account {number}")
    }
}

struct Run {
    stage: Stage,
    model: Model,
}

impl Run {
    fn new() -> Self {
        let stage = Stage::with(Default::default());
        let free = (0..PARTIES).map(|party| ((party, 0), FUNDS)).collect();
        let mut model = Model::default();
        (model.now_ms, model.stamp, model.free) = (stage.network.state.now_ms(), TODAY + 1, free);
        Self { stage, model }
    }

    fn account(&self, account: Account) -> AccountId {
        self.stage.account(&name(account))
    }

    fn call(&mut self, origin: AccountId, message: &str, arguments: &impl codec::Encode) -> bool {
        self.stage.call::<()>(origin, message, arguments).is_ok()
    }

    /// Whether it was carried out and is one of those that can be refused.
    fn take(&mut self, step: &Step) -> bool {
        let (admin, shops) = (self.stage.account("admin"), [self.stage.shop.index, self.stage.neighbour.index]);
        let ids: [DeviceId; DEVICES] = [0, 1, 2, 3].map(|device| self.stage.id(device));
        let (done, expected) = match *step {
            Step::Wait(ms) => {
                self.wait(ms);
                return false;
            }
            Step::Lock(party, device, amount) => {
                let origin = self.account(self.model.present(party));
                let done = self.call(origin, "lock", &(ids[device], amount));
                (done, self.model.lock(party, device, amount))
            }
            Step::Name(device, named) => {
                let (shop, agent) = (self.account(self.model.present(device / 2)), self.model.present(AGENT));
                self.model.agents[device] = named.then_some(agent);
                let agent = named.then_some(self.account(agent));
                (self.call(shop, "set_agent", &(ids[device], agent)), true)
            }
            Step::Switch(device, active) => {
                self.switch(device, active);
                return false;
            }
            Step::Return(device, stop) => {
                if stop {
                    self.switch(device, false);
                }
                (self.call(admin, "confirm_return", &ids[device]), self.model.give_back(device))
            }
            Step::Release(device) => {
                let stranger = self.stage.account("stranger");
                (self.call(stranger, "release", &ids[device]), self.model.release(device))
            }
            Step::Penalise(device, amount, first) => {
                let at = self.stage.network.contracts;
                let penalty = (ids[device], amount, self.stage.account("beneficiary"), first, at.vault);
                let taken: Balance = self.stage.call(at.receipts, "penalise", &penalty).unwrap();
                assert_eq!(taken, self.model.penalise(device, amount, first));
                return taken > 0;
            }
            Step::Seize(device, amount) => {
                let board = self.stage.account("sink");
                let taken: Balance = self.stage.call(admin, "seize", &(ids[device], amount, board)).unwrap();
                assert_eq!(taken, self.model.take(device, amount));
                self.model.taken[2] += taken;
                return taken > 0;
            }
            Step::Offer(party, device, to) => self.offer(party, device, to),
            Step::Transfer(device, to) => self.transfer(device, to),
            Step::GoOver(device, to) => {
                let Some(party) = self.model.lock_of(device).map(|lock| lock.account.0) else { return false };
                let (done, expected) = self.offer(party, device, Some(to));
                assert_eq!(done, expected, "an offer");
                self.switch(device, false);
                self.transfer(device, to)
            }
            Step::Follow(device) => {
                let stranger = self.stage.account("stranger");
                (self.call(stranger, "follow_depositor", &ids[device]), self.model.follow_device(device))
            }
            Step::Pledge(party, before, amount, ahead) => {
                let (party, number) = self.model.present(party);
                let account = (party, number.saturating_sub(usize::from(before)));
                let until = self.model.stamp - 2 + ahead;
                let pledged = self.stage.pledge(&name(account), amount, until);
                assert_eq!(pledged, self.model.pledge(account, amount, until));
                return pledged > 0;
            }
            Step::Move(party) => {
                if self.model.moves[party] == MOVES {
                    return false;
                }
                if self.model.moved[party] == Some(self.model.stamp) {
                    self.wait(DAY);
                }
                let before = self.model.present(party);
                self.model.moved[party] = Some(self.model.stamp);
                self.model.moves[party] += 1;
                let after = self.model.present(party);
                match shops.get(party) {
                    Some(index) => self.stage.rotate(*index, &name(before), &name(after)),
                    None => {
                        let to = self.account(after);
                        self.stage.other("admin", ContractKind::Registry, "move_agent", &(1u32, to));
                    }
                }
                self.stage.fund(&name(after));
                self.model.free.insert(after, FUNDS);
                return false;
            }
        };
        assert_eq!(done, expected, "{step:?}");
        done
    }

    fn wait(&mut self, ms: u64) {
        self.stage.network.pass(ms);
        self.model.now_ms += ms;
        self.model.stamp = self.stage.epoch() + 1;
    }

    fn switch(&mut self, device: usize, active: bool) {
        self.stage.switch(device, active);
        if active {
            self.model.stopped.remove(&device);
        } else {
            self.model.stopped.insert(device);
        }
    }

    fn offer(&mut self, party: usize, device: usize, to: Option<usize>) -> (bool, bool) {
        let origin = self.account(self.model.present(party));
        let arguments = (self.stage.id(device), to.map(|to| self.stage.id(to)));
        (self.call(origin, "offer_transfer", &arguments), self.model.offer(party, device, to))
    }

    fn transfer(&mut self, device: usize, to: usize) -> (bool, bool) {
        let admin = self.stage.account("admin");
        let arguments = (self.stage.id(device), self.stage.id(to));
        (self.call(admin, "confirm_transfer", &arguments), self.model.transfer(device, to))
    }

    fn accounts(&self) -> Vec<Account> {
        (0..PARTIES).flat_map(|party| (0..=self.model.moves[party]).map(move |number| (party, number))).collect()
    }

    fn check(&mut self) {
        for device in 0..DEVICES {
            let expected = self.model.lock_of(device);
            let expected = expected.map(|lock| (self.account(lock.account), lock.amount, lock.releasable_ms));
            let found = self.stage.deposit(device);
            assert_eq!(found.map(|found| (found.depositor, found.amount, found.releasable_ms)), expected);
            let (id, offer) = (self.stage.id(device), self.model.offers.get(&device).map(|to| self.stage.id(*to)));
            assert_eq!(self.stage.read::<Option<DeviceId>>("offer_of", &id), offer);
        }
        assert_eq!(self.stage.escrowed(), self.model.locks.iter().map(|lock| lock.amount).sum::<Balance>());
    }

    fn check_accounts(&mut self) {
        for account in self.accounts() {
            let expected = (self.model.balance(account), self.model.pledged(account));
            assert_eq!(self.stage.locked(&name(account)), expected, "{account:?}");
            let free = self.model.free.get(&account).copied().unwrap_or(0);
            assert_eq!(self.stage.bzky(&name(account)), free);
        }
        let vault = self.stage.network.contracts.vault;
        let vault = self.stage.network.bzky_of(vault) - MERCHANT_POOL;
        assert_eq!([self.stage.bzky("beneficiary"), vault, self.stage.bzky("sink")], self.model.taken);
    }

    /// Of every closed epoch what each account had at its lowest, found by one
    /// index and by no other.
    fn check_epochs(&mut self) {
        let accounts = self.accounts();
        for epoch in TODAY - 1..self.model.stamp - 1 {
            let mut queries = vec![];
            let mut expected = vec![];
            for account in &accounts {
                let index: u32 = self.stage.read("checkpoint_index", &(self.account(*account), epoch));
                assert_eq!(index, self.model.index(*account, epoch));
                for other in index.saturating_sub(1)..index + 2 {
                    queries.push((self.account(*account), other));
                    expected.push((other == index).then(|| self.model.low(*account, epoch)));
                }
            }
            let reader = self.stage.account("stranger");
            let lows: Result<Vec<Option<Balance>>, _> =
                self.stage.network.call(reader, KIND, "lows_at", &(epoch, queries));
            assert_eq!(lows, Ok(expected), "in epoch {epoch}");
        }
    }
}

#[test]
fn deposits_are_those_of_a_plain_model() {
    let steps = proptest::collection::vec(step(), 30..110);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let carried_out = RefCell::new(BTreeMap::<String, u32>::new());
    let run = |steps: Vec<Step>| {
        let mut run = Run::new();
        for (number, step) in steps.iter().enumerate() {
            if run.take(step) {
                let what = format!("{step:?}");
                let what = what.split('(').next().unwrap_or_default().to_owned();
                *carried_out.borrow_mut().entry(what).or_default() += 1;
            }
            run.check();
            if number % STRIDE == 0 || number + 1 == steps.len() {
                run.check_accounts();
            }
        }
        run.check_epochs();
        Ok(())
    };
    runner.run(&steps, run).unwrap();
    // A history in which nothing happens shows nothing.
    for what in ["Lock", "Return", "Release", "Penalise", "Seize", "GoOver", "Follow", "Pledge"] {
        assert!(carried_out.borrow().contains_key(what), "{what} was always refused: {carried_out:?}");
    }
}
