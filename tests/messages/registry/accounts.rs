//! A party goes to another account by its own will: one step by the old
//! account, one by the new.

use super::desk::{cells, done, hash, refuses, rotate, said, told, who, CUSTOMER, SHOP, TO_ACCEPT, ZERO};
use bizkey_primitives::{
    errors::registry::Error,
    events::{AccountChanged, AccountProposed, Event},
    membership::AccountProposal,
    AccountId, Epoch, Side, Status,
};
use bizkey_tests::Sandbox;

fn proposed(network: &mut Sandbox) -> Option<AccountProposal> {
    told(network, "proposed_account", &SHOP)
}

/// Both have to say so, the new one within 7 days; the last word of the old
/// one counts; and an account that served somebody serves nobody else, ever.
pub fn proposal(network: &mut Sandbox) {
    network.enter_epoch(2);
    network.merchant("shop");
    network.customer("customer");
    let [shop, customer, first, second] = ["shop", "customer", "first", "second"].map(|name| who(network, name));
    let (side, index) = SHOP;
    let said_proposed = |account| Event::AccountProposed(AccountProposed { side, index, account });
    refuses(network, "shop", "propose_account", &AccountId::from(ZERO), Error::ZeroAccount);
    refuses(network, "shop", "propose_account", &customer, Error::AccountUsed);
    refuses(network, "first", "propose_account", &second, Error::NotParty);
    refuses(network, "first", "accept_account", &SHOP, Error::NotProposed);

    done::<()>(network, "shop", "propose_account", &first);
    said(network, &[said_proposed(first)]);
    let expires_ms = network.state.now_ms() + TO_ACCEPT;
    assert_eq!(proposed(network), Some(AccountProposal { account: first, expires_ms }));
    for name in ["second", "shop", "customer", "attestor 1", "admin"] {
        refuses(network, name, "accept_account", &SHOP, Error::NotProposed);
    }
    for other in [CUSTOMER, (Side::Customer, 9), (Side::Merchant, 0)] {
        refuses(network, "first", "accept_account", &other, Error::NotProposed);
    }
    // Another word replaces the first, its own account takes it back.
    done::<()>(network, "shop", "propose_account", &second);
    refuses(network, "first", "accept_account", &SHOP, Error::NotProposed);
    done::<()>(network, "shop", "propose_account", &shop);
    said(network, &[said_proposed(shop)]);
    assert_eq!(proposed(network), None);
    refuses(network, "second", "accept_account", &SHOP, Error::NotProposed);
    let before = cells(network);
    done::<()>(network, "shop", "propose_account", &shop);
    assert_eq!(cells(network), before, "nothing to withdraw");

    done::<()>(network, "shop", "propose_account", &first);
    let end_ms = network.state.now_ms() + TO_ACCEPT;
    network.state.set_time(end_ms + 1);
    refuses(network, "first", "accept_account", &SHOP, Error::Expired);
    network.state.set_time(end_ms);
    done::<()>(network, "first", "accept_account", &SHOP);
    said(network, &[Event::AccountChanged(AccountChanged { side, index, before: shop, account: first })]);
    assert_eq!(told::<Option<AccountId>>(network, "account_of", &SHOP), Some(first));
    let parties = [shop, first].map(|account| told::<Option<(Side, u32)>>(network, "party_of", &account));
    assert_eq!(parties, [None, Some(SHOP)]);
    assert_eq!(told::<AccountId>(network, "current_account", &shop), first);
    assert_eq!(proposed(network), None);
    refuses(network, "first", "accept_account", &SHOP, Error::NotProposed);
    given_up(network, shop);
}

/// Whoever has the key of an account that was given up is nobody, and the
/// account is free for nobody.
fn given_up(network: &mut Sandbox, shop: AccountId) {
    let fresh = who(network, "fresh");
    done::<()>(network, "admin", "set_status", &(SHOP.0, SHOP.1, Status::Demoted, hash(1)));
    refuses(network, "shop", "propose_account", &fresh, Error::NotParty);
    refuses(network, "shop", "appeal", &hash(2), Error::NotParty);
    refuses(network, "first", "propose_account", &shop, Error::AccountUsed);
    refuses(network, "customer", "propose_account", &shop, Error::AccountUsed);
    for side in Side::ALL {
        refuses(network, "attestor 1", "register", &(side, shop, hash(3), hash(0)), Error::AccountUsed);
    }
    refuses(network, "attestor 1", "register_agent", &(shop, hash(3), hash(0)), Error::AccountUsed);
    refuses(network, "attestor 1", "attest_recovery", &(CUSTOMER.0, CUSTOMER.1, shop), Error::AccountUsed);
    // Taken between a proposal and its acceptance, by another party or an agent.
    for taken in ["taken by a customer", "taken by an agent"] {
        let account = who(network, taken);
        done::<()>(network, "first", "propose_account", &account);
        if taken.ends_with("agent") {
            done::<u32>(network, "attestor 1", "register_agent", &(account, hash(4), hash(0)));
        } else {
            done::<u32>(network, "attestor 1", "register", &(Side::Customer, account, hash(4), hash(0)));
        }
        refuses(network, taken, "accept_account", &SHOP, Error::AccountUsed);
    }
    // Proposed by two parties, it goes to the one that it accepts.
    for name in ["first", "customer"] {
        done::<()>(network, name, "propose_account", &fresh);
    }
    done::<()>(network, "fresh", "accept_account", &CUSTOMER);
    refuses(network, "fresh", "accept_account", &SHOP, Error::AccountUsed);
    assert_eq!(told::<Option<(Side, u32)>>(network, "party_of", &fresh), Some(CUSTOMER));
}

/// An account counts from the epoch in which it was accepted, and a party
/// changes it once in one: each counted at some epoch's close. Epochs that are
/// over keep theirs.
pub fn epochs_of_accounts(network: &mut Sandbox) {
    network.merchant("a");
    let at = |network: &mut Sandbox, epochs: &[Epoch]| -> Vec<Option<AccountId>> {
        epochs.iter().map(|epoch| told(network, "account_at", &(SHOP.0, SHOP.1, *epoch))).collect()
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| Some(who(network, name)));
    rotate(network, SHOP, "a", "b");
    assert_eq!(at(network, &[0, 1]), [b, b], "before genesis");
    network.state.set_time(network.calendar.end_ms(3) - 1);
    rotate(network, SHOP, "b", "c");
    done::<()>(network, "c", "propose_account", &d.unwrap());
    refuses(network, "d", "accept_account", &SHOP, Error::ChangedThisEpoch);
    network.state.set_time(network.calendar.start_ms(4));
    assert_eq!(at(network, &[0, 2, 3, 4, u32::MAX]), [b, b, c, c, c]);
    done::<()>(network, "d", "accept_account", &SHOP);
    network.enter_epoch(6);
    assert_eq!(at(network, &[2, 3, 4, 5, 6]), [b, c, d, d, d]);
    for account in [a, b, c, d].into_iter().flatten() {
        assert_eq!(told::<AccountId>(network, "current_account", &account), who(network, "d"));
    }
    assert_eq!(told::<Option<AccountId>>(network, "account_at", &(Side::Merchant, 2u32, 3u32)), None);
}
