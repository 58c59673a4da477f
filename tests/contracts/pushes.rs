//! Pushing a subtree pays what can be paid and leaves the rest.

use bizkey_client::{ContractError, Result};
use bizkey_primitives::{
    bizpower::SCALE,
    errors::rewards::Error,
    events::Event,
    party::{HoldingIndex, PushedLeaf},
    tree::SUBTREE_LEAVES,
    Side, Status, TOKEN,
};
use bizkey_tests::{world::refusal, Tree, World};

fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> Error {
    match refusal(outcome) {
        ContractError::Rewards(error) => error,
        other => panic!("refused by another contract: {other}"),
    }
}

fn pushed(tree: &Tree, positions: std::ops::Range<usize>) -> Vec<PushedLeaf> {
    let leaves = tree.leaves[positions].iter();
    leaves.map(|leaf| PushedLeaf { leaf: *leaf, holding: HoldingIndex::default() }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_leaf_stops_no_other_and_can_be_paid_later() {
    let world = World::new().await;
    let mut shops = world.shops(5).await;
    world.enter_epoch(0).await;
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    world.enter_epoch(1).await;
    // The sixth leaf is of nobody.
    let leaves: Vec<_> = (1..=6).map(|i| (i, SCALE, 0)).collect();
    let tree = world.tree(Side::Merchant, 0, &leaves);
    world.settle(0, &tree, &world.tree(Side::Customer, 0, &[])).await;
    let each = 500 * TOKEN / 6;

    world.claim(Side::Merchant, 0, &tree, 1).await.unwrap();
    world.set_status(Side::Merchant, 3, Status::Removed).await;
    let rewards = world.suite.rewards();
    let (_, proof) = tree.subtree(0);
    let call = rewards.push(Side::Merchant, 0, &pushed(&tree, 0..6), &proof);
    assert_eq!(call.dry_run(&world.stranger.account_id(), None).await.unwrap().value, 3);
    let done = call.send(&world.stranger).await.unwrap();
    let listed: Vec<u32> = done
        .events
        .iter()
        .filter_map(|event| match &event.event {
            Event::RewardsPaid(paid) => Some(paid.rewards.iter().map(|reward| reward.index)),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(listed, [1, 4, 5]);
    for (shop, expected) in shops.iter().zip([each, each, 0, each, each]) {
        assert_eq!(world.bzky_of(shop.account()).await, expected, "shop {}", shop.index);
    }
    assert_eq!(rewards.claimed_words(Side::Merchant, 0, 0, None).await.unwrap(), 0b011011);
    assert_eq!(world.record_of(0).await.merchants.paid, 4 * each);

    world.set_status(Side::Merchant, 3, Status::Active).await;
    assert_eq!(call.dry_run(&world.stranger.account_id(), None).await.unwrap().value, 1);
    call.send(&world.stranger).await.unwrap();
    assert_eq!(world.bzky_of(shops[2].account()).await, each);
    assert_eq!(call.dry_run(&world.stranger.account_id(), None).await.unwrap().value, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subtree_is_aligned_and_has_1_to_128_leaves() {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(0, 1_000)]).await;
    world.enter_epoch(1).await;
    let leaves: Vec<_> = (1..=300).map(|i| (i, SCALE, 0)).collect();
    let tree = world.tree(Side::Merchant, 0, &leaves);
    world.settle(0, &tree, &world.tree(Side::Customer, 0, &[])).await;
    let push = |positions: std::ops::Range<usize>| {
        let proof = if positions.is_empty() { vec![] } else { tree.proof_of(positions.start, positions.len()) };
        world.suite.rewards().push(Side::Merchant, 0, &pushed(&tree, positions), &proof)
    };
    assert_eq!(refused(push(0..0).send(&world.stranger).await), Error::BadSubtree);
    assert_eq!(refused(push(0..256).send(&world.stranger).await), Error::BadSubtree);
    assert_eq!(refused(push(64..128).send(&world.stranger).await), Error::BadSubtree);
    // Part of a word from its start on is as good as all of it.
    assert_eq!(push(0..64).dry_run(&world.stranger.account_id(), None).await.unwrap().value, 1);
    let mut foreign = pushed(&tree, 0..64);
    foreign[5].leaf.v1 += 1;
    let call = world.suite.rewards().push(Side::Merchant, 0, &foreign, &tree.proof_of(0, 64));
    assert_eq!(refused(call.send(&world.stranger).await), Error::BadProof);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_of_a_large_epoch_is_paid_by_pushes() {
    const CUSTOMERS: u32 = 130;
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    let customers = world.customers(CUSTOMERS).await;
    world.enter_epoch(0).await;
    let sales: Vec<_> = (1..=CUSTOMERS).map(|customer| (customer, 1_000)).collect();
    world.record(&mut shop, &sales).await;
    world.enter_epoch(1).await;
    let leaves: Vec<_> = (1..=CUSTOMERS).map(|i| (i, 1_000, 0)).collect();
    let tree = world.tree(Side::Customer, 0, &leaves);
    world.settle(0, &world.tree(Side::Merchant, 0, &[]), &tree).await;
    for word in 0..CUSTOMERS.div_ceil(SUBTREE_LEAVES) {
        world.push(Side::Customer, 0, &tree, word as usize).await.unwrap();
    }
    for customer in &customers {
        assert_eq!(world.time_of(customer.account()).await, 10 * TOKEN, "customer {}", customer.index);
    }
    assert_eq!(world.record_of(0).await.customers.paid, u128::from(CUSTOMERS) * 10 * TOKEN);
    assert_eq!(world.suite.rewards().claimed_words(Side::Customer, 0, 1, None).await.unwrap(), 0b11);
}
