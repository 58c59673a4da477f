//! The Merkle-sum tree of an epoch report (architecture.md, Rewards).
//!
//! Every node carries how many leaves it covers, the sums of their values and
//! the range of their accounts. Recomputing these upwards with checked
//! arithmetic, and requiring the left range to end before the right one
//! begins, makes two claimable leaves for one account impossible and keeps
//! the sum of all claims within the emission, whoever wrote the tree.

use crate::{hash::blake2x256, Epoch, Hash, Side};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Most levels above a leaf or subtree that a proof may have.
pub const MAX_DEPTH: usize = 32;
/// Leaves of the aligned subtree that one call can pay.
pub const SUBTREE_LEAVES: u32 = 128;

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;
const ROOT: u8 = 0x02;

/// D: ties every hash of a tree to network, contract, side, epoch and algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Domain(pub [u8; 32]);

impl Domain {
    /// `Blake2x256(genesis hash ‖ rewards address ‖ side ‖ epoch LE ‖ version LE)`.
    #[must_use]
    pub fn new(genesis: &Hash, rewards: &[u8; 32], side: Side, epoch: Epoch, algorithm_version: u16) -> Self {
        let mut bytes = Vec::with_capacity(71);
        bytes.extend_from_slice(genesis.as_ref());
        bytes.extend_from_slice(rewards);
        bytes.push(side.code());
        bytes.extend_from_slice(&epoch.to_le_bytes());
        bytes.extend_from_slice(&algorithm_version.to_le_bytes());
        Self(blake2x256(&bytes))
    }
}

/// What one merchant or customer did in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Leaf {
    /// Index in `registry`, never 0.
    pub account: u32,
    /// BizPower score (scale 10^18) of a merchant, sales of a customer.
    pub v1: u128,
    /// Holding of a merchant in Bzky's smallest unit; 0 for a customer.
    pub v2: u128,
}

/// A node of the tree: its hash, and what the leaves below it add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Tuple {
    /// Hash of the leaf or node.
    pub hash: [u8; 32],
    /// Leaves below.
    pub count: u32,
    /// Sum of their first values.
    pub sum_v1: u128,
    /// Sum of their second values.
    pub sum_v2: u128,
    /// Lowest account below.
    pub min_account: u32,
    /// Highest account below.
    pub max_account: u32,
}

/// Length of a tuple's bytes inside a hash.
const TUPLE_BYTES: usize = 76;

/// One level of a proof: the node beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct ProofStep {
    /// Whether the sibling is the left one.
    pub sibling_is_left: bool,
    /// The sibling.
    pub sibling: Tuple,
}

/// Why a proof or a tree is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum TreeError {
    /// More than [`MAX_DEPTH`] levels.
    TooDeep,
    /// A sum or count passes its type.
    Overflow,
    /// Accounts do not ascend strictly from left to right, or one is 0.
    AccountsNotAscending,
    /// The recomputed root or totals are not the reported ones.
    RootMismatch,
    /// A subtree of no leaves, or of more than [`SUBTREE_LEAVES`].
    BadSubtree,
}

impl Leaf {
    /// `Blake2x256(0x00 ‖ D ‖ account ‖ v1 ‖ v2)`, whatever the leaf says.
    #[must_use]
    pub fn hash(&self, domain: &Domain) -> [u8; 32] {
        let mut bytes = [0u8; 69];
        bytes[0] = LEAF;
        bytes[1..33].copy_from_slice(&domain.0);
        bytes[33..37].copy_from_slice(&self.account.to_le_bytes());
        bytes[37..53].copy_from_slice(&self.v1.to_le_bytes());
        bytes[53..69].copy_from_slice(&self.v2.to_le_bytes());
        blake2x256(&bytes)
    }

    /// The leaf as a node of one.
    ///
    /// # Errors
    /// [`TreeError::AccountsNotAscending`] for account 0.
    pub fn tuple(&self, domain: &Domain) -> Result<Tuple, TreeError> {
        if self.account == 0 {
            return Err(TreeError::AccountsNotAscending);
        }
        Ok(Tuple {
            hash: self.hash(domain),
            count: 1,
            sum_v1: self.v1,
            sum_v2: self.v2,
            min_account: self.account,
            max_account: self.account,
        })
    }
}

impl Tuple {
    /// `Blake2x256(0x01 ‖ D ‖ left tuple ‖ right tuple)`, whatever the two say.
    #[must_use]
    pub fn node_hash(domain: &Domain, left: &Tuple, right: &Tuple) -> [u8; 32] {
        let mut bytes = [0u8; 33 + 2 * TUPLE_BYTES];
        bytes[0] = NODE;
        bytes[1..33].copy_from_slice(&domain.0);
        left.write(&mut bytes[33..33 + TUPLE_BYTES]);
        right.write(&mut bytes[33 + TUPLE_BYTES..]);
        blake2x256(&bytes)
    }

    /// The node over two neighbours.
    ///
    /// # Errors
    /// [`TreeError::Overflow`] when counts or sums pass their types,
    /// [`TreeError::AccountsNotAscending`] when a range is not in order or the
    /// left one does not end before the right one begins.
    pub fn join(domain: &Domain, left: &Tuple, right: &Tuple) -> Result<Tuple, TreeError> {
        let ordered = left.min_account != 0
            && left.min_account <= left.max_account
            && left.max_account < right.min_account
            && right.min_account <= right.max_account;
        if !ordered {
            return Err(TreeError::AccountsNotAscending);
        }
        Ok(Tuple {
            hash: Tuple::node_hash(domain, left, right),
            count: left.count.checked_add(right.count).ok_or(TreeError::Overflow)?,
            sum_v1: left.sum_v1.checked_add(right.sum_v1).ok_or(TreeError::Overflow)?,
            sum_v2: left.sum_v2.checked_add(right.sum_v2).ok_or(TreeError::Overflow)?,
            min_account: left.min_account,
            max_account: right.max_account,
        })
    }

    /// `Blake2x256(0x02 ‖ D ‖ tuple)`: the root of the tree whose top node this is.
    #[must_use]
    pub fn root(&self, domain: &Domain) -> Hash {
        let mut bytes = [0u8; 33 + TUPLE_BYTES];
        bytes[0] = ROOT;
        bytes[1..33].copy_from_slice(&domain.0);
        self.write(&mut bytes[33..]);
        blake2x256(&bytes).into()
    }

    /// The tuple's fixed-width bytes, as they enter a hash. `out` has [`TUPLE_BYTES`].
    fn write(&self, out: &mut [u8]) {
        out[..32].copy_from_slice(&self.hash);
        out[32..36].copy_from_slice(&self.count.to_le_bytes());
        out[36..52].copy_from_slice(&self.sum_v1.to_le_bytes());
        out[52..68].copy_from_slice(&self.sum_v2.to_le_bytes());
        out[68..72].copy_from_slice(&self.min_account.to_le_bytes());
        out[72..76].copy_from_slice(&self.max_account.to_le_bytes());
    }
}

/// Leaves of the left part of a node over `count` leaves: the largest power
/// of two below `count` (RFC 6962). `count` is at least 2.
#[must_use]
pub fn split(count: usize) -> usize {
    debug_assert!(count >= 2);
    // The largest power of two <= count - 1.
    1usize << (usize::BITS.saturating_sub(1)).saturating_sub(count.saturating_sub(1).leading_zeros())
}

/// Folds a proof: the top node, and the position of our leaf or of our
/// subtree's first leaf among all leaves.
///
/// # Errors
/// See [`TreeError`]; [`TreeError::RootMismatch`] is left to [`verify`].
pub fn fold(domain: &Domain, start: Tuple, proof: &[ProofStep]) -> Result<(Tuple, u32), TreeError> {
    if proof.len() > MAX_DEPTH {
        return Err(TreeError::TooDeep);
    }
    let mut node = start;
    let mut position = 0u32;
    for step in proof {
        node = if step.sibling_is_left {
            position = position.checked_add(step.sibling.count).ok_or(TreeError::Overflow)?;
            Tuple::join(domain, &step.sibling, &node)?
        } else {
            Tuple::join(domain, &node, &step.sibling)?
        };
    }
    Ok((node, position))
}

/// The node over ascending `leaves`, split as RFC 6962 does.
///
/// # Errors
/// [`TreeError::BadSubtree`] for no leaves, and those of [`Tuple::join`].
pub fn top(domain: &Domain, leaves: &[Leaf]) -> Result<Tuple, TreeError> {
    match leaves {
        [] => Err(TreeError::BadSubtree),
        [leaf] => leaf.tuple(domain),
        _ => {
            // Recursion is at most 32 deep: a level halves the leaves, and there are fewer than 2^32.
            let (left, right) = leaves.split_at(split(leaves.len()));
            Tuple::join(domain, &top(domain, left)?, &top(domain, right)?)
        }
    }
}

/// The root over ascending `leaves`; 32 zero bytes for an empty epoch.
///
/// # Errors
/// Those of [`Tuple::join`].
pub fn root(domain: &Domain, leaves: &[Leaf]) -> Result<Hash, TreeError> {
    if leaves.is_empty() {
        return Ok(Hash::default());
    }
    Ok(top(domain, leaves)?.root(domain))
}
