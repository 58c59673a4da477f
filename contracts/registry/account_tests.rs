//! How a party comes to another account, and what follows it there.

use crate::{
    recovery::{ACCEPT_MS, RECOVERY_DELAY_MS, RECOVERY_OPEN_MS},
    registry::Registry,
    tests::{account, at_epoch, at_ms, by, events, hash, registry, ADMIN, ANYBODY, FIRST, GENESIS_MS, SECOND},
};
use bizkey_primitives::{errors::registry::Error, membership::RecoveryState, Side};

/// Merchant 1's account.
const OLD: u8 = 10;
const NEW: u8 = 20;
const OTHER: u8 = 21;
const SHOP: (Side, u32) = (Side::Merchant, 1);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// With merchant 1 and customer 1, in epoch 0.
fn with_parties() -> Registry {
    let mut registry = registry();
    at_epoch(0);
    by(FIRST);
    registry.register(Side::Merchant, account(OLD), hash(1), hash(0)).unwrap();
    registry.register(Side::Customer, account(30), hash(1), hash(0)).unwrap();
    registry
}

fn propose(registry: &mut Registry, caller: u8, new: u8) -> Result<(), Error> {
    by(caller);
    registry.propose_account(account(new))
}

fn accept(registry: &mut Registry, caller: u8) -> Result<(), Error> {
    by(caller);
    registry.accept_account(SHOP.0, SHOP.1)
}

fn attest(registry: &mut Registry, attestor: u8, new: u8) -> Result<(), Error> {
    by(attestor);
    registry.attest_recovery(SHOP.0, SHOP.1, account(new))
}

fn consent(registry: &mut Registry, caller: u8) -> Result<(), Error> {
    by(caller);
    registry.consent_recovery(SHOP.0, SHOP.1)
}

fn cancel(registry: &mut Registry, caller: u8) -> Result<(), Error> {
    by(caller);
    registry.cancel_recovery(SHOP.0, SHOP.1)
}

fn confirm(registry: &mut Registry, caller: u8, new: u8) -> Result<(), Error> {
    by(caller);
    registry.confirm_recovery(SHOP.0, SHOP.1, account(new))
}

fn finish(registry: &mut Registry) -> Result<(), Error> {
    by(ANYBODY);
    registry.finish_recovery(SHOP.0, SHOP.1)
}

fn state(registry: &Registry) -> Option<RecoveryState> {
    registry.recovery_of(SHOP.0, SHOP.1).map(|recovery| recovery.state)
}

/// Two attestors support a recovery to [`NEW`], which agreed; the delay runs
/// from the genesis on.
fn supported() -> Registry {
    let mut registry = with_parties();
    attest(&mut registry, FIRST, NEW).unwrap();
    attest(&mut registry, SECOND, NEW).unwrap();
    consent(&mut registry, NEW).unwrap();
    registry
}

const READY_MS: u64 = GENESIS_MS + RECOVERY_DELAY_MS;

#[ink::test]
fn a_party_and_its_new_account_agree() {
    let mut registry = with_parties();
    assert_eq!(accept(&mut registry, NEW), Err(Error::NotProposed));
    propose(&mut registry, OLD, NEW).unwrap();
    assert_eq!(registry.proposed_account(SHOP.0, SHOP.1).map(|proposal| proposal.account), Some(account(NEW)));
    assert_eq!(registry.party_of(account(NEW)), None, "not before it accepts");
    assert_eq!(accept(&mut registry, OTHER), Err(Error::NotProposed));
    at_epoch(3);
    accept(&mut registry, NEW).unwrap();
    assert_eq!(registry.account_of(SHOP.0, SHOP.1), Some(account(NEW)));
    assert_eq!(registry.party_of(account(NEW)), Some(SHOP));
    assert_eq!(registry.party_of(account(OLD)), None);
    assert_eq!(registry.current_account(account(OLD)), account(NEW));
    let at = |epoch| registry.account_at(SHOP.0, SHOP.1, epoch);
    assert_eq!([at(0), at(2), at(3)], [Some(account(OLD)), Some(account(OLD)), Some(account(NEW))]);
    let claimant = registry.claimants(Side::Merchant, 2, vec![1])[0].unwrap();
    assert_eq!((claimant.account_at, claimant.account), (account(OLD), account(NEW)));
    assert_eq!(registry.proposed_account(SHOP.0, SHOP.1), None);
    assert_eq!(accept(&mut registry, NEW), Err(Error::NotProposed), "once");
    assert_eq!(propose(&mut registry, OLD, OTHER), Err(Error::NotParty));
}

#[ink::test]
fn a_proposal_can_be_replaced_and_withdrawn_and_expires() {
    let mut registry = with_parties();
    propose(&mut registry, OLD, OTHER).unwrap();
    propose(&mut registry, OLD, NEW).unwrap();
    assert_eq!(accept(&mut registry, OTHER), Err(Error::NotProposed));
    propose(&mut registry, OLD, OLD).unwrap();
    assert_eq!(accept(&mut registry, NEW), Err(Error::NotProposed));
    propose(&mut registry, OLD, NEW).unwrap();
    at_ms(GENESIS_MS + ACCEPT_MS + 1);
    assert_eq!(accept(&mut registry, NEW), Err(Error::Expired));
    at_ms(GENESIS_MS + ACCEPT_MS);
    assert_eq!(accept(&mut registry, NEW), Ok(()));
}

#[ink::test]
fn an_account_serves_one_party_ever() {
    let mut registry = with_parties();
    by(FIRST);
    registry.register_agent(account(40), hash(1), hash(0)).unwrap();
    propose(&mut registry, OLD, NEW).unwrap();
    accept(&mut registry, NEW).unwrap();
    for used in [OLD, 30, 40] {
        assert_eq!(propose(&mut registry, NEW, used), Err(Error::AccountUsed), "{used}");
        assert_eq!(attest(&mut registry, FIRST, used), Err(Error::AccountUsed), "{used}");
        by(FIRST);
        assert_eq!(registry.register(Side::Customer, account(used), hash(9), hash(0)), Err(Error::AccountUsed));
        assert_eq!(registry.register_agent(account(used), hash(9), hash(0)), Err(Error::AccountUsed));
    }
    assert_eq!(propose(&mut registry, NEW, 0), Err(Error::ZeroAccount));
    // Taken between the proposal and its acceptance.
    propose(&mut registry, NEW, OTHER).unwrap();
    by(FIRST);
    registry.register(Side::Customer, account(OTHER), hash(9), hash(0)).unwrap();
    assert_eq!(accept(&mut registry, OTHER), Err(Error::AccountUsed));
}

#[ink::test]
fn a_hold_follows_a_party_to_its_new_account() {
    let mut registry = with_parties();
    by(ADMIN);
    registry.place_hold(SHOP.0, SHOP.1, GENESIS_MS + DAY_MS, hash(0)).unwrap();
    propose(&mut registry, OLD, NEW).unwrap();
    accept(&mut registry, NEW).unwrap();
    assert!(registry.is_held(account(OLD)), "deposits of the old account stay held");
    assert!(registry.is_held(account(NEW)) && registry.is_party_held(SHOP.0, SHOP.1));
    assert!(!registry.is_held(account(30)) && !registry.is_party_held(Side::Customer, 1));
    at_ms(GENESIS_MS + DAY_MS);
    assert!(!registry.is_held(account(OLD)));
}

#[ink::test]
fn an_account_changes_once_an_epoch_so_that_each_counts_at_some_close() {
    let mut registry = with_parties();
    at_epoch(2);
    propose(&mut registry, OLD, NEW).unwrap();
    accept(&mut registry, NEW).unwrap();
    propose(&mut registry, NEW, OTHER).unwrap();
    assert_eq!(accept(&mut registry, OTHER), Err(Error::ChangedThisEpoch));
    at_epoch(3);
    accept(&mut registry, OTHER).unwrap();
    let at = |epoch| registry.account_at(SHOP.0, SHOP.1, epoch);
    assert_eq!([at(1), at(2), at(3)], [Some(account(OLD)), Some(account(NEW)), Some(account(OTHER))]);
    for before in [OLD, NEW, OTHER] {
        assert_eq!(registry.current_account(account(before)), account(OTHER));
    }
    assert_eq!(registry.current_account(account(99)), account(99), "nobody's");
}

#[ink::test]
fn a_lost_account_is_recovered_after_the_delay() {
    let mut registry = with_parties();
    let before = events();
    assert_eq!(attest(&mut registry, ANYBODY, NEW), Err(Error::NotAttestor));
    assert_eq!(attest(&mut registry, ADMIN, NEW), Err(Error::NotAttestor));
    assert_eq!(finish(&mut registry), Err(Error::NoRecovery));
    assert_eq!(consent(&mut registry, NEW), Err(Error::NoRecovery));
    attest(&mut registry, FIRST, NEW).unwrap();
    assert_eq!(attest(&mut registry, FIRST, NEW), Err(Error::SameAttestor));
    assert_eq!(consent(&mut registry, OTHER), Err(Error::NotProposed));
    consent(&mut registry, NEW).unwrap();
    consent(&mut registry, NEW).unwrap();
    assert_eq!(finish(&mut registry), Err(Error::RecoveryNotReady));
    attest(&mut registry, SECOND, NEW).unwrap();
    at_ms(READY_MS - 1);
    assert_eq!(finish(&mut registry), Err(Error::RecoveryNotReady));
    at_ms(READY_MS);
    finish(&mut registry).unwrap();
    assert_eq!(registry.account_of(SHOP.0, SHOP.1), Some(account(NEW)));
    assert_eq!(registry.current_account(account(OLD)), account(NEW));
    assert_eq!(registry.recovery_of(SHOP.0, SHOP.1), None);
    assert_eq!(finish(&mut registry), Err(Error::NoRecovery), "once");
    assert_eq!(events() - before, 4, "proposed, consented, supported, changed");
}

#[ink::test]
fn a_recovery_is_of_somebody_and_needs_consent_in_time() {
    let mut registry = with_parties();
    by(FIRST);
    assert_eq!(registry.attest_recovery(Side::Merchant, 2, account(NEW)), Err(Error::UnknownParty));
    assert_eq!(registry.attest_recovery(Side::Merchant, 0, account(NEW)), Err(Error::UnknownParty));
    attest(&mut registry, FIRST, NEW).unwrap();
    attest(&mut registry, SECOND, NEW).unwrap();
    at_ms(READY_MS);
    assert_eq!(finish(&mut registry), Err(Error::NotConsented));
    consent(&mut registry, NEW).unwrap();
    assert_eq!(attest(&mut registry, FIRST, OTHER), Err(Error::RecoveryPending));
    at_ms(READY_MS + RECOVERY_OPEN_MS + 1);
    assert_eq!(finish(&mut registry), Err(Error::Expired));
    assert_eq!(attest(&mut registry, FIRST, OTHER), Ok(()));
}

#[ink::test]
fn whoever_has_the_old_key_can_cancel() {
    let mut registry = supported();
    for caller in [NEW, ANYBODY, FIRST] {
        assert_eq!(cancel(&mut registry, caller), Err(Error::NotParty), "{caller}");
    }
    assert_eq!(cancel(&mut registry, 30), Err(Error::NotParty), "another party");
    let before = events();
    cancel(&mut registry, OLD).unwrap();
    cancel(&mut registry, OLD).unwrap();
    assert_eq!(events() - before, 1);
    assert_eq!(state(&registry), Some(RecoveryState::Cancelled));
    at_ms(READY_MS);
    assert_eq!(finish(&mut registry), Err(Error::NoRecovery));
    // Both attestors have to speak again.
    attest(&mut registry, SECOND, NEW).unwrap();
    assert_eq!(finish(&mut registry), Err(Error::RecoveryNotReady));
    by(ADMIN);
    assert_eq!(registry.cancel_recovery(SHOP.0, SHOP.1), Ok(()));
    assert_eq!(state(&registry), None);
    assert_eq!(cancel(&mut registry, ADMIN), Err(Error::NoRecovery));
}

#[ink::test]
fn a_key_that_names_another_account_is_not_lost() {
    let mut registry = supported();
    propose(&mut registry, OLD, OTHER).unwrap();
    accept(&mut registry, OTHER).unwrap();
    assert_eq!(state(&registry), Some(RecoveryState::Cancelled));
    at_ms(READY_MS);
    assert_eq!(finish(&mut registry), Err(Error::NoRecovery));
}

#[ink::test]
fn a_thief_cannot_cancel_what_the_board_confirms() {
    let mut registry = supported();
    assert_eq!(confirm(&mut registry, FIRST, NEW), Err(Error::NotAdmin));
    assert_eq!(confirm(&mut registry, ADMIN, OTHER), Err(Error::NotProposed));
    // The thief cancels, and even leaves for another account with a proposal for a third.
    cancel(&mut registry, OLD).unwrap();
    propose(&mut registry, OLD, OTHER).unwrap();
    accept(&mut registry, OTHER).unwrap();
    propose(&mut registry, OTHER, 22).unwrap();
    let before = events();
    confirm(&mut registry, ADMIN, NEW).unwrap();
    confirm(&mut registry, ADMIN, NEW).unwrap();
    assert_eq!(events() - before, 1);
    assert_eq!(cancel(&mut registry, OTHER), Err(Error::NotAdmin));
    at_ms(READY_MS);
    finish(&mut registry).unwrap();
    assert_eq!(registry.account_of(SHOP.0, SHOP.1), Some(account(NEW)));
    assert_eq!(accept(&mut registry, 22), Err(Error::NotProposed), "the thief's proposal went with it");
    for before in [OLD, OTHER] {
        assert_eq!(registry.party_of(account(before)), None);
        assert_eq!(registry.current_account(account(before)), account(NEW));
    }
}

#[ink::test]
fn the_board_confirms_and_cancels_only_what_is_there() {
    let mut registry = with_parties();
    assert_eq!(confirm(&mut registry, ADMIN, NEW), Err(Error::NoRecovery));
    attest(&mut registry, FIRST, NEW).unwrap();
    assert_eq!(confirm(&mut registry, ADMIN, NEW), Err(Error::RecoveryNotReady));
    attest(&mut registry, SECOND, NEW).unwrap();
    at_ms(READY_MS + RECOVERY_OPEN_MS + 1);
    assert_eq!(confirm(&mut registry, ADMIN, NEW), Err(Error::Expired));
    at_ms(READY_MS);
    confirm(&mut registry, ADMIN, NEW).unwrap();
    cancel(&mut registry, ADMIN).unwrap();
    assert_eq!(finish(&mut registry), Err(Error::NoRecovery));
}

#[ink::test]
fn a_dismissed_attestors_recoveries_die_with_its_office() {
    let mut registry = supported();
    by(ADMIN);
    registry.set_attestor(account(SECOND), false).unwrap();
    at_ms(READY_MS);
    assert_eq!(finish(&mut registry), Err(Error::NotAttestor));
    assert_eq!(attest(&mut registry, FIRST, OTHER), Ok(()), "and do not stand in the way of another");
}

#[ink::test]
fn agents_are_registered_removed_and_moved() {
    let mut registry = with_parties();
    by(ANYBODY);
    assert_eq!(registry.register_agent(account(40), hash(1), hash(2)), Err(Error::NotAttestor));
    by(FIRST);
    assert_eq!(registry.register_agent(account(40), hash(1), hash(2)), Ok(1));
    assert_eq!(registry.register_agent(account(41), hash(1), hash(2)), Err(Error::NullifierUsed));
    assert_eq!(registry.register_agent(account(0), hash(2), hash(2)), Err(Error::ZeroAccount));
    assert!(registry.is_agent(account(40)) && !registry.is_agent(account(OLD)));
    assert_eq!((registry.agent_of(account(40)), registry.party_of(account(40))), (Some(1), None));
    assert_eq!(registry.agent(1).map(|agent| (agent.account, agent.commitment)), Some((account(40), hash(2))));
    assert_eq!((registry.agent_of(account(OLD)), registry.agent(2)), (None, None));
    assert!(!registry.is_held(account(40)));

    for caller in [FIRST, ANYBODY, 40] {
        by(caller);
        assert_eq!(registry.set_agent_status(1, false, hash(3)), Err(Error::NotAdmin));
        assert_eq!(registry.move_agent(1, account(42)), Err(Error::NotAdmin));
    }
    by(ADMIN);
    assert_eq!(registry.set_agent_status(2, false, hash(3)), Err(Error::UnknownAgent));
    assert_eq!(registry.move_agent(2, account(42)), Err(Error::UnknownAgent));
    assert_eq!(registry.move_agent(1, account(OLD)), Err(Error::AccountUsed));
    let before = events();
    registry.set_agent_status(1, false, hash(3)).unwrap();
    registry.set_agent_status(1, false, hash(3)).unwrap();
    assert_eq!(events() - before, 1);
    assert!(!registry.is_agent(account(40)));
    registry.move_agent(1, account(42)).unwrap();
    assert!(!registry.is_agent(account(42)), "another account does not undo a removal");
    registry.set_agent_status(1, true, hash(3)).unwrap();
    assert!(registry.is_agent(account(42)) && !registry.is_agent(account(40)));
    assert_eq!(registry.current_account(account(40)), account(42));
    by(40);
    assert_eq!(registry.propose_account(account(43)), Err(Error::NotParty));
    assert_eq!(registry.agent_count(), 1);
}
