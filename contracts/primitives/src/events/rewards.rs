//! Events of `rewards`.

use super::event_structs;
use crate::{
    report::{Payout, Report},
    AccountId, Balance, Epoch, Hash, Side,
};
use alloc::vec::Vec;
#[cfg(not(feature = "ink"))]
use codec::{Decode, Encode};

/// One reward inside [`RewardsPaid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "ink", ink::scale_derive(Encode, Decode, TypeInfo))]
#[cfg_attr(not(feature = "ink"), derive(Encode, Decode))]
pub struct PaidReward {
    /// Merchant or customer.
    pub index: u32,
    /// The account that was paid.
    pub account: AccountId,
    /// Smallest unit of Bzky or Time.
    pub amount: Balance,
}

event_structs! {
    /// `rewards`: the committee from an epoch on.
    CommitteeChanged {
        /// First epoch that it reports.
        from_epoch: Epoch,
        /// Its members.
        members: Vec<AccountId>,
    }
    /// `rewards`: a member reported.
    ReportSubmitted {
        /// The epoch.
        epoch: Epoch,
        /// Round of reports, 0 or 1.
        round: u8,
        /// Who.
        member: AccountId,
        /// What.
        report: Report,
    }
    /// `rewards`: more than half of the committee agrees; the window runs.
    ReportPending {
        /// The epoch.
        epoch: Epoch,
        /// Round of reports, 0 or 1.
        round: u8,
        /// What they agree on.
        report: Report,
    }
    /// `rewards`: an epoch can be claimed.
    EpochFinalised {
        /// The epoch.
        epoch: Epoch,
        /// What merchants are paid.
        merchants: Payout,
        /// What customers are paid.
        customers: Payout,
    }
    /// `rewards`: an epoch pays nothing, for good.
    EpochVoided {
        /// The epoch.
        epoch: Epoch,
    }
    /// `rewards`: leaves were claimed or pushed.
    RewardsPaid {
        /// Merchant or customer.
        side: Side,
        /// The epoch.
        epoch: Epoch,
        /// Who got what; a claim that pays zero is listed too.
        rewards: Vec<PaidReward>,
    }
    /// `rewards`: the deployer handed it over.
    RewardsHandedOver {
        /// Who governs it from now on, for good.
        admin: AccountId,
    }
    /// `rewards`: it runs other code from the next call on.
    RewardsCodeChanged {
        /// Hash of the code.
        code_hash: Hash,
    }
    /// `rewards`: its code is final.
    RewardsOssified {}
    /// `rewards`: reports, finality and claims stand still; every window is the longer for it.
    RewardsPaused {
        /// When they go on, Unix milliseconds.
        until_ms: u64,
    }
    /// `rewards`: another algorithm scores the epochs from one on.
    AlgorithmSet {
        /// First epoch that it scores.
        from_epoch: Epoch,
        /// The version that reports must carry.
        version: u16,
    }
    /// `rewards`: what a member and a disputer must put at stake.
    BondsSet {
        /// A member's, smallest unit of Bzky.
        member_bond: Balance,
        /// A disputer's, smallest unit of Bzky.
        dispute_bond: Balance,
    }
    /// `rewards`: an account bonded, starts to leave, or took its bond back.
    BondChanged {
        /// Whose bond.
        member: AccountId,
        /// What is bonded now, smallest unit of Bzky.
        amount: Balance,
        /// When it may be taken back, pauses not counted, Unix milliseconds;
        /// `None` unless the account leaves.
        withdrawable_ms: Option<u64>,
    }
    /// `rewards`: a member behind a struck report lost its bond.
    BondSlashed {
        /// The epoch whose report was struck.
        epoch: Epoch,
        /// The round of the report.
        round: u8,
        /// Who loses it.
        member: AccountId,
        /// All that was bonded, smallest unit of Bzky.
        amount: Balance,
    }
    /// `rewards`: a pending report is frozen until the board decides.
    ReportDisputed {
        /// The epoch.
        epoch: Epoch,
        /// The round of the report.
        round: u8,
        /// Who disputes it.
        disputer: AccountId,
        /// What it put at stake, smallest unit of Bzky.
        bond: Balance,
    }
    /// `rewards`: the board decided a dispute.
    DisputeDecided {
        /// The epoch.
        epoch: Epoch,
        /// The round of the report.
        round: u8,
        /// Whether the report is struck; else it is pending again.
        upheld: bool,
    }
    /// `rewards`: a report does not count. After round 0 the epoch is open for
    /// one second round; after round 1 it is void.
    ReportStruck {
        /// The epoch.
        epoch: Epoch,
        /// The round of the report.
        round: u8,
        /// Who challenged or disputed it.
        challenger: AccountId,
        /// What the challenger got of the members' bonds, smallest unit of Bzky; the rest burned.
        reward: Balance,
    }
    /// `rewards`: the turn of an epoch passed that is not final. What a disputed
    /// one would pay is reserved, but cannot be claimed; one that is void
    /// already reserves nothing.
    EpochReserved {
        /// The epoch.
        epoch: Epoch,
        /// What merchants would be paid.
        merchants: Payout,
        /// What customers would be paid.
        customers: Payout,
    }
    /// `rewards`: the claims of an epoch are over; what was not paid is back in the pools.
    ClaimsExpired {
        /// The epoch.
        epoch: Epoch,
        /// What went back to the vault, smallest unit of Bzky.
        merchants: Balance,
        /// What went back to the customers' pool, smallest unit of Time.
        customers: Balance,
    }
    /// `rewards`: a reward, or a part of one, opens when the receipts of its
    /// epoch cannot be demanded any more, or when a deposit is pledged for it.
    RewardDeferred {
        /// The epoch.
        epoch: Epoch,
        /// The merchant.
        index: u32,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `rewards`: a deferred reward, or a part of one, was paid.
    DeferredRewardPaid {
        /// The epoch.
        epoch: Epoch,
        /// The merchant.
        index: u32,
        /// The account that was paid.
        account: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `rewards`: a party owes more than before.
    DebtBooked {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// By how much, smallest unit of Bzky or Time.
        amount: Balance,
        /// Hash of the reason.
        reason: Hash,
    }
    /// `rewards`: a party owes less than before.
    DebtPaid {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// By how much, smallest unit of Bzky or Time.
        amount: Balance,
        /// The epoch out of whose reward it was withheld; `None` if it was
        /// recovered otherwise.
        epoch: Option<Epoch>,
    }
}
