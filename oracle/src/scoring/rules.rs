//! Which rules score an epoch: the algorithm, the board's parameters, and the
//! auditor's reading of the paper.

use bizkey_primitives::{
    bizpower::Buyers,
    membership::{Business, Clamp},
    report::{BIZPOWER_1, BIZPOWER_2},
};
use std::collections::BTreeMap;

/// Whose share each of the paper's three weights is (whitepaper 4, Ambiguity).
///
/// It is a choice of whoever computes, for `bizpower-1` only: the chain and
/// the committee know the default alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WeightBinding {
    /// Each share weighs the customers that it counts.
    #[default]
    OwnShare,
    /// The formula as printed: w1, w2, w3 are the shares of first purchases,
    /// repeat purchases and outside sales, but w3 stands at first-time buyers
    /// and w1 at outside buyers.
    Printed,
}

impl WeightBinding {
    /// The shares in the places of the customers that they weigh.
    #[must_use]
    pub fn bind(self, shares: Buyers) -> Buyers {
        match self {
            WeightBinding::OwnShare => shares,
            WeightBinding::Printed => Buyers { first: shares.outside, repeat: shares.repeat, outside: shares.first },
        }
    }
}

/// The algorithm that scores an epoch (architecture.md, BizPower, exactly).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// The paper to the letter. It scores until the board sets another one.
    #[default]
    Bizpower1,
    /// Hardened against floods of tiny orders.
    Bizpower2,
}

/// A version that this program cannot compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("algorithm version {0} is unknown to this program, which knows 1 and 2: update the program")]
pub struct UnknownAlgorithm(pub u16);

impl Algorithm {
    /// Every algorithm, the oldest first.
    pub const ALL: [Algorithm; 2] = [Algorithm::Bizpower1, Algorithm::Bizpower2];

    /// The version that reports carry.
    #[must_use]
    pub const fn version(self) -> u16 {
        match self {
            Algorithm::Bizpower1 => BIZPOWER_1,
            Algorithm::Bizpower2 => BIZPOWER_2,
        }
    }
}

impl TryFrom<u16> for Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(version: u16) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.version() == version).ok_or(UnknownAlgorithm(version))
    }
}

/// The board's parameters of `bizpower-2` in force in an epoch. What is not
/// set limits nothing, as in `registry`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Between what a customer's total counts, by trade; minor units.
    pub clamps: BTreeMap<u16, Clamp>,
    /// Least capital, minor units a month, by trade and region.
    pub capital_floors: BTreeMap<(u16, u16), u128>,
    /// How much of a customer's cash and external payments counts in an
    /// epoch, minor units.
    pub cash_cap: Option<u64>,
}

impl Parameters {
    /// The clamp of a business's trade.
    #[must_use]
    pub fn clamp(&self, business: Option<&Business>) -> Option<Clamp> {
        self.clamps.get(&business?.trade).copied()
    }

    /// The least capital for a business; 0 if there is none.
    #[must_use]
    pub fn capital_floor(&self, business: Option<&Business>) -> u128 {
        let floor = business.and_then(|business| self.capital_floors.get(&(business.trade, business.region)));
        floor.copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_one_algorithm_and_an_unknown_one_is_named() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::try_from(algorithm.version()), Ok(algorithm));
        }
        for version in [0, 3, u16::MAX] {
            let refused = Algorithm::try_from(version);
            assert_eq!(refused, Err(UnknownAlgorithm(version)));
            assert!(UnknownAlgorithm(version).to_string().contains(&version.to_string()));
        }
        assert_eq!(Algorithm::default().version(), 1);
    }

    #[test]
    fn as_printed_first_and_outside_change_places() {
        let shares = Buyers { first: 1, repeat: 2, outside: 3 };
        assert_eq!(WeightBinding::OwnShare.bind(shares), shares);
        assert_eq!(WeightBinding::Printed.bind(shares), Buyers { first: 3, repeat: 2, outside: 1 });
    }
}
