//! What holds even if something that `rewards` relies on did not: cells
//! written by hand.

use super::stage::{
    account, claim_of, empty_report, flat, overwrite, refuse, renew, send, skip_a_month, tokens, Street, KIND,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{errors::rewards::Error, party::PushedLeaf, tree::ProofStep, Epoch, Side};
use bizkey_tests::{Sandbox, WINDOW};

/// The tree's own rules keep payments within the reservation; if they did not,
/// this would.
pub fn nothing_is_paid_over_the_reservation(network: &mut Sandbox) {
    renew(network);
    let mut street = Street::new(network, 2);
    network.enter_epoch(0);
    street.trade(network);
    network.enter_epoch(1);
    let (tree, customers) = (flat(network, Side::Merchant, 0, 2), flat(network, Side::Customer, 0, 2));
    let mut record = network.settle(0, &tree, &customers);
    record.merchants.reserved = tokens(200) - 1;
    record.customers.reserved = tokens(20) - 1;
    overwrite(network, KIND, "epochs", &0u32, &record);
    let stranger = account(network, "stranger");
    for (side, tree, paid) in [(Side::Merchant, &tree, tokens(100)), (Side::Customer, &customers, tokens(10))] {
        let leaves: Vec<PushedLeaf> =
            tree.leaves.iter().map(|leaf| PushedLeaf { leaf: *leaf, holding: Default::default() }).collect();
        let push = (side, 0u32, leaves, Vec::<ProofStep>::new());
        refuse(network, stranger, "push", &push, Error::OverReservation);
        assert_eq!(network.claim(side, 0, tree, 0), Ok(paid));
        let second = claim_of(network, tree, side, 0, 1);
        refuse(network, stranger, "claim", &second, Error::OverReservation);
    }
}

/// A window ends in a later block than it began, however short it is.
#[test]
fn no_window_ends_in_the_block_in_which_it_began() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    network.enter_epoch(1);
    super::stage::agree(network, 0, &empty_report());
    network.pass(2 * WINDOW);
    let record = network.record_of(0);
    let begun_now = bizkey_primitives::report::EpochRecord { since_block: u32::MAX, ..record };
    overwrite(network, KIND, "epochs", &0u32, &begun_now);
    refuse(network, stranger, "finalise", &0u32, Error::WindowOpen);
    network.rolled_back(|network| send(network, admin, "dispute", &0u32).unwrap());
    overwrite(network, KIND, "epochs", &0u32, &record);
    refuse(network, admin, "dispute", &0u32, Error::WindowOver);
    network.finalise(0).unwrap();
}

/// The pool's last Bzky: an epoch emits what is left, the next one nothing.
#[test]
fn an_empty_pool_emits_nothing_and_stops_no_epoch() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let mut street = Street::new(network, 2);
    for epoch in [30, 31] {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    skip_a_month(network);
    let (vault, sink) = (network.contracts.vault, account(network, "sink"));
    let pool = network.bzky_of(vault);
    let moved: Result<(), _> =
        network.call(vault, ContractKind::Bzky, "PSP22::transfer", &(sink, pool - 7, Vec::<u8>::new()));
    moved.unwrap();
    let settle = |network: &mut Sandbox, epoch: Epoch| {
        let (tree, nobody) = (flat(network, Side::Merchant, epoch, 2), network.tree(Side::Customer, epoch, &[]));
        network.settle(epoch, &tree, &nobody).merchants
    };
    let last = settle(network, 30);
    // Nobody holds anything: floor(7 · 10 / 100) of it cannot be claimed, which is 0.
    assert_eq!((last.emission, last.reserved), (7, 7));
    let none = settle(network, 31);
    assert_eq!((none.emission, none.reserved), (0, 0));
    let tree = flat(network, Side::Merchant, 31, 2);
    assert_eq!(network.claim(Side::Merchant, 31, &tree, 0), Ok(0));
}
