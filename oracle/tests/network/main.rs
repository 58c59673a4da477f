//! The oracle on a real chain in this process, with the real contracts and a
//! real index: receipts to paid rewards, and verification of all of it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod alone;
mod claim;
mod double;
mod grades;
mod lake;
mod launch;
mod persona;
mod place;
mod price;
mod version;

use bizkey_client::Signer;
use bizkey_oracle::{
    chain::Ledger,
    committee::{Claimer, Keeper, Member, FINALISE_GAS},
    source::{EpochSource, IndexSource},
    verify::{verify, Field, Verdict},
};
use bizkey_primitives::{emission, report::EpochState, Side, Status, TOKEN};
use bizkey_tests::DAY;
use place::Place;
use std::sync::Arc;

async fn verdict(place: &Place) -> Verdict {
    verify(&place.world.suite, |_| {}).await.expect("a verdict")
}

/// Reports, lets the window pass, settles.
async fn settle(place: &Place) {
    let book = place.book().await;
    for signer in &place.world.committee {
        Member::new(place.world.suite.clone(), signer.clone(), book.clone()).step().await.expect("reports");
    }
    place.world.pass_window().await;
    Keeper::new(place.world.suite.clone(), place.world.stranger.clone()).step().await.expect("settles");
}

/// Settles, and pays.
async fn pay(place: &Place) {
    settle(place).await;
    let book = place.book().await;
    Claimer::new(place.world.suite.clone(), place.world.stranger.clone(), book).step().await.expect("pays");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_months_of_receipts_are_reported_settled_paid_and_verified() {
    let mut place = Place::new(3, 4).await;
    // Shop 1: 700 free + 300 deposited. Shop 2: 500. Shop 3: nothing.
    let accounts: Vec<_> = place.shops.iter().map(|shop| shop.account()).collect();
    place.world.give(accounts[0], 1_000 * TOKEN).await;
    place.world.give(accounts[1], 500 * TOKEN).await;
    let shop = place.shops[0].clone();
    place.world.lock(&shop, 300 * TOKEN).await;

    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500), (2, 700), (0, 100), (99, 5), (1, 0)]).await;
    place.sell(1, &[(3, 900)]).await;
    place.world.enter_epoch(1).await;
    pay(&place).await;
    place.sell(0, &[(1, 300), (4, 50)]).await;
    place.void(0, 0, 1).await;
    // Nothing happens for a month, in which holdings begin to count.
    place.world.enter_epoch(31).await;
    pay(&place).await;
    place.sell(0, &[(1, 40), (3, 60)]).await;
    place.sell(1, &[(2, 80)]).await;
    place.sell(2, &[(4, 20)]).await;
    // Only passes through: counts for nothing.
    place.world.give(accounts[2], 9_000 * TOKEN).await;
    place.world.set_status(Side::Customer, 4, Status::Removed).await;
    place.world.enter_epoch(32).await;
    pay(&place).await;

    let verdict = verdict(&place).await;
    assert_eq!(verdict.difference, None);
    assert_eq!(verdict.epochs.len(), 32);
    assert!(verdict.epochs.iter().all(|epoch| epoch.state == EpochState::Final && epoch.unpaid == 0));
    let last = &verdict.epochs[31];
    // Customer 4 is removed, and what customer 2 bought does not cover its voided 700.
    assert_eq!((last.report.merchants.count, last.report.customers.count), (3, 2));
    // Epoch 1 was paid in epoch 31 only, so it raised nobody's lowest balance there.
    let earned = place.earned(0, 1).await + place.earned(1, 1).await;
    assert_eq!(last.report.merchants.sum_v2, 1_500 * TOKEN + earned);
    assert_eq!(emission::blend(Side::Merchant, 31).holding, 10);
    for epoch in &verdict.epochs {
        assert!(
            epoch.merchants.paid <= epoch.merchants.reserved && epoch.merchants.reserved <= epoch.merchants.emission
        );
        assert!(epoch.customers.paid <= epoch.customers.reserved);
    }
    let paid: u128 = verdict.epochs.iter().map(|epoch| epoch.merchants.paid).sum();
    let mut held = 300 * TOKEN;
    for account in &accounts {
        held += place.world.bzky_of(*account).await;
    }
    assert_eq!(held, 10_500 * TOKEN + paid, "what was given, and every reward");

    same_facts(&place).await;
    nothing_twice(&place).await;
}

/// The index and the chain itself lead to the same reports.
async fn same_facts(place: &Place) {
    let source = IndexSource::new(place.store.clone());
    let mut ledger = Ledger::new(place.world.suite.deployment().calendar);
    let mut epochs = 0;
    for block in place.blocks(place.store.network().first_block).await {
        for facts in ledger.enter(&block).unwrap() {
            let indexed = source.closed_epoch(facts.input.epoch).await.unwrap().expect("a closed epoch");
            assert_eq!(indexed.input.receipts, facts.input.receipts);
            assert_eq!(indexed.input.capital, facts.input.capital);
            assert_eq!(indexed.input.merchants, facts.input.merchants);
            assert_eq!(indexed.input.customers, facts.input.customers);
            assert_eq!(indexed.holdings, facts.holdings);
            epochs += 1;
        }
        for event in &block.events {
            ledger.apply(event).unwrap();
        }
    }
    assert_eq!(epochs, 32);
    assert_eq!(source.closed_epoch(epochs).await, Ok(None), "the present epoch is not closed");
}

/// Everybody starts again from nothing, twice: not one transaction comes of it.
async fn nothing_twice(place: &Place) {
    let before = place.head().await;
    for _ in 0..2 {
        let book = place.book().await;
        let suite = &place.world.suite;
        for signer in &place.world.committee {
            let mut member = Member::new(suite.clone(), signer.clone(), book.clone());
            assert_eq!(member.step().await.unwrap(), []);
            assert!(member.disagreements().is_empty());
        }
        assert_eq!(Keeper::new(suite.clone(), place.world.stranger.clone()).step().await.unwrap(), []);
        let mut claimer = Claimer::new(suite.clone(), place.world.stranger.clone(), book);
        assert_eq!(claimer.step().await.unwrap(), []);
    }
    assert_eq!(place.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_reports_once_even_when_it_starts_again_before_a_majority() {
    let mut place = Place::new(1, 1).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    let book = place.book().await;
    let member = |signer: &Signer| Member::new(place.world.suite.clone(), signer.clone(), book.clone());
    let [first, second, third] = &place.world.committee;
    assert_eq!(member(first).step().await.unwrap().len(), 1);
    let head = place.head().await;
    assert_eq!(member(first).step().await.unwrap(), [], "a restart");
    assert_eq!(member(&place.world.stranger).step().await.unwrap(), [], "no member");
    assert_eq!(place.head().await, head);
    assert_eq!(member(second).step().await.unwrap().len(), 1);
    assert_eq!(member(third).step().await.unwrap(), [], "there is a majority already");
    // Too early: the window is open.
    let keeper = Keeper::new(place.world.suite.clone(), place.world.stranger.clone());
    assert_eq!(keeper.step().await.unwrap(), []);
    place.world.pass_window().await;
    let needed = place.world.suite.rewards().finalise(0).dry_run(&first.account_id(), None).await.unwrap().gas_required;
    assert!(
        needed.ref_time * 2 < FINALISE_GAS.ref_time && needed.proof_size * 2 < FINALISE_GAS.proof_size,
        "{needed:?}"
    );
    assert_eq!(keeper.step().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_nobody_reports_is_voided_and_the_next_ones_go_on() {
    let mut place = Place::new(1, 1).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(8).await;
    let keeper = Keeper::new(place.world.suite.clone(), place.world.stranger.clone());
    let settled = keeper.step().await.unwrap();
    assert_eq!(settled.iter().map(|s| (s.epoch, s.state)).collect::<Vec<_>>(), [(0, EpochState::Void)]);
    pay(&place).await;
    let verdict = verdict(&place).await;
    assert_eq!(verdict.difference, None);
    assert_eq!(verdict.epochs.iter().map(|epoch| epoch.state).collect::<Vec<_>>(), {
        let mut states = vec![EpochState::Final; 8];
        states[0] = EpochState::Void;
        states
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_customer_is_skipped_and_paid_later_and_a_lying_committee_is_found() {
    let mut place = Place::new(1, 2).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500), (2, 500)]).await;
    place.world.enter_epoch(1).await;
    let until = place.world.chain.now_ms() + 2 * DAY;
    let hold = place.world.suite.registry().place_hold(Side::Customer, 2, until, Default::default());
    hold.send(&place.world.admin).await.unwrap();
    pay(&place).await;
    assert_eq!(verdict(&place).await.epochs[0].unpaid, 1);
    place.world.enter_epoch(4).await;
    pay(&place).await;
    assert_eq!(verdict(&place).await.epochs[0].unpaid, 0);

    // Two members agree on a false epoch 4; the third one computes another.
    place.sell(0, &[(1, 100)]).await;
    place.world.enter_epoch(5).await;
    let book = place.book().await;
    let mut report = book.report(4).unwrap().report();
    report.merchants.sum_v1 += 1;
    for signer in &place.world.committee[..2] {
        place.world.suite.rewards().report(4, &report).send(signer).await.unwrap();
    }
    let mut honest = Member::new(place.world.suite.clone(), place.world.committee[2].clone(), Arc::clone(&book));
    assert_eq!(honest.step().await.unwrap(), []);
    assert_eq!(honest.disagreements()[&4].theirs, report);
    for _ in 0..2 {
        let difference = verdict(&place).await.difference.expect("a difference");
        assert_eq!(
            (difference.epoch, difference.side, difference.field),
            (Some(4), Some(Side::Merchant), Field::SumV1)
        );
        // It is found pending, and it is found once it is final.
        place.world.pass_window().await;
        Keeper::new(place.world.suite.clone(), place.world.stranger.clone()).step().await.unwrap();
    }
    let book = place.book().await;
    let mut claimer = Claimer::new(place.world.suite.clone(), place.world.stranger.clone(), book);
    assert_eq!(claimer.step().await.unwrap(), [], "nothing that could be proven");
}
