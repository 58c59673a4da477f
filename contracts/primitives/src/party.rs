//! Who takes part: merchants, customers, their standing, a shop's capital.

use codec::{Decode, Encode, MaxEncodedLen};

/// Number of a merchant in `registry`, from 1; 0 is nobody.
pub type MerchantIndex = u32;
/// Number of a customer in `registry`, from 1; 0 is nobody.
pub type CustomerIndex = u32;
/// Number of a device in `registry`, from 1; never reused.
pub type DeviceId = u32;

/// The two halves of the network that are rewarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Side {
    /// Shops: scored by BizPower, paid in Bzky.
    Merchant,
    /// Customers: measured by sales, paid in Time.
    Customer,
}

impl Side {
    /// Both sides, in the order of their codes.
    pub const ALL: [Side; 2] = [Side::Merchant, Side::Customer];

    /// The byte that stands for the side in a tree's domain.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Side::Merchant => 0,
            Side::Customer => 1,
        }
    }

    /// The lower-case name used in files and addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Side::Merchant => "merchant",
            Side::Customer => "customer",
        }
    }
}

/// Standing of a merchant or customer (whitepaper 3.5, architecture.md, registry).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Status {
    /// In good standing.
    #[default]
    Active,
    /// Lower rank and grade; still rewarded.
    Demoted,
    /// May not trade for rewards.
    Restricted,
    /// Out of the network.
    Removed,
}

impl Status {
    /// Whether receipts of an epoch with this status are rewarded.
    #[must_use]
    pub const fn is_rewarded(self) -> bool {
        matches!(self, Status::Active | Status::Demoted)
    }
}

/// What a shop's place and people cost (whitepaper 3.2: x, eR, y, eS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Capital {
    /// Floor area in square metres (x).
    pub area_m2: u32,
    /// Staff (y).
    pub staff: u32,
    /// Rent level near the shop, minor units a square metre and month (eR).
    pub rent_per_m2_month: u64,
    /// Average wage of the trade, minor units a month (eS).
    pub wage_month: u64,
}

impl Capital {
    /// area · rent + staff · wage, minor units a month. Cannot overflow: each
    /// product is below 2^96.
    #[must_use]
    pub fn total(&self) -> u128 {
        let place = u128::from(self.area_m2).saturating_mul(u128::from(self.rent_per_m2_month));
        let people = u128::from(self.staff).saturating_mul(u128::from(self.wage_month));
        place.saturating_add(people)
    }
}

/// What `rewards` needs to know of one claimant, for one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Claimant {
    /// Account at the epoch's close: its holdings count.
    pub account_at: ink_primitives::AccountId,
    /// Account now: it is paid.
    pub account: ink_primitives::AccountId,
    /// Whether a claim may be paid: status at the epoch's close active or
    /// demoted, present status not removed, no hold.
    pub payable: bool,
}

/// The addresses that `rewards` works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Contracts {
    /// Bzky, PSP22.
    pub bzky: ink_primitives::AccountId,
    /// Time, PSP22 with a transfer gate.
    pub time: ink_primitives::AccountId,
    /// Merchants, customers, devices.
    pub registry: ink_primitives::AccountId,
    /// Deposits for terminals.
    pub pos_deposit: ink_primitives::AccountId,
    /// Receipts.
    pub receipts: ink_primitives::AccountId,
    /// The merchant pool.
    pub vault: ink_primitives::AccountId,
}

/// Positions of the checkpoints that cover an epoch, in `bzky` and in
/// `pos_deposit`, for the account of a claim. Zeros for a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct HoldingIndex {
    /// In `bzky`.
    pub bzky: u32,
    /// In `pos_deposit`.
    pub pos_deposit: u32,
}

/// One leaf of a pushed subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct PushedLeaf {
    /// The leaf.
    pub leaf: crate::tree::Leaf,
    /// Where its holding is read.
    pub holding: HoldingIndex,
}

/// A device as `receipts` keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Device {
    /// Its shop.
    pub merchant: MerchantIndex,
    /// The key that signs its batches.
    pub key: crate::signature::PublicKey,
    /// Whether it may record.
    pub active: bool,
    /// Sequence number of its next batch.
    pub next_seq: u64,
    /// Rolling hash of this epoch's batches.
    pub head: [u8; 32],
    /// The epoch of `head`, as a stamp.
    pub head_stamp: crate::Stamp,
    /// Batches recorded in that epoch.
    pub batches: u32,
}

/// A deposit as `pos_deposit` keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Deposit {
    /// Whose Bzky.
    pub depositor: ink_primitives::AccountId,
    /// Smallest unit.
    pub amount: crate::Balance,
    /// When it may be released, Unix milliseconds; `None` until the return is confirmed.
    pub releasable_ms: Option<u64>,
}
