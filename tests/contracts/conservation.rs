//! No token appears or vanishes, whatever is reported and claimed in
//! whichever order.

use bizkey_primitives::{Epoch, Side, BZKY_SUPPLY, MERCHANT_POOL};
use bizkey_tests::{Tree, World};
use proptest::prelude::*;

const EPOCHS: Epoch = 3;
const SHOPS: u32 = 4;
const CUSTOMERS: u32 = 4;

/// What is reported of one epoch, and the order of its claims.
#[derive(Clone, Debug)]
struct Day {
    scores: Vec<u128>,
    sales: Vec<u128>,
    claims: Vec<(bool, usize)>,
    pushed: bool,
}

fn day() -> impl Strategy<Value = Day> {
    let values = |count: u32| proptest::collection::vec(prop_oneof![Just(0u128), 0u128..1 << 90], count as usize);
    let claims = proptest::collection::vec((any::<bool>(), 0usize..SHOPS as usize), 0..10);
    (values(SHOPS), values(CUSTOMERS), claims, any::<bool>()).prop_map(|(scores, sales, claims, pushed)| Day {
        scores,
        sales,
        claims,
        pushed,
    })
}

/// Checks the sums; returns what merchants and customers were paid so far.
async fn check(world: &World) -> (u128, u128) {
    let (mut paid, mut reserved, mut minted) = (0, 0, 0);
    for epoch in 0..EPOCHS {
        let Some(record) = world.suite.rewards().epoch(epoch, None).await.unwrap() else { continue };
        for payout in [record.merchants, record.customers] {
            assert!(payout.paid <= payout.reserved && payout.reserved <= payout.emission, "{payout:?}");
        }
        paid += record.merchants.paid;
        reserved += record.merchants.reserved;
        minted += record.customers.paid;
    }
    let vault = world.bzky_of(world.suite.vault().address()).await;
    let rewards = world.bzky_of(world.suite.rewards().address()).await;
    assert_eq!(vault, MERCHANT_POOL - reserved);
    assert_eq!(world.suite.vault().available(None).await.unwrap(), vault);
    assert_eq!(rewards, reserved - paid);
    assert_eq!(world.suite.bzky().total_supply(None).await.unwrap(), BZKY_SUPPLY);
    assert_eq!(world.suite.time().total_supply(None).await.unwrap(), minted);
    (paid, minted)
}

async fn run(days: Vec<Day>) {
    let world = World::new().await;
    let mut shops = world.shops(SHOPS).await;
    let customers = world.customers(CUSTOMERS).await;
    for (epoch, day) in (0..).zip(&days) {
        world.enter_epoch(epoch).await;
        for shop in &mut shops {
            world.record(shop, &[(1, 5), (2, 6)]).await;
        }
        world.enter_epoch(epoch + 1).await;
        let leaves = |values: &[u128]| (1..).zip(values).map(|(i, v)| (i, *v, 0)).collect::<Vec<_>>();
        let merchants = world.tree(Side::Merchant, epoch, &leaves(&day.scores));
        let sales = world.tree(Side::Customer, epoch, &leaves(&day.sales));
        world.settle(epoch, &merchants, &sales).await;
        check(&world).await;
        let tree = |side| -> &Tree {
            match side {
                Side::Merchant => &merchants,
                Side::Customer => &sales,
            }
        };
        for (merchant, position) in &day.claims {
            let side = if *merchant { Side::Merchant } else { Side::Customer };
            // Those that repeat are refused, and must change nothing.
            let _ = world.claim(side, epoch, tree(side), *position).await;
            check(&world).await;
        }
        if day.pushed {
            for side in Side::ALL {
                world.push(side, epoch, tree(side), 0).await.expect("a push of what is left");
                check(&world).await;
            }
        }
    }
    let (paid, minted) = check(&world).await;
    let mut held = (0, 0);
    for shop in &shops {
        held.0 += world.bzky_of(shop.account()).await;
    }
    for customer in &customers {
        held.1 += world.time_of(customer.account()).await;
    }
    assert_eq!(held, (paid, minted), "what was paid is what they hold");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn sums_hold_after_every_step(days in proptest::collection::vec(day(), EPOCHS as usize)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run(days));
    }
}
