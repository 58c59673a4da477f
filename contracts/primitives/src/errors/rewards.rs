//! Errors of `rewards`.

use codec::{Decode, Encode};

/// Why a message of `rewards` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// A committee has 3 to 32 different members.
    BadCommittee,
    /// Only a member of the epoch's committee may report.
    NotMember,
    /// The epoch is not over yet.
    EpochNotClosed,
    /// A report is pending, or the epoch is settled.
    ReportsClosed,
    /// An empty side has no root and no sums, a filled one has a root, customers hold nothing.
    InconsistentReport,
    /// The member has reported this before.
    AlreadyReported,
    /// No report is pending for the epoch.
    NotPending,
    /// The challenge window has not passed.
    WindowOpen,
    /// An earlier epoch is neither final nor void.
    EarlierEpochOpen,
    /// There is still time to report the epoch.
    NotOverdue,
    /// The epoch cannot be claimed yet.
    NotFinal,
    /// The leaf was claimed before.
    AlreadyClaimed,
    /// The proof does not lead to the reported root and sums.
    BadProof,
    /// A push takes 1 to 128 leaves that start at a multiple of 128.
    BadSubtree,
    /// No such merchant or customer.
    UnknownParty,
    /// The party was, or is, not in a standing that is paid, or is under a hold.
    NotPayable,
    /// A holding index is not that of the checkpoint that covers the epoch.
    WrongCheckpoint,
    /// The claims would pass what the epoch reserved.
    OverReservation,
    /// A sum passes its type.
    Overflow,
    /// Another contract of the suite did not answer.
    CalleeFailed,
}
