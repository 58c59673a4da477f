//! Events of `rewards`.

use super::event_structs;
use crate::{
    report::{Payout, Report},
    AccountId, Balance, Epoch, Side,
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
}
