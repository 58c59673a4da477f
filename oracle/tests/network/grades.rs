//! Level rewards on a real chain: what is due, until its task exists or is
//! about to, and who earns it, once.

use crate::place::Place;
use bizkey_client::{ContractError, Signer};
use bizkey_indexer::{
    model::hex,
    scores::{keep_epoch, Grade},
};
use bizkey_oracle::{
    explain::{explain, Focus},
    grades::{due, ConfirmError, Confirmed, Confirmer, DueReward, LevelRewards, PlanSettings},
    scoring::WeightBinding,
};
use bizkey_primitives::{
    board::Motion,
    errors::redemption,
    hash::{blake2x256, selector},
    redemption::{RedemptionParameters, RedemptionRole, TaskTerms, PRICE_SCALE},
    Hash, Side, Status, TOKEN,
};
use bizkey_tests::DAY;
use codec::{Decode, Encode};

fn settings() -> PlanSettings {
    let reward = |text: &str| text.parse().unwrap();
    let rewards = LevelRewards::default().with(reward("copper=2x3")).with(reward("bronze=1x5"));
    PlanSettings { rewards, ..PlanSettings::default() }
}

/// A network in which Bizkey's tasks can be paid, with a task confirmer.
async fn place(shops: u32, customers: u32) -> Place {
    let place = Place::new(shops, customers).await;
    let (world, redemption) = (&place.world, place.world.suite.redemption());
    let parameters = RedemptionParameters { official_price: 100 * PRICE_SCALE, ..RedemptionParameters::initial(DAY) };
    redemption.set_parameters(&parameters).send(&world.admin).await.unwrap();
    for role in [RedemptionRole::PriceSetter, RedemptionRole::TaskConfirmer] {
        redemption.set_role(role, Some(world.stranger.account_id())).send(&world.admin).await.unwrap();
    }
    redemption.anchor_price(40 * PRICE_SCALE).send(&world.admin).await.unwrap();
    // The ecosystem pool is what the contract holds.
    world.give(redemption.address(), 1_000 * TOKEN).await;
    place
}

async fn set_price(place: &Place) {
    let call = place.world.suite.redemption().set_price(40 * PRICE_SCALE, place.world.chain.now_ms());
    call.send(&place.world.stranger).await.unwrap();
}

/// The index as it is now, with everything kept that is over.
async fn follow(place: &Place) {
    place.book().await;
    while keep_epoch(&place.store).await.unwrap().is_some() {}
}

/// One customer a day at each of so many shops, until four days are graded.
async fn four_days(place: &mut Place, shops: usize) {
    for epoch in 0..4 {
        place.world.enter_epoch(epoch).await;
        for shop in 0..shops {
            place.sell(shop, &[(1, 100)]).await;
        }
    }
    place.world.enter_epoch(4).await;
    follow(place).await;
}

fn short(due: &[DueReward]) -> Vec<(u32, Grade, u32)> {
    due.iter().map(|due| (due.reached.merchant, due.reached.grade, due.reached.epoch)).collect()
}

fn confirmer(place: &Place, signer: &Signer) -> Confirmer {
    Confirmer::new(place.world.suite.clone(), signer.clone(), place.store.clone(), settings())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_is_due_once_and_its_customers_earn_it_once() {
    let mut place = place(1, 4).await;
    four_days(&mut place, 1).await;
    let listed = due(&place.store, &settings()).await.unwrap();
    // Alone it is in the middle of the network: copper and bronze.
    assert_eq!(short(&listed), [(1, Grade::Copper, 3), (1, Grade::Bronze, 3)]);
    assert_eq!(due(&place.store, &settings()).await.unwrap(), listed, "a second start");
    let one = due(&place.store, &PlanSettings { most: 1, ..settings() }).await.unwrap();
    assert_eq!(one, listed[..1]);

    // The admin signs the first as it stands.
    let copper = &listed[0];
    let terms = TaskTerms::decode(&mut &copper.create[4..]).unwrap();
    assert_eq!((copper.create[..4].to_vec(), terms), (selector("create_task").to_vec(), copper.terms));
    assert_eq!((terms.reward, terms.stock), (3 * TOKEN, 2));
    assert_eq!(terms.conditions, Hash::from(blake2x256(copper.text.as_bytes())));
    assert!(copper.text.contains(&hex(&place.world.suite.client().genesis_hash())) && copper.text.contains("shop 1\n"));
    set_price(&place).await;
    place.world.suite.redemption().create_task(&terms).send(&place.world.admin).await.unwrap();
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), [(1, Grade::Bronze, 3)]);
    // Other amounts make no other reward.
    let other = PlanSettings { rewards: LevelRewards::default(), life_ms: DAY, ..settings() };
    assert_eq!(short(&due(&place.store, &other).await.unwrap()), [(1, Grade::Bronze, 3)]);

    // Nobody has earned it: what was bought before does not count. Then three
    // customers come in the order 3, 2, 4, the last too late, and one whom nobody knows.
    let confirmer_key = place.world.stranger.clone();
    assert_eq!(confirmer(&place, &confirmer_key).step().await.unwrap(), []);
    place.sell(0, &[(0, 100), (3, 100), (3, 50), (2, 100), (4, 100)]).await;
    follow(&place).await;
    assert_eq!(confirmer(&place, &confirmer_key).step().await.unwrap(), [], "the epoch is not over");
    place.world.enter_epoch(5).await;
    follow(&place).await;
    let (one, two) = (confirmer(&place, &confirmer_key), confirmer(&place, &confirmer_key));
    let confirmed = one.step().await.unwrap();
    let who = |confirmed: &[Confirmed]| confirmed.iter().map(|c| (c.merchant, c.customer)).collect::<Vec<_>>();
    assert_eq!(who(&confirmed), [(1, 3), (1, 2)]);
    // Another one, of rows that do not know it yet, and a restart later.
    let before = place.head().await;
    assert_eq!(two.step().await.unwrap(), []);
    follow(&place).await;
    assert_eq!(confirmer(&place, &confirmer_key).step().await.unwrap(), []);
    assert_eq!(place.head().await, before, "not one transaction");
    let task = confirmed[0].task;
    let again = place.world.suite.redemption().fulfil(task, 3).send(&confirmer_key).await.unwrap_err();
    // Its stock is used up, which the contract sees first.
    assert_eq!(again.contract(), Some(ContractError::Redemption(redemption::Error::OutOfStock)));

    // When the task has expired, it is still not due again.
    place.world.enter_epoch(80).await;
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), [(1, Grade::Bronze, 3)]);
    let late = PlanSettings { window: 10, ..settings() };
    assert_eq!(short(&due(&place.store, &late).await.unwrap()), [], "nobody created it in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_that_runs_makes_it_no_longer_due_and_one_that_is_over_does_not() {
    let mut place = place(2, 1).await;
    four_days(&mut place, 2).await;
    // Shop 1 is smaller, so cheaper, and in the upper half.
    let listed = due(&place.store, &settings()).await.unwrap();
    assert_eq!(
        short(&listed),
        [(1, Grade::Copper, 3), (1, Grade::Bronze, 3), (1, Grade::Silver, 3), (2, Grade::Copper, 3)]
    );
    let silver = &listed[2];
    let motion = Motion::decode(&mut &silver.propose[4..]).unwrap();
    let target = place.world.suite.redemption().address();
    assert_eq!(motion, Motion::Call { target, input: silver.create.clone() });
    assert_eq!(silver.execute[4..], (target, silver.create.clone()).encode());
    place.world.suite.foundation().propose(&motion).send(&place.world.directors[0]).await.unwrap();
    follow(&place).await;
    let without = [&listed[..2], &listed[3..]].concat();
    assert_eq!(due(&place.store, &settings()).await.unwrap(), without);
    // Fourteen days without a majority; then it is due again.
    place.world.enter_epoch(17).await;
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), short(&without));
    place.world.enter_epoch(19).await;
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), short(&listed));

    // Who is penalised waits.
    place.world.set_status(Side::Merchant, 1, Status::Demoted).await;
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), [(2, Grade::Copper, 3)]);
    place.world.set_status(Side::Merchant, 1, Status::Active).await;
    follow(&place).await;
    assert_eq!(short(&due(&place.store, &settings()).await.unwrap()), short(&listed));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_task_confirmer_confirms() {
    let place = place(1, 1).await;
    let error = confirmer(&place, &place.world.treasury).step().await.unwrap_err();
    assert!(matches!(error, ConfirmError::NotTaskConfirmer(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_from_the_chain_has_the_grades_that_the_index_serves() {
    let mut place = Place::new(2, 1).await;
    four_days(&mut place, 2).await;
    for shop in [1, 2] {
        let rows = place.store.merchant_grades(shop, None, 10).await.unwrap();
        assert_eq!(rows.len(), 4);
        for row in rows {
            let focus = Focus { merchant: Some(shop), customer: None };
            let (epoch, weights) = (row.graded.epoch, WeightBinding::default());
            let explained = explain(&place.world.suite, epoch, focus, weights, |_| {}).await.unwrap();
            let grade = explained.merchant.unwrap().grade.expect("it traded");
            let ranks: Vec<u16> = grade.ranks.iter().map(|line| line.rank).collect();
            assert_eq!((&ranks, grade.standing), (&row.graded.ranks, row.graded.standing()));
            assert_eq!((grade.epoch, grade.since_epoch), (row.graded.epoch, row.graded.since));
            let numbers = (grade.earned.number, grade.shown.map(|shown| shown.number));
            assert_eq!(numbers, (row.graded.earned.number(), Some(row.shown.number())));
        }
    }
}
