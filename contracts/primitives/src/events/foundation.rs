//! Events of `foundation`.

use super::event_structs;
use crate::{
    board::{BudgetLine, DirectorId, Motion, PerLine, ResolutionId, Selector},
    AccountId, Balance, Hash,
};
use alloc::vec::Vec;

event_structs! {
    /// `foundation`: somebody is a director from now on.
    DirectorSeated {
        /// Its number, never used before.
        director: DirectorId,
        /// Its account.
        account: AccountId,
        /// Its name, UTF-8.
        name: Vec<u8>,
    }
    /// `foundation`: a director left; its votes on open resolutions count no more.
    DirectorLeft {
        /// Who.
        director: DirectorId,
    }
    /// `foundation`: the chair changed.
    ChairChanged {
        /// Who chairs the board now; `None` when the chair left.
        chair: Option<DirectorId>,
    }
    /// `foundation`: the chief executive changed.
    ChiefExecutiveChanged {
        /// Who it is now, if anybody.
        chief_executive: Option<AccountId>,
    }
    /// `foundation`: a director named, or no longer names, its successor. A claim that ran is over.
    SuccessorNamed {
        /// Whose seat.
        director: DirectorId,
        /// Who may claim it now.
        successor: Option<AccountId>,
    }
    /// `foundation`: a successor claims a seat.
    SeatClaimed {
        /// Whose seat.
        director: DirectorId,
        /// Who claims it.
        successor: AccountId,
        /// When it can take it, Unix milliseconds.
        takes_over_ms: u64,
    }
    /// `foundation`: a successor took a seat, with its name and votes.
    SeatTaken {
        /// Which seat.
        director: DirectorId,
        /// The account that acts from it now.
        account: AccountId,
    }
    /// `foundation`: a director proposed a resolution.
    ResolutionProposed {
        /// Its number.
        resolution: ResolutionId,
        /// Who proposed it.
        director: DirectorId,
        /// What is to be resolved.
        motion: Motion,
    }
    /// `foundation`: a director voted, or changed its vote.
    VoteCast {
        /// On what.
        resolution: ResolutionId,
        /// Who.
        director: DirectorId,
        /// For, or against.
        in_favour: bool,
    }
    /// `foundation`: more than half of all directors are for a resolution.
    ResolutionPassed {
        /// Which.
        resolution: ResolutionId,
        /// From when on it can be carried out, Unix milliseconds.
        executable_ms: u64,
    }
    /// `foundation`: a passed resolution has no majority any more and is open again.
    MajorityLost {
        /// Which.
        resolution: ResolutionId,
    }
    /// `foundation`: more than half can no longer be for a resolution.
    ResolutionFailed {
        /// Which.
        resolution: ResolutionId,
    }
    /// `foundation`: a later resolution took one back.
    ResolutionCancelled {
        /// Which.
        resolution: ResolutionId,
    }
    /// `foundation`: a resolution was carried out.
    ResolutionEnacted {
        /// Which.
        resolution: ResolutionId,
    }
    /// `foundation`: the first of two resolutions to make a contract's code final.
    OssificationAnnounced {
        /// The contract.
        target: AccountId,
        /// Earliest passing of the second one, Unix milliseconds.
        second_from_ms: u64,
    }
    /// `foundation`: the announcement was taken back.
    OssificationWithdrawn {
        /// The contract.
        target: AccountId,
    }
    /// `foundation`: its own code changed.
    FoundationCodeChanged {
        /// The code now.
        code_hash: Hash,
    }
    /// `foundation`: its own code is final.
    FoundationOssified {
        /// The second resolution.
        resolution: ResolutionId,
    }
    /// `foundation`: the chief executive may call a message.
    PowerGranted {
        /// Of which contract.
        target: AccountId,
        /// Which message.
        selector: Selector,
        /// Most calls an epoch; `None` for any number.
        limit: Option<u32>,
    }
    /// `foundation`: the chief executive may no longer call a message.
    PowerRevoked {
        /// Of which contract.
        target: AccountId,
        /// Which message.
        selector: Selector,
    }
    /// `foundation`: the chief executive called a message.
    PowerUsed {
        /// Of which contract.
        target: AccountId,
        /// Selector and arguments.
        input: Vec<u8>,
    }
    /// `foundation`: whether the chief executive may pause the network changed.
    PausePowerChanged {
        /// Whether it may.
        granted: bool,
    }
    /// `foundation`: contracts stand still.
    NetworkPaused {
        /// First moment after it, Unix milliseconds.
        until_ms: u64,
        /// Those that were paused now.
        contracts: Vec<AccountId>,
    }
    /// `foundation`: which contracts a pause is for changed.
    PausableChanged {
        /// All of them.
        contracts: Vec<AccountId>,
    }
    /// `foundation`: income was split over the budget lines.
    IncomeBooked {
        /// What each line got, smallest unit of Bzky.
        parts: PerLine<Balance>,
    }
    /// `foundation`: how income is split changed.
    SharesChanged {
        /// Basis points of each line.
        shares: PerLine<u16>,
    }
    /// `foundation`: what the chief executive may pay in a month changed.
    SpendingLimitChanged {
        /// Out of which line.
        line: BudgetLine,
        /// Smallest unit of Bzky.
        limit: Balance,
    }
    /// `foundation`: Bzky left a budget line.
    BudgetPaid {
        /// Which line.
        line: BudgetLine,
        /// Payee.
        to: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
        /// By which resolution; `None` for a payment by the chief executive.
        resolution: Option<ResolutionId>,
    }
    /// `foundation`: funds moved between two budget lines.
    FundsMoved {
        /// The line that has less now.
        from: BudgetLine,
        /// The line that has more now.
        to: BudgetLine,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
}
