//! What a committee member reports of an epoch (architecture.md, Rewards).

use crate::{
    party::HoldingIndex,
    tree::{self, Domain, Leaf, ProofStep, TreeError, Tuple},
    Balance, Epoch, Hash, Side, Stamp,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// BizPower to the letter of the whitepaper.
pub const BIZPOWER_1: u16 = 1;
/// BizPower hardened against floods of tiny orders.
pub const BIZPOWER_2: u16 = 2;

/// One side of an epoch report: a tree's root and what its leaves add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct SideReport {
    /// Root of the tree; zero for an empty one.
    pub root: Hash,
    /// Leaves.
    pub count: u32,
    /// Sum of scores (merchants, scale 10^18) or sales (customers, minor units).
    pub sum_v1: u128,
    /// Sum of holdings (merchants, smallest unit of Bzky); 0 for customers.
    pub sum_v2: u128,
}

impl SideReport {
    /// Whether an empty report says nothing else and a filled one has a root.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let zero = self.root == Hash::default();
        if self.count == 0 {
            zero && self.sum_v1 == 0 && self.sum_v2 == 0
        } else {
            !zero
        }
    }

    /// Checks that `start` under `proof` lies in the reported tree; returns
    /// the position of its first leaf.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn verify(&self, domain: &Domain, start: Tuple, proof: &[ProofStep]) -> Result<u32, TreeError> {
        let (top, position) = tree::fold(domain, start, proof)?;
        let agrees = top.root(domain) == self.root
            && top.count == self.count
            && top.sum_v1 == self.sum_v1
            && top.sum_v2 == self.sum_v2;
        if agrees {
            Ok(position)
        } else {
            Err(TreeError::RootMismatch)
        }
    }
}

/// A report of both sides of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Report {
    /// Algorithm that scored the epoch.
    pub algorithm_version: u16,
    /// Merchants.
    pub merchants: SideReport,
    /// Customers.
    pub customers: SideReport,
}

impl Report {
    /// One side of the report.
    #[must_use]
    pub fn side(&self, side: Side) -> &SideReport {
        match side {
            Side::Merchant => &self.merchants,
            Side::Customer => &self.customers,
        }
    }

    /// Both sides are consistent in themselves, and customers report no holdings.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.merchants.is_consistent() && self.customers.is_consistent() && self.customers.sum_v2 == 0
    }
}

/// Where an epoch stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum EpochState {
    /// No report has a majority yet.
    #[default]
    Open,
    /// A majority agrees; the challenge window runs.
    Pending,
    /// Claimable.
    Final,
    /// Frozen by a dispute.
    Disputed,
    /// Struck for good: the epoch pays nothing.
    Void,
}

/// What `rewards` keeps of one side of an epoch once it is final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Payout {
    /// E, smallest unit.
    pub emission: Balance,
    /// Part of E that leaves can claim.
    pub reserved: Balance,
    /// Paid so far.
    pub paid: Balance,
}

/// Everything `rewards` keeps of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct EpochRecord {
    /// Where it stands.
    pub state: EpochState,
    /// Round of reports: 0, or 1 after a struck report.
    pub round: u8,
    /// Block time at which the state was entered, Unix milliseconds.
    pub since_ms: u64,
    /// Block number at which the state was entered.
    pub since_block: u32,
    /// The report that is pending or final.
    pub report: Report,
    /// Merchants' payout.
    pub merchants: Payout,
    /// Customers' payout.
    pub customers: Payout,
}

/// What an account has at stake for its reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Bond {
    /// Smallest unit of Bzky.
    pub amount: Balance,
    /// The latest epoch that the account reported, as a stamp.
    pub reported: Stamp,
    /// When the account asked for it back, Unix milliseconds; 0 if it did not.
    pub leaving_ms: u64,
}

/// One leaf to be claimed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct LeafClaim {
    /// Merchants or customers.
    pub side: Side,
    /// The epoch.
    pub epoch: Epoch,
    /// The leaf.
    pub leaf: Leaf,
    /// Where its holding is read.
    pub holdings: HoldingIndex,
    /// What leads from it to the root.
    pub proof: Vec<ProofStep>,
}

/// A domain for each side of an epoch.
#[must_use]
pub fn domain(genesis: &Hash, rewards: &[u8; 32], side: Side, epoch: Epoch, report: &Report) -> Domain {
    Domain::new(genesis, rewards, side, epoch, report.algorithm_version)
}
