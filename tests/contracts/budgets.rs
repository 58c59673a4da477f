//! What paying rewards costs, so that a change that makes it dearer is seen.
//! Figures are the pallet's own weights; `--nocapture` shows them.

use bizkey_primitives::{
    bizpower::SCALE,
    party::{HoldingIndex, PushedLeaf},
    report::{Report, SideReport, BIZPOWER_1},
    tree::{self, Leaf, ProofStep, Tuple, SUBTREE_LEAVES},
    Side, TOKEN,
};
use bizkey_tests::World;

const MICROSECOND: u64 = 1_000_000;

/// A network whose epoch 0 is final with a merchants' tree of `levels` levels:
/// the leaf of shop 1, and beside each step up one more leaf.
async fn deep(levels: u32) -> (World, Leaf, Vec<ProofStep>) {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(0, 1_000)]).await;
    world.enter_epoch(1).await;
    let leaf = Leaf { account: 1, v1: SCALE, v2: 0 };
    let domain = world.tree(Side::Merchant, 0, &[]).domain;
    let beside = |level| Tuple { min_account: level + 2, max_account: level + 2, ..leaf.tuple(&domain).unwrap() };
    let proof: Vec<_> = (0..levels).map(|level| ProofStep { sibling_is_left: false, sibling: beside(level) }).collect();
    let (top, _) = tree::fold(&domain, leaf.tuple(&domain).unwrap(), &proof).unwrap();
    let merchants = SideReport { root: top.root(&domain), count: top.count, sum_v1: top.sum_v1, sum_v2: top.sum_v2 };
    let report = Report { algorithm_version: BIZPOWER_1, merchants, customers: SideReport::default() };
    for member in &world.committee[..2] {
        world.suite.rewards().report(0, &report).send(member).await.unwrap();
    }
    world.pass_window().await;
    world.finalise(0).await;
    (world, leaf, proof)
}

async fn claim_cost(levels: u32) -> u64 {
    let (world, leaf, proof) = deep(levels).await;
    let call = world.suite.rewards().claim(Side::Merchant, 0, leaf, HoldingIndex::default(), &proof);
    call.dry_run(&world.stranger.account_id(), None).await.unwrap().gas_required.ref_time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_through_21_levels() {
    let (flat, deep) = (claim_cost(0).await, claim_cost(21).await);
    println!("claim: {} us, through 21 levels {} us", flat / MICROSECOND, deep / MICROSECOND);
    // The budget is 300 us. 108 are the pallet's price of 21 hashes; the rest is Wasm.
    assert!(deep - flat < 300 * MICROSECOND, "21 levels take {} us", (deep - flat) / MICROSECOND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_128_leaves_fits_a_block() {
    let world = World::new().await;
    let mut shops = world.shops(SUBTREE_LEAVES).await;
    for shop in &shops {
        world.give(shop.account(), TOKEN).await;
    }
    world.enter_epoch(30).await;
    for shop in &mut shops {
        world.record(shop, &[(0, 1_000)]).await;
    }
    world.enter_epoch(31).await;
    let leaves: Vec<_> = (1..=SUBTREE_LEAVES).map(|i| (i, SCALE, TOKEN)).collect();
    let tree = world.tree(Side::Merchant, 30, &leaves);
    world.report(30, &tree, &world.tree(Side::Customer, 30, &[])).await;
    world.enter_epoch(37).await;
    for epoch in 0..30 {
        world.suite.rewards().void_overdue(epoch).send(&world.stranger).await.unwrap();
    }
    world.finalise(30).await;
    let mut pushed = Vec::new();
    for (leaf, shop) in tree.leaves.iter().zip(&shops) {
        pushed.push(PushedLeaf { leaf: *leaf, holding: world.holding_index(shop.account(), 30).await });
    }
    let call = world.suite.rewards().push(Side::Merchant, 30, &pushed, &[]);
    let cost = call.dry_run(&world.stranger.account_id(), None).await.unwrap();
    assert_eq!(cost.value, SUBTREE_LEAVES);
    let each = cost.gas_required.ref_time / u64::from(SUBTREE_LEAVES);
    println!("push of 128: {} us a leaf, {} bytes of proof", each / MICROSECOND, cost.gas_required.proof_size);
    // A block of a solo chain gives ordinary calls 1.5 s.
    assert!(cost.gas_required.ref_time < 1_500_000 * MICROSECOND);
    call.send(&world.stranger).await.unwrap();
}
