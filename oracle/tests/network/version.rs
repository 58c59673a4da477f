//! The board has another algorithm score from an epoch on; what was scored
//! before stays so, and verifies so.

use crate::{pay, place::Place, verdict};
use bizkey_client::{hand_over, ContractError};
use bizkey_oracle::{committee::DeferredClaimer, scoring::Algorithm};
use bizkey_primitives::{
    errors::rewards,
    report::{EpochState, BIZPOWER_1, BIZPOWER_2},
    Balance, Epoch, TOKEN,
};
use bizkey_tests::world::refusal;
use std::ops::Range;

/// The first epoch of version 2.
const FIRST: Epoch = 4;
/// Epochs of the test.
const EPOCHS: Epoch = 6;
/// What shop 1 has locked, enough for its rewards of version 2.
const DEPOSIT: Balance = 1_000 * TOKEN;

const fn version(epoch: Epoch) -> u16 {
    if epoch < FIRST {
        BIZPOWER_1
    } else {
        BIZPOWER_2
    }
}

/// In every epoch one customer buys twice at shop 1 and another one once; then
/// the epoch after them begins, and they are reported, final and paid.
async fn trade(place: &mut Place, epochs: Range<Epoch>) {
    for epoch in epochs.clone() {
        place.world.enter_epoch(epoch).await;
        place.sell(0, &[(1, 500), (1, 300), (2, 700)]).await;
        place.sell(1, &[(3, 900)]).await;
    }
    place.world.enter_epoch(epochs.end).await;
    pay(place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_of_the_board_has_version_2_score_from_its_epoch_on_and_older_ones_stay_as_they_were() {
    let mut place = Place::new(2, 3).await;
    let shop = place.shops[0].clone();
    place.world.give(shop.account(), DEPOSIT).await;
    place.world.lock(&shop, DEPOSIT).await;
    trade(&mut place, 0..2).await;
    let mut settled = vec![];
    for epoch in 0..2 {
        settled.push(place.world.record_of(epoch).await);
    }

    // The network is its board's; the deployer sets no algorithm any more.
    let (suite, admin) = (place.world.suite.clone(), place.world.admin.clone());
    hand_over(&suite, &admin, place.world.stranger.account_id()).await.unwrap();
    let refused = refusal(suite.rewards().set_algorithm(FIRST, BIZPOWER_2).send(&admin).await);
    assert_eq!(refused, ContractError::Rewards(rewards::Error::NotAdmin));
    place.resolve(&suite.rewards().set_algorithm(FIRST, BIZPOWER_2).as_motion()).await;

    // Two more epochs by the old one, two by the new one.
    trade(&mut place, 2..EPOCHS).await;
    let book = place.book().await;
    let mut claimer = DeferredClaimer::new(suite.clone(), place.world.stranger.clone(), book.clone());
    let claimed: Vec<_> = claimer.step().await.unwrap().iter().map(|paid| (paid.epoch, paid.merchant)).collect();
    assert_eq!(claimed, [(FIRST, 1), (FIRST + 1, 1)], "version 2 pays a shop at once as far as it has a deposit");
    place.book().await;

    // The contract, the index and the scores agree, epoch by epoch.
    for epoch in 0..EPOCHS {
        let expected = version(epoch);
        assert_eq!(suite.rewards().algorithm_at(epoch, None).await, Ok(expected), "epoch {epoch}");
        assert_eq!(place.store.algorithm_at(epoch).await.unwrap(), expected, "epoch {epoch}");
        let record = place.world.record_of(epoch).await;
        assert_eq!((record.state, record.report.algorithm_version), (EpochState::Final, expected), "epoch {epoch}");
        assert!(record.merchants.paid > 0 && record.customers.paid > 0, "epoch {epoch}: {record:?}");
        let report = book.report(epoch).unwrap();
        assert_eq!(report.report(), record.report, "epoch {epoch}");
        // Version 1 counts orders, version 2 buyers.
        let (algorithm, orders) =
            if expected == BIZPOWER_1 { (Algorithm::Bizpower1, 3) } else { (Algorithm::Bizpower2, 2) };
        assert_eq!((report.scores.algorithm, report.scores.merchants[0].counts.pl), (algorithm, orders));
    }
    for (epoch, before) in (0..).zip(settled) {
        assert_eq!(place.world.record_of(epoch).await, before, "what was settled stays");
    }

    let verdict = verdict(&place).await;
    assert_eq!(verdict.difference, None);
    let versions: Vec<_> = verdict.epochs.iter().map(|epoch| epoch.report.algorithm_version).collect();
    assert_eq!(versions, (0..EPOCHS).map(version).collect::<Vec<_>>());
}
