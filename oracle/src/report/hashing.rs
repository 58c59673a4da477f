//! Nodes of a tree, several at a time.
//!
//! [`Leaf::tuple`] and [`Tuple::join`] say what a node is; contracts use them.
//! Here, the same hashes are computed for a whole level at once, by a library
//! that uses the processor's wide registers: a tree of 20,000,000 leaves takes
//! 60,000,000 compressions. The tests below hold both to the same bits.

use bizkey_primitives::tree::{Domain, Leaf, TreeError, Tuple};
use blake2b_simd::{
    many::{hash_many, HashManyJob},
    Params,
};
use codec::Encode as _;

/// Bytes of a leaf's message: 0x00 ‖ D ‖ account ‖ v1 ‖ v2.
const LEAF: usize = 1 + 32 + 36;
/// Bytes of a node's message: 0x01 ‖ D ‖ left tuple ‖ right tuple.
const NODE: usize = 1 + 32 + 2 * 76;

/// Messages that are hashed at a time. They fit a core's innermost cache.
const LANES: usize = 16;

/// The leaves' own nodes.
///
/// # Errors
/// Those of [`Leaf::tuple`].
pub(super) fn leaf_nodes(domain: &Domain, leaves: &[Leaf]) -> Result<Vec<Tuple>, TreeError> {
    let node = |leaf: &Leaf| {
        if leaf.account == 0 {
            return Err(TreeError::AccountsNotAscending);
        }
        Ok(Tuple {
            hash: [0; 32],
            count: 1,
            sum_v1: leaf.v1,
            sum_v2: leaf.v2,
            min_account: leaf.account,
            max_account: leaf.account,
        })
    };
    let mut nodes = leaves.iter().map(node).collect::<Result<Vec<_>, _>>()?;
    let mut messages = [message::<LEAF>(0x00, domain); LANES];
    for (leaves, nodes) in leaves.chunks(LANES).zip(nodes.chunks_mut(LANES)) {
        for (leaf, message) in leaves.iter().zip(&mut messages) {
            // Fixed-width SCALE is the bytes that enter the hash.
            leaf.encode_to(&mut &mut message[33..]);
        }
        hash(&messages, nodes);
    }
    Ok(nodes)
}

/// The nodes over neighbours; the odd last one is lifted unchanged.
///
/// # Errors
/// Those of [`Tuple::join`].
pub(super) fn join_all(domain: &Domain, level: &[Tuple]) -> Result<Vec<Tuple>, TreeError> {
    let mut above = level.to_vec();
    join(domain, &mut above)?;
    Ok(above)
}

/// Replaces a level by the one above.
///
/// # Errors
/// Those of [`Tuple::join`].
pub(super) fn join(domain: &Domain, level: &mut Vec<Tuple>) -> Result<(), TreeError> {
    let mut messages = [message::<NODE>(0x01, domain); LANES];
    let pairs = level.len() / 2;
    let mut begin = 0;
    while begin < pairs {
        let end = pairs.min(begin + LANES);
        let mut joined = [EMPTY; LANES];
        for ((place, message), joined) in (begin..end).zip(&mut messages).zip(&mut joined) {
            let [left, right] = [&level[2 * place], &level[2 * place + 1]];
            *joined = sums(left, right)?;
            left.encode_to(&mut &mut message[33..109]);
            right.encode_to(&mut &mut message[109..]);
        }
        hash(&messages, &mut joined[..end - begin]);
        level[begin..end].copy_from_slice(&joined[..end - begin]);
        begin = end;
    }
    if level.len() % 2 == 1 {
        level[pairs] = level[2 * pairs];
        level.truncate(pairs + 1);
    } else {
        level.truncate(pairs);
    }
    Ok(())
}

const EMPTY: Tuple = Tuple { hash: [0; 32], count: 0, sum_v1: 0, sum_v2: 0, min_account: 0, max_account: 0 };

/// A node without its hash, as [`Tuple::join`] makes and checks it.
fn sums(left: &Tuple, right: &Tuple) -> Result<Tuple, TreeError> {
    let ordered = left.min_account != 0
        && left.min_account <= left.max_account
        && left.max_account < right.min_account
        && right.min_account <= right.max_account;
    if !ordered {
        return Err(TreeError::AccountsNotAscending);
    }
    Ok(Tuple {
        hash: [0; 32],
        count: left.count.checked_add(right.count).ok_or(TreeError::Overflow)?,
        sum_v1: left.sum_v1.checked_add(right.sum_v1).ok_or(TreeError::Overflow)?,
        sum_v2: left.sum_v2.checked_add(right.sum_v2).ok_or(TreeError::Overflow)?,
        min_account: left.min_account,
        max_account: right.max_account,
    })
}

fn message<const N: usize>(kind: u8, domain: &Domain) -> [u8; N] {
    let mut message = [0; N];
    message[0] = kind;
    message[1..33].copy_from_slice(&domain.0);
    message
}

/// Hashes the messages of so many nodes, at most [`LANES`].
fn hash<const N: usize>(messages: &[[u8; N]; LANES], nodes: &mut [Tuple]) {
    let mut params = Params::new();
    params.hash_length(32);
    let mut jobs = messages.each_ref().map(|message| HashManyJob::new(&params, message));
    let jobs = &mut jobs[..nodes.len()];
    hash_many(jobs.iter_mut());
    for (job, node) in jobs.iter().zip(nodes) {
        // The length was set above.
        node.hash.copy_from_slice(job.to_hash().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn tuple()(hash: [u8; 32], count: u32, sums: [u128; 2], low in 0u32..40, high in 0u32..40) -> Tuple {
            let [sum_v1, sum_v2] = sums.map(|sum| if count % 5 == 0 { sum } else { sum >> 2 });
            Tuple { hash, count: count >> 1, sum_v1, sum_v2, min_account: low, max_account: high }
        }
    }

    proptest! {
        #[test]
        fn a_level_is_what_its_nodes_are_one_by_one(mut level in proptest::collection::vec(tuple(), 0..50), seed: [u8; 32]) {
            let domain = Domain(seed);
            // Mostly in order.
            for (place, node) in level.iter_mut().enumerate() {
                if node.count % 7 != 0 {
                    (node.min_account, node.max_account) = (place as u32 * 2 + 1, place as u32 * 2 + 2);
                }
            }
            let one = |pair: &[Tuple]| match pair {
                [left, right] => Tuple::join(&domain, left, right),
                _ => Ok(pair[0]),
            };
            let expected: Result<Vec<_>, _> = level.chunks(2).map(one).collect();
            prop_assert_eq!(join_all(&domain, &level), expected);
        }

        #[test]
        fn leaves_are_what_they_are_one_by_one(
            leaves in proptest::collection::vec((0u32..90, any::<u128>(), any::<u128>()), 0..50), seed: [u8; 32],
        ) {
            let domain = Domain(seed);
            let leaf = |(account, v1, v2)| Leaf { account, v1, v2 };
            let leaves: Vec<Leaf> = leaves.into_iter().map(leaf).collect();
            let expected: Result<Vec<_>, _> = leaves.iter().map(|leaf| leaf.tuple(&domain)).collect();
            prop_assert_eq!(leaf_nodes(&domain, &leaves), expected);
        }
    }
}
