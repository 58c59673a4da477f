//! Reports of the committee, and how an epoch becomes final or void.

use bizkey_client::{ContractError, Result};
use bizkey_primitives::{
    bizpower::SCALE,
    errors::rewards::Error,
    report::{EpochState, Payout},
    Epoch, Side, TOKEN,
};
use bizkey_tests::{
    world::{refusal, report},
    Tree, World,
};

/// A network with five shops that recorded in epochs 0 and 1, now in epoch 2.
async fn two_days() -> World {
    let world = World::new().await;
    let mut shops = world.shops(5).await;
    for epoch in 0..2 {
        world.enter_epoch(epoch).await;
        for shop in &mut shops {
            world.record(shop, &[(0, 1_000)]).await;
        }
    }
    world.enter_epoch(2).await;
    world
}

fn trees(world: &World, epoch: Epoch, score: u128) -> (Tree, Tree) {
    let leaves: Vec<_> = (1..=5).map(|i| (i, score * SCALE, 0)).collect();
    (world.tree(Side::Merchant, epoch, &leaves), world.tree(Side::Customer, epoch, &[]))
}

fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> Error {
    match refusal(outcome) {
        ContractError::Rewards(error) => error,
        other => panic!("refused by another contract: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_report_and_only_closed_epochs() {
    let world = two_days().await;
    let rewards = world.suite.rewards();
    let (merchants, customers) = trees(&world, 0, 80);
    let honest = report(&merchants, &customers);
    assert_eq!(refused(rewards.report(0, &honest).send(&world.stranger).await), Error::NotMember);
    assert_eq!(refused(rewards.report(2, &honest).send(&world.committee[0]).await), Error::EpochNotClosed);

    let mut no_root = honest;
    no_root.merchants.root = [0; 32].into();
    let mut sums_of_nothing = honest;
    sums_of_nothing.customers.sum_v1 = 1;
    let mut holding_customers = honest;
    holding_customers.customers = honest.merchants;
    holding_customers.customers.sum_v2 = 1;
    for inconsistent in [no_root, sums_of_nothing, holding_customers] {
        let outcome = rewards.report(0, &inconsistent).send(&world.committee[0]).await;
        assert_eq!(refused(outcome), Error::InconsistentReport);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_pending_once_more_than_half_agree_and_then_closed() {
    let world = two_days().await;
    let rewards = world.suite.rewards();
    let [first, second, third] = &world.committee;
    let of = |score| {
        let (merchants, customers) = trees(&world, 0, score);
        report(&merchants, &customers)
    };
    rewards.report(0, &of(1)).send(first).await.unwrap();
    assert_eq!(refused(rewards.report(0, &of(1)).send(first).await), Error::AlreadyReported);
    rewards.report(0, &of(2)).send(second).await.unwrap();
    assert_eq!(rewards.epoch(0, None).await.unwrap(), None, "one each is no majority");
    // The first member changes its mind: its earlier vote no longer counts.
    rewards.report(0, &of(3)).send(first).await.unwrap();
    rewards.report(0, &of(1)).send(third).await.unwrap();
    assert_eq!(rewards.epoch(0, None).await.unwrap(), None, "the vote taken back still counted");
    rewards.report(0, &of(3)).send(third).await.unwrap();
    let pending = world.record_of(0).await;
    assert_eq!((pending.state, pending.report), (EpochState::Pending, of(3)));
    assert_eq!(refused(rewards.report(0, &of(3)).send(second).await), Error::ReportsClosed);
    world.pass_window().await;
    world.finalise(0).await;
    assert_eq!(refused(rewards.report(0, &of(4)).send(second).await), Error::ReportsClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_is_final_after_its_window_and_in_its_turn() {
    let world = two_days().await;
    let rewards = world.suite.rewards();
    let finalise = |epoch| {
        let call = rewards.finalise(epoch);
        let stranger = world.stranger.clone();
        async move { call.send(&stranger).await }
    };
    assert_eq!(refused(finalise(0).await), Error::NotPending);
    for epoch in [1, 0] {
        let (merchants, customers) = trees(&world, epoch, 80);
        world.report(epoch, &merchants, &customers).await;
    }
    assert_eq!(refused(finalise(0).await), Error::WindowOpen);
    world.pass_window().await;
    assert_eq!(refused(finalise(1).await), Error::EarlierEpochOpen);
    assert_eq!(rewards.next_epoch(None).await.unwrap(), 0);
    finalise(0).await.unwrap();
    finalise(1).await.unwrap();
    assert_eq!(refused(finalise(0).await), Error::NotPending);
    assert_eq!(rewards.next_epoch(None).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreported_epoch_is_void_for_good_seven_epochs_later() {
    let world = two_days().await;
    let rewards = world.suite.rewards();
    let void = |epoch| {
        let call = rewards.void_overdue(epoch);
        let stranger = world.stranger.clone();
        async move { call.send(&stranger).await }
    };
    let (merchants, customers) = trees(&world, 1, 80);
    world.report(1, &merchants, &customers).await;
    world.enter_epoch(7).await;
    assert_eq!(refused(void(0).await), Error::NotOverdue);
    world.enter_epoch(8).await;
    assert_eq!(refused(void(2).await), Error::EarlierEpochOpen);
    void(0).await.unwrap();
    assert_eq!(refused(void(0).await), Error::ReportsClosed);
    assert_eq!(refused(void(1).await), Error::ReportsClosed, "it has a majority");
    let record = world.record_of(0).await;
    assert_eq!(
        (record.state, record.merchants, record.customers),
        (EpochState::Void, Payout::default(), Payout::default())
    );
    let (merchants, customers) = trees(&world, 0, 80);
    let late = report(&merchants, &customers);
    assert_eq!(refused(rewards.report(0, &late).send(&world.committee[0]).await), Error::ReportsClosed);
    world.finalise(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committee_that_invents_participants_does_not_raise_the_emission() {
    let world = two_days().await;
    world.customers(3).await;
    let leaves: Vec<_> = (1..=1_000).map(|i| (i, SCALE, 0)).collect();
    let merchants = world.tree(Side::Merchant, 0, &leaves);
    let customers = world.tree(Side::Customer, 0, &leaves);
    let record = world.settle(0, &merchants, &customers).await;
    assert_eq!(record.merchants.emission, 500 * TOKEN, "five shops had receipts");
    assert_eq!(record.customers.emission, 30 * TOKEN, "three customers are registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_epoch_becomes_final_and_pays_nothing() {
    let world = World::new().await;
    world.enter_epoch(1).await;
    let record = world.settle(0, &world.tree(Side::Merchant, 0, &[]), &world.tree(Side::Customer, 0, &[])).await;
    assert_eq!(
        (record.state, record.merchants, record.customers),
        (EpochState::Final, Payout::default(), Payout::default())
    );
}
