//! Trees of an epoch report, with the proofs that lead to their roots.

use bizkey_primitives::{
    report::SideReport,
    tree::{self, Domain, Leaf, ProofStep, SUBTREE_LEAVES},
};

/// One side's tree: its leaves by ascending account.
#[derive(Clone, Debug)]
pub struct Tree {
    /// D of the tree.
    pub domain: Domain,
    /// The leaves.
    pub leaves: Vec<Leaf>,
}

impl Tree {
    /// What a committee member reports of it.
    ///
    /// # Panics
    /// When the leaves make no tree.
    #[must_use]
    pub fn report(&self) -> SideReport {
        SideReport {
            root: tree::root(&self.domain, &self.leaves).expect("the leaves make a tree"),
            count: self.leaves.len() as u32,
            sum_v1: self.leaves.iter().map(|leaf| leaf.v1).sum(),
            sum_v2: self.leaves.iter().map(|leaf| leaf.v2).sum(),
        }
    }

    /// The proof of the leaf at `position`.
    #[must_use]
    pub fn proof(&self, position: usize) -> Vec<ProofStep> {
        self.proof_of(position, 1)
    }

    /// The leaves of the subtree that starts at `128 · word`, and its proof.
    #[must_use]
    pub fn subtree(&self, word: usize) -> (&[Leaf], Vec<ProofStep>) {
        let first = word * SUBTREE_LEAVES as usize;
        let count = (self.leaves.len() - first).min(SUBTREE_LEAVES as usize);
        (&self.leaves[first..first + count], self.proof_of(first, count))
    }

    /// The proof of a node over `count` leaves from `first` on.
    ///
    /// # Panics
    /// When no node covers exactly these, and for no leaves.
    #[must_use]
    pub fn proof_of(&self, first: usize, count: usize) -> Vec<ProofStep> {
        assert!(count > 0, "a proof of nothing");
        let mut proof = Vec::new();
        self.climb(&self.leaves, first, count, &mut proof);
        proof
    }

    fn climb(&self, leaves: &[Leaf], first: usize, count: usize, proof: &mut Vec<ProofStep>) {
        if first == 0 && count == leaves.len() {
            return;
        }
        let (left, right) = leaves.split_at(tree::split(leaves.len()));
        let top = |leaves| tree::top(&self.domain, leaves).expect("the leaves make a tree");
        if first + count <= left.len() {
            self.climb(left, first, count, proof);
            proof.push(ProofStep { sibling_is_left: false, sibling: top(right) });
        } else {
            assert!(first >= left.len(), "no node covers {count} leaves from {first} on");
            self.climb(right, first - left.len(), count, proof);
            proof.push(ProofStep { sibling_is_left: true, sibling: top(left) });
        }
    }
}
