//! Trees of which only one path is known, as deep as a claim or a challenge
//! can go.

use bizkey_primitives::{
    challenge::{Branch, Descent},
    report::SideReport,
    tree::{self, Domain, Leaf, ProofStep, Tuple},
};

/// A subtree under so many levels, with one leaf beside each of them.
pub struct Deep {
    /// The subtree's leaves.
    pub leaves: Vec<Leaf>,
    /// From the subtree's top to the root.
    pub proof: Vec<ProofStep>,
    /// What is reported of the whole.
    pub report: SideReport,
}

/// Such a tree.
pub fn deep(domain: &Domain, leaves: Vec<Leaf>, levels: u32) -> Deep {
    let start = tree::top(domain, &leaves).unwrap();
    let beside = |level: u32| ProofStep { sibling_is_left: false, sibling: sibling(start.max_account, level, 1) };
    let proof: Vec<ProofStep> = (0..levels).map(beside).collect();
    let (top, _) = tree::fold(domain, start, &proof).unwrap();
    let report = reported(domain, &top);
    Deep { leaves, proof, report }
}

/// The longest way down a tree that breaks no rule: 32 levels, of more than
/// two thousand million leaves.
pub fn longest_branch(domain: &Domain, leaf: Leaf) -> (Branch, SideReport) {
    let mut node = leaf.tuple(domain).unwrap();
    let mut descents = Vec::new();
    for level in 0..32u32 {
        // As many leaves as ours, but that the last level is full.
        let count = if level == 31 { 1 } else { 1 << level };
        let right = sibling(leaf.account, level, count);
        let above = Tuple::join(domain, &node, &right).unwrap();
        descents.push(Descent { left: node, right, to_right: false });
        node = above;
    }
    descents.reverse();
    let report = reported(domain, &node);
    (Branch { top: node, descents, leaf: Some(leaf) }, report)
}

fn sibling(last: u32, level: u32, count: u32) -> Tuple {
    let account = last + level + 1;
    let hash = [level as u8 + 1; 32];
    Tuple { hash, count, sum_v1: 1, sum_v2: 0, min_account: account, max_account: account }
}

fn reported(domain: &Domain, top: &Tuple) -> SideReport {
    SideReport { root: top.root(domain), count: top.count, sum_v1: top.sum_v1, sum_v2: top.sum_v2 }
}
