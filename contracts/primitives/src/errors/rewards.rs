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
    /// Only the admin may do this.
    NotAdmin,
    /// Only the deployer may hand over.
    NotDeployer,
    /// Handed over before.
    AlreadyBound,
    /// The code never changes again.
    Ossified,
    /// No such code is on the chain.
    UnknownCode,
    /// Reports, finality and claims stand still for a while.
    Paused,
    /// A pause ends in the future and lasts at most 72 hours.
    PauseTooLong,
    /// The last pause ended less than 30 days ago, or still runs.
    PauseCoolingDown,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the signer's over this, or its s is high.
    BadSignature,
    /// A committee or an algorithm changes only for epochs that have not begun.
    EpochBegun,
    /// There were 64 changes of the algorithm: no more are kept.
    TooManyVersions,
    /// The report was not scored by the algorithm of its epoch.
    WrongAlgorithm,
    /// The member has not bonded enough, or is leaving.
    NotBonded,
    /// There is no bond, or it was not asked back.
    NoBond,
    /// An epoch that the member reported has not had its turn.
    ReportsUnsettled,
    /// The bond is held for some time after it was asked back.
    BondLocked,
    /// `bzky` refused the transfer: balance or allowance is too low.
    PaymentRefused,
    /// The challenge window has passed.
    WindowOver,
    /// The report was disputed before: once is enough.
    AlreadyDisputed,
    /// No dispute is open for the epoch.
    NotDisputed,
    /// The board did not decide in 14 days: the epoch can only be voided.
    DecisionOverdue,
    /// The report breaks no rule there.
    NoViolation,
    /// The epoch's claims are over, and what was left has gone back.
    ClaimsExpired,
    /// The epoch's claims are not over yet.
    ClaimsOpen,
    /// More than 16 claims in one call: split it.
    TooManyClaims,
    /// The party owes less than that.
    NoDebt,
    /// Nothing of the merchant's reward is deferred.
    NothingDeferred,
    /// Receipts of the epoch can still be demanded, and no deposit is left to pledge.
    StillDeferred,
}

refusals!(ActionError, PauseRefused);
