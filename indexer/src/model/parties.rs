//! Who takes part: merchants, customers, agents, terminals.

use super::Position;
use bizkey_primitives::{
    membership::Business,
    party::{Capital, Status},
    signature::PublicKey,
    AccountId, DeviceId, Epoch, Hash, MerchantIndex, Side, Stamp,
};

/// A merchant or customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Which half of the network.
    pub side: Side,
    /// Index in `registry`.
    pub index: u32,
    /// Its account.
    pub account: AccountId,
    /// Commitment to its identity papers.
    pub commitment: Hash,
    /// Epoch of registration, as a stamp.
    pub stamp: Stamp,
}

/// A shop's capital from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapitalFrom {
    /// First epoch scored by it.
    pub from_epoch: Epoch,
    /// The figures.
    pub capital: Capital,
}

/// A change of standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// Epoch of the change, as a stamp.
    pub stamp: Stamp,
    /// The block that holds it.
    pub block: u32,
    /// The standing from then on.
    pub status: Status,
    /// Hash of the reason given.
    pub reason: Hash,
}

/// A shop's trade and region from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessFrom {
    /// First epoch scored by it.
    pub from_epoch: Epoch,
    /// Trade and region.
    pub business: Business,
}

/// A shop as it stands in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The shop.
    pub party: Party,
    /// Its standing at the epoch's close, or now.
    pub status: Status,
    /// Its trade and region, once attested.
    pub business: Option<Business>,
    /// Its devices that are not retired.
    pub devices: u32,
    /// Those of them whose deposit an agent may lock.
    pub devices_with_agent: u32,
}

/// Which shops to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MerchantFilter {
    /// Of this trade.
    pub trade: Option<u16>,
    /// Of this region.
    pub region: Option<u16>,
}

/// An appeal against a change of standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Where it was filed.
    pub filed: Position,
    /// Hash of what the party states.
    pub statement: Hash,
    /// What became of it; `None` while undecided.
    pub decision: Option<AppealDecision>,
}

/// What became of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppealDecision {
    /// Whether the standing before is restored.
    pub granted: bool,
    /// Hash of the reason given.
    pub reason: Hash,
    /// The block that holds it.
    pub block: u32,
}

/// Somebody who locks deposits for shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its number.
    pub agent: u32,
    /// Its account.
    pub account: AccountId,
    /// Commitment to its identity papers.
    pub commitment: Hash,
    /// Epoch of registration, as a stamp.
    pub stamp: Stamp,
    /// Whether it may lock deposits.
    pub active: bool,
    /// Hash of the reason of the last removal or return, if there was one.
    pub reason: Option<Hash>,
}

/// A terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub device: DeviceId,
    /// Its shop.
    pub merchant: MerchantIndex,
    /// The key that signs its batches.
    pub key: PublicKey,
    /// Whether it may record.
    pub active: bool,
    /// The block that ended it for good, if it is retired.
    pub retired_block: Option<u32>,
    /// Who may lock its deposit beside its shop.
    pub agent: Option<AccountId>,
    /// The platform's class; it decides the least first deposit.
    pub class: u8,
}
