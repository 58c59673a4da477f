//! The messages on ink!'s off-chain environment; other contracts are those of
//! `chain::fake`. What a refusal reverts is tested on the embedded chain: here
//! nothing reverts, so each test stops using a contract that refused after
//! changing something.

#[path = "tests_executive.rs"] // a folder `tests` would be cargo's
mod executive;
#[path = "tests_roles.rs"]
mod roles;
#[path = "tests_voting.rs"]
mod voting;

use crate::{
    chain::fake::{world, Call},
    foundation::Foundation,
};
use bizkey_primitives::{
    board::{Motion, ResolutionId},
    errors::foundation::Error,
    AccountId, Calendar, Hash,
};
use ink::env::{test, DefaultEnvironment};

const EPOCH_MS: u64 = 24 * 60 * 60 * 1000;
const GENESIS_MS: u64 = 10 * EPOCH_MS;
/// The epoch in which tests begin.
const START_MS: u64 = GENESIS_MS + EPOCH_MS;

/// Directors of [`foundation`], with the numbers 1 to 5.
const DIRECTORS: [u8; 5] = [1, 2, 3, 4, 5];
const CHIEF: u8 = 50;
const DEPLOYER: u8 = 51;
const BZKY: u8 = 52;
const STRANGER: u8 = 53;
/// Some contract of the suite.
const TARGET: u8 = 60;

fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

fn hash(n: u8) -> Hash {
    Hash::from([n; 32])
}

fn own() -> AccountId {
    ink::env::account_id::<DefaultEnvironment>()
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn name(n: u8) -> Vec<u8> {
    format!("Director {n}").into_bytes()
}

fn calendar() -> Calendar {
    Calendar::new(GENESIS_MS, EPOCH_MS).unwrap()
}

fn seats(accounts: &[u8]) -> Vec<(AccountId, Vec<u8>)> {
    accounts.iter().map(|n| (account(*n), name(*n))).collect()
}

fn instantiate(directors: Vec<(AccountId, Vec<u8>)>) -> Result<Foundation, Error> {
    world(|world| world.network = Some((hash(9), calendar())));
    test::set_callee::<DefaultEnvironment>(account(100));
    at(START_MS);
    by(DEPLOYER);
    Foundation::new(calendar(), account(BZKY), directors, account(CHIEF))
}

fn foundation() -> Foundation {
    instantiate(seats(&DIRECTORS)).unwrap()
}

fn propose(foundation: &mut Foundation, motion: Motion) -> ResolutionId {
    by(1);
    foundation.propose(motion).unwrap()
}

/// Directors 1 to 3 of 5 vote for it.
fn pass(foundation: &mut Foundation, motion: Motion) -> ResolutionId {
    let id = propose(foundation, motion);
    for director in [1, 2, 3] {
        by(director);
        foundation.vote(id, true).unwrap();
    }
    id
}

/// Passes it, and anybody carries it out at once.
fn resolve(foundation: &mut Foundation, motion: Motion) -> Result<(), Error> {
    let id = pass(foundation, motion);
    by(STRANGER);
    foundation.enact(id)
}

/// The calls since the last time.
fn calls() -> Vec<Call> {
    world(|world| core::mem::take(&mut world.calls))
}

fn events() -> usize {
    test::recorded_events().count()
}

fn call_input() -> Vec<u8> {
    [ink::selector_bytes!("set_status").as_slice(), &[7; 5]].concat()
}
