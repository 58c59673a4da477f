//! The whitepaper's two worked examples (3.4), on the contracts themselves.

use bizkey_primitives::{bizpower::SCALE, report::Payout, Side, TOKEN};
use bizkey_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn month_1_pays_100_bzky_for_80_of_400() {
    let world = World::new().await;
    let mut shops = world.shops(5).await;
    let customers = world.customers(2).await;
    world.enter_epoch(0).await;
    for shop in &mut shops {
        world.record(shop, &[(1, 1_000), (2, 3_000)]).await;
    }
    world.enter_epoch(1).await;
    let merchants = world.tree(Side::Merchant, 0, &(1..=5).map(|i| (i, 80 * SCALE, 0)).collect::<Vec<_>>());
    let sales = world.tree(Side::Customer, 0, &[(1, 5_000, 0), (2, 15_000, 0)]);
    let record = world.settle(0, &merchants, &sales).await;
    assert_eq!(record.merchants, Payout { emission: 500 * TOKEN, reserved: 500 * TOKEN, paid: 0 });
    assert_eq!(record.customers, Payout { emission: 20 * TOKEN, reserved: 20 * TOKEN, paid: 0 });

    world.claim(Side::Merchant, 0, &merchants, 0).await.unwrap();
    assert_eq!(world.bzky_of(shops[0].account()).await, 100 * TOKEN);
    // Customers, of 20 Time by a quarter and three quarters of the sales.
    world.push(Side::Customer, 0, &sales, 0).await.unwrap();
    assert_eq!(world.time_of(customers[0].account()).await, 5 * TOKEN);
    assert_eq!(world.time_of(customers[1].account()).await, 15 * TOKEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn month_2_pays_95_bzky_for_85_of_9000_and_10_of_1000() {
    const EPOCH: u32 = 30;
    let world = World::new().await;
    let mut shops = world.shops(100).await;
    let payments: Vec<_> = shops.iter().map(|shop| (shop.account(), 10 * TOKEN)).collect();
    world.suite.bzky().transfer_many(&payments).send(&world.treasury).await.unwrap();
    // Shop A holds part of its 10 Bzky as a deposit.
    world.lock(&shops[0], 6 * TOKEN).await;

    world.enter_epoch(EPOCH).await;
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    world.enter_epoch(EPOCH + 1).await;
    let score = |i: u32| match i {
        1 => 85,
        2 => 95,
        _ => 90,
    };
    let leaves: Vec<_> = (1..=100).map(|i| (i, score(i) * SCALE, 10 * TOKEN)).collect();
    let merchants = world.tree(Side::Merchant, EPOCH, &leaves);
    assert_eq!(merchants.report().sum_v1, 9_000 * SCALE);
    assert_eq!(merchants.report().sum_v2, 1_000 * TOKEN);
    world.report(EPOCH, &merchants, &world.tree(Side::Customer, EPOCH, &[])).await;

    // The month before went unreported: its epochs are void, which gives epoch 30 its turn.
    world.enter_epoch(EPOCH + 7).await;
    for epoch in 0..EPOCH {
        world.suite.rewards().void_overdue(epoch).send(&world.stranger).await.unwrap();
    }
    let record = world.finalise(EPOCH).await;
    assert_eq!(record.merchants.emission, 10_000 * TOKEN);
    assert_eq!(record.merchants.reserved, 10_000 * TOKEN);

    let before = world.bzky_of(shops[0].account()).await;
    world.claim(Side::Merchant, EPOCH, &merchants, 0).await.unwrap();
    assert_eq!(world.bzky_of(shops[0].account()).await - before, 95 * TOKEN);
    // And the rest: nothing of the 10,000 is left.
    for position in 1..100 {
        world.claim(Side::Merchant, EPOCH, &merchants, position).await.unwrap();
    }
    assert_eq!(world.bzky_of(shops[1].account()).await - 10 * TOKEN, 105 * TOKEN);
    assert_eq!(world.record_of(EPOCH).await.merchants.paid, 10_000 * TOKEN);
    assert_eq!(world.bzky_of(world.suite.rewards().address()).await, 0);
}
