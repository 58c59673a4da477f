//! What a member of the committee, or somebody who disputes a report, can sign
//! for `rewards`.
// The codec's derive casts the constant indices of the enum.
#![allow(clippy::cast_possible_truncation)]

use crate::{report::Report, Balance, Epoch};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action at `rewards` that needs no native coin. Each is what the message
/// of the same name does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// By a member: its report of a closed epoch.
    Report {
        /// The epoch.
        epoch: Epoch,
        /// What it reports.
        report: Report,
    },
    /// By anybody, out of an allowance to `rewards`: puts Bzky at stake.
    Bond {
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// By who has a bond: reports no more, and wants it back.
    Unbond,
    /// By anybody, out of an allowance to `rewards`: disputes a pending report.
    Dispute {
        /// The epoch.
        epoch: Epoch,
    },
}
