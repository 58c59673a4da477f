//! Which rules score an epoch: the algorithm, the board's parameters, and the
//! auditor's reading of the paper.

use bizkey_primitives::bizpower::Buyers;

pub use bizkey_indexer::scores::rules::{Algorithm, Parameters, UnknownAlgorithm};

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

    /// The weights of an epoch with these shares: `bizpower-2` has one reading.
    #[must_use]
    pub fn weights(self, algorithm: Algorithm, shares: Buyers) -> Buyers {
        match algorithm {
            Algorithm::Bizpower1 => self.bind(shares),
            Algorithm::Bizpower2 => shares,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_printed_first_and_outside_change_places() {
        let shares = Buyers { first: 1, repeat: 2, outside: 3 };
        assert_eq!(WeightBinding::OwnShare.bind(shares), shares);
        assert_eq!(WeightBinding::Printed.bind(shares), Buyers { first: 3, repeat: 2, outside: 1 });
        assert_eq!(WeightBinding::Printed.weights(Algorithm::Bizpower2, shares), shares);
    }
}
