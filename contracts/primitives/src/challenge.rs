//! What anybody can hold against a pending report, settled on the spot
//! (architecture.md, Rewards: challenges).
//!
//! A claim is proven from the leaf upwards, and a tree that breaks the rules
//! does not let its leaves be proven. A challenge goes the other way: it opens
//! nodes from the root down by their hashes alone, whatever they say, until one
//! of them contradicts what lies below it.
// The codec's derive casts the constant indices of the enum.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    party::HoldingIndex,
    report::SideReport,
    tree::{split, Domain, Leaf, TreeError, Tuple, MAX_DEPTH},
    Side,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// An opened node: the two tuples that its hash is made of, and the way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Descent {
    /// The left one.
    pub left: Tuple,
    /// The right one.
    pub right: Tuple,
    /// Whether the next node, or the leaf, is the right one.
    pub to_right: bool,
}

/// A way from the root down.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Branch {
    /// The tuple that the root is the hash of.
    pub top: Tuple,
    /// Nodes, from the top one on; at most one more than [`MAX_DEPTH`].
    pub descents: Vec<Descent>,
    /// The leaf at its end, if it leads to one.
    pub leaf: Option<Leaf>,
}

/// What is said to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Charge {
    /// The branch breaks the rules of the tree.
    Structure,
    /// The leaf's party was unknown, or not active or demoted, at the epoch's close.
    Status,
    /// The leaf says more than its account held at the lowest; whence to read that.
    Holding(HoldingIndex),
}

impl Branch {
    /// Whether the branch breaks the rules of the tree anywhere: totals that
    /// are not the reported ones; a node whose count, sums, range, order or
    /// split is not what its two halves make; a leaf that is not what its tuple
    /// says, or of a customer that holds something; more than [`MAX_DEPTH`] levels.
    ///
    /// # Errors
    /// [`TreeError::RootMismatch`] when the hashes do not lead from the
    /// report's root to where the branch goes, so that it says nothing about
    /// the report; [`TreeError::TooDeep`] for more than 33 nodes.
    pub fn is_broken(&self, domain: &Domain, side: Side, report: &SideReport) -> Result<bool, TreeError> {
        let Branch { top, descents, leaf } = self;
        if descents.len() > MAX_DEPTH.saturating_add(1) {
            return Err(TreeError::TooDeep);
        }
        require(top.root(domain) == report.root)?;
        let mut broken = descents.len() > MAX_DEPTH
            || top.count != report.count
            || top.sum_v1 != report.sum_v1
            || top.sum_v2 != report.sum_v2;
        let mut node = top;
        for Descent { left, right, to_right } in descents {
            require(Tuple::node_hash(domain, left, right) == node.hash)?;
            broken |= Tuple::join(domain, left, right) != Ok(*node)
                || left.count == 0
                || right.count == 0
                || left.count as usize != split(node.count as usize);
            node = if *to_right { right } else { left };
        }
        if let Some(leaf) = leaf {
            require(leaf.hash(domain) == node.hash)?;
            broken |= leaf.tuple(domain) != Ok(*node) || (side == Side::Customer && leaf.v2 != 0);
        }
        Ok(broken)
    }
}

fn require(is_so: bool) -> Result<(), TreeError> {
    if is_so {
        Ok(())
    } else {
        Err(TreeError::RootMismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hash;
    use proptest::prelude::*;

    const DOMAIN: Domain = Domain([7; 32]);

    /// A tree as somebody may write it: every node may say anything.
    #[derive(Clone, Debug)]
    enum Node {
        Leaf(Tuple, Leaf),
        Inner(Tuple, Box<Node>, Box<Node>),
    }

    impl Node {
        fn honest(leaves: &[Leaf]) -> Node {
            match leaves {
                [leaf] => Node::Leaf(leaf.tuple(&DOMAIN).unwrap(), *leaf),
                _ => {
                    let (left, right) = leaves.split_at(split(leaves.len()));
                    let (left, right) = (Node::honest(left), Node::honest(right));
                    let tuple = Tuple::join(&DOMAIN, left.tuple(), right.tuple()).unwrap();
                    Node::Inner(tuple, Box::new(left), Box::new(right))
                }
            }
        }

        fn tuple(&self) -> &Tuple {
            match self {
                Node::Leaf(tuple, _) | Node::Inner(tuple, ..) => tuple,
            }
        }

        /// Lies at the node that `path` leads to; those above it make an honest
        /// sum of what it says, as far as that can be summed.
        fn lie(&mut self, path: &[bool], change: &impl Fn(&mut Tuple)) {
            match (path, self) {
                ([], Node::Leaf(tuple, _) | Node::Inner(tuple, ..)) | (_, Node::Leaf(tuple, _)) => change(tuple),
                ([to_right, rest @ ..], Node::Inner(tuple, left, right)) => {
                    if *to_right { &mut *right } else { &mut *left }.lie(rest, change);
                    let (l, r) = (left.tuple(), right.tuple());
                    *tuple = Tuple {
                        hash: Tuple::node_hash(&DOMAIN, l, r),
                        count: l.count.wrapping_add(r.count),
                        sum_v1: l.sum_v1.wrapping_add(r.sum_v1),
                        sum_v2: l.sum_v2.wrapping_add(r.sum_v2),
                        min_account: l.min_account,
                        max_account: r.max_account,
                    };
                }
            }
        }

        /// Every branch from here down to a leaf.
        fn branches(&self) -> Vec<(Vec<Descent>, Leaf)> {
            match self {
                Node::Leaf(_, leaf) => vec![(vec![], *leaf)],
                Node::Inner(_, left, right) => {
                    let mut all = Vec::new();
                    for (half, to_right) in [(left, false), (right, true)] {
                        for (mut descents, leaf) in half.branches() {
                            descents.insert(0, Descent { left: *left.tuple(), right: *right.tuple(), to_right });
                            all.push((descents, leaf));
                        }
                    }
                    all
                }
            }
        }

        fn report(&self) -> SideReport {
            let top = self.tuple();
            SideReport { root: top.root(&DOMAIN), count: top.count, sum_v1: top.sum_v1, sum_v2: top.sum_v2 }
        }

        /// Which branches are found broken.
        fn broken(&self, side: Side, report: &SideReport) -> Vec<bool> {
            let branch = |(descents, leaf)| Branch { top: *self.tuple(), descents, leaf: Some(leaf) };
            self.branches().into_iter().map(|b| branch(b).is_broken(&DOMAIN, side, report).unwrap()).collect()
        }
    }

    fn leaves(count: u32) -> Vec<Leaf> {
        (1..=count).map(|i| Leaf { account: 3 * i, v1: 10 + u128::from(i), v2: u128::from(i % 4) }).collect()
    }

    /// Changes of which each contradicts what lies below.
    fn lies() -> Vec<fn(&mut Tuple)> {
        vec![
            |t| t.count = t.count.wrapping_add(1),
            |t| t.count = 0,
            |t| t.sum_v1 = t.sum_v1.wrapping_sub(1),
            |t| t.sum_v1 = u128::MAX,
            |t| t.sum_v2 = t.sum_v2.wrapping_add(1),
            |t| t.min_account = t.min_account.wrapping_sub(1),
            |t| t.max_account = t.max_account.wrapping_add(1),
            |t| t.max_account = u32::MAX,
        ]
    }

    proptest! {
        #[test]
        fn a_sound_tree_cannot_be_challenged(count in 1u32..70) {
            let tree = Node::honest(&leaves(count));
            prop_assert!(tree.broken(Side::Merchant, &tree.report()).iter().all(|broken| !broken));
        }

        #[test]
        fn every_lie_is_found_on_the_way_to_it(
            count in 1u32..40,
            path in proptest::collection::vec(any::<bool>(), 0..7),
            lie in 0usize..8,
        ) {
            let mut tree = Node::honest(&leaves(count));
            tree.lie(&path, &lies()[lie]);
            let report = tree.report();
            let broken = tree.broken(Side::Merchant, &report);
            // The branches that pass the node where the lie is.
            let passes = tree.branches().iter().map(|(descents, _)| {
                descents.iter().zip(&path).all(|(descent, to_right)| descent.to_right == *to_right)
            }).collect::<Vec<_>>();
            prop_assert!(passes.iter().any(|passes| *passes));
            for (passes, broken) in passes.iter().zip(&broken) {
                prop_assert!(!passes || *broken, "a branch past the lie is taken for sound");
            }
        }

        /// What can be claimed and what can be challenged meet: a tree without
        /// a broken branch lets every leaf be proven, whoever wrote it.
        #[test]
        fn a_tree_without_a_broken_branch_proves_all_its_leaves(
            count in 1u32..20,
            path in proptest::collection::vec(any::<bool>(), 0..6),
            lie in 0usize..9,
        ) {
            let mut tree = Node::honest(&leaves(count));
            if let Some(lie) = lies().get(lie) { tree.lie(&path, lie); }
            let report = tree.report();
            let sound = tree.broken(Side::Merchant, &report).iter().all(|broken| !broken);
            let mut provable = true;
            for (descents, leaf) in tree.branches() {
                let proof: Vec<_> = descents.iter().rev().map(|d| crate::tree::ProofStep {
                    sibling_is_left: d.to_right,
                    sibling: if d.to_right { d.left } else { d.right },
                }).collect();
                provable &= report.verify(&DOMAIN, leaf.tuple(&DOMAIN).unwrap(), &proof).is_ok();
            }
            prop_assert_eq!(sound, provable);
        }
    }

    #[test]
    fn other_totals_than_the_trees_break_a_report() {
        let tree = Node::honest(&leaves(5));
        let report = tree.report();
        let top = Branch { top: *tree.tuple(), descents: vec![], leaf: None };
        let is_broken = |report| top.is_broken(&DOMAIN, Side::Merchant, &report);
        assert_eq!(is_broken(report), Ok(false));
        assert_eq!(is_broken(SideReport { count: 4, ..report }), Ok(true));
        assert_eq!(is_broken(SideReport { sum_v1: 0, ..report }), Ok(true));
        assert_eq!(is_broken(SideReport { sum_v2: 0, ..report }), Ok(true));
        assert_eq!(is_broken(SideReport { root: Hash::from([1; 32]), ..report }), Err(TreeError::RootMismatch));
    }

    #[test]
    fn a_customer_holds_nothing() {
        let tree = Node::honest(&leaves(5));
        // Holdings are the account's index modulo 4: only the fourth is 0.
        assert_eq!(tree.broken(Side::Customer, &tree.report()), [true, true, true, false, true]);
    }

    #[test]
    fn leaves_in_the_wrong_order_or_split_are_found() {
        let leaf = |account| {
            let leaf = Leaf { account, v1: 1, v2: 0 };
            Node::Leaf(leaf.tuple(&DOMAIN).unwrap(), leaf)
        };
        let over = |left: Node, right: Node| {
            let (l, r) = (*left.tuple(), *right.tuple());
            let tuple = Tuple {
                hash: Tuple::node_hash(&DOMAIN, &l, &r),
                count: l.count + r.count,
                sum_v1: l.sum_v1 + r.sum_v1,
                sum_v2: 0,
                min_account: l.min_account.min(r.min_account),
                max_account: l.max_account.max(r.max_account),
            };
            Node::Inner(tuple, Box::new(left), Box::new(right))
        };
        for tree in [over(leaf(2), leaf(1)), over(leaf(2), leaf(2)), over(leaf(1), over(leaf(2), leaf(3)))] {
            assert!(tree.broken(Side::Merchant, &tree.report()).contains(&true));
        }
        let sound = over(over(leaf(1), leaf(2)), leaf(3));
        assert_eq!(sound.broken(Side::Merchant, &sound.report()), [false; 3]);
    }

    #[test]
    fn a_branch_that_is_not_the_reports_says_nothing() {
        let tree = Node::honest(&leaves(5));
        let report = tree.report();
        let (descents, leaf) = tree.branches().remove(2);
        let branch = Branch { top: *tree.tuple(), descents, leaf: Some(leaf) };
        assert_eq!(branch.is_broken(&DOMAIN, Side::Merchant, &report), Ok(false));
        let mut other_leaf = branch.clone();
        other_leaf.leaf = Some(Leaf { v1: 0, ..leaf });
        let mut other_node = branch.clone();
        other_node.descents[1].left.sum_v1 = 0;
        let mut other_way = branch.clone();
        other_way.descents[0].to_right = !other_way.descents[0].to_right;
        let mut other_top = branch.clone();
        other_top.top.count = 0;
        for branch in [other_leaf, other_node, other_way, other_top] {
            assert_eq!(branch.is_broken(&DOMAIN, Side::Merchant, &report), Err(TreeError::RootMismatch));
        }
        assert_eq!(
            branch.is_broken(&Domain([8; 32]), Side::Merchant, &report),
            Err(TreeError::RootMismatch),
            "another epoch's domain"
        );
    }

    #[test]
    fn a_leaf_deeper_than_any_proof_reaches_is_found() {
        let mut top = Leaf { account: 1, v1: 0, v2: 0 }.tuple(&DOMAIN).unwrap();
        let mut descents = Vec::new();
        for account in 2..36 {
            let right = Leaf { account, v1: 0, v2: 0 }.tuple(&DOMAIN).unwrap();
            descents.insert(0, Descent { left: top, right, to_right: false });
            top = Tuple::join(&DOMAIN, &top, &right).unwrap();
        }
        let mut branch = Branch { top, descents, leaf: None };
        let report = SideReport { root: top.root(&DOMAIN), count: top.count, sum_v1: 0, sum_v2: 0 };
        assert_eq!(branch.is_broken(&DOMAIN, Side::Merchant, &report), Err(TreeError::TooDeep));
        branch.descents.pop();
        assert_eq!(branch.is_broken(&DOMAIN, Side::Merchant, &report), Ok(true));
    }
}
