//! What the board decided of how epochs are scored.

use bizkey_primitives::{membership::Clamp, Epoch};
use std::collections::BTreeMap;

/// The rules in force in an epoch (architecture.md, BizPower, exactly). Those
/// of `bizpower-2` are there whatever the algorithm. What is not set limits
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringRules {
    /// The version that reports of the epoch must carry; 1 until the board
    /// sets another one.
    pub algorithm_version: u16,
    /// Between what a customer's total at a shop counts, by trade; minor units.
    pub clamps: BTreeMap<u16, Clamp>,
    /// The least capital, minor units a month, by trade and region.
    pub capital_floors: BTreeMap<(u16, u16), u128>,
    /// How much of a customer's cash and external payments counts in an epoch,
    /// minor units.
    pub cash_cap: Option<u64>,
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
