//! What the parts share: shops with a device each, customers, their trade, and
//! ways to say who may do what.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    bizpower::SCALE,
    errors::rewards::Error,
    report::{Report, SideReport},
    tree::{Leaf, ProofStep},
    AccountId, Balance, DeviceId, Epoch, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    sandbox::{self, Layouts, Party},
    world::report,
    Device, Sandbox, Tree,
};
use codec::Encode;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Debug,
    panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
};

pub const KIND: ContractKind = ContractKind::Rewards;

/// What a message of `rewards` that returns nothing comes to.
pub type Outcome = Result<(), ContractError>;

/// Bytes of pallet-contracts' own hash before the key that a contract names.
const HASH_BYTES: usize = 16;
/// Actors of every part that somebody can play.
const ACTORS: [&str; 10] = [
    "admin",
    "treasury",
    "attestor 1",
    "member 1",
    "member 3",
    "director 1",
    "chief executive",
    "shop 1",
    "customer 1",
    "stranger",
];

/// Starts anew on a network of its own, with what was covered so far.
pub fn renew(network: &mut Sandbox) {
    let coverage = std::mem::take(&mut network.coverage);
    *network = Sandbox::new();
    network.coverage = coverage;
}

/// What a refusal for `error` looks like.
pub fn refusal(error: Error) -> ContractError {
    ContractError::Rewards(error)
}

pub fn account(network: &Sandbox, name: &str) -> AccountId {
    network.actor(name).account()
}

/// Sends a message that returns nothing.
pub fn send(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode) -> Outcome {
    network.call(origin, KIND, message, arguments)
}

/// Sends a message that must be refused with `error`, and must leave nothing behind.
pub fn refuse(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
    let contract = network.contracts.rewards;
    let before = network.state.storage_of(contract);
    let executed = network.execute(contract, origin, KIND, message, arguments);
    let seen = executed.result.map(|_| ()).map_err(|data| sandbox::refused(KIND, message, &data));
    assert_eq!(seen, Err(refusal(error)), "{message}");
    assert!(before == network.state.storage_of(contract), "{message} was refused and left a trace");
}

/// Checks that everybody but `allowed` is refused: actors of every part, and
/// every contract of the suite.
pub fn refuse_others(
    network: &mut Sandbox,
    allowed: &[AccountId],
    message: &str,
    arguments: &impl Encode,
    error: Error,
) {
    let actors = ACTORS.map(|name| account(network, name));
    let contracts = ContractKind::ALL.map(|kind| network.address(kind));
    for origin in actors.into_iter().chain(contracts).filter(|origin| !allowed.contains(origin)) {
        refuse(network, origin, message, arguments, error);
    }
}

/// Runs `part` and undoes all that it did, also when it panics.
pub fn undone<R>(network: &mut Sandbox, part: impl FnOnce(&mut Sandbox) -> R) -> R {
    let outcome = network.rolled_back(|network| catch_unwind(AssertUnwindSafe(|| part(network))));
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs `part` at another moment, and undoes all that it did.
pub fn at<R>(network: &mut Sandbox, now_ms: u64, part: impl FnOnce(&mut Sandbox) -> R) -> R {
    undone(network, |network| {
        network.state.set_time(now_ms);
        part(network)
    })
}

/// Tries a property on many cases, each on the same network; on as many times
/// more as the variable `BIZKEY_TIMES` says.
pub fn property<S: Strategy>(cases: u32, network: &mut Sandbox, strategy: &S, holds: impl Fn(&mut Sandbox, S::Value))
where
    S::Value: Debug,
{
    let network = RefCell::new(network);
    let times: u32 = std::env::var("BIZKEY_TIMES").map_or(1, |text| text.parse().expect("a number of times"));
    let config = Config { cases: cases * times, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(strategy, |case| {
        undone(&mut network.borrow_mut(), |network| holds(network, case));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

/// How often what happened, so that a property is seen to be about something.
#[derive(Default)]
pub struct Tally(RefCell<BTreeMap<String, u32>>);

impl Tally {
    pub fn note(&self, what: impl Into<String>) {
        *self.0.borrow_mut().entry(what.into()).or_default() += 1;
    }

    /// Checks that each of these happened.
    pub fn assert_seen(&self, expected: &[&str]) {
        let seen = self.0.borrow();
        for what in expected {
            assert!(seen.contains_key(*what), "`{what}` never happened: {seen:?}");
        }
        println!("{seen:?}");
    }
}

/// Shops, a device each, and as many customers; all numbered from 1.
#[derive(Clone)]
pub struct Street {
    pub shops: Vec<Party>,
    pub tills: Vec<Device>,
    pub customers: Vec<Party>,
}

impl Street {
    pub fn new(network: &mut Sandbox, count: u32) -> Self {
        let mut street = Self { shops: Vec::new(), tills: Vec::new(), customers: Vec::new() };
        for number in 1..=count {
            let shop = network.merchant(&format!("shop {number}"));
            street.tills.push(network.device(shop.index, &format!("till {number}")));
            street.shops.push(shop);
            street.customers.push(network.customer(&format!("customer {number}")));
        }
        street
    }

    /// Each shop sells something to every customer.
    pub fn trade(&mut self, network: &mut Sandbox) {
        let sales: Vec<(u32, u64)> = self.customers.iter().map(|customer| (customer.index, 1_000)).collect();
        for till in &mut self.tills {
            network.record(till, &sales);
        }
    }

    pub fn account(&self, side: Side, index: u32) -> AccountId {
        let parties = match side {
            Side::Merchant => &self.shops,
            Side::Customer => &self.customers,
        };
        parties[index as usize - 1].account()
    }
}

/// A tree that gives everybody from 1 to `count` the same, and states no holding.
pub fn flat(network: &Sandbox, side: Side, epoch: Epoch, count: u32) -> Tree {
    network.tree(side, epoch, &(1..=count).map(|index| (index, SCALE, 0)).collect::<Vec<_>>())
}

/// A report of so many shops and customers, all alike.
pub fn flat_report(network: &Sandbox, epoch: Epoch, merchants: u32, customers: u32) -> Report {
    report(&flat(network, Side::Merchant, epoch, merchants), &flat(network, Side::Customer, epoch, customers))
}

/// A report that says nothing of either side.
pub fn empty_report() -> Report {
    Report { algorithm_version: 1, merchants: SideReport::default(), customers: SideReport::default() }
}

/// Has two of three members report the same.
pub fn agree(network: &mut Sandbox, epoch: Epoch, report: &Report) {
    for member in 1..=2 {
        network.vote(member, epoch, report).unwrap();
    }
}

/// Moves to the middle of epoch 37, by when the whole first month is void, so
/// that the turn is at epoch 30: the first whose holdings are paid for.
pub fn skip_a_month(network: &mut Sandbox) {
    network.enter_epoch(37);
    network.void_epochs(0, 30);
}

pub fn set_status(network: &mut Sandbox, side: Side, index: u32, status: Status) {
    let admin = account(network, "admin");
    let arguments = (side, index, status, Hash::default());
    let set: Outcome = network.call(admin, ContractKind::Registry, "set_status", &arguments);
    set.unwrap();
}

/// Locks Bzky of a shop for its device.
pub fn lock(network: &mut Sandbox, shop: AccountId, device: DeviceId, amount: Balance) {
    network.approve(shop, network.contracts.pos_deposit, amount);
    let locked: Outcome = network.call(shop, ContractKind::PosDeposit, "lock", &(device, amount));
    locked.unwrap();
}

/// Gives an account Bzky and has it put them at stake.
pub fn stake(network: &mut Sandbox, name: &str, amount: Balance) {
    let who = account(network, name);
    network.give(who, amount);
    network.approve(who, network.contracts.rewards, amount);
    send(network, who, "bond", &amount).unwrap();
}

/// Bzky in existence.
pub fn supply(network: &mut Sandbox) -> Balance {
    network.read(ContractKind::Bzky, "PSP22::total_supply", &())
}

pub fn next_epoch(network: &mut Sandbox) -> Epoch {
    network.read(KIND, "next_epoch", &())
}

/// The arguments of a claim of the leaf at `position`, its holding's place found.
pub fn claim_of(
    network: &mut Sandbox,
    tree: &Tree,
    side: Side,
    epoch: Epoch,
    position: usize,
) -> (Side, Epoch, Leaf, bizkey_primitives::party::HoldingIndex, Vec<ProofStep>) {
    let leaf = tree.leaves[position];
    (side, epoch, leaf, network.holding_of(side, epoch, &leaf), tree.proof(position))
}

/// Writes a cell of a contract's storage by hand.
pub fn overwrite(network: &mut Sandbox, kind: ContractKind, field: &str, key: &impl Encode, value: &impl Encode) {
    let wanted = [&Layouts::read().key(kind, field)[..], &key.encode()].concat();
    let address = network.address(kind);
    let cells = network.state.storage_of(address);
    let found = cells.iter().find(|(cell, _)| cell.get(HASH_BYTES..) == Some(&wanted[..]));
    let (cell, _) = found.unwrap_or_else(|| panic!("{kind} has nothing at {field}"));
    network.state.overwrite(address, cell, &value.encode());
}

/// Whole tokens.
pub const fn tokens(count: u128) -> Balance {
    count * TOKEN
}
