//! Errors of `pos_deposit`.
// The codec's derive casts the constant indices of enums.
#![allow(clippy::cast_possible_truncation)]

use codec::{Decode, Encode};

/// Why a message of `pos_deposit` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only the platform may do this.
    NotPlatform,
    /// A deposit is more than zero.
    ZeroAmount,
    /// No such device.
    UnknownDevice,
    /// The device has a deposit of somebody else.
    OtherDepositor,
    /// The device has no deposit.
    NoDeposit,
    /// The platform has not confirmed that it has the device back.
    ReturnNotConfirmed,
    /// The platform has the device back: it takes no new deposit.
    ReturnConfirmed,
    /// The penalty window has not passed.
    WindowOpen,
    /// The depositor is under a hold.
    Held,
    /// `bzky` refused the transfer: balance or allowance is too low.
    PaymentRefused,
    /// The epoch is not over yet: ask again after its end.
    EpochNotClosed,
    /// More than 256 queries in one call: split it.
    TooManyQueries,
    /// A sum passes its type.
    Overflow,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// Only the shop that a device belongs to, or the agent it named, may do this.
    NotDeviceMerchant,
    /// Only the deployer may bind and hand over.
    NotDeployer,
    /// Bound or handed over before; once is all.
    AlreadyBound,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// Only the admin may do this.
    NotAdmin,
    /// Only `receipts` may do this.
    NotReceipts,
    /// Only `rewards` may do this.
    NotRewards,
    /// The code was made final.
    Ossified,
    /// No code with this hash is on chain.
    UnknownCode,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
    /// The deposit would be less than the schedule asks of the device's class.
    BelowSchedule,
    /// The account is no agent.
    NotAgent,
    /// Only whose deposit it is may do this.
    NotDepositor,
    /// A device goes over to another number, not to its own.
    SameDevice,
    /// The depositor has not offered this transfer.
    NotOffered,
    /// The device may still record: stop it first.
    DeviceActive,
    /// The device's deposit went over to another number, which still holds it.
    DepositMoved,
    /// The deposit secures rewards, or would leave less than is pledged.
    Pledged,
    /// A demand against the device's shop is open.
    DemandOpen,
}

refusals!(ActionError, AdministrationError);
