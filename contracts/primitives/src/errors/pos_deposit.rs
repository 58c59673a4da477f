//! Errors of `pos_deposit`.

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
    /// Only the shop that a device belongs to locks Bzky for it.
    NotDeviceMerchant,
}
