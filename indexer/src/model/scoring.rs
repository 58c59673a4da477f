//! What the board decided of how epochs are scored.

use crate::scores::rules::Parameters;
use bizkey_primitives::{membership::Clamp, Epoch};

/// The rules in force in an epoch (architecture.md, BizPower, exactly). The
/// parameters of `bizpower-2` are there whatever the algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringRules {
    /// The version that reports of the epoch must carry; 1 until the board
    /// sets another one.
    pub algorithm_version: u16,
    /// The board's parameters.
    pub parameters: Parameters,
}

/// An algorithm from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmFrom {
    /// First epoch scored by it.
    pub from_epoch: Epoch,
    /// Its version.
    pub version: u16,
    /// The block of the decision.
    pub block: u32,
}

/// A trade's clamp, from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClampFrom {
    /// The trade.
    pub trade: u16,
    /// Between what a customer's total at a shop counts, minor units.
    pub clamp: Clamp,
    /// First epoch scored by it.
    pub from_epoch: Epoch,
}

/// The least capital of a trade in a region, from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapitalFloorFrom {
    /// The trade.
    pub trade: u16,
    /// The region.
    pub region: u16,
    /// Minor units a month.
    pub floor: u128,
    /// First epoch scored by it.
    pub from_epoch: Epoch,
}

/// The cap on a customer's cash and external payments, from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashCapFrom {
    /// Minor units a customer and epoch.
    pub cap: u64,
    /// First epoch to which it applies.
    pub from_epoch: Epoch,
}
