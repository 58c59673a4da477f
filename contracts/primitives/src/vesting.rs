//! The Bzky that does not reward merchants: who it is for, and how `vesting`
//! tells when it is released (whitepaper 3.3, the table).
// The codec's derive casts the constant indices of these enums, 0 to 3.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance, BZKY_SUPPLY, MERCHANT_POOL};
use codec::{Decode, Encode, MaxEncodedLen};

/// What `vesting` holds at issue: all Bzky but the merchants' 30 %, 7 · 10^9 tokens.
pub const VESTED_SUPPLY: Balance = BZKY_SUPPLY - MERCHANT_POOL;

/// One percent of all Bzky, in which the table counts.
pub const POINT: Balance = BZKY_SUPPLY / 100;

/// A line of the table that `vesting` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Line {
    /// 20 %: 3 points at issue, the rest evenly over the 12 months after listing.
    EarlySupporters,
    /// 15 %: evenly over the 18 months after issue.
    Team,
    /// 5 %: half a point at issue, then six tranches, one every 3 months.
    Partners,
    /// 30 %: every 6 months after issue, each time at most 10 % of what is left.
    Foundation,
}

impl Line {
    /// Every line, in the order of the table.
    pub const ALL: [Line; 4] = [Line::EarlySupporters, Line::Team, Line::Partners, Line::Foundation];

    /// All that the line is ever paid, smallest unit of Bzky.
    #[must_use]
    pub const fn share(self) -> Balance {
        match self {
            Line::EarlySupporters => POINT * 20,
            Line::Team => POINT * 15,
            Line::Partners => POINT * 5,
            Line::Foundation => POINT * 30,
        }
    }
}

/// The accounts that the first three lines are paid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Beneficiaries {
    /// Early supporters.
    pub early_supporters: AccountId,
    /// The founding team.
    pub team: AccountId,
    /// Partners.
    pub partners: AccountId,
}

/// One date of a line, and what it releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Tranche {
    /// First moment at which it is due, Unix milliseconds; `None` while the
    /// listing date that it counts from is not set.
    pub due_ms: Option<u64>,
    /// Smallest unit of Bzky.
    pub amount: Balance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_all_that_does_not_reward_merchants() {
        assert_eq!(Line::ALL.iter().map(|line| line.share()).sum::<Balance>(), VESTED_SUPPLY);
        assert_eq!(VESTED_SUPPLY, 7_000_000_000 * crate::TOKEN);
    }
}
