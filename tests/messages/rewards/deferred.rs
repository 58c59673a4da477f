//! Rewards under bizpower-2: at once what a deposit can be pledged for, the
//! rest when the receipts of their epoch cannot be demanded any more.

use super::stage::{account, agree, lock, refuse, send, set_status, tokens, Outcome, Street, KIND};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    bizpower::SCALE,
    errors::rewards::Error,
    events::Event,
    report::{Report, BIZPOWER_2},
    Balance, Epoch, Hash, Side, Status,
};
use bizkey_tests::{Sandbox, Tree, DAY, WINDOW};

/// What each of two shops earns.
const REWARD: Balance = tokens(100);
/// Epochs after its own until a reward opens.
const OPENS: Epoch = 63;

/// Two shops that traded in epochs 0 and 1; both are final, scored by `version`.
fn two_days(network: &mut Sandbox, version: u16) -> (Street, Vec<(Tree, Tree)>) {
    let admin = account(network, "admin");
    send(network, admin, "set_algorithm", &(0u32, version)).unwrap();
    let mut street = Street::new(network, 2);
    for epoch in 0..2 {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    network.enter_epoch(2);
    let leaves = [(1, SCALE, 0), (2, SCALE, 0)];
    let mut days = Vec::new();
    for epoch in 0..2 {
        let merchants = network.tree_by(version, Side::Merchant, epoch, &leaves);
        let customers = network.tree_by(version, Side::Customer, epoch, &leaves);
        let (algorithm_version, said) = (version, (merchants.report(), customers.report()));
        agree(network, epoch, &Report { algorithm_version, merchants: said.0, customers: said.1 });
        days.push((merchants, customers));
    }
    network.pass(WINDOW);
    for epoch in 0..2 {
        network.finalise(epoch).unwrap();
    }
    (street, days)
}

fn deferred_of(network: &mut Sandbox, epoch: Epoch, merchant: u32) -> Balance {
    network.read(KIND, "deferred_of", &(epoch, merchant))
}

fn claim_deferred(network: &mut Sandbox, epoch: Epoch, merchant: u32) -> Balance {
    let stranger = account(network, "stranger");
    network.call(stranger, KIND, "claim_deferred", &(epoch, merchant)).unwrap()
}

pub fn rewards_wait_for_their_receipts(network: &mut Sandbox) {
    let (street, days) = two_days(network, BIZPOWER_2);
    let (stranger, shop, till) = (account(network, "stranger"), street.shops[0].account(), street.tills[0].id);
    network.give(shop, tokens(500));
    lock(network, shop, till, tokens(130));
    let before = network.bzky_of(shop);
    let got = |network: &mut Sandbox| network.bzky_of(shop) - before;
    refuse(network, stranger, "claim_deferred", &(0u32, 1u32), Error::NothingDeferred);
    refuse(network, stranger, "claim_deferred", &(2u32, 1u32), Error::NotFinal);

    // The deposit is enough for one epoch, and what it has left for a part of the next.
    assert_eq!(network.claim(Side::Merchant, 0, &days[0].0, 0), Ok(REWARD));
    assert_eq!(deferred_of(network, 0, 1), 0);
    assert_eq!(network.claim(Side::Merchant, 1, &days[1].0, 0), Ok(tokens(30)));
    let told = network.events.iter().find_map(|event| match event {
        Event::RewardDeferred(kept) => Some((kept.epoch, kept.index, kept.amount)),
        _ => None,
    });
    assert_eq!(told, Some((1, 1, tokens(70))));
    assert_eq!((got(network), deferred_of(network, 1, 1)), (tokens(130), tokens(70)));
    let pledged: Balance = network.read(ContractKind::PosDeposit, "pledged_of", &shop);
    assert_eq!(pledged, tokens(130));
    refuse(network, stranger, "claim_deferred", &(1u32, 1u32), Error::StillDeferred);
    refuse(network, stranger, "claim_deferred", &(0u32, 1u32), Error::NothingDeferred);
    // More deposit, more at once.
    lock(network, shop, till, tokens(20));
    let before_lock = network.bzky_of(shop);
    assert_eq!(claim_deferred(network, 1, 1), tokens(20));
    assert!(matches!(network.events.iter().find(|event| matches!(event, Event::DeferredRewardPaid(_))),
        Some(Event::DeferredRewardPaid(paid)) if (paid.epoch, paid.index, paid.account, paid.amount) == (1, 1, shop, tokens(20))));
    assert_eq!((network.bzky_of(shop) - before_lock, deferred_of(network, 1, 1)), (tokens(20), tokens(50)));
    // Customers do not wait.
    assert_eq!(network.claim(Side::Customer, 0, &days[0].1, 0), Ok(tokens(10)));
    pushed(network, &street, &days);
    opened(network, &street);
}

/// A push defers all of it, as if there was no deposit; nobody loses by that.
fn pushed(network: &mut Sandbox, street: &Street, days: &[(Tree, Tree)]) {
    let (shop, till) = (street.shops[1].account(), street.tills[1].id);
    network.give(shop, tokens(60));
    lock(network, shop, till, tokens(60));
    assert_eq!(network.push(Side::Merchant, 0, &days[0].0, 0), Ok(1));
    assert_eq!((deferred_of(network, 0, 2), network.bzky_of(shop)), (REWARD, 0));
    assert_eq!(network.record_of(0).merchants.paid, REWARD, "the other shop's");
    assert_eq!(claim_deferred(network, 0, 2), tokens(60));
    assert_eq!((deferred_of(network, 0, 2), network.bzky_of(shop)), (tokens(40), tokens(60)));
}

/// A debt is paid out of what waits; then the rest opens, to who may be paid.
fn opened(network: &mut Sandbox, street: &Street) {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let (shop, other) = (street.shops[0].account(), street.shops[1].account());
    // Of a failed opening: paid out of what waits even while nothing else is.
    send(network, admin, "book_debt", &(Side::Merchant, 1u32, tokens(10), Hash::default())).unwrap();
    assert_eq!(claim_deferred(network, 1, 1), 0);
    assert_eq!(deferred_of(network, 1, 1), tokens(40));
    assert_eq!(network.read::<Balance>(KIND, "debt_of", &(Side::Merchant, 1u32)), 0);
    refuse(network, stranger, "claim_deferred", &(1u32, 1u32), Error::StillDeferred);

    network.state.set_time(network.calendar.end_ms(1 + OPENS) - 1);
    assert_eq!(claim_deferred(network, 0, 2), tokens(40), "the earlier epoch's has opened");
    // Which set its pledge free; without a deposit the later one still waits.
    network.rolled_back(|network| assert_eq!(claim_deferred(network, 1, 1), tokens(40)));
    let sink = account(network, "sink");
    let seize = (street.tills[0].id, Balance::MAX, sink);
    assert_eq!(network.call(admin, ContractKind::PosDeposit, "seize", &seize), Ok(tokens(150)));
    refuse(network, stranger, "claim_deferred", &(1u32, 1u32), Error::StillDeferred);
    network.state.set_time(network.calendar.end_ms(1 + OPENS));
    let before = network.bzky_of(shop);
    set_status(network, Side::Merchant, 1, Status::Removed);
    refuse(network, stranger, "claim_deferred", &(1u32, 1u32), Error::NotPayable);
    set_status(network, Side::Merchant, 1, Status::Demoted);
    assert_eq!(claim_deferred(network, 1, 1), tokens(40));
    assert_eq!(network.bzky_of(shop) - before, tokens(40));
    refuse(network, stranger, "claim_deferred", &(1u32, 1u32), Error::NothingDeferred);
    assert_eq!(network.bzky_of(other), REWARD);
    // What is claimed only now waits for nothing.
    let record = network.record_of(1);
    assert_eq!(record.merchants.paid, tokens(90), "a debt of 10 was withheld");
}

/// What a deposit was pledged for cannot be taken away before the receipts
/// are beyond demand, and what waits when claims end goes back to the pool.
#[test]
fn a_pledge_holds_and_what_waits_too_long_is_lost() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let (street, days) = two_days(network, BIZPOWER_2 + 1);
    let (admin, stranger, shop, till) =
        (account(network, "admin"), account(network, "stranger"), street.shops[0].account(), street.tills[0].id);
    network.give(shop, tokens(60));
    lock(network, shop, till, tokens(60));
    assert_eq!(network.claim(Side::Merchant, 0, &days[0].0, 0), Ok(tokens(60)), "a later algorithm is no softer");
    let retired: Outcome = network.call(shop, ContractKind::Registry, "retire_device", &till);
    retired.unwrap();
    let returned: Outcome = network.call(admin, ContractKind::PosDeposit, "confirm_return", &till);
    returned.unwrap();
    let release = |network: &mut Sandbox| {
        let released: Outcome = network.call(stranger, ContractKind::PosDeposit, "release", &till);
        released.map_err(|error| error.name())
    };
    network.state.set_time(network.calendar.end_ms(OPENS) - 1);
    assert_eq!(release(network), Err("Pledged".into()));
    network.state.set_time(network.calendar.end_ms(OPENS));
    assert_eq!(release(network), Ok(()));
    assert_eq!(network.bzky_of(shop), tokens(120));
    let over = network.record_of(0).since_ms + 400 * DAY;
    network.state.set_time(over);
    refuse(network, stranger, "claim_deferred", &(0u32, 1u32), Error::ClaimsExpired);
    let before = network.bzky_of(network.contracts.vault);
    send(network, stranger, "expire", &0u32).unwrap();
    assert_eq!(network.bzky_of(network.contracts.vault) - before, 2 * REWARD - tokens(60));
}
