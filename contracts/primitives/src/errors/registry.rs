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
    /// The account serves or served a party already, or was an attestor that
    /// was dismissed: take another one.
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
    /// There is a hold, or the last one ended less than 180 days ago; it cannot be renewed.
    HoldNotRenewable,
    /// More than 256 queries in one call: split it.
    TooManyQueries,
    /// No index is left.
    IndexExhausted,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// The zero account belongs to nobody.
    ZeroAccount,
    /// The authorization's time is over, or the proposal's, or the recovery's.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
    /// The code was made final.
    Ossified,
    /// No code with this hash is on chain.
    UnknownCode,
    /// The account belongs to no merchant or customer, or not to this one.
    NotParty,
    /// No such agent.
    UnknownAgent,
    /// The last change was for the better, was appealed before, or there was none; or no appeal waits.
    NothingToAppeal,
    /// A change can be appealed for 30 days.
    AppealTooLate,
    /// An appeal waits: decide it first.
    AppealPending,
    /// The account was not proposed for this party.
    NotProposed,
    /// A recovery that two attestors support is under way.
    RecoveryPending,
    /// No recovery is under way.
    NoRecovery,
    /// The recovery lacks its second attestor, or its 7 days have not passed.
    RecoveryNotReady,
    /// The account that takes over has not agreed.
    NotConsented,
    /// Only the device's shop may do this.
    NotDeviceMerchant,
    /// The device was retired, for good.
    DeviceRetired,
    /// A parameter counts from an epoch that has not begun.
    EpochBegun,
    /// A clamp has 1 <= lo <= hi <= 2^48 - 1.
    BadClamp,
    /// The account changed in this epoch already: try again in the next.
    ChangedThisEpoch,
}

refusals!(ActionError, AdministrationError);
