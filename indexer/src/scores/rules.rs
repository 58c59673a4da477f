//! What a score of the running day and the oracle's score of the whole epoch
//! have in common (architecture.md, BizPower, exactly).

use crate::{Error, Result};
use bizkey_primitives::{
    bizpower::Counts,
    membership::{Business, Clamp},
    receipt::Channel,
    report::{BIZPOWER_1, BIZPOWER_2},
    Epoch,
};
use std::collections::BTreeMap;

/// The algorithm that scores an epoch.
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

    /// The algorithm of this version, which scores `epoch`.
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] if this program does not know it.
    pub fn of(epoch: Epoch, version: u16) -> Result<Self> {
        Self::try_from(version).map_err(|UnknownAlgorithm(version)| Error::UnknownAlgorithm { epoch, version })
    }
}

impl TryFrom<u16> for Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(version: u16) -> std::result::Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.version() == version).ok_or(UnknownAlgorithm(version))
    }
}

/// The board's parameters of `bizpower-2` in force in an epoch. What is not
/// set limits nothing, as in `registry`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Between what a customer's total at a shop counts, by trade; minor units.
    pub clamps: BTreeMap<u16, Clamp>,
    /// The least capital, minor units a month, by trade and region.
    pub capital_floors: BTreeMap<(u16, u16), u128>,
    /// How much of a customer's cash and external payments counts in an epoch,
    /// minor units.
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

/// What counts under `bizpower-2` of a customer's total at a shop.
#[must_use]
pub fn clamped(total: u128, clamp: Option<Clamp>) -> u128 {
    // The registry has lo at most hi; `Ord::clamp` would panic otherwise.
    clamp.map_or(total, |clamp| total.max(clamp.lo.into()).min(clamp.hi.into()))
}

/// As what a customer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuyerKind {
    /// In store, never a buyer here in an earlier epoch.
    First,
    /// In store, a buyer here in an earlier epoch.
    Repeat,
    /// Outside.
    Outside,
}

impl BuyerKind {
    /// The kind of a buyer by this channel, `known` from earlier epochs or not.
    #[must_use]
    pub fn of(channel: Channel, known: bool) -> Self {
        match channel {
            Channel::Outside => BuyerKind::Outside,
            Channel::InStore if known => BuyerKind::Repeat,
            Channel::InStore => BuyerKind::First,
        }
    }
}

/// Number and sum of a channel's orders.
pub fn orders_of(counts: &mut Counts, channel: Channel) -> (&mut u64, &mut u128) {
    match channel {
        Channel::InStore => (&mut counts.pl, &mut counts.pm),
        Channel::Outside => (&mut counts.uom, &mut counts.uon),
    }
}

/// Number of buyers of a kind.
pub fn buyers_of(counts: &mut Counts, kind: BuyerKind) -> &mut u64 {
    match kind {
        BuyerKind::First => &mut counts.um,
        BuyerKind::Repeat => &mut counts.un,
        BuyerKind::Outside => &mut counts.uo,
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
}
