//! `vault`: every message, error and role.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    errors::vault::Error, events::Event, AccountId, Balance, Calendar, Epoch, MERCHANT_POOL, TOKEN,
};
use bizkey_tests::Sandbox;

const KIND: ContractKind = ContractKind::Vault;

fn refused(error: Error) -> Result<(), ContractError> {
    Err(ContractError::Vault(error))
}

/// Most that an epoch may take.
const CAP: Balance = 3_000_000 * TOKEN;

#[test]
fn every_message_and_error() {
    let mut network = Sandbox::new();
    deployment(&mut network);
    release(&mut network);
    an_empty_pool(&mut network);
    network.coverage.assert_complete(KIND, &[]);
}

fn bind(network: &mut Sandbox, vault: AccountId, origin: AccountId, bzky: AccountId) -> Result<(), ContractError> {
    let rewards = network.contracts.rewards;
    network.call_at(vault, origin, KIND, "bind", &(bzky, rewards))
}

fn deployment(network: &mut Sandbox) {
    let (admin, stranger) = (network.actor("admin").account(), network.actor("stranger").account());
    let bzky = network.contracts.bzky;
    let unusable = Calendar { genesis_ms: network.calendar.genesis_ms, epoch_ms: 0 };
    assert_eq!(network.instantiate(admin, KIND, &unusable).map(drop), refused(Error::BadCalendar));
    let other = Calendar { genesis_ms: network.calendar.genesis_ms + 1, ..network.calendar };
    let of_other_days = network.instantiate(admin, KIND, &other).unwrap();
    assert_eq!(bind(network, of_other_days, admin, bzky), refused(Error::BadCalendar), "not bzky's calendar");
    let vault = network.instantiate(admin, KIND, &network.calendar.clone()).unwrap();
    let rewards = network.contracts.rewards;
    let early = network.call_at(vault, rewards, KIND, "release", &(0u32, CAP));
    assert_eq!(early, refused(Error::NotBound));
    assert_eq!(bind(network, vault, stranger, bzky), refused(Error::NotDeployer));
    assert_eq!(bind(network, vault, admin, stranger), refused(Error::CalleeFailed), "no contract there");
    type Bound = Option<(AccountId, AccountId)>;
    assert_eq!(network.read_at::<Bound>(vault, KIND, "contracts", &()), None);
    bind(network, vault, admin, bzky).unwrap();
    assert_eq!(network.read_at::<Bound>(vault, KIND, "contracts", &()), Some((bzky, rewards)));
    assert_eq!(bind(network, vault, admin, bzky), refused(Error::AlreadyBound));
    assert_eq!(network.read::<Calendar>(KIND, "calendar", &()), network.calendar);
}

fn take(network: &mut Sandbox, epoch: Epoch, amount: Balance) -> Result<(), ContractError> {
    network.call(network.contracts.rewards, KIND, "release", &(epoch, amount))
}

/// Only `rewards` takes, closed epochs in order, once each, at most the cap.
fn release(network: &mut Sandbox) {
    network.enter_epoch(3);
    for name in ["admin", "treasury", "director 1", "chief executive", "member 1", "stranger"] {
        let origin = network.actor(name).account();
        assert_eq!(network.call(origin, KIND, "release", &(1u32, CAP)), refused(Error::NotRewards), "{name}");
    }
    for contract in [network.contracts.receipts, network.contracts.foundation, network.contracts.bzky] {
        assert_eq!(network.call(contract, KIND, "release", &(1u32, CAP)), refused(Error::NotRewards));
    }
    assert_eq!(take(network, 3, CAP), refused(Error::EpochNotClosed));
    assert_eq!(take(network, 1, CAP + 1), refused(Error::OverCap));
    take(network, 1, CAP).unwrap();
    assert!(matches!(network.events.last(), Some(Event::Transfer(_))), "{:?}", network.events);
    assert_eq!(network.bzky_of(network.contracts.rewards), CAP);
    assert_eq!(take(network, 1, 1), refused(Error::EpochReleased));
    assert_eq!(take(network, 0, 1), refused(Error::EpochReleased), "an earlier one is over too");
    take(network, 2, 0).unwrap();
    assert_eq!(network.read::<Balance>(KIND, "available", &()), MERCHANT_POOL - CAP);
}

/// The pool pays what it has and no more.
fn an_empty_pool(network: &mut Sandbox) {
    let (vault, sink) = (network.contracts.vault, network.actor("sink").account());
    let moved: Result<(), _> =
        network.call(vault, ContractKind::Bzky, "PSP22::transfer", &(sink, MERCHANT_POOL - CAP, Vec::<u8>::new()));
    moved.unwrap();
    network.enter_epoch(5);
    assert_eq!(take(network, 3, 1), refused(Error::PoolExhausted));
    take(network, 4, 0).unwrap();
    assert_eq!(network.read::<Balance>(KIND, "available", &()), 0);
}
