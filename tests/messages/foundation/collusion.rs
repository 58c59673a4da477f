//! What a committee cannot do whose three members collude, in short.

use super::{
    limits::EMISSION_OF_ONE,
    stage,
    steps::{account, call, Board},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{bizpower::SCALE, errors::rewards, Hash, Side, Status};
use bizkey_tests::{world::report, Sandbox, Tree, WINDOW};

/// All three members agree on a lie about epoch 0, in which one shop recorded.
fn collusion(leaves: &[(u32, u128, u128)], status: Status) -> (Sandbox, Tree) {
    let mut network = Sandbox::new();
    let shop = network.merchant("shop 1");
    network.merchant("shop 2");
    let mut till = network.device(shop.index, "till 1");
    network.enter_epoch(0);
    network.record(&mut till, &[(0, 1_000)]);
    stage::hand_over(&mut network);
    network.enter_epoch(1);
    let (merchants, customers) = (network.tree(Side::Merchant, 0, leaves), network.tree(Side::Customer, 0, &[]));
    let lie = report(&merchants, &customers);
    for member in 1..=3 {
        // The third one finds the report pending already.
        let _ = network.vote(member, 0, &lie);
    }
    let board = Board::of(&network);
    let changed = (Side::Merchant, shop.index, status, Hash::default());
    let motion = call(&network, ContractKind::Registry, "set_status", &changed);
    board.resolve(&mut network, &motion).unwrap();
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    (network, merchants)
}

/// Not one unit over the emission, whatever the tree says.
#[test]
fn a_committee_that_colludes_cannot_pay_over_the_emission() {
    let (mut network, tree) = collusion(&[(1, SCALE, 0), (2, u128::MAX / 4, 0)], Status::Active);
    let record = network.record_of(0);
    assert_eq!((record.merchants.emission, record.merchants.reserved), (EMISSION_OF_ONE, EMISSION_OF_ONE));
    let mut paid = 0;
    for position in 0..2 {
        paid += network.claim(Side::Merchant, 0, &tree, position).unwrap();
    }
    assert!(paid <= EMISSION_OF_ONE, "{paid}");
    assert_eq!(network.bzky_of(account(&network, "shop 1")) + network.bzky_of(account(&network, "shop 2")), paid);
    assert_eq!(network.record_of(0).merchants.paid, paid);
}

/// Not twice: neither the same leaf, nor the same shop under two leaves.
#[test]
fn a_committee_that_colludes_cannot_pay_twice() {
    let (mut network, tree) = collusion(&[(1, SCALE, 0), (2, SCALE, 0)], Status::Active);
    network.claim(Side::Merchant, 0, &tree, 0).unwrap();
    let again = network.claim(Side::Merchant, 0, &tree, 0);
    assert_eq!(again, Err(ContractError::Rewards(rewards::Error::AlreadyClaimed)));
    assert_eq!(network.push(Side::Merchant, 0, &tree, 0), Ok(1), "the other one's");
    assert_eq!(network.push(Side::Merchant, 0, &tree, 0), Ok(0));
    assert_eq!(network.bzky_of(account(&network, "shop 1")), EMISSION_OF_ONE / 2);
    // Two leaves of one account do not make a tree, however they are reported.
    let twice = network.tree(Side::Merchant, 0, &[(1, SCALE, 0), (1, SCALE, 0)]);
    let root = bizkey_primitives::tree::root(&twice.domain, &twice.leaves);
    assert!(root.is_err(), "{root:?}");
}

/// Not a merchant that was removed, if its receipts were true ever so much.
#[test]
fn a_committee_that_colludes_cannot_pay_a_removed_merchant() {
    let (mut network, tree) = collusion(&[(1, SCALE, 0)], Status::Removed);
    let claimed = network.claim(Side::Merchant, 0, &tree, 0);
    assert_eq!(claimed, Err(ContractError::Rewards(rewards::Error::NotPayable)));
    assert_eq!(network.push(Side::Merchant, 0, &tree, 0), Ok(0), "skipped");
    assert_eq!(network.bzky_of(account(&network, "shop 1")), 0);
}
