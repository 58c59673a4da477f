//! Errors of `foundation`.
// The codec's derive casts the constant indices of this enum, all below 256.
#![allow(clippy::cast_possible_truncation)]

use codec::{Decode, Encode};

/// Why a message of `foundation` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only the deployer may bind.
    NotDeployer,
    /// Bound before, or the board has decided on it; a contract is bound once.
    AlreadyBound,
    /// The zero account belongs to nobody.
    ZeroAccount,
    /// A name has 1 to 64 bytes of printable UTF-8.
    BadName,
    /// A director in office has this name.
    NameTaken,
    /// The account is a director's.
    AlreadyDirector,
    /// No such director in office.
    UnknownDirector,
    /// A board has at least 3 directors.
    TooFewDirectors,
    /// A board has at most 32 directors.
    TooManyDirectors,
    /// Only a director may do this.
    NotDirector,
    /// Only the chief executive may do this.
    NotChiefExecutive,
    /// Only the successor that the director named may claim its seat.
    NotSuccessor,
    /// The seat is claimed already.
    AlreadyClaimed,
    /// Nobody has claimed the seat.
    NotClaimed,
    /// The 30 days in which the director can cancel are not over.
    SuccessionOpen,
    /// No such resolution.
    UnknownResolution,
    /// The resolution failed, was carried out, or was cancelled.
    ResolutionClosed,
    /// The resolution's time is over.
    ResolutionExpired,
    /// More than half of the directors in office are not for it.
    NotPassed,
    /// The 14 days before a change of code are not over.
    TimeLocked,
    /// 32 passed resolutions on code wait already.
    TooManyPending,
    /// The first resolution to ossify the contract passed less than 90 days before.
    OssificationTooSoon,
    /// The foundation's code is final.
    Ossified,
    /// The chain does not have this code.
    UnknownCode,
    /// The input of a call has 4 to 4,096 bytes, the selector first.
    BadInput,
    /// Neither the foundation itself nor `bzky` is called like this.
    TargetRefused,
    /// This message has its own motion, or none: code, roles, pauses.
    SelectorRefused,
    /// The chief executive does not have this power.
    UnknownPower,
    /// The power is used up until the next epoch.
    PowerExhausted,
    /// The chief executive has 64 powers already.
    TooManyPowers,
    /// A limit of calls is at least 1.
    BadLimit,
    /// Shares make up 10,000 basis points.
    BadShares,
    /// An amount is more than zero, and goes to another account or line.
    BadPayment,
    /// The budget line has less.
    InsufficientFunds,
    /// The chief executive may pay less out of this line in a month.
    SpendingLimit,
    /// At most 16 different contracts can be paused.
    BadPausable,
    /// The chief executive may not pause.
    PauseNotGranted,
    /// A pause ends in the future and lasts at most 72 hours.
    PauseTooLong,
    /// 30 days lie between two pauses.
    PauseCoolingDown,
    /// No pause runs.
    NotPaused,
    /// Not one contract could be paused.
    NothingPaused,
    /// A sum passes its type.
    Overflow,
    /// The other contract refused.
    CallRefused,
    /// The other contract did not answer.
    CalleeFailed,
    /// The authorization's time is over.
    Expired,
    /// Not the signer's next nonce.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
}

refusals!(ActionError, PauseRefused);
