//! The Merkle-sum tree of one side.

use super::hashing::{join, join_all, leaf_nodes};
use bizkey_primitives::{
    report::SideReport,
    tree::{Domain, Leaf, ProofStep, TreeError, Tuple, SUBTREE_LEAVES},
    Hash,
};
use rayon::prelude::*;

/// Leaves of a subtree.
const SUBTREE: usize = SUBTREE_LEAVES as usize;

/// Subtrees that one thread builds at a time.
const RUN: usize = 64;

/// A tree whose proofs are a walk upwards.
///
/// The split of RFC 6962 gives the same tree as joining neighbours level by
/// level and lifting the odd last node unchanged; that is how it is built.
///
/// Kept are the leaves and the nodes over [`SUBTREE_LEAVES`] of them and more.
/// The 127 nodes below are computed again for each proof, within a tenth of a
/// millisecond: with 20,000,000 leaves, they would take 4 GB.
#[derive(Clone, Debug)]
pub struct EpochTree {
    domain: Domain,
    leaves: Vec<Leaf>,
    /// The first level has a node for each subtree; the last level is the top
    /// alone. No level for an empty tree.
    levels: Vec<Vec<Tuple>>,
}

impl EpochTree {
    /// The tree over `leaves`, which ascend by account, built by all threads.
    ///
    /// # Errors
    /// [`TreeError::AccountsNotAscending`] when they do not, or one is 0;
    /// [`TreeError::Overflow`] when a sum passes `u128`.
    pub fn build(domain: Domain, leaves: Vec<Leaf>) -> Result<Self, TreeError> {
        if u32::try_from(leaves.len()).is_err() {
            return Err(TreeError::Overflow);
        }
        let tops = |leaves: &[Leaf]| leaves.chunks(SUBTREE).map(|leaves| top_of(&domain, leaves)).collect();
        let tops: Vec<Vec<Tuple>> = leaves.par_chunks(SUBTREE * RUN).map(tops).collect::<Result<_, _>>()?;
        let mut level: Vec<Tuple> = tops.into_iter().flatten().collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let runs = level.par_chunks(SUBTREE * RUN).map(|nodes| join_all(&domain, nodes));
            let above: Vec<Vec<Tuple>> = runs.collect::<Result<_, _>>()?;
            levels.push(std::mem::replace(&mut level, above.into_iter().flatten().collect()));
        }
        if !level.is_empty() {
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
        let (subtree, within) = (position / SUBTREE, position % SUBTREE);
        // Leaves that built a tree build it again.
        let below = levels_of(&self.domain, self.leaves.chunks(SUBTREE).nth(subtree)?).ok()?;
        let mut steps = walk(&below, within);
        steps.extend(walk(&self.levels, subtree));
        Some((*self.leaves.get(position)?, steps))
    }

    /// The up to 128 leaves from `base`, a multiple of 128 below the number of
    /// leaves, and the proof of the node over them. `None` for another base.
    #[must_use]
    pub fn subtree(&self, base: usize) -> Option<(&[Leaf], Vec<ProofStep>)> {
        if base % SUBTREE != 0 || base >= self.leaves.len() {
            return None;
        }
        let leaves = &self.leaves[base..self.leaves.len().min(base + SUBTREE)];
        Some((leaves, walk(&self.levels, base / SUBTREE)))
    }

    /// Bases of all subtrees, ascending.
    pub fn bases(&self) -> impl Iterator<Item = usize> {
        (0..self.leaves.len()).step_by(SUBTREE)
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

/// Siblings from a node of the first level up to the top. A node without one
/// is lifted as it is.
fn walk(levels: &[Vec<Tuple>], mut position: usize) -> Vec<ProofStep> {
    let mut steps = Vec::new();
    for nodes in levels {
        if let Some(sibling) = nodes.get(position ^ 1) {
            steps.push(ProofStep { sibling_is_left: position & 1 == 1, sibling: *sibling });
        }
        position >>= 1;
    }
    steps
}

/// The levels of a subtree, its leaves' own nodes first.
fn levels_of(domain: &Domain, leaves: &[Leaf]) -> Result<Vec<Vec<Tuple>>, TreeError> {
    let mut levels = vec![leaf_nodes(domain, leaves)?];
    while let Some(level) = levels.last().filter(|level| level.len() > 1) {
        levels.push(join_all(domain, level)?);
    }
    Ok(levels)
}

/// The node over a subtree's leaves, of which there is at least one.
fn top_of(domain: &Domain, leaves: &[Leaf]) -> Result<Tuple, TreeError> {
    let mut level = leaf_nodes(domain, leaves)?;
    while level.len() > 1 {
        join(domain, &mut level)?;
    }
    level.pop().ok_or(TreeError::BadSubtree)
}
