//! Parties and agents join: once a person and side, under an account that
//! serves nobody else, ever.

use super::desk::{cells, done, hash, refuses, said, told, who, CUSTOMER, SHOP, ZERO};
use bizkey_primitives::{
    errors::registry::Error,
    events::{AgentMoved, AgentRegistered, AgentStatusChanged, AttestorChanged, Event, PartyRegistered},
    membership::Agent,
    party::Claimant,
    AccountId, Epoch, Side, Status,
};
use bizkey_tests::{Sandbox, DAY};
use codec::Encode;

/// Most parties that one call can ask for.
const MOST_QUERIES: u32 = 256;
/// Where the root cell keeps its four counts, after the calendar: merchants,
/// customers, agents, devices.
const COUNTS_AT: usize = 16;

/// Indices ascend from 1 on each side; a nullifier is used once a side, an
/// account once at all.
pub fn parties(network: &mut Sandbox) {
    let (shop, both, other) = (who(network, "shop"), who(network, "both"), who(network, "other"));
    let (nullifier, commitment) = (hash(1), hash(2));
    assert_eq!(told::<Option<AccountId>>(network, "account_of", &SHOP), None);
    let index: u32 = done(network, "attestor 1", "register", &(Side::Merchant, shop, nullifier, commitment));
    assert_eq!(index, 1);
    let event = PartyRegistered { side: Side::Merchant, index, account: shop, commitment };
    said(network, &[Event::PartyRegistered(event)]);
    assert_eq!(told::<Option<AccountId>>(network, "account_of", &SHOP), Some(shop));
    assert_eq!(told::<Option<(Side, u32)>>(network, "party_of", &shop), Some(SHOP));
    assert_eq!(told::<AccountId>(network, "current_account", &shop), shop);
    assert_eq!(told::<AccountId>(network, "current_account", &other), other, "an account of nobody");
    assert_eq!(told::<Option<bizkey_primitives::Hash>>(network, "commitment_of", &SHOP), Some(commitment));
    assert_eq!(told::<Option<Status>>(network, "status_of", &SHOP), Some(Status::Active));
    assert_eq!(told::<Option<Status>>(network, "status_of", &CUSTOMER), None);

    let again = |side: Side, account: AccountId, nullifier: u8| (side, account, hash(nullifier), commitment);
    refuses(network, "attestor 2", "register", &again(Side::Merchant, other, 1), Error::NullifierUsed);
    refuses(network, "attestor 2", "register", &again(Side::Merchant, shop, 3), Error::AccountUsed);
    refuses(network, "attestor 2", "register", &again(Side::Customer, shop, 1), Error::AccountUsed);
    refuses(network, "attestor 2", "register_agent", &(shop, hash(1), commitment), Error::AccountUsed);
    refuses(network, "attestor 2", "register", &again(Side::Customer, ZERO.into(), 3), Error::ZeroAccount);
    // The same company on the other side, with an account for that.
    assert_eq!(done::<u32>(network, "attestor 2", "register", &again(Side::Customer, both, 1)), 1);
    assert_eq!(done::<u32>(network, "attestor 1", "register", &again(Side::Merchant, other, 3)), 2);
    assert_eq!([Side::Merchant, Side::Customer].map(|side| told::<u32>(network, "count", &side)), [2, 1]);
    // Who was removed does not come back under another account.
    done::<()>(network, "admin", "set_status", &(SHOP.0, SHOP.1, Status::Removed, hash(9)));
    let fresh = who(network, "fresh");
    refuses(network, "attestor 1", "register", &again(Side::Merchant, fresh, 1), Error::NullifierUsed);
    attestors(network);
}

/// Attestors come and go by the admin's word; saying it twice changes nothing.
/// Who went does not come back under the same account, or its old words would
/// count again; who never was one can still become one.
fn attestors(network: &mut Sandbox) {
    let [first, third, fourth] = ["attestor 1", "attestor 3", "attestor 4"].map(|name| who(network, name));
    says_nothing_new(network, (third, false));
    for (attestor, active) in [(third, true), (third, false), (first, false), (fourth, true)] {
        done::<()>(network, "admin", "set_attestor", &(attestor, active));
        said(network, &[Event::AttestorChanged(AttestorChanged { attestor, active })]);
        assert_eq!(told::<bool>(network, "is_attestor", &attestor), active);
        says_nothing_new(network, (attestor, active));
    }
    for attestor in [first, third] {
        refuses(network, "admin", "set_attestor", &(attestor, true), Error::AccountUsed);
        assert!(!told::<bool>(network, "is_attestor", &attestor));
    }
}

fn says_nothing_new(network: &mut Sandbox, said_again: (AccountId, bool)) {
    let before = cells(network);
    done::<()>(network, "admin", "set_attestor", &said_again);
    said(network, &[]);
    assert_eq!(cells(network), before);
}

/// Agents have numbers of their own; the board removes and moves them, and a
/// move does not undo a removal.
pub fn agents(network: &mut Sandbox) {
    let (first, second) = (who(network, "agent"), who(network, "moved agent"));
    network.merchant("shop");
    let shop = who(network, "shop");
    assert_eq!(told::<Option<Agent>>(network, "agent", &1u32), None);
    let agent: u32 = done(network, "attestor 2", "register_agent", &(first, hash(1), hash(2)));
    said(network, &[Event::AgentRegistered(AgentRegistered { agent: 1, account: first, commitment: hash(2) })]);
    assert_eq!((agent, told::<u32>(network, "agent_count", &())), (1, 1));
    let known = Agent { account: first, commitment: hash(2), active: true };
    assert_eq!(told::<Option<Agent>>(network, "agent", &1u32), Some(known));
    assert_eq!(told::<Option<(Side, u32)>>(network, "party_of", &first), None);
    assert!(told::<bool>(network, "is_agent", &first) && !told::<bool>(network, "is_agent", &shop));
    refuses(network, "attestor 1", "register_agent", &(second, hash(1), hash(2)), Error::NullifierUsed);
    refuses(network, "attestor 1", "register_agent", &(first, hash(3), hash(2)), Error::AccountUsed);
    let zero = AccountId::from(ZERO);
    refuses(network, "attestor 1", "register_agent", &(zero, hash(3), hash(2)), Error::ZeroAccount);
    refuses(network, "agent", "propose_account", &second, Error::NotParty);

    refuses(network, "admin", "set_agent_status", &(2u32, false, hash(4)), Error::UnknownAgent);
    refuses(network, "admin", "set_agent_status", &(0u32, false, hash(4)), Error::UnknownAgent);
    done::<()>(network, "admin", "set_agent_status", &(1u32, false, hash(4)));
    let removed = AgentStatusChanged { agent: 1, active: false, reason: hash(4) };
    said(network, &[Event::AgentStatusChanged(removed)]);
    let before = cells(network);
    done::<()>(network, "admin", "set_agent_status", &(1u32, false, hash(5)));
    said(network, &[]);
    assert_eq!(cells(network), before);
    assert!(!told::<bool>(network, "is_agent", &first));

    refuses(network, "admin", "move_agent", &(2u32, second), Error::UnknownAgent);
    refuses(network, "admin", "move_agent", &(1u32, zero), Error::ZeroAccount);
    for used in [shop, first] {
        refuses(network, "admin", "move_agent", &(1u32, used), Error::AccountUsed);
    }
    done::<()>(network, "admin", "move_agent", &(1u32, second));
    said(network, &[Event::AgentMoved(AgentMoved { agent: 1, before: first, account: second })]);
    refuses(network, "admin", "move_agent", &(1u32, second), Error::AccountUsed);
    assert!(!told::<bool>(network, "is_agent", &second), "it stays removed");
    done::<()>(network, "admin", "set_agent_status", &(1u32, true, hash(6)));
    assert_eq!([first, second].map(|account| told::<bool>(network, "is_agent", &account)), [false, true]);
    assert_eq!([first, second].map(|account| told::<Option<u32>>(network, "agent_of", &account)), [None, Some(1)]);
    assert_eq!(told::<AccountId>(network, "current_account", &first), second);
    // What it gave up stays its own.
    refuses(network, "attestor 1", "register", &(Side::Customer, first, hash(7), hash(0)), Error::AccountUsed);
    assert!(!told::<bool>(network, "is_held", &first));
}

/// What a claim needs to know: the account of then, the account of now, and
/// whether it is paid; in the order asked, nothing for who was not there.
pub fn claimants(network: &mut Sandbox) {
    let asked = |network: &mut Sandbox, epoch: Epoch, indices: &[u32]| {
        told::<Vec<Option<Claimant>>>(network, "claimants", &(Side::Merchant, epoch, indices))
    };
    network.enter_epoch(2);
    network.merchant("shop");
    network.enter_epoch(4);
    network.merchant("late shop");
    let [shop, late, next] = ["shop", "late shop", "next"].map(|name| who(network, name));
    let claimant = |account_at, account, payable| Some(Claimant { account_at, account, payable });
    let joined = [None, claimant(shop, shop, true)];
    assert_eq!(asked(network, 1, &[1, 2]), [None, None]);
    assert_eq!(asked(network, 2, &[2, 1, 0, 3, 1]), [None, joined[1], None, None, joined[1]]);
    assert_eq!(asked(network, 4, &[2]), [claimant(late, late, true)], "the epoch in which it joined");
    let most: Vec<u32> = (1..=MOST_QUERIES).collect();
    assert_eq!(asked(network, 4, &most).len(), most.len());
    assert_eq!(asked(network, 4, &[&most[..], &[1]].concat()), [], "more than it answers");

    super::desk::rotate(network, SHOP, "shop", "next");
    assert_eq!(asked(network, 3, &[1]), [claimant(shop, next, true)]);
    assert_eq!(asked(network, 4, &[1]), [claimant(next, next, true)]);
    let set = |network: &mut Sandbox, status: Status| {
        done::<()>(network, "admin", "set_status", &(SHOP.0, SHOP.1, status, hash(1)));
    };
    // Status at an epoch's close, status now, what is paid for epoch 3 and for that one.
    let cases = [
        (Status::Demoted, Status::Active, [true, true]),
        (Status::Restricted, Status::Active, [true, false]),
        (Status::Removed, Status::Active, [true, false]),
        (Status::Demoted, Status::Removed, [false, false]),
        (Status::Active, Status::Restricted, [true, true]),
    ];
    for (epoch, (then, now, paid)) in (10..).step_by(2).zip(cases) {
        network.enter_epoch(epoch);
        set(network, then);
        network.enter_epoch(epoch + 1);
        set(network, now);
        let found = [3, epoch].map(|epoch| asked(network, epoch, &[1])[0].unwrap().payable);
        assert_eq!(found, paid, "{then:?}, then {now:?}");
    }
    let until_ms = network.state.now_ms() + DAY;
    done::<()>(network, "admin", "place_hold", &(SHOP.0, SHOP.1, until_ms, hash(2)));
    assert_eq!(asked(network, 3, &[1, 2]), [claimant(shop, next, false), None]);
    network.state.set_time(until_ms);
    assert_eq!(asked(network, 3, &[1]), [claimant(shop, next, true)]);
}

/// The last index of each kind is the last: the next would be the first again.
pub fn indices_run_out(network: &mut Sandbox) {
    network.merchant("shop");
    let (registry, fresh) = (network.contracts.registry, who(network, "fresh"));
    let calendar = network.calendar.encode();
    let is_root = |cell: &(Vec<u8>, Vec<u8>)| cell.1.starts_with(&calendar) && cell.1.len() == COUNTS_AT + 4 * 4;
    let roots: Vec<_> = network.state.storage_of(registry).into_iter().filter(is_root).collect();
    let [(key, root)] = &roots[..] else { panic!("the root cell, {} of them", roots.len()) };
    let mut full = root.clone();
    full[COUNTS_AT..].fill(u8::MAX);
    network.state.overwrite(registry, key, &full);
    for side in Side::ALL {
        assert_eq!(told::<u32>(network, "count", &side), u32::MAX);
        refuses(network, "attestor 1", "register", &(side, fresh, hash(1), hash(0)), Error::IndexExhausted);
    }
    refuses(network, "attestor 1", "register_agent", &(fresh, hash(1), hash(0)), Error::IndexExhausted);
    let key = bizkey_primitives::signature::PublicKey::Sr25519([1; 32]);
    refuses(network, "attestor 1", "register_device", &(1u32, key), Error::IndexExhausted);
}
