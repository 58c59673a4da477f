//! The messages on ink!'s off-chain environment: roles, uniqueness, epochs.
//! Calls to `receipts` are tested on the embedded chain.

use crate::registry::Registry;
use bizkey_primitives::{
    errors::registry::Error, party::Capital, signature::PublicKey, AccountId, Calendar, Hash, Side, Status,
};
use ink::env::{test, DefaultEnvironment};

pub const EPOCH_MS: u64 = 1_000;
pub const GENESIS_MS: u64 = 10_000;
/// Every byte of the chain's genesis hash.
pub const GENESIS: u8 = 9;

/// The deployer, two attestors, and somebody.
pub const ADMIN: u8 = 1;
pub const FIRST: u8 = 2;
pub const SECOND: u8 = 3;
const THIRD: u8 = 33;
pub const ANYBODY: u8 = 4;

pub fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

pub fn hash(n: u8) -> Hash {
    Hash::from([n; 32])
}

pub fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

pub fn at_epoch(epoch: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS + epoch * EPOCH_MS);
}

pub fn at_ms(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

/// Events so far.
pub fn events() -> usize {
    test::recorded_events().count()
}

pub fn registry() -> Registry {
    by(ADMIN);
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    Registry::open(calendar, hash(GENESIS), &[account(FIRST), account(SECOND)]).unwrap()
}

pub fn capital(area_m2: u32) -> Capital {
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
    assert_eq!(registry.set_attestor(account(FIRST), true), Err(Error::AccountUsed), "its old words would count");
    registry.set_attestor(account(THIRD), true).unwrap();
    by(THIRD);
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
    assert_eq!(registry.place_hold(Side::Customer, 1, GENESIS_MS, hash(0)), Err(Error::HoldTooLong));
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

const SHOP: (Side, u32) = (Side::Merchant, 1);

fn set(registry: &mut Registry, status: Status) -> Result<(), Error> {
    by(ADMIN);
    registry.set_status(SHOP.0, SHOP.1, status, hash(7))
}

fn appeal(registry: &mut Registry) -> Result<(), Error> {
    by(10);
    registry.appeal(hash(8))
}

fn decide(registry: &mut Registry, granted: bool) -> Result<(), Error> {
    by(ADMIN);
    registry.decide_appeal(SHOP.0, SHOP.1, granted, hash(9))
}

/// With merchant 1, whose account is 10, in epoch 0.
fn with_shop() -> Registry {
    let mut registry = registry();
    at_epoch(0);
    by(FIRST);
    registry.register(Side::Merchant, account(10), hash(1), hash(0)).unwrap();
    registry
}

#[ink::test]
fn a_granted_appeal_restores_the_status_and_no_closed_epoch() {
    let mut registry = with_shop();
    at_epoch(2);
    set(&mut registry, Status::Removed).unwrap();
    at_epoch(4);
    appeal(&mut registry).unwrap();
    let change = registry.last_change(SHOP.0, SHOP.1).unwrap();
    assert_eq!((change.before, change.status, change.reason), (Status::Active, Status::Removed, hash(7)));
    assert_eq!(change.appeal.map(|a| (a.statement, a.decision)), Some((hash(8), None)), "it stays visible");
    at_epoch(6);
    let before = events();
    decide(&mut registry, true).unwrap();
    assert_eq!(events() - before, 2, "the decision and the status");
    let at = |epoch| registry.status_at(SHOP.0, SHOP.1, epoch).unwrap();
    assert_eq!([1, 2, 5, 6].map(at), [Status::Active, Status::Removed, Status::Removed, Status::Active]);
    let payable = |epoch| registry.claimants(Side::Merchant, epoch, vec![1])[0].unwrap().payable;
    assert_eq!([1, 2, 5, 6].map(payable), [true, false, false, true]);
    assert_eq!(decide(&mut registry, true), Err(Error::NothingToAppeal));
    assert_eq!(appeal(&mut registry), Err(Error::NothingToAppeal));
}

#[ink::test]
fn a_refused_appeal_leaves_the_status_and_no_second_appeal() {
    let mut registry = with_shop();
    assert_eq!(appeal(&mut registry), Err(Error::NothingToAppeal));
    set(&mut registry, Status::Demoted).unwrap();
    assert_eq!(decide(&mut registry, false), Err(Error::NothingToAppeal));
    appeal(&mut registry).unwrap();
    let before = events();
    decide(&mut registry, false).unwrap();
    assert_eq!(events() - before, 1);
    assert_eq!(registry.status_of(SHOP.0, SHOP.1), Some(Status::Demoted));
    assert_eq!(appeal(&mut registry), Err(Error::NothingToAppeal));
    set(&mut registry, Status::Removed).unwrap();
    assert_eq!(appeal(&mut registry), Ok(()), "another change, another appeal");
    decide(&mut registry, true).unwrap();
    assert_eq!(registry.status_of(SHOP.0, SHOP.1), Some(Status::Demoted));
}

#[ink::test]
fn an_appeal_is_decided_before_the_next_change() {
    let mut registry = with_shop();
    set(&mut registry, Status::Demoted).unwrap();
    appeal(&mut registry).unwrap();
    assert_eq!(set(&mut registry, Status::Removed), Err(Error::AppealPending));
    assert_eq!(set(&mut registry, Status::Demoted), Ok(()), "no change");
    decide(&mut registry, false).unwrap();
    assert_eq!(set(&mut registry, Status::Removed), Ok(()));
}

#[ink::test]
fn an_appeal_reaches_a_change_that_another_followed() {
    let mut registry = with_shop();
    set(&mut registry, Status::Demoted).unwrap();
    set(&mut registry, Status::Removed).unwrap();
    appeal(&mut registry).unwrap();
    decide(&mut registry, true).unwrap();
    assert_eq!(registry.status_of(SHOP.0, SHOP.1), Some(Status::Active));
}

#[ink::test]
fn appeals_have_their_time_and_their_roles() {
    let mut registry = with_shop();
    set(&mut registry, Status::Demoted).unwrap();
    for caller in [FIRST, ANYBODY, 10] {
        by(caller);
        assert_eq!(registry.decide_appeal(SHOP.0, SHOP.1, true, hash(9)), Err(Error::NotAdmin));
    }
    by(ANYBODY);
    assert_eq!(registry.appeal(hash(8)), Err(Error::NotParty));
    by(ADMIN);
    assert_eq!(registry.decide_appeal(Side::Customer, 1, true, hash(9)), Err(Error::UnknownParty));
    at_ms(GENESIS_MS + crate::appeal::APPEAL_WINDOW_MS + 1);
    assert_eq!(appeal(&mut registry), Err(Error::AppealTooLate));
    at_ms(GENESIS_MS + crate::appeal::APPEAL_WINDOW_MS);
    assert_eq!(appeal(&mut registry), Ok(()));
}

#[ink::test]
fn the_deployer_hands_over_once_and_keeps_nothing() {
    let mut registry = with_shop();
    assert_eq!((registry.admin(), registry.receipts()), (account(ADMIN), None));
    by(ANYBODY);
    assert_eq!(registry.hand_over(account(50)), Err(Error::NotDeployer));
    by(ADMIN);
    assert_eq!(registry.hand_over(account(0)), Err(Error::ZeroAccount));
    registry.hand_over(account(50)).unwrap();
    assert_eq!(registry.admin(), account(50));
    assert_eq!(registry.hand_over(account(51)), Err(Error::AlreadyBound));
    // What it still can is to finish the deployment, once.
    assert_eq!(registry.bind(account(8)), Ok(()));
    assert_eq!(registry.bind(account(8)), Err(Error::AlreadyBound));
    assert_eq!(registry.receipts(), Some(account(8)));
    assert_eq!(set(&mut registry, Status::Removed), Err(Error::NotAdmin));
    assert_eq!(registry.set_attestor(account(9), true), Err(Error::NotAdmin));
    assert_eq!(registry.ossify(), Err(Error::NotAdmin));
    by(50);
    assert_eq!(registry.bind(account(8)), Err(Error::NotDeployer));
    assert_eq!(registry.set_attestor(account(9), true), Ok(()));
    assert!(registry.is_attestor(account(9)) && !registry.is_attestor(account(50)));
}

#[ink::test]
fn final_code_cannot_be_changed() {
    let mut registry = with_shop();
    for caller in [FIRST, ANYBODY] {
        by(caller);
        assert_eq!(registry.set_code(hash(1)), Err(Error::NotAdmin));
        assert_eq!(registry.ossify(), Err(Error::NotAdmin));
    }
    by(ADMIN);
    assert!(!registry.is_ossified());
    let before = events();
    registry.ossify().unwrap();
    registry.ossify().unwrap();
    assert_eq!(events() - before, 1);
    assert!(registry.is_ossified());
    assert_eq!(registry.set_code(hash(1)), Err(Error::Ossified));
}

#[ink::test]
fn at_most_256_attestors_to_start_with() {
    by(ADMIN);
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    let open = |count: usize| {
        let attestors = vec![account(FIRST); count];
        Registry::open(calendar, hash(GENESIS), &attestors).map(|_| ())
    };
    assert_eq!((open(256), open(257)), (Ok(()), Err(Error::TooManyQueries)));
}
