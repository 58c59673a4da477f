//! Errors of `vesting`.

use codec::{Decode, Encode};

/// Why a message of `vesting` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// The zero account belongs to nobody.
    ZeroAccount,
    /// Only the deployer may bind.
    NotDeployer,
    /// Bound before; a contract is bound once.
    AlreadyBound,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// The contract does not hold the 70 % of all Bzky that it is to release.
    Underfunded,
    /// Only `foundation` may do this.
    NotFoundation,
    /// Only the line's present beneficiary may name the next.
    NotBeneficiary,
    /// Only the account that the beneficiary named may accept.
    NotProposed,
    /// The foundation's line is not for this message: it has `release_foundation`.
    FoundationLine,
    /// Nothing is due now; for the foundation: no half-year is over, or the present one was used.
    NothingDue,
    /// A half-year releases at most 10 % of what the foundation's line still has.
    OverCap,
    /// A release is more than zero.
    ZeroAmount,
    /// The listing date is set; it is set once.
    AlreadyListed,
    /// The listing date lies in the past, or more than 12 months ahead.
    BadListingDate,
    /// `bzky` refused the transfer.
    PaymentRefused,
    /// A sum passes its type.
    Overflow,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
}

refusals!(ActionError);
