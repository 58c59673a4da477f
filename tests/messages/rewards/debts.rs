//! Debts: booked, paid first out of claims, settled otherwise.

use super::stage::{account, agree, flat, refuse, send, tokens, Street, KIND};
use bizkey_primitives::{errors::rewards::Error, events::Event, AccountId, Balance, Epoch, Hash, Side};
use bizkey_tests::{world::report, Sandbox, Tree, WINDOW};

/// What each shop earns in an epoch, and each customer.
const REWARD: Balance = tokens(100);
const POINTS: Balance = tokens(10);

fn debt_of(network: &mut Sandbox, side: Side, index: u32) -> Balance {
    network.read(KIND, "debt_of", &(side, index))
}

fn book(network: &mut Sandbox, origin: AccountId, side: Side, index: u32, amount: Balance) {
    send(network, origin, "book_debt", &(side, index, amount, Hash::from([3; 32]))).unwrap();
}

/// Debts that the last call paid: of whom, how much, for which epoch.
fn withheld(network: &Sandbox) -> Vec<(Side, u32, Balance, Option<Epoch>)> {
    let of = |event: &Event| match event {
        Event::DebtPaid(paid) => Some((paid.side, paid.index, paid.amount, paid.epoch)),
        _ => None,
    };
    network.events.iter().filter_map(of).collect()
}

/// Three epochs of three shops and customers, all final.
fn three_days(network: &mut Sandbox) -> (Street, Vec<(Tree, Tree)>) {
    let mut street = Street::new(network, 3);
    for epoch in 0..3 {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    network.enter_epoch(3);
    let mut days = Vec::new();
    for epoch in 0..3 {
        let day = (flat(network, Side::Merchant, epoch, 3), flat(network, Side::Customer, epoch, 3));
        agree(network, epoch, &report(&day.0, &day.1));
        days.push(day);
    }
    network.pass(WINDOW);
    for epoch in 0..3 {
        network.finalise(epoch).unwrap();
    }
    (street, days)
}

pub fn paid_first(network: &mut Sandbox) {
    let (street, days) = three_days(network);
    let (admin, receipts, shop) =
        (account(network, "admin"), network.contracts.receipts, street.account(Side::Merchant, 1));
    refuse(network, admin, "settle_debt", &(Side::Merchant, 1u32, 1u128), Error::NoDebt);
    // By resolution, and by `receipts` when an opening failed: they add up.
    book(network, admin, Side::Merchant, 1, REWARD);
    assert!(matches!(&network.events[..], [Event::DebtBooked(said)]
        if (said.side, said.index, said.amount, said.reason) == (Side::Merchant, 1, REWARD, Hash::from([3; 32]))));
    book(network, receipts, Side::Merchant, 1, REWARD / 2);
    assert_eq!(debt_of(network, Side::Merchant, 1), REWARD + REWARD / 2);
    assert_eq!((debt_of(network, Side::Customer, 1), debt_of(network, Side::Merchant, 2)), (0, 0));

    // More than the reward: it is spent, and pays nothing.
    assert_eq!(network.claim(Side::Merchant, 0, &days[0].0, 0), Ok(0));
    assert_eq!(withheld(network), [(Side::Merchant, 1, REWARD, Some(0))]);
    assert_eq!((debt_of(network, Side::Merchant, 1), network.bzky_of(shop)), (REWARD / 2, 0));
    assert_eq!(network.record_of(0).merchants.paid, 0, "what is withheld stays reserved");
    let again = network.claim(Side::Merchant, 0, &days[0].0, 0);
    assert_eq!(again.map_err(|error| error.name()), Err("AlreadyClaimed".into()));
    // A part of it was recovered from the deposit.
    refuse(network, admin, "settle_debt", &(Side::Merchant, 1u32, REWARD / 2 + 1), Error::NoDebt);
    send(network, admin, "settle_debt", &(Side::Merchant, 1u32, tokens(10))).unwrap();
    assert_eq!(withheld(network), [(Side::Merchant, 1, tokens(10), None)]);
    // Less than the reward: the rest is paid.
    assert_eq!(network.claim(Side::Merchant, 1, &days[1].0, 0), Ok(tokens(60)));
    assert_eq!((debt_of(network, Side::Merchant, 1), network.bzky_of(shop)), (0, tokens(60)));
    assert_eq!(network.claim(Side::Merchant, 2, &days[2].0, 0), Ok(REWARD));
    assert!(withheld(network).is_empty());
    in_a_push(network, &street, &days);
    // Nobody owes more than can be counted.
    book(network, admin, Side::Customer, 77, u128::MAX);
    let more = (Side::Customer, 77u32, 1u128, Hash::default());
    refuse(network, admin, "book_debt", &more, Error::Overflow);
}

/// Of neighbours in a push each pays its own, of the side that it owes on.
fn in_a_push(network: &mut Sandbox, street: &Street, days: &[(Tree, Tree)]) {
    let admin = account(network, "admin");
    book(network, admin, Side::Customer, 1, POINTS / 2);
    book(network, admin, Side::Customer, 3, 5 * POINTS);
    book(network, admin, Side::Merchant, 3, tokens(30));
    assert_eq!(network.push(Side::Customer, 0, &days[0].1, 0), Ok(3));
    assert_eq!(withheld(network), [(Side::Customer, 1, POINTS / 2, Some(0)), (Side::Customer, 3, POINTS, Some(0))]);
    let times = [1, 2, 3].map(|index| network.time_of(street.account(Side::Customer, index)));
    assert_eq!(times, [POINTS / 2, POINTS, 0]);
    assert_eq!(network.record_of(0).customers.paid, POINTS + POINTS / 2);
    assert_eq!(network.push(Side::Customer, 1, &days[1].1, 0), Ok(3));
    assert_eq!(debt_of(network, Side::Customer, 3), 3 * POINTS);
    assert_eq!(network.time_of(street.account(Side::Customer, 1)), POINTS + POINTS / 2);
    assert_eq!(network.push(Side::Merchant, 0, &days[0].0, 0), Ok(2), "the first one's is spent");
    assert_eq!(network.bzky_of(street.account(Side::Merchant, 3)), tokens(70));
    // The pool gets back what debts withheld.
    let since = network.record_of(2).since_ms;
    network.state.set_time(since + 400 * bizkey_tests::DAY);
    let before = network.bzky_of(network.contracts.vault);
    let stranger = account(network, "stranger");
    send(network, stranger, "expire", &0u32).unwrap();
    assert_eq!(network.bzky_of(network.contracts.vault) - before, REWARD + tokens(30));
}
