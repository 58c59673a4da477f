//! The messages on ink!'s off-chain environment: roles, uniqueness, epochs.
//! Calls to `receipts` are tested on the embedded chain.

use crate::registry::Registry;
use bizkey_primitives::{
    errors::registry::Error, party::Capital, signature::PublicKey, AccountId, Calendar, Hash, Side, Status,
};
use ink::env::{test, DefaultEnvironment};

const EPOCH_MS: u64 = 1_000;
const GENESIS_MS: u64 = 10_000;

/// The deployer, two attestors, and somebody.
const ADMIN: u8 = 1;
const FIRST: u8 = 2;
const SECOND: u8 = 3;
const ANYBODY: u8 = 4;

fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

fn hash(n: u8) -> Hash {
    Hash::from([n; 32])
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at_epoch(epoch: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS + epoch * EPOCH_MS);
}

fn registry() -> Registry {
    by(ADMIN);
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    Registry::open(calendar, hash(9), &[account(FIRST), account(SECOND)]).unwrap()
}

fn capital(area_m2: u32) -> Capital {
    Capital { area_m2, staff: 1, rent_per_m2_month: 1, wage_month: 1 }
}

#[ink::test]
fn a_party_gets_the_next_index_of_its_side_once() {
    let mut registry = registry();
    by(FIRST);
    assert_eq!(registry.register(Side::Merchant, account(10), hash(1), hash(0)), Ok(1));
    assert_eq!(registry.register(Side::Customer, account(11), hash(1), hash(0)), Ok(1));
    assert_eq!(registry.register(Side::Merchant, account(12), hash(2), hash(0)), Ok(2));
    assert_eq!(registry.register(Side::Merchant, account(13), hash(1), hash(0)), Err(Error::NullifierUsed));
    assert_eq!(registry.register(Side::Customer, account(10), hash(3), hash(0)), Err(Error::AccountUsed));
    assert_eq!(registry.register(Side::Customer, account(0), hash(3), hash(0)), Err(Error::ZeroAccount));
    assert_eq!((registry.count(Side::Merchant), registry.count(Side::Customer)), (2, 1));
    assert_eq!(registry.party_of(account(12)), Some((Side::Merchant, 2)));
    assert_eq!(registry.account_of(Side::Customer, 1), Some(account(11)));
    assert_eq!(registry.account_of(Side::Customer, 0), None);
}

#[ink::test]
fn every_change_needs_its_role() {
    let mut registry = registry();
    by(FIRST);
    registry.register(Side::Merchant, account(10), hash(1), hash(0)).unwrap();
    for caller in [ADMIN, ANYBODY] {
        by(caller);
        let key = PublicKey::Sr25519([0; 32]);
        assert_eq!(registry.register(Side::Merchant, account(11), hash(2), hash(0)), Err(Error::NotAttestor));
        assert_eq!(registry.attest_capital(1, capital(1)), Err(Error::NotAttestor));
        assert_eq!(registry.register_device(1, key), Err(Error::NotAttestor));
        assert_eq!(registry.set_device_active(1, false), Err(Error::NotAttestor));
    }
    for caller in [FIRST, ANYBODY] {
        by(caller);
        assert_eq!(registry.set_attestor(account(9), true), Err(Error::NotAdmin));
        assert_eq!(registry.set_status(Side::Merchant, 1, Status::Removed, hash(0)), Err(Error::NotAdmin));
        assert_eq!(registry.place_hold(Side::Merchant, 1, GENESIS_MS, hash(0)), Err(Error::NotAdmin));
        assert_eq!(registry.bind(account(8)), Err(Error::NotDeployer));
    }
    by(ADMIN);
    assert_eq!(registry.bind(account(8)), Ok(()));
    assert_eq!(registry.bind(account(8)), Err(Error::AlreadyBound));
    registry.set_attestor(account(FIRST), false).unwrap();
    by(FIRST);
    assert_eq!(registry.attest_capital(1, capital(1)), Err(Error::NotAttestor));
}

#[ink::test]
fn what_is_unknown_is_refused() {
    let mut registry = registry();
    by(FIRST);
    assert_eq!(registry.attest_capital(1, capital(1)), Err(Error::UnknownParty));
    assert_eq!(registry.register_device(1, PublicKey::Sr25519([0; 32])), Err(Error::UnknownParty));
    assert_eq!(registry.set_device_active(1, true), Err(Error::UnknownDevice));
    registry.register(Side::Merchant, account(10), hash(1), hash(0)).unwrap();
    assert_eq!(registry.register_device(1, PublicKey::Sr25519([0; 32])), Err(Error::NotBound));
    assert_eq!(registry.attest_capital(1, capital(u32::MAX)), Err(Error::CapitalOutOfBounds));
    by(ADMIN);
    assert_eq!(registry.set_status(Side::Customer, 1, Status::Removed, hash(0)), Err(Error::UnknownParty));
    assert_eq!(registry.place_hold(Side::Merchant, 2, 1, hash(0)), Err(Error::UnknownParty));
}

#[ink::test]
fn capital_takes_two_attestors_that_agree() {
    let mut registry = registry();
    by(FIRST);
    registry.register(Side::Merchant, account(10), hash(1), hash(0)).unwrap();
    at_epoch(4);
    registry.attest_capital(1, capital(1)).unwrap();
    assert_eq!(registry.attest_capital(1, capital(1)), Err(Error::SameAttestor));
    assert_eq!(registry.capital_of(1, 99), None);
    by(SECOND);
    registry.attest_capital(1, capital(2)).unwrap();
    assert_eq!(registry.capital_of(1, 99), None);
    by(FIRST);
    registry.attest_capital(1, capital(2)).unwrap();
    assert_eq!((registry.capital_of(1, 4), registry.capital_of(1, 5)), (None, Some(capital(2))));

    at_epoch(5);
    registry.attest_capital(1, capital(3)).unwrap();
    by(ADMIN);
    registry.set_attestor(account(FIRST), false).unwrap();
    by(SECOND);
    registry.attest_capital(1, capital(3)).unwrap();
    assert_eq!(registry.capital_of(1, 30), Some(capital(2)), "the proposer is no attestor any more");
    by(ADMIN);
    registry.set_attestor(account(FIRST), true).unwrap();
    by(FIRST);
    registry.attest_capital(1, capital(3)).unwrap();
    assert_eq!((registry.capital_of(1, 29), registry.capital_of(1, 30)), (Some(capital(2)), Some(capital(3))));
}

#[ink::test]
fn a_status_counts_at_the_close_of_its_epoch() {
    let mut registry = registry();
    at_epoch(2);
    by(FIRST);
    registry.register(Side::Merchant, account(10), hash(1), hash(0)).unwrap();
    by(ADMIN);
    at_epoch(3);
    registry.set_status(Side::Merchant, 1, Status::Removed, hash(0)).unwrap();
    registry.set_status(Side::Merchant, 1, Status::Restricted, hash(0)).unwrap();
    at_epoch(5);
    registry.set_status(Side::Merchant, 1, Status::Active, hash(0)).unwrap();
    let history: Vec<_> = (0..7).map(|epoch| registry.status_at(Side::Merchant, 1, epoch)).collect();
    let (active, restricted) = (Some(Status::Active), Some(Status::Restricted));
    assert_eq!(history, [None, None, active, restricted, restricted, active, active]);
    let payable = |epoch| registry.claimants(Side::Merchant, epoch, vec![1])[0].map(|c| c.payable);
    assert_eq!([payable(1), payable(2), payable(3), payable(5)], [None, Some(true), Some(false), Some(true)]);
}

#[ink::test]
fn a_hold_stops_claims_until_it_ends() {
    let mut registry = registry();
    by(FIRST);
    registry.register(Side::Customer, account(10), hash(1), hash(0)).unwrap();
    at_epoch(1);
    by(ADMIN);
    let until_ms = GENESIS_MS + 2 * EPOCH_MS;
    registry.place_hold(Side::Customer, 1, until_ms, hash(0)).unwrap();
    let payable = |registry: &Registry| registry.claimants(Side::Customer, 0, vec![1])[0].unwrap().payable;
    assert!(registry.is_held(account(10)) && !payable(&registry));
    assert!(!registry.is_held(account(11)));
    at_epoch(2);
    assert!(!registry.is_held(account(10)) && payable(&registry));
    assert_eq!(registry.place_hold(Side::Customer, 1, until_ms + EPOCH_MS, hash(0)), Err(Error::HoldNotRenewable));
}

#[ink::test]
fn claimants_answer_in_the_order_asked() {
    let mut registry = registry();
    by(FIRST);
    for n in 1..=3 {
        registry.register(Side::Merchant, account(10 + n), hash(n), hash(0)).unwrap();
    }
    let answer = registry.claimants(Side::Merchant, 0, vec![3, 9, 1]);
    let accounts: Vec<_> = answer.iter().map(|c| c.map(|c| c.account)).collect();
    assert_eq!(accounts, [Some(account(13)), None, Some(account(11))]);
    assert_eq!(registry.claimants(Side::Merchant, 0, vec![1; 257]), []);
}
