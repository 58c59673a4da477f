//! From a leaf to the root of its side's tree, hash by hash.

use super::{
    build::ExplainError,
    decimal,
    follow::{Closed, Follower},
};
use bizkey_indexer::model::hex;
use bizkey_primitives::{
    tree::{fold, Domain, Leaf, ProofStep, TreeError, Tuple},
    Side,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The tree of one side. Hashes are hex after `0x`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeExplanation {
    /// What ties every hash of the tree to network, side, epoch and algorithm.
    pub domain: String,
    /// Its root; zeros for an empty tree.
    pub root: String,
    /// Its leaves.
    pub leaves: u32,
    /// The root that the committee reported; `None` without a majority.
    pub reported_root: Option<String>,
    /// The party's leaf; `None` if it has none.
    pub leaf: Option<LeafExplanation>,
}

/// A leaf, and how it leads to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafExplanation {
    /// Its position among the leaves, from 0.
    pub position: u32,
    /// Its hash.
    pub hash: String,
    /// The nodes beside it on the way up.
    pub path: Vec<NodeLine>,
}

/// A node beside the way from a leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLine {
    /// Whether it stands on the left of the way.
    pub is_left: bool,
    /// Its hash.
    pub hash: String,
    /// Leaves below it.
    pub leaves: u32,
    /// Sum of their scores or sales.
    #[serde(with = "decimal")]
    pub sum_v1: u128,
    /// Sum of their holdings.
    #[serde(with = "decimal")]
    pub sum_v2: u128,
    /// Lowest account below it.
    pub min_account: u32,
    /// Highest account below it.
    pub max_account: u32,
    /// Hash of the node over it and the way.
    pub node: String,
}

/// Explains the tree of one side and the place of an account in it; refuses
/// if the proof does not lead to the root.
///
/// # Errors
/// [`ExplainError::Disagrees`].
pub fn explain(
    follower: &Follower,
    closed: &Closed,
    side: Side,
    account: u32,
) -> Result<TreeExplanation, ExplainError> {
    let epoch = follower.epoch();
    let tree = closed.report.tree(side);
    let totals = tree.side_report();
    let leaf = match tree.proof(account) {
        None => None,
        Some((leaf, proof)) => {
            let walked = walk(tree.domain(), &leaf, &proof);
            let (top, explained) = walked.map_err(|error| ExplainError::Disagrees {
                what: "the proof of the leaf",
                epoch,
                ours: format!("{error:?}"),
                engine: format!("a tree of root {}", hex(totals.root.as_ref())),
            })?;
            ExplainError::unless_equal("the root", epoch, &top.root(tree.domain()), &totals.root)?;
            ExplainError::unless_equal("the leaves", epoch, &top.count, &totals.count)?;
            Some(explained)
        }
    };
    Ok(TreeExplanation {
        domain: hex(&tree.domain().0),
        root: hex(totals.root.as_ref()),
        leaves: totals.count,
        reported_root: follower.committee().map(|(report, _)| hex(report.side(side).root.as_ref())),
        leaf,
    })
}

/// From the leaf up: the node over all leaves, and every hash on the way.
fn walk(domain: &Domain, leaf: &Leaf, proof: &[ProofStep]) -> Result<(Tuple, LeafExplanation), TreeError> {
    let start = leaf.tuple(domain)?;
    let (top, position) = fold(domain, start, proof)?;
    let mut path = Vec::with_capacity(proof.len());
    let mut node = start;
    for ProofStep { sibling_is_left, sibling } in proof {
        let (left, right) = if *sibling_is_left { (sibling, &node) } else { (&node, sibling) };
        let over = Tuple::join(domain, left, right)?;
        path.push(NodeLine {
            is_left: *sibling_is_left,
            hash: hex(&sibling.hash),
            leaves: sibling.count,
            sum_v1: sibling.sum_v1,
            sum_v2: sibling.sum_v2,
            min_account: sibling.min_account,
            max_account: sibling.max_account,
            node: hex(&over.hash),
        });
        node = over;
    }
    let explained = LeafExplanation { position, hash: hex(&start.hash), path };
    Ok((top, explained))
}

/// The lines of a tree, from the leaf to the root.
pub fn lines(f: &mut fmt::Formatter<'_>, tree: &TreeExplanation) -> fmt::Result {
    let TreeExplanation { domain, root, leaves, reported_root, leaf } = tree;
    writeln!(f, "\ntree, every hash Blake2x256, every number little-endian")?;
    writeln!(f, "  domain {domain}  [of genesis hash ‖ rewards ‖ side ‖ epoch ‖ version]")?;
    match leaf {
        None => writeln!(f, "  no leaf among its {leaves}")?,
        Some(LeafExplanation { position, hash, path }) => {
            writeln!(f, "  leaf {position} of {leaves}, from 0: {hash}  [of 0x00 ‖ domain ‖ index ‖ value ‖ holding]")?;
            for line in path {
                let NodeLine { is_left, hash, leaves, sum_v1, sum_v2, min_account, max_account, node } = line;
                let side = if *is_left { "left" } else { "right" };
                writeln!(
                    f,
                    "    on its {side} {hash} of {leaves} leaves, accounts {min_account} to {max_account}, \
                     sums {sum_v1} and {sum_v2}: together {node}"
                )?;
            }
            if !path.is_empty() {
                writeln!(
                    f,
                    "    [together: of 0x01 ‖ domain ‖ left ‖ right; each side is its hash ‖ leaves ‖ sums ‖ accounts]"
                )?;
            }
        }
    }
    write!(f, "  root {root}")?;
    match reported_root {
        None => write!(f, ", the committee has reported none yet")?,
        Some(reported) if reported == root => write!(f, ", the committee reported the same")?,
        Some(reported) => write!(f, ", the committee reported {reported}")?,
    }
    writeln!(f, "  [of 0x02 ‖ domain ‖ the last hash ‖ leaves ‖ sums ‖ accounts]")
}
