//! The kept tree against the checks that the contract makes.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_oracle::report::{EpochTree, Network};
use bizkey_primitives::{
    report::{SideReport, BIZPOWER_1},
    tree::{self, Domain, Leaf, TreeError},
    AccountId, Hash, Side,
};
use proptest::prelude::*;

fn network() -> Network {
    Network { genesis: Hash::from([7; 32]), rewards: AccountId::from([8; 32]) }
}

fn domain(side: Side, epoch: u32) -> Domain {
    network().domain(side, epoch, BIZPOWER_1)
}

fn leaves(count: u32) -> Vec<Leaf> {
    (1..=count).map(|n| Leaf { account: n * 3, v1: u128::from(n) << 40, v2: u128::from(n % 7) }).collect()
}

fn build(count: u32) -> EpochTree {
    EpochTree::build(domain(Side::Merchant, 5), leaves(count)).unwrap()
}

#[test]
fn the_root_is_that_of_the_primitives_for_every_size() {
    for count in 0..=300 {
        let tree = build(count);
        assert_eq!(tree.root(), tree::root(tree.domain(), tree.leaves()).unwrap(), "{count} leaves");
        assert!(tree.side_report().is_consistent());
    }
}

#[test]
fn every_leaf_and_every_subtree_of_every_size_has_a_proof() {
    for count in 1..=300 {
        let tree = build(count);
        let report = tree.side_report();
        for (position, leaf) in tree.leaves().iter().enumerate() {
            let (proven, proof) = tree.proof(leaf.account).unwrap();
            assert_eq!(proven, *leaf);
            let place = report.verify(tree.domain(), leaf.tuple(tree.domain()).unwrap(), &proof);
            assert_eq!(place, Ok(position as u32), "leaf {position} of {count}");
        }
        let mut covered = 0;
        for base in tree.bases() {
            let (leaves, proof) = tree.subtree(base).unwrap();
            let start = tree::top(tree.domain(), leaves).unwrap();
            let place = report.verify(tree.domain(), start, &proof).unwrap();
            assert_eq!((place as usize, place % 128), (base, 0), "subtree {base} of {count}");
            covered += leaves.len();
        }
        assert_eq!(covered, count as usize);
    }
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    let tree = build(200);
    assert!(tree.proof(4).is_none());
    assert!(tree.subtree(1).is_none() && tree.subtree(256).is_none());
    assert!(build(0).subtree(0).is_none() && build(0).proof(3).is_none());
    assert_eq!(build(0).side_report(), SideReport::default());
}

#[test]
fn leaves_that_do_not_ascend_are_refused() {
    for accounts in [vec![0], vec![0, 1], vec![2, 2], vec![1, 2, 3, 3], vec![2, 1], vec![1, 5, 4]] {
        let leaves = accounts.iter().map(|account| Leaf { account: *account, v1: 1, v2: 1 }).collect();
        let refused = EpochTree::build(domain(Side::Customer, 0), leaves).map(|tree| tree.root());
        assert_eq!(refused, Err(TreeError::AccountsNotAscending), "{accounts:?}");
    }
    let heavy = vec![Leaf { account: 1, v1: u128::MAX, v2: 0 }, Leaf { account: 2, v1: 1, v2: 0 }];
    assert_eq!(EpochTree::build(domain(Side::Customer, 0), heavy).map(|tree| tree.root()), Err(TreeError::Overflow));
}

/// One way to tamper with a proven leaf.
#[derive(Clone, Copy, Debug)]
enum Tampering {
    Account,
    Score,
    Holding,
    ReportedCount,
    ReportedScores,
    ReportedHoldings,
    Side,
    Epoch,
    Algorithm,
    Network,
    SiblingHash,
    SiblingSum,
    SiblingCount,
    SiblingRange,
    SiblingSide,
    MissingStep,
    ExtraStep,
}

fn tampering() -> impl Strategy<Value = Tampering> {
    use Tampering::*;
    proptest::sample::select(vec![
        Account,
        Score,
        Holding,
        ReportedCount,
        ReportedScores,
        ReportedHoldings,
        Side,
        Epoch,
        Algorithm,
        Network,
        SiblingHash,
        SiblingSum,
        SiblingCount,
        SiblingRange,
        SiblingSide,
        MissingStep,
        ExtraStep,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_tampered_with_verifies(
        count in 2u32..300,
        position in any::<prop::sample::Index>(),
        step in any::<prop::sample::Index>(),
        how in tampering(),
        change in 1u32..1000,
    ) {
        let tree = build(count);
        let mut report = tree.side_report();
        let honest = tree.leaves()[position.index(count as usize)];
        let (mut leaf, mut proof) = tree.proof(honest.account).unwrap();
        let step = step.index(proof.len());
        let mut domain = domain(Side::Merchant, 5);
        let wide = u128::from(change);
        match how {
            Tampering::Account => leaf.account += change,
            Tampering::Score => leaf.v1 += wide,
            Tampering::Holding => leaf.v2 += wide,
            Tampering::ReportedCount => report.count += change,
            Tampering::ReportedScores => report.sum_v1 += wide,
            Tampering::ReportedHoldings => report.sum_v2 += wide,
            Tampering::Side => domain = self::domain(Side::Customer, 5),
            Tampering::Epoch => domain = self::domain(Side::Merchant, 5 + change),
            Tampering::Algorithm => domain = network().domain(Side::Merchant, 5, BIZPOWER_1 + 1),
            Tampering::Network => {
                let other = Network { genesis: Hash::from([6; 32]), ..network() };
                domain = other.domain(Side::Merchant, 5, BIZPOWER_1);
            }
            Tampering::SiblingHash => proof[step].sibling.hash[(change % 32) as usize] ^= 1,
            Tampering::SiblingSum => proof[step].sibling.sum_v1 += wide,
            Tampering::SiblingCount => proof[step].sibling.count += change,
            Tampering::SiblingRange => proof[step].sibling.max_account += change,
            Tampering::SiblingSide => proof[step].sibling_is_left = !proof[step].sibling_is_left,
            Tampering::MissingStep => { proof.remove(step); }
            Tampering::ExtraStep => proof.push(proof[step]),
        }
        let verified = leaf.tuple(&domain).and_then(|start| report.verify(&domain, start, &proof));
        prop_assert!(verified.is_err(), "{:?} went through at position {:?}", how, verified);
    }
}
