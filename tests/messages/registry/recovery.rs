//! A lost account: two attestors, seven days, the consent of the account that
//! takes over; the old key can object, and the board decides whose it is.

use super::desk::{
    cells, done, hash, refuses, rotate, said, support, told, who, CUSTOMER, SHOP, TO_FINISH, TO_OBJECT, ZERO,
};
use bizkey_primitives::{
    errors::registry::Error,
    events::{
        AccountChanged, Event, RecoveryCancelled, RecoveryConfirmed, RecoveryConsented, RecoveryProposed,
        RecoverySupported,
    },
    membership::{Recovery, RecoveryState},
    AccountId, Side,
};
use bizkey_tests::{Sandbox, DAY};

fn recovery(network: &mut Sandbox) -> Option<Recovery> {
    told(network, "recovery_of", &SHOP)
}

fn state(network: &mut Sandbox) -> Option<RecoveryState> {
    recovery(network).map(|recovery| recovery.state)
}

fn attests(network: &mut Sandbox, attestor: &str, to: &str) {
    let account = who(network, to);
    done::<()>(network, attestor, "attest_recovery", &(SHOP.0, SHOP.1, account));
}

fn cannot_attest(network: &mut Sandbox, attestor: &str, to: &str, error: Error) {
    let account = who(network, to);
    refuses(network, attestor, "attest_recovery", &(SHOP.0, SHOP.1, account), error);
}

fn account(network: &mut Sandbox) -> AccountId {
    told::<Option<AccountId>>(network, "account_of", &SHOP).unwrap()
}

/// From the first word to the last day.
pub fn lost_account(network: &mut Sandbox) {
    network.enter_epoch(4);
    network.merchant("shop");
    network.customer("customer");
    let [shop, heir, first, second] = ["shop", "heir", "attestor 1", "attestor 2"].map(|name| who(network, name));
    let (side, index) = SHOP;
    for (side, index) in [(Side::Merchant, 0u32), (Side::Merchant, 2), (Side::Customer, 2)] {
        refuses(network, "attestor 1", "attest_recovery", &(side, index, heir), Error::UnknownParty);
    }
    let zero = AccountId::from(ZERO);
    refuses(network, "attestor 1", "attest_recovery", &(side, index, zero), Error::ZeroAccount);
    for used in ["shop", "customer"] {
        cannot_attest(network, "attestor 1", used, Error::AccountUsed);
    }
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::NoRecovery);
    refuses(network, "heir", "consent_recovery", &SHOP, Error::NoRecovery);
    refuses(network, "shop", "cancel_recovery", &SHOP, Error::NoRecovery);

    attests(network, "attestor 1", "heir");
    said(network, &[Event::RecoveryProposed(RecoveryProposed { side, index, attestor: first, account: heir })]);
    let open = RecoveryState::Open;
    let mut kept = Recovery { account: heir, first, second: None, ready_ms: 0, consented: false, state: open };
    assert_eq!(recovery(network), Some(kept));
    assert_eq!(told::<Option<Recovery>>(network, "recovery_of", &CUSTOMER), None, "another party's");
    cannot_attest(network, "attestor 1", "heir", Error::SameAttestor);
    for name in ["shop", "attestor 1", "stranger", "customer"] {
        refuses(network, name, "consent_recovery", &SHOP, Error::NotProposed);
    }
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    said(network, &[Event::RecoveryConsented(RecoveryConsented { side, index, account: heir })]);
    let before = cells(network);
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    said(network, &[]);
    assert_eq!(cells(network), before);
    // One attestor's word is not enough, however long it stands.
    network.pass(TO_OBJECT + TO_FINISH);
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::RecoveryNotReady);
    attests(network, "attestor 2", "heir");
    let ready_ms = network.state.now_ms() + TO_OBJECT;
    let event = RecoverySupported { side, index, attestor: second, account: heir, ready_ms };
    said(network, &[Event::RecoverySupported(event)]);
    (kept.second, kept.ready_ms, kept.consented) = (Some(second), ready_ms, true);
    assert_eq!(recovery(network), Some(kept));
    for (attestor, to) in [("attestor 1", "heir"), ("attestor 2", "heir"), ("attestor 1", "other")] {
        cannot_attest(network, attestor, to, Error::RecoveryPending);
    }
    network.state.set_time(ready_ms - 1);
    refuses(network, "heir", "finish_recovery", &SHOP, Error::RecoveryNotReady);
    network.state.set_time(ready_ms + TO_FINISH + 1);
    refuses(network, "heir", "finish_recovery", &SHOP, Error::Expired);
    assert_eq!(account(network), shop);
    network.state.set_time(ready_ms);
    done::<()>(network, "stranger", "finish_recovery", &SHOP);
    said(network, &[Event::AccountChanged(AccountChanged { side, index, before: shop, account: heir })]);
    assert_eq!((account(network), recovery(network)), (heir, None));
    assert_eq!(told::<AccountId>(network, "current_account", &shop), heir);
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::NoRecovery);
    last_moments(network);
}

/// The last moment, a missing consent, an account that was taken meanwhile,
/// and what lapsed does not stand in the way.
fn last_moments(network: &mut Sandbox) {
    support(network, SHOP, "second heir");
    network.pass(TO_OBJECT);
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::NotConsented);
    network.pass(TO_FINISH);
    cannot_attest(network, "attestor 1", "third heir", Error::RecoveryPending);
    network.pass(1);
    attests(network, "attestor 1", "third heir");
    let taken = who(network, "third heir");
    done::<u32>(network, "attestor 1", "register", &(Side::Customer, taken, hash(9), hash(0)));
    // It cannot be supported any more, and another account replaces it.
    cannot_attest(network, "attestor 2", "third heir", Error::AccountUsed);
    support(network, SHOP, "fourth heir");
    done::<()>(network, "fourth heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT + TO_FINISH);
    let taken = who(network, "fourth heir");
    done::<u32>(network, "attestor 1", "register", &(Side::Customer, taken, hash(10), hash(0)));
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::AccountUsed);
    done::<()>(network, "admin", "cancel_recovery", &SHOP);
    support(network, SHOP, "fifth heir");
    done::<()>(network, "fifth heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT + TO_FINISH);
    done::<()>(network, "stranger", "finish_recovery", &SHOP);
    assert_eq!(account(network), who(network, "fifth heir"));
}

/// Whoever has the old key can object, and both attestors have to speak again;
/// a thief who has it cannot when the board has confirmed.
pub fn objections_and_the_board(network: &mut Sandbox) {
    network.enter_epoch(4);
    network.merchant("shop");
    network.customer("customer");
    let heir = who(network, "heir");
    let (side, index) = SHOP;
    let of_board = (side, index, heir);
    refuses(network, "admin", "confirm_recovery", &of_board, Error::NoRecovery);
    refuses(network, "admin", "cancel_recovery", &SHOP, Error::NoRecovery);
    attests(network, "attestor 1", "heir");
    refuses(network, "admin", "confirm_recovery", &of_board, Error::RecoveryNotReady);
    attests(network, "attestor 2", "heir");
    for name in ["heir", "customer", "attestor 1", "stranger"] {
        refuses(network, name, "cancel_recovery", &SHOP, Error::NotParty);
    }
    let cancelled = Event::RecoveryCancelled(RecoveryCancelled { side, index, account: heir });
    done::<()>(network, "shop", "cancel_recovery", &SHOP);
    said(network, &[cancelled.clone()]);
    let before = cells(network);
    done::<()>(network, "shop", "cancel_recovery", &SHOP);
    said(network, &[]);
    assert_eq!(cells(network), before);
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT);
    refuses(network, "heir", "finish_recovery", &SHOP, Error::NoRecovery);
    attests(network, "attestor 2", "heir");
    let again = recovery(network).unwrap();
    assert_eq!((again.second, again.consented, again.state), (None, false, RecoveryState::Open));
    attests(network, "attestor 1", "heir");

    // A key that names another account is not lost.
    rotate(network, SHOP, "shop", "next");
    assert_eq!(network.events.last(), Some(&cancelled));
    assert_eq!(state(network), Some(RecoveryState::Cancelled));

    // The thief's, the board finds, which confirms this account and no other.
    for name in ["attestor 1", "next", "foundation", "heir"] {
        refuses(network, name, "confirm_recovery", &of_board, Error::NotAdmin);
    }
    let other = who(network, "other");
    refuses(network, "admin", "confirm_recovery", &(side, index, other), Error::NotProposed);
    let ready_ms = recovery(network).unwrap().ready_ms;
    network.state.set_time(ready_ms + TO_FINISH + 1);
    refuses(network, "admin", "confirm_recovery", &of_board, Error::Expired);
    network.state.set_time(ready_ms - 1);
    done::<()>(network, "admin", "confirm_recovery", &of_board);
    said(network, &[Event::RecoveryConfirmed(RecoveryConfirmed { side, index, account: heir })]);
    let before = cells(network);
    done::<()>(network, "admin", "confirm_recovery", &of_board);
    said(network, &[]);
    assert_eq!(cells(network), before);
    refuses(network, "next", "cancel_recovery", &SHOP, Error::NotAdmin);
    cannot_attest(network, "attestor 1", "other", Error::RecoveryPending);
    // Not even by going on to another account, with the next one proposed.
    rotate(network, SHOP, "next", "further");
    let last = who(network, "last");
    done::<()>(network, "further", "propose_account", &last);
    assert_eq!(state(network), Some(RecoveryState::Confirmed));
    refuses(network, "heir", "finish_recovery", &SHOP, Error::RecoveryNotReady);
    network.pass(1);
    refuses(network, "heir", "finish_recovery", &SHOP, Error::NotConsented);
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    // An account a day.
    network.pass(DAY);
    done::<()>(network, "heir", "finish_recovery", &SHOP);
    assert_eq!(account(network), heir);
    refuses(network, "last", "accept_account", &SHOP, Error::NotProposed);
    for former in ["shop", "next", "further"] {
        let account = who(network, former);
        assert_eq!(told::<AccountId>(network, "current_account", &account), heir);
        assert_eq!(told::<Option<(Side, u32)>>(network, "party_of", &account), None);
    }
    dismissed(network);
}

/// A word counts while its attestor is one, and the board calls off what it
/// confirmed.
fn dismissed(network: &mut Sandbox) {
    let [second, third, fourth] = ["attestor 2", "attestor 3", "attestor 4"].map(|name| who(network, name));
    support(network, SHOP, "next heir");
    done::<()>(network, "next heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT);
    done::<()>(network, "admin", "set_attestor", &(second, false));
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::NotAttestor);
    done::<()>(network, "admin", "set_attestor", &(third, true));
    attests(network, "attestor 3", "next heir");
    assert_eq!(recovery(network).map(|found| (found.first, found.second)), Some((third, None)));
    attests(network, "attestor 1", "next heir");
    done::<()>(network, "next heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT);
    // The first of the two goes as well.
    done::<()>(network, "admin", "set_attestor", &(third, false));
    refuses(network, "stranger", "finish_recovery", &SHOP, Error::NotAttestor);
    done::<()>(network, "admin", "set_attestor", &(fourth, true));
    attests(network, "attestor 4", "next heir");
    attests(network, "attestor 1", "next heir");
    let next = who(network, "next heir");
    done::<()>(network, "admin", "confirm_recovery", &(SHOP.0, SHOP.1, next));
    done::<()>(network, "admin", "cancel_recovery", &SHOP);
    let event = RecoveryCancelled { side: SHOP.0, index: SHOP.1, account: next };
    said(network, &[Event::RecoveryCancelled(event)]);
    assert_eq!(recovery(network), None);
    refuses(network, "admin", "cancel_recovery", &SHOP, Error::NoRecovery);
}
