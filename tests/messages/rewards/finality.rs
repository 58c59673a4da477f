//! Trees written by an adversary that became final, nobody having shown what
//! is wrong with them: they pay nobody twice, nobody out of standing, and never
//! more than was reserved.

use super::{
    adversary::{before_the_report, claim, domain, for_side, said, sides, Indices, EPOCH, PAYABLE, UNIT},
    forest::{recipe, Forged},
    stage::{account, property, tokens, Tally, KIND},
};
use bizkey_primitives::{
    events::Event,
    party::PushedLeaf,
    report::Payout,
    tree::{Leaf, ProofStep},
    Balance, Side,
};
use bizkey_tests::{Sandbox, WINDOW};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What an epoch paid, by party.
#[derive(Default)]
struct Paid(BTreeMap<u32, Balance>);

impl Paid {
    /// Adds what the last call paid.
    fn book(&mut self, network: &Sandbox) {
        for event in &network.events {
            let Event::RewardsPaid(paid) = event else { continue };
            for reward in &paid.rewards {
                let before = self.0.insert(reward.index, reward.amount);
                assert_eq!(before, None, "{} is paid twice", reward.index);
                assert!(PAYABLE.contains(&reward.index), "{} is paid", reward.index);
            }
        }
    }

    fn check(&self, payout: &Payout) {
        let sum: Balance = self.0.values().sum();
        assert_eq!(sum, payout.paid);
        assert!(payout.paid <= payout.reserved && payout.reserved <= payout.emission, "{payout:?}");
    }
}

/// Whatever tree became final, nobody having shown what is wrong with it.
#[test]
fn a_final_tree_pays_within_its_reservation_whoever_wrote_it() {
    let (mut network, tally) = (before_the_report(), Tally::default());
    let indices = Indices::find(&mut network);
    let strategy = (sides(), recipe(UNIT), proptest::collection::vec(any::<u16>(), 0..24), any::<bool>());
    property(250, &mut network, &strategy, |network, (side, recipe, picks, push_first)| {
        let tree = Forged::new(domain(network, side), side, &for_side(side, recipe));
        if !said(network, side, tree.report) {
            return;
        }
        network.pass(WINDOW);
        network.finalise(EPOCH).unwrap();
        let held = network.bzky_of(network.contracts.rewards);
        let (mut paid, sound) = (Paid::default(), tree.faults().is_empty());
        let payout = |network: &mut Sandbox| {
            let record = network.record_of(EPOCH);
            if side == Side::Merchant {
                record.merchants
            } else {
                record.customers
            }
        };
        assert!(payout(network).emission <= if side == Side::Merchant { tokens(700) } else { tokens(80) });
        for attempt in attempts(&tree, &picks, push_first) {
            network.events.clear();
            let stranger = account(network, "stranger");
            let label = if matches!(attempt, Attempt::Claim(..)) { "a claim" } else { "a push" };
            match attempt {
                Attempt::Claim(leaf, proof) => {
                    let holding = indices.of(side, leaf.account);
                    let _ = claim(network, side, leaf, holding, proof);
                }
                Attempt::Push(leaves, proof) => {
                    let mut pushed = Vec::new();
                    for leaf in leaves {
                        pushed.push(PushedLeaf { leaf, holding: indices.of(side, leaf.account) });
                    }
                    let arguments = (side, EPOCH, pushed, proof);
                    let _: Result<u32, _> = network.call(stranger, KIND, "push", &arguments);
                }
            }
            paid.book(network);
            if !network.events.is_empty() {
                tally.note(format!("{} of a {} tree", label, if sound { "sound" } else { "broken" }));
            }
        }
        let payout = payout(network);
        paid.check(&payout);
        let left = network.bzky_of(network.contracts.rewards);
        assert_eq!(held - left, if side == Side::Merchant { payout.paid } else { 0 });
    });
    tally.assert_seen(&[
        "a claim of a sound tree",
        "a claim of a broken tree",
        "a push of a sound tree",
        "a push of a broken tree",
    ]);
}

/// A way to be paid.
enum Attempt {
    Claim(Leaf, Vec<ProofStep>),
    Push(Vec<Leaf>, Vec<ProofStep>),
}

/// Each leaf twice, each subtree twice, and leaves with proofs that are not theirs.
fn attempts(tree: &Forged, picks: &[u16], push_first: bool) -> Vec<Attempt> {
    let (proofs, subtrees) = (tree.proofs(), tree.subtrees());
    let mut claims = Vec::new();
    for pick in picks {
        if !proofs.is_empty() {
            let (leaf, _) = proofs[usize::from(pick % 251) % proofs.len()];
            let (_, proof) = &proofs[usize::from(pick / 251) % proofs.len()];
            claims.push(Attempt::Claim(leaf, proof.clone()));
        }
    }
    let mut pushes = Vec::new();
    for _ in 0..2 {
        claims.extend(proofs.iter().map(|(leaf, proof)| Attempt::Claim(*leaf, proof.clone())));
        pushes.extend(subtrees.iter().map(|(leaves, proof)| Attempt::Push(leaves.clone(), proof.clone())));
    }
    if push_first {
        pushes.into_iter().chain(claims).collect()
    } else {
        claims.into_iter().chain(pushes).collect()
    }
}
