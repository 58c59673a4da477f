//! The board of the foundation: resolutions, powers and budget as `foundation`
//! keeps them (whitepaper 8, 7.3; architecture.md, foundation).
// The codec's derive casts the constant indices of these enums, all below 256.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance, Hash, Stamp};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Number of a director, from 1; never reused, and the same for a successor
/// that takes over the seat.
pub type DirectorId = u32;
/// Number of a resolution, from 1, without gaps.
pub type ResolutionId = u32;
/// The first four bytes of a call's input: which message it is for.
pub type Selector = [u8; 4];
/// A figure for each [`BudgetLine`], in the order of their declaration.
pub type PerLine<T> = [T; 5];

/// Fewest directors.
pub const MIN_DIRECTORS: usize = 3;
/// Most directors.
pub const MAX_DIRECTORS: usize = 32;
/// Longest name of a director, bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 64;
/// Longest input of a call, selector included, bytes.
pub const MAX_INPUT_BYTES: usize = 4096;
/// Most contracts that can be paused together.
pub const MAX_PAUSABLE: usize = 16;
/// Most powers that the chief executive can have.
pub const MAX_POWERS: usize = 64;
/// Most passed resolutions that wait for their delay at the same time.
pub const MAX_PENDING: usize = 32;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// From the proposal to the last vote that can make a resolution pass: 14 days.
pub const VOTING_MS: u64 = 14 * DAY_MS;
/// For how long a passed resolution can be carried out: 14 days.
pub const EXECUTION_MS: u64 = 14 * DAY_MS;
/// From passing to the earliest change of code: 14 days.
pub const CODE_DELAY_MS: u64 = 14 * DAY_MS;
/// From the passing of the first resolution that ossifies a contract to the
/// passing of the second: at least 90 days.
pub const OSSIFICATION_GAP_MS: u64 = 90 * DAY_MS;
/// From a successor's claim to its taking the seat: 30 days.
pub const SUCCESSION_MS: u64 = 30 * DAY_MS;

/// The whole of what comes in, in the unit of a budget line's share: basis points.
pub const SHARE_UNIT: u16 = 10_000;
/// The first shares of the budget lines (whitepaper 7.3): 20, 30, 20, 20, 10 %.
pub const INITIAL_SHARES: PerLine<u16> = [2_000, 3_000, 2_000, 2_000, 1_000];

/// What the foundation's funds are for (whitepaper 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum BudgetLine {
    /// Research and development.
    Research,
    /// Operation.
    Operation,
    /// Marketing and community.
    Marketing,
    /// Terminals for shops.
    Terminals,
    /// Reserve; it also takes what rounding leaves.
    Reserve,
}

impl BudgetLine {
    /// Every line, in the order of [`PerLine`].
    pub const ALL: PerLine<BudgetLine> = [
        BudgetLine::Research,
        BudgetLine::Operation,
        BudgetLine::Marketing,
        BudgetLine::Terminals,
        BudgetLine::Reserve,
    ];

    /// The line's place in a [`PerLine`].
    #[must_use]
    pub const fn position(self) -> usize {
        self as usize
    }
}

/// What the board can resolve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Motion {
    /// A text holds from now on: rules, plans, a decision on a dispute.
    AdoptText {
        /// Hash of the text.
        text: Hash,
    },
    /// A director chairs the board.
    ElectChair {
        /// Who.
        director: DirectorId,
    },
    /// Somebody runs daily operation; follows whoever did before.
    AppointChiefExecutive {
        /// Its account.
        account: AccountId,
    },
    /// The office of the chief executive falls vacant.
    DismissChiefExecutive,
    /// One more director.
    AddDirector {
        /// Its account.
        account: AccountId,
        /// Its name, UTF-8.
        name: Vec<u8>,
    },
    /// One director fewer.
    RemoveDirector {
        /// Who leaves.
        director: DirectorId,
    },
    /// A director leaves and another one follows, at once.
    ReplaceDirector {
        /// Who leaves.
        director: DirectorId,
        /// The account of who follows.
        account: AccountId,
        /// The name of who follows, UTF-8.
        name: Vec<u8>,
    },
    /// Calls a message of another contract, as the foundation.
    Call {
        /// The contract.
        target: AccountId,
        /// Selector and arguments, at most [`MAX_INPUT_BYTES`].
        input: Vec<u8>,
    },
    /// Changes the code of a contract, or of the foundation itself;
    /// [`CODE_DELAY_MS`] after it passed.
    Upgrade {
        /// The contract.
        target: AccountId,
        /// Its next code.
        code_hash: Hash,
    },
    /// Makes a contract's code final. The first such resolution announces
    /// it; a second, passed [`OSSIFICATION_GAP_MS`] later, does it. Both wait
    /// [`CODE_DELAY_MS`].
    Ossify {
        /// The contract, or the foundation itself.
        target: AccountId,
    },
    /// An earlier resolution is not carried out any more; one that announced
    /// an ossification no longer counts as the first.
    Cancel {
        /// The earlier one.
        resolution: ResolutionId,
    },
    /// The chief executive may call a message of a contract.
    GrantPower {
        /// The contract.
        target: AccountId,
        /// The message.
        selector: Selector,
        /// Most calls an epoch; `None` for any number.
        limit: Option<u32>,
    },
    /// The chief executive may no longer call a message.
    RevokePower {
        /// The contract.
        target: AccountId,
        /// The message.
        selector: Selector,
    },
    /// Whether the chief executive may pause the network.
    SetPausePower {
        /// Whether it may.
        granted: bool,
    },
    /// How later income is split over the budget lines.
    SetShares {
        /// Basis points of each line; [`SHARE_UNIT`] together.
        shares: PerLine<u16>,
    },
    /// What the chief executive may pay out of a line in a month.
    SetSpendingLimit {
        /// The line.
        line: BudgetLine,
        /// Smallest unit of Bzky; 0 for nothing.
        limit: Balance,
    },
    /// Pays out of a budget line.
    Pay {
        /// The line.
        line: BudgetLine,
        /// Payee.
        to: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// Moves funds from one line to another.
    MoveFunds {
        /// The line that has less then.
        from: BudgetLine,
        /// The line that has more then.
        to: BudgetLine,
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// Pauses the network from the moment it is carried out.
    Pause {
        /// How long, milliseconds; at most [`crate::pause::MAX_PAUSE_MS`].
        duration_ms: u64,
        /// Whether a contract that cannot be paused is passed over; else it
        /// keeps all from pausing.
        skip_failing: bool,
    },
    /// Which contracts a pause is for.
    SetPausable {
        /// All of them, at most [`MAX_PAUSABLE`].
        contracts: Vec<AccountId>,
    },
}

impl Motion {
    /// Whether it is carried out [`CODE_DELAY_MS`] after it passed at the earliest.
    #[must_use]
    pub const fn is_delayed(&self) -> bool {
        matches!(self, Motion::Upgrade { .. } | Motion::Ossify { .. })
    }
}

/// A director in office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Director {
    /// Its number.
    pub director: DirectorId,
    /// The account that it acts with.
    pub account: AccountId,
    /// Its name, UTF-8.
    pub name: Vec<u8>,
}

/// One director's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Vote {
    /// Who.
    pub director: DirectorId,
    /// For, or against.
    pub in_favour: bool,
}

/// How far a resolution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum ResolutionState {
    /// More than half of the directors are not for it, or not any more.
    Open,
    /// More than half were for it when the last vote was cast.
    Passed {
        /// Since when, by the votes cast, Unix milliseconds.
        since_ms: u64,
    },
    /// More than half can no longer be for it.
    Failed,
    /// Carried out.
    Enacted,
    /// Cancelled by a later one.
    Cancelled,
}

/// What is kept of a resolution beside its motion.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Resolution {
    /// Who proposed it.
    pub proposer: DirectorId,
    /// When, Unix milliseconds.
    pub proposed_ms: u64,
    /// Whether it waits [`CODE_DELAY_MS`] after it passed.
    pub delayed: bool,
    /// How far it has come.
    pub state: ResolutionState,
    /// The votes, one a director; those of directors that left go with the next vote.
    pub votes: Vec<Vote>,
}

impl Resolution {
    /// From when on it can be carried out, Unix milliseconds; `None` unless
    /// it has passed.
    #[must_use]
    pub fn executable_ms(&self) -> Option<u64> {
        let delay_ms = if self.delayed { CODE_DELAY_MS } else { 0 };
        match self.state {
            ResolutionState::Passed { since_ms } => Some(since_ms.saturating_add(delay_ms)),
            _ => None,
        }
    }

    /// When its time is over, Unix milliseconds: [`EXECUTION_MS`] after it
    /// could be carried out, or [`VOTING_MS`] after it was proposed unless it
    /// has passed.
    #[must_use]
    pub fn expires_ms(&self) -> u64 {
        match self.executable_ms() {
            Some(executable_ms) => executable_ms.saturating_add(EXECUTION_MS),
            None => self.proposed_ms.saturating_add(VOTING_MS),
        }
    }
}

/// A passed resolution on a contract's code that has not been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct PendingCode {
    /// Which.
    pub resolution: ResolutionId,
    /// From when on it can be carried out, Unix milliseconds.
    pub executable_ms: u64,
    /// When its time is over, Unix milliseconds.
    pub expires_ms: u64,
}

/// The first of the two resolutions that ossify a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Announcement {
    /// Which.
    pub resolution: ResolutionId,
    /// When it had passed, Unix milliseconds.
    pub passed_ms: u64,
}

/// A message that the chief executive may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Power {
    /// The contract.
    pub target: AccountId,
    /// The message.
    pub selector: Selector,
    /// Most calls an epoch; `None` for any number.
    pub limit: Option<u32>,
    /// The epoch of the last call, as a stamp.
    pub epoch: Stamp,
    /// Calls in that epoch.
    pub used: u32,
}

/// Who runs daily operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Office {
    /// The chief executive, if there is one.
    pub chief_executive: Option<AccountId>,
    /// Whether it may pause the network.
    pub may_pause: bool,
}

/// One line of the budget. Amounts in the smallest unit of Bzky.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Funds {
    /// What can be paid out of it.
    pub balance: Balance,
    /// Its share of income, basis points.
    pub share: u16,
    /// What the chief executive may pay out of it in a month of the calendar.
    pub limit: Balance,
    /// The month of its last payment by the chief executive, from 1; 0 before genesis.
    pub month: u32,
    /// What the chief executive paid out of it in that month.
    pub spent: Balance,
}

/// Every line, in the order of [`BudgetLine::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Budget {
    /// The lines.
    pub lines: PerLine<Funds>,
}

/// Who follows a director that lost its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Succession {
    /// The account that may claim the seat.
    pub successor: AccountId,
    /// When it can take the seat, Unix milliseconds; `None` until it claims.
    pub takes_over_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_shares_are_the_whitepapers_and_make_up_the_whole() {
        assert_eq!(INITIAL_SHARES.iter().sum::<u16>(), SHARE_UNIT);
        let percent: Vec<u16> = INITIAL_SHARES.iter().map(|share| share / 100).collect();
        assert_eq!(percent, [20, 30, 20, 20, 10]);
        for (position, line) in BudgetLine::ALL.into_iter().enumerate() {
            assert_eq!(line.position(), position);
        }
    }

    #[test]
    fn a_resolution_lasts_fourteen_days_for_each_of_its_stages() {
        let mut resolution = Resolution {
            proposer: 1,
            proposed_ms: 1_000,
            delayed: false,
            state: ResolutionState::Open,
            votes: Vec::new(),
        };
        assert_eq!((resolution.executable_ms(), resolution.expires_ms()), (None, 1_000 + VOTING_MS));
        resolution.state = ResolutionState::Passed { since_ms: 5_000 };
        assert_eq!((resolution.executable_ms(), resolution.expires_ms()), (Some(5_000), 5_000 + EXECUTION_MS));
        resolution.delayed = true;
        let executable_ms = 5_000 + CODE_DELAY_MS;
        assert_eq!(resolution.executable_ms(), Some(executable_ms));
        assert_eq!(resolution.expires_ms(), executable_ms + EXECUTION_MS);
    }
}
