//! Who can claim what, when, and how often.

use bizkey_client::{ContractError, Result, Submitted};
use bizkey_primitives::{
    bizpower::SCALE, errors::rewards::Error, events::Event, party::HoldingIndex, tree::Leaf, Epoch, Hash, Side, Status,
    TOKEN,
};
use bizkey_tests::{world::refusal, Shop, Tree, World, DAY};

/// First epoch of month 2, in which holdings count for a tenth.
const MONTH_2: Epoch = 30;

fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> Error {
    match refusal(outcome) {
        ContractError::Rewards(error) => error,
        other => panic!("refused by another contract: {other}"),
    }
}

fn paid(submitted: &Submitted) -> Vec<(u32, u128)> {
    let events = submitted.events.iter();
    let rewards = events.filter_map(|event| match &event.event {
        Event::RewardsPaid(paid) => Some(&paid.rewards),
        _ => None,
    });
    rewards.flatten().map(|reward| (reward.index, reward.amount)).collect()
}

async fn no_customers(world: &World, epoch: Epoch) -> Tree {
    world.tree(Side::Customer, epoch, &[])
}

/// Three shops with a receipt in epoch 0; it is over.
async fn a_day() -> (World, Vec<Shop>, Tree) {
    let world = World::new().await;
    let mut shops = world.shops(3).await;
    world.enter_epoch(0).await;
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    world.enter_epoch(1).await;
    let tree = world.tree(Side::Merchant, 0, &[(1, SCALE, 0), (2, 2 * SCALE, 0), (3, 0, 0)]);
    (world, shops, tree)
}

/// Two shops with a receipt in the first epoch of month 2, of which the tree
/// says that they hold 10 Bzky each; the epoch is final.
async fn a_day_of_holdings(first: u128) -> (World, Vec<Shop>, Tree) {
    let world = World::new().await;
    let mut shops = world.shops(2).await;
    world.give(shops[0].account(), first).await;
    world.give(shops[1].account(), 10 * TOKEN).await;
    world.enter_epoch(MONTH_2).await;
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    // Comes and goes within the epoch.
    world.give(shops[0].account(), 10 * TOKEN).await;
    world.suite.bzky().transfer(world.treasury.account_id(), 10 * TOKEN).send(&shops[0].signer).await.unwrap();
    world.enter_epoch(MONTH_2 + 1).await;
    let tree = world.tree(Side::Merchant, MONTH_2, &[(1, SCALE, 10 * TOKEN), (2, SCALE, 10 * TOKEN)]);
    world.report(MONTH_2, &tree, &no_customers(&world, MONTH_2).await).await;
    world.enter_epoch(MONTH_2 + 7).await;
    for epoch in 0..MONTH_2 {
        world.suite.rewards().void_overdue(epoch).send(&world.stranger).await.unwrap();
    }
    world.finalise(MONTH_2).await;
    (world, shops, tree)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_claimed_before_the_epoch_is_final() {
    let (world, shops, tree) = a_day().await;
    assert_eq!(refused(world.claim(Side::Merchant, 0, &tree, 0).await), Error::NotFinal);
    world.report(0, &tree, &no_customers(&world, 0).await).await;
    assert_eq!(refused(world.claim(Side::Merchant, 0, &tree, 0).await), Error::NotFinal);
    assert_eq!(refused(world.push(Side::Merchant, 0, &tree, 0).await), Error::NotFinal);
    world.pass_window().await;
    assert_eq!(refused(world.claim(Side::Merchant, 0, &tree, 0).await), Error::NotFinal);
    world.finalise(0).await;
    world.claim(Side::Merchant, 0, &tree, 0).await.unwrap();
    assert_eq!(world.bzky_of(shops[0].account()).await, 100 * TOKEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_is_claimed_once_and_a_zero_reward_is_spent_too() {
    let (world, shops, tree) = a_day().await;
    world.settle(0, &tree, &no_customers(&world, 0).await).await;
    for (position, amount) in [(1, 200 * TOKEN), (2, 0)] {
        let claimed = world.claim(Side::Merchant, 0, &tree, position).await.unwrap();
        assert_eq!(paid(&claimed), [(position as u32 + 1, amount)]);
        assert_eq!(refused(world.claim(Side::Merchant, 0, &tree, position).await), Error::AlreadyClaimed);
        assert_eq!(world.bzky_of(shops[position].account()).await, amount);
    }
    assert_eq!(world.suite.rewards().claimed_words(Side::Merchant, 0, 0, None).await.unwrap(), 0b110);
    assert!(!world.suite.rewards().is_claimed(Side::Merchant, 0, 0, None).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_reported_leaves_lead_to_the_root() {
    let (world, _, tree) = a_day().await;
    world.settle(0, &tree, &no_customers(&world, 0).await).await;
    let rewards = world.suite.rewards();
    let claim = |side, leaf: Leaf, proof: Vec<_>| {
        let call = rewards.claim(side, 0, leaf, HoldingIndex::default(), &proof);
        let stranger = world.stranger.clone();
        async move { call.send(&stranger).await }
    };
    let (leaf, proof) = (tree.leaves[0], tree.proof(0));
    for forged in [
        Leaf { v1: leaf.v1 + 1, ..leaf },
        Leaf { account: 2, ..leaf },
        Leaf { account: 0, ..leaf },
        Leaf { v2: 1, ..leaf },
    ] {
        assert_eq!(refused(claim(Side::Merchant, forged, proof.clone()).await), Error::BadProof, "{forged:?}");
    }
    assert_eq!(refused(claim(Side::Merchant, leaf, tree.proof(1)).await), Error::BadProof);
    assert_eq!(refused(claim(Side::Merchant, leaf, vec![]).await), Error::BadProof);
    assert_eq!(refused(claim(Side::Customer, leaf, proof.clone()).await), Error::BadProof);
    assert_eq!(refused(claim(Side::Merchant, leaf, vec![proof[0]; 33]).await), Error::BadProof);
    let mut inflated = proof.clone();
    inflated[0].sibling.sum_v1 = 0;
    assert_eq!(refused(claim(Side::Merchant, leaf, inflated).await), Error::BadProof);
    claim(Side::Merchant, leaf, proof).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_or_is_out_of_standing_is_not_paid() {
    let (world, shops, tree) = a_day().await;
    world.settle(0, &tree, &no_customers(&world, 0).await).await;
    let claim = |position| world.claim(Side::Merchant, 0, &tree, position);
    world.set_status(Side::Merchant, 1, Status::Removed).await;
    assert_eq!(refused(claim(0).await), Error::NotPayable);
    // Restricted only now: the epoch's close is what counts.
    world.set_status(Side::Merchant, 2, Status::Restricted).await;
    claim(1).await.unwrap();
    let hold = world.suite.registry().place_hold(Side::Merchant, 3, world.chain.now_ms() + 10 * DAY, Hash::default());
    hold.send(&world.admin).await.unwrap();
    assert_eq!(refused(claim(2).await), Error::NotPayable);
    world.set_time(world.chain.now_ms() + 11 * DAY).await;
    claim(2).await.unwrap();
    assert_eq!(world.bzky_of(shops[0].account()).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_at_the_epochs_close_decides() {
    let (world, mut shops, _) = a_day().await;
    for (index, status) in [(1, Status::Demoted), (2, Status::Restricted)] {
        world.set_status(Side::Merchant, index, status).await;
    }
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    world.enter_epoch(2).await;
    // Reinstated after the close: too late for this epoch.
    world.set_status(Side::Merchant, 2, Status::Active).await;
    let tree = world.tree(Side::Merchant, 1, &[(1, SCALE, 0), (2, SCALE, 0), (3, SCALE, 0)]);
    let first = world.tree(Side::Merchant, 0, &[]);
    world.settle(0, &first, &no_customers(&world, 0).await).await;
    world.settle(1, &tree, &no_customers(&world, 1).await).await;
    world.claim(Side::Merchant, 1, &tree, 0).await.unwrap();
    assert_eq!(refused(world.claim(Side::Merchant, 1, &tree, 1).await), Error::NotPayable);
    assert_eq!(world.bzky_of(shops[0].account()).await, 100 * TOKEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_of_nobody_is_not_paid() {
    let (world, _, _) = a_day().await;
    let tree = world.tree(Side::Merchant, 0, &[(1, SCALE, 0), (77, SCALE, 0)]);
    world.settle(0, &tree, &no_customers(&world, 0).await).await;
    assert_eq!(refused(world.claim(Side::Merchant, 0, &tree, 1).await), Error::UnknownParty);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holding_is_read_at_the_checkpoint_that_covers_the_epoch() {
    let (world, shops, tree) = a_day_of_holdings(10 * TOKEN).await;
    let right = world.holding_index(shops[0].account(), MONTH_2).await;
    let wrong = [
        HoldingIndex { bzky: right.bzky + 1, ..right },
        HoldingIndex { bzky: right.bzky - 1, ..right },
        HoldingIndex { pos_deposit: right.pos_deposit + 1, ..right },
    ];
    let claim = |holding| world.suite.rewards().claim(Side::Merchant, MONTH_2, tree.leaves[0], holding, &tree.proof(0));
    for holding in wrong {
        assert_eq!(refused(claim(holding).send(&world.stranger).await), Error::WrongCheckpoint, "{holding:?}");
    }
    let claimed = claim(right).send(&world.stranger).await.unwrap();
    // Two shops: E = 200; 90 % by score and 10 % by holding, half each.
    assert_eq!(paid(&claimed), [(1, 100 * TOKEN)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_pass_through_count_for_nothing() {
    let (world, _, tree) = a_day_of_holdings(4 * TOKEN).await;
    // It opened the epoch with 4 of the 10 Bzky that the report states.
    let claimed = world.claim(Side::Merchant, MONTH_2, &tree, 0).await.unwrap();
    assert_eq!(paid(&claimed), [(1, 90 * TOKEN + 4 * TOKEN)]);
    let claimed = world.claim(Side::Merchant, MONTH_2, &tree, 1).await.unwrap();
    assert_eq!(paid(&claimed), [(2, 100 * TOKEN)]);
}
