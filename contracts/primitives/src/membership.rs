//! What `registry` keeps of its members beside their standing: agents, a
//! shop's trade, appeals, and accounts on their way to another one; and the
//! board's parameters of bizpower-2.

use crate::{AccountId, Hash, Status};
use codec::{Decode, Encode, MaxEncodedLen};

/// What a shop sells and where. The board's parameters of bizpower-2 go by it
/// (architecture.md, BizPower, exactly).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Business {
    /// Code of the trade, from the board's published list.
    pub trade: u16,
    /// Code of the region, from the board's published list.
    pub region: u16,
}

/// Between what a customer's total at a shop in an epoch counts under bizpower-2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Clamp {
    /// A smaller total counts as this, minor units.
    pub lo: u64,
    /// A larger total counts as this, minor units.
    pub hi: u64,
}

/// Somebody who locks deposits for shops (whitepaper 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Agent {
    /// Its account.
    pub account: AccountId,
    /// Commitment to its identity papers.
    pub commitment: Hash,
    /// Whether it may lock deposits; false once removed.
    pub active: bool,
}

/// A party's last change on the ladder, and the appeal against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct StatusChange {
    /// What a granted appeal restores: the status before it, or before an
    /// earlier change that could still be appealed as well.
    pub before: Status,
    /// The status it set.
    pub status: Status,
    /// Hash of the reason given.
    pub reason: Hash,
    /// When it was made, Unix milliseconds.
    pub changed_ms: u64,
    /// The appeal against it, if there was one.
    pub appeal: Option<Appeal>,
}

/// A party's word against a change of its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Appeal {
    /// Hash of what the party states.
    pub statement: Hash,
    /// When it was filed, Unix milliseconds.
    pub filed_ms: u64,
    /// What became of it; `None` while undecided.
    pub decision: Option<Decision>,
}

/// What became of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Decision {
    /// Whether the status before was restored.
    pub granted: bool,
    /// Hash of the reason given.
    pub reason: Hash,
}

/// The account that a party wants to be known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct AccountProposal {
    /// The new account, which has to accept.
    pub account: AccountId,
    /// Last moment at which it can, Unix milliseconds.
    pub expires_ms: u64,
}

/// A lost account on its way to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Recovery {
    /// The account that takes over.
    pub account: AccountId,
    /// The attestor who proposed it.
    pub first: AccountId,
    /// The attestor who supported it.
    pub second: Option<AccountId>,
    /// When it may be finished, Unix milliseconds; 0 before the second attestor.
    pub ready_ms: u64,
    /// Whether the account that takes over agreed.
    pub consented: bool,
    /// Whether somebody objected or decided.
    pub state: RecoveryState,
}

/// Whether somebody objected to a recovery or decided on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum RecoveryState {
    /// Nobody did.
    Open,
    /// The old account is in use: the recovery ends, unless the board confirms it.
    Cancelled,
    /// The board found the old key to be in foreign hands: it cannot cancel any more.
    Confirmed,
}
