//! What a director, a successor or the chief executive can sign.
// The codec's derive casts the constant indices of this enum, all below 256.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    board::{BudgetLine, DirectorId, Motion, ResolutionId},
    AccountId, Balance,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};

/// An action of a director, a successor or the chief executive.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `propose`, by a director.
    Propose {
        /// What to resolve.
        motion: Motion,
    },
    /// `vote`, by a director.
    Vote {
        /// On which resolution.
        resolution: ResolutionId,
        /// For, or against.
        in_favour: bool,
    },
    /// `name_successor`, by a director.
    NameSuccessor {
        /// Who may claim its seat; `None` for nobody, which ends a claim.
        successor: Option<AccountId>,
    },
    /// `claim_seat`, by a successor.
    ClaimSeat {
        /// Whose seat.
        director: DirectorId,
    },
    /// `execute`, by the chief executive.
    Execute {
        /// The contract.
        target: AccountId,
        /// Selector and arguments.
        input: Vec<u8>,
    },
    /// `spend`, by the chief executive.
    Spend {
        /// Out of which line.
        line: BudgetLine,
        /// Payee.
        to: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// `pause`, by the chief executive.
    Pause {
        /// First moment after it, Unix milliseconds.
        until_ms: u64,
        /// Whether a contract that cannot be paused is passed over.
        skip_failing: bool,
    },
}
