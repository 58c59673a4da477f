//! The Merkle-sum tree of one side, every level kept.

use bizkey_primitives::{
    report::SideReport,
    tree::{Domain, Leaf, ProofStep, TreeError, Tuple, SUBTREE_LEAVES},
    Hash,
};

/// Levels below the node over [`SUBTREE_LEAVES`] leaves.
const SUBTREE_LEVEL: usize = SUBTREE_LEAVES.trailing_zeros() as usize;

/// A tree with all its nodes, so that a proof is a walk upwards.
///
/// The split of RFC 6962 gives the same tree as joining neighbours level by
/// level and lifting the odd last node unchanged; that is how it is kept.
#[derive(Clone, Debug)]
pub struct EpochTree {
    domain: Domain,
    leaves: Vec<Leaf>,
    /// Level 0 is the leaves' own nodes; the last level is the top alone.
    /// No level for an empty tree.
    levels: Vec<Vec<Tuple>>,
}

impl EpochTree {
    /// The tree over `leaves`, which ascend by account.
    ///
    /// # Errors
    /// [`TreeError::AccountsNotAscending`] when they do not, or one is 0;
    /// [`TreeError::Overflow`] when a sum passes `u128`.
    pub fn build(domain: Domain, leaves: Vec<Leaf>) -> Result<Self, TreeError> {
        if u32::try_from(leaves.len()).is_err() {
            return Err(TreeError::Overflow);
        }
        let mut levels = Vec::new();
        if !leaves.is_empty() {
            let mut level = leaves.iter().map(|leaf| leaf.tuple(&domain)).collect::<Result<Vec<_>, _>>()?;
            while level.len() > 1 {
                let join = |pair: &[Tuple]| match pair {
                    [left, right] => Tuple::join(&domain, left, right),
                    // `chunks(2)` gives one node only for an odd last one, which is lifted.
                    _ => Ok(pair[0]),
                };
                let above = level.chunks(2).map(join).collect::<Result<Vec<_>, _>>()?;
                levels.push(std::mem::replace(&mut level, above));
            }
            levels.push(level);
        }
        Ok(Self { domain, leaves, levels })
    }

    /// What every hash of the tree is tied to.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The leaves, ascending by account.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Position of an account's leaf.
    #[must_use]
    pub fn position(&self, account: u32) -> Option<usize> {
        self.leaves.binary_search_by_key(&account, |leaf| leaf.account).ok()
    }

    /// The account's leaf and the proof that it is in the tree.
    #[must_use]
    pub fn proof(&self, account: u32) -> Option<(Leaf, Vec<ProofStep>)> {
        let position = self.position(account)?;
        Some((*self.leaves.get(position)?, self.walk(0, position)))
    }

    /// The up to 128 leaves from `base`, a multiple of 128 below the number of
    /// leaves, and the proof of the node over them. `None` for another base.
    #[must_use]
    pub fn subtree(&self, base: usize) -> Option<(&[Leaf], Vec<ProofStep>)> {
        let size = SUBTREE_LEAVES as usize;
        if base % size != 0 || base >= self.leaves.len() {
            return None;
        }
        let leaves = &self.leaves[base..self.leaves.len().min(base + size)];
        // A tree of up to 128 leaves is one subtree: its top.
        let level = SUBTREE_LEVEL.min(self.levels.len().saturating_sub(1));
        Some((leaves, self.walk(level, base >> level)))
    }

    /// Bases of all subtrees, ascending.
    pub fn bases(&self) -> impl Iterator<Item = usize> {
        (0..self.leaves.len()).step_by(SUBTREE_LEAVES as usize)
    }

    /// Siblings from a node up to the top. A node without one is lifted as it is.
    fn walk(&self, level: usize, mut position: usize) -> Vec<ProofStep> {
        let mut steps = Vec::new();
        for nodes in self.levels.iter().skip(level) {
            if let Some(sibling) = nodes.get(position ^ 1) {
                steps.push(ProofStep { sibling_is_left: position & 1 == 1, sibling: *sibling });
            }
            position >>= 1;
        }
        steps
    }

    /// Root, count and sums, as reported.
    #[must_use]
    pub fn side_report(&self) -> SideReport {
        match self.levels.last().and_then(|level| level.first()) {
            None => SideReport::default(),
            Some(top) => {
                SideReport { root: top.root(&self.domain), count: top.count, sum_v1: top.sum_v1, sum_v2: top.sum_v2 }
            }
        }
    }

    /// The root; 32 zero bytes for an empty tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.side_report().root
    }
}
