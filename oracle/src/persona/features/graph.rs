//! The graph of shops: two are joined when customers of one buy at the other.
//!
//! A customer joins its home with each other shop where it buys, and no two of
//! those others: so there are no more joints than pairs, and a customer who
//! has been everywhere does not make neighbours of the whole town.

use super::{customer::Customer, pair::Pair};
use bizkey_primitives::MerchantIndex;
use std::collections::BTreeMap;

/// Customers in common that make two shops neighbours, beside the one that is
/// judged: one alone is chance.
const MIN_COMMON: u32 = 2;

/// How far a shop lies from where a customer buys otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// Customers of that shop buy here.
    Neighbour,
    /// Both have a neighbour in common.
    TwoSteps,
    /// Nothing of the kind.
    Far,
    /// The customer buys nowhere else.
    NowhereElse,
}

/// Joints of shops with the number of customers that make them.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// By both shops, each joint from both sides.
    joints: BTreeMap<(MerchantIndex, MerchantIndex), u32>,
}

impl Graph {
    pub(crate) fn new(pairs: &[Pair], customers: &[Customer], by_customer: &[u32]) -> Self {
        let mut joints = BTreeMap::new();
        for customer in customers {
            for position in &by_customer[customer.pairs.clone()] {
                let other = pairs[*position as usize].merchant;
                if other != customer.home {
                    *joints.entry((customer.home, other)).or_default() += 1;
                    *joints.entry((other, customer.home)).or_default() += 1;
                }
            }
        }
        Self { joints }
    }

    /// From a customer's home, which is not `to`, to the shop `to`.
    pub(crate) fn distance(&self, home: Option<MerchantIndex>, to: MerchantIndex) -> Distance {
        let Some(home) = home else {
            return Distance::NowhereElse;
        };
        // The customer itself may be one of those who join the two.
        if self.joints.get(&(home, to)).is_some_and(|common| *common > MIN_COMMON) {
            return Distance::Neighbour;
        }
        let neighbours = |of: MerchantIndex| {
            let all = self.joints.range((of, MerchantIndex::MIN)..=(of, MerchantIndex::MAX));
            all.filter(|(_, common)| **common > MIN_COMMON).map(|((_, other), _)| *other)
        };
        let is_common = |other: MerchantIndex| self.joints.get(&(other, to)).is_some_and(|n| *n > MIN_COMMON);
        if neighbours(home).any(is_common) {
            Distance::TwoSteps
        } else {
            Distance::Far
        }
    }
}
