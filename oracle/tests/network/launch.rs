//! A network as `bizkey up` and `bizkey deploy` make it: hardened from its
//! first epoch on, receipts to rewards and to what waits of them.

use crate::{pay, place::Place, settle, verdict};
use bizkey_client::{DeployConfig, DEFAULT_ALGORITHM_VERSION, DEFAULT_CASH_CAP};
use bizkey_devchain::DevchainConfig;
use bizkey_oracle::{
    committee::{Claimer, DeferredClaimer, DeferredPayment},
    scoring::Algorithm,
    simulation::AttackParameters,
    Book,
};
use bizkey_primitives::{
    report::{EpochState, BIZPOWER_2},
    Balance, Side, TOKEN,
};
use bizkey_tests::{world, World, DAY};
use std::sync::Arc;

/// Epochs after its own until a reward opens (contracts/README.md, rewards).
const OPENS_AFTER: u32 = 63;
/// What shop 1 has locked; shop 2 has nothing.
const DEPOSIT: Balance = 30 * TOKEN;

/// Shops and customers of a network with the default rules, an hour before its
/// genesis; shop 1 has its deposit.
async fn launched(shops: u32, customers: u32) -> Place {
    let rules = DeployConfig {
        algorithm_version: DEFAULT_ALGORITHM_VERSION,
        cash_cap: Some(DEFAULT_CASH_CAP),
        ..world::config()
    };
    let world = World::deployed(DevchainConfig::default(), &rules).await;
    let place = Place::on(world, shops, customers).await;
    let shop = place.shops[0].clone();
    place.world.give(shop.account(), DEPOSIT).await;
    place.world.lock(&shop, DEPOSIT).await;
    place
}

/// A claimer that begins with nothing, over a book.
fn claimer(place: &Place, book: &Arc<Book>) -> DeferredClaimer {
    DeferredClaimer::new(place.world.suite.clone(), place.world.stranger.clone(), book.clone())
}

/// Claims what can be paid: whose, and how much.
async fn paid(claimer: &mut DeferredClaimer) -> Vec<(u32, Balance)> {
    let payments = claimer.step().await.expect("pays");
    payments.iter().map(|DeferredPayment { merchant, amount, .. }| (*merchant, *amount)).collect()
}

async fn waiting(place: &Place, merchant: u32) -> Balance {
    place.world.suite.rewards().deferred_of(0, merchant, None).await.expect("a read")
}

/// Lets the index and the book catch up with the chain.
async fn level(place: &Place, book: &Book) {
    place.book().await;
    book.advance().await.expect("epochs that can be judged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_network_is_hardened_from_its_first_epoch_and_pays_at_once_up_to_the_deposit() {
    let mut place = launched(2, 3).await;
    place.world.enter_epoch(0).await;
    // Customer 1 buys twice, in cash and for more than counts in a day.
    place.sell(0, &[(1, 1_500), (1, 700), (2, 700)]).await;
    place.sell(1, &[(3, 900)]).await;
    place.world.enter_epoch(1).await;
    pay(&place).await;
    let book = place.book().await;

    // The contract, the index and the oracle agree on the algorithm.
    assert_eq!(place.world.suite.rewards().algorithm_at(0, None).await, Ok(BIZPOWER_2));
    assert_eq!(place.store.algorithm_at(0).await.unwrap(), BIZPOWER_2);
    let report = book.report(0).expect("a closed epoch");
    assert_eq!(report.scores.algorithm, Algorithm::Bizpower2);
    let counts = report.scores.merchants[0].counts;
    assert_eq!((counts.pl, counts.pm, counts.um), (2, 2_900, 2), "one order a customer, no clamp");
    assert_eq!(report.scores.customers[0].sales, u128::from(DEFAULT_CASH_CAP), "not 2,200");
    assert_eq!(report.scores.customers[1].sales, 700);

    // The push made all of it wait; the deposit secures a part.
    let record = place.world.record_of(0).await;
    assert_eq!((record.state, record.merchants.emission), (EpochState::Final, 200 * TOKEN));
    let rewards = [1, 2].map(|merchant| report.reward(Side::Merchant, merchant, &record.merchants));
    assert!(rewards.iter().all(|reward| *reward > DEPOSIT), "{rewards:?}");
    let accounts = [0, 1].map(|shop| place.shops[shop].account());
    assert_eq!([waiting(&place, 1).await, waiting(&place, 2).await], rewards);
    assert_eq!(place.world.bzky_of(accounts[0]).await, 0);
    let mut claimer = claimer(&place, &book);
    assert_eq!(paid(&mut claimer).await, [(1, DEPOSIT)]);
    assert_eq!(place.world.bzky_of(accounts[0]).await, DEPOSIT);
    assert_eq!([waiting(&place, 1).await, waiting(&place, 2).await], [rewards[0] - DEPOSIT, rewards[1]]);
    assert_eq!(place.world.record_of(0).await.merchants.paid, DEPOSIT);

    // Until it opens nothing more is sent, by this claimer or by a new one.
    let customers = [1, 2, 3].map(|customer| report.reward(Side::Customer, customer, &record.customers));
    assert_eq!(customers.iter().sum::<Balance>(), record.customers.paid, "customers do not wait");
    nothing_before_it_opens(&place, &mut claimer, &book).await;

    // Shop 2 is held while the rest opens, and paid when it is free again.
    place.world.enter_epoch(OPENS_AFTER + 1).await;
    let until = place.world.chain.now_ms() + 2 * DAY;
    let hold = place.world.suite.registry().place_hold(Side::Merchant, 2, until, Default::default());
    hold.send(&place.world.admin).await.expect("a hold");
    level(&place, &book).await;
    assert_eq!(paid(&mut claimer).await, [(1, rewards[0] - DEPOSIT)]);
    place.world.enter_epoch(OPENS_AFTER + 4).await;
    level(&place, &book).await;
    assert_eq!(paid(&mut claimer).await, [(2, rewards[1])]);
    assert_eq!([waiting(&place, 1).await, waiting(&place, 2).await], [0, 0]);
    for (account, reward) in accounts.into_iter().zip(rewards) {
        assert_eq!(place.world.bzky_of(account).await, reward);
    }

    settle(&place).await;
    let verdict = verdict(&place).await;
    assert_eq!(verdict.difference, None);
    assert!(verdict.epochs.iter().all(|epoch| epoch.report.algorithm_version == BIZPOWER_2));
}

/// In the last epoch of the demand period the chain is asked, and nothing is sent.
async fn nothing_before_it_opens(place: &Place, claimer: &mut DeferredClaimer, book: &Arc<Book>) {
    place.world.enter_epoch(OPENS_AFTER).await;
    level(place, book).await;
    let before = place.head().await;
    assert_eq!(paid(claimer).await, []);
    assert_eq!(paid(&mut self::claimer(place, book)).await, []);
    let mut pusher = Claimer::new(place.world.suite.clone(), place.world.stranger.clone(), book.clone());
    assert_eq!(pusher.step().await.expect("nothing to push"), []);
    assert_eq!(place.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_could_not_be_pushed_is_paid_once_it_was() {
    let mut place = launched(1, 1).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    let until = place.world.chain.now_ms() + 2 * DAY;
    let hold = place.world.suite.registry().place_hold(Side::Merchant, 1, until, Default::default());
    hold.send(&place.world.admin).await.expect("a hold");
    pay(&place).await;
    let book = place.book().await;
    let mut claimer = claimer(&place, &book);
    assert_eq!(paid(&mut claimer).await, [], "its leaf is not claimed");
    place.world.enter_epoch(4).await;
    pay(&place).await;
    level(&place, &book).await;
    assert_eq!(paid(&mut claimer).await, [(1, DEPOSIT)]);
}

#[test]
fn the_cash_cap_of_a_new_network_is_the_one_that_the_attacks_are_played_with() {
    assert_eq!(AttackParameters::default().cash_cap, DEFAULT_CASH_CAP);
}
