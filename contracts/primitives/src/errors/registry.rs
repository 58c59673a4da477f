//! Errors of `registry`.

use codec::{Decode, Encode};

/// Why a message of `registry` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only the admin may do this.
    NotAdmin,
    /// Only an attestor may do this.
    NotAttestor,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// Only the deployer may bind.
    NotDeployer,
    /// Bound before; a contract is bound once.
    AlreadyBound,
    /// This person or company is registered on this side already.
    NullifierUsed,
    /// The account belongs to a party already.
    AccountUsed,
    /// No such merchant or customer.
    UnknownParty,
    /// No such device.
    UnknownDevice,
    /// Area, staff, rent or wage passes its bound.
    CapitalOutOfBounds,
    /// The second attestation must come from another attestor.
    SameAttestor,
    /// A hold ends in the future and lasts at most 14 days.
    HoldTooLong,
    /// There was a hold before; it cannot be renewed.
    HoldNotRenewable,
    /// More than 256 queries in one call: split it.
    TooManyQueries,
    /// No index is left.
    IndexExhausted,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// The zero account belongs to nobody.
    ZeroAccount,
}
