//! The foundation's board, and what vesting released.

use super::Position;
use bizkey_primitives::{
    board::{DirectorId, Motion, ResolutionId},
    vesting::Line,
    AccountId, Balance,
};

/// A director, in office or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Director {
    /// Its number.
    pub director: DirectorId,
    /// The account that acts from its seat.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// The block from which on it is a director.
    pub seated_block: u32,
    /// The block in which it left.
    pub left_block: Option<u32>,
}

/// How far a resolution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolutionState {
    /// More than half of the directors are not for it, or not any more. Its
    /// time may be over: nothing on chain says so.
    Open,
    /// More than half were for it when the last vote was cast.
    Passed,
    /// More than half can no longer be for it.
    Failed,
    /// Carried out.
    Enacted,
    /// Taken back by a later one.
    Cancelled,
}

impl ResolutionState {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ResolutionState::Open => "open",
            ResolutionState::Passed => "passed",
            ResolutionState::Failed => "failed",
            ResolutionState::Enacted => "enacted",
            ResolutionState::Cancelled => "cancelled",
        }
    }
}

/// A resolution of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Its number.
    pub resolution: ResolutionId,
    /// Who proposed it.
    pub proposer: DirectorId,
    /// What is to be resolved.
    pub motion: Motion,
    /// When it was proposed, Unix milliseconds.
    pub proposed_ms: u64,
    /// The block of the proposal.
    pub proposed_block: u32,
    /// How far it has come.
    pub state: ResolutionState,
    /// The block in which it came so far.
    pub since_block: u32,
    /// From when on it can be carried out, Unix milliseconds, once it passed.
    pub executable_ms: Option<u64>,
}

/// A director's last vote on a resolution. Once the director has left, it
/// counts no more, unless the resolution was closed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Who.
    pub director: DirectorId,
    /// The director's name; `None` if its seating is not known.
    pub name: Option<String>,
    /// For, or against.
    pub in_favour: bool,
    /// Where it stands on chain.
    pub position: Position,
    /// The block in which the director left.
    pub left_block: Option<u32>,
}

/// A line that vesting paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VestingRelease {
    /// Where it stands on chain.
    pub position: Position,
    /// The line of the table.
    pub line: Line,
    /// Who was paid.
    pub account: AccountId,
    /// Smallest unit of Bzky.
    pub amount: Balance,
}
