//! Epochs: reports, rewards, committees.

use super::Position;
use bizkey_primitives::{
    report::{EpochState, Payout, Report},
    AccountId, Balance, Epoch, MerchantIndex, Side,
};

/// An epoch: what was recorded in it, and what `rewards` made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSummary {
    /// The epoch.
    pub epoch: Epoch,
    /// Batches recorded.
    pub batches: u64,
    /// Receipts that they announce, as `receipts_in` of the contract counts.
    pub announced: u64,
    /// Receipts that could be read.
    pub receipts: u64,
    /// Where it stands.
    pub state: EpochState,
    /// Round of reports.
    pub round: u8,
    /// When the state was entered, Unix milliseconds; 0 while open.
    pub since_ms: u64,
    /// Block in which the state was entered; 0 while open.
    pub since_block: u32,
    /// The report that is pending or final.
    pub report: Option<Report>,
    /// Merchants' payout once final.
    pub merchants: Payout,
    /// Customers' payout once final.
    pub customers: Payout,
}

impl EpochSummary {
    /// An epoch in which nothing has happened yet.
    #[must_use]
    pub fn empty(epoch: Epoch) -> Self {
        Self {
            epoch,
            batches: 0,
            announced: 0,
            receipts: 0,
            state: EpochState::Open,
            round: 0,
            since_ms: 0,
            since_block: 0,
            report: None,
            merchants: Payout::default(),
            customers: Payout::default(),
        }
    }
}

/// A committee member's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmittedReport {
    /// The epoch.
    pub epoch: Epoch,
    /// Round of reports.
    pub round: u8,
    /// Who.
    pub member: AccountId,
    /// The block that holds it.
    pub block: u32,
    /// What.
    pub report: Report,
}

/// A reward that was claimed or pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reward {
    /// Which half of the network.
    pub side: Side,
    /// Index in `registry`.
    pub index: u32,
    /// The epoch it is for.
    pub epoch: Epoch,
    /// The account that was paid.
    pub account: AccountId,
    /// Smallest unit of Bzky or Time.
    pub amount: Balance,
    /// The block that holds the payment.
    pub block: u32,
}

/// Members that report from an epoch on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    /// First epoch that they report.
    pub from_epoch: Epoch,
    /// The members.
    pub members: Vec<AccountId>,
}

/// A dispute of a report: one a round at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The epoch.
    pub epoch: Epoch,
    /// The round of the report.
    pub round: u8,
    /// Who disputes it.
    pub disputer: AccountId,
    /// What it put at stake, smallest unit of Bzky.
    pub bond: Balance,
    /// Where it was opened.
    pub opened: Position,
    /// Whether the board struck the report; `None` while it has not decided.
    pub upheld: Option<bool>,
    /// The block of the decision.
    pub decided_block: Option<u32>,
}

/// A report that does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StruckReport {
    /// The epoch.
    pub epoch: Epoch,
    /// The round of the report.
    pub round: u8,
    /// Who challenged or disputed it.
    pub challenger: AccountId,
    /// What the challenger got of the members' bonds, smallest unit of Bzky.
    pub reward: Balance,
    /// The block that holds it.
    pub block: u32,
}

/// A merchant's reward, or the part of one, that opens later. What is left is
/// what was deferred, less what was paid and what was withheld for debts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeferredReward {
    /// The epoch that it is for.
    pub epoch: Epoch,
    /// The merchant.
    pub merchant: MerchantIndex,
    /// Deferred by the claim, smallest unit of Bzky, here and below.
    pub deferred: Balance,
    /// Paid since.
    pub paid: Balance,
    /// Withheld since for the merchant's debts.
    pub withheld: Balance,
    /// Not paid yet.
    pub left: Balance,
    /// The block of the claim.
    pub block: u32,
}
