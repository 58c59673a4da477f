//! Errors of `receipts`.
// The codec's derive casts the constant indices of enums.
#![allow(clippy::cast_possible_truncation)]

use codec::{Decode, Encode};

/// Why a message of `receipts` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only `registry` may do this.
    NotRegistry,
    /// The device number was used before; numbers are never reused.
    DeviceExists,
    /// The network has not started yet.
    BeforeGenesis,
    /// No such device.
    UnknownDevice,
    /// The device may not record.
    DeviceStopped,
    /// A batch announces at least one receipt, and no more than its bytes can hold.
    BadCount,
    /// A payload has at most 16,000 bytes.
    PayloadTooLarge,
    /// This sequence number is on chain already.
    SequenceReplayed,
    /// An earlier batch of this device is missing.
    SequenceGap,
    /// A device records at most 1,024 batches an epoch.
    TooManyBatches,
    /// The signature is not the device's over this message, or its s is high.
    BadSignature,
    /// No batch with this sequence number is on chain.
    SequenceUnknown,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// Only the deployer may bind and hand over.
    NotDeployer,
    /// Bound or handed over before; once is all.
    AlreadyBound,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// Only the admin may do this.
    NotAdmin,
    /// The code was made final.
    Ossified,
    /// No code with this hash is on chain.
    UnknownCode,
    /// Recording is paused.
    Paused,
    /// A pause ends in the future and lasts at most 72 hours.
    PauseTooLong,
    /// The last pause ended less than 30 days ago.
    PauseCoolingDown,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// Only the device's shop may do this.
    NotDeviceMerchant,
    /// The device was retired, for good.
    DeviceRetired,
    /// Bond, penalty or time to open lies outside its bounds.
    BadRules,
    /// The epoch is not over, not among the last 32, or the device recorded nothing in it.
    EpochNotKept,
    /// The evidence is too large, or does not lead to the head that was kept.
    BadEvidence,
    /// The receipt does not decode, names no customer or carries no reference.
    NoTicket,
    /// The receipt was demanded before; once is all.
    AlreadyDemanded,
    /// As many demands are open against the shop as there can be.
    TooManyDemands,
    /// There is no such demand, or it is settled.
    NotDemanded,
    /// The time to open is over.
    OpeningOver,
    /// The time to open is not over.
    OpeningRuns,
    /// The ticket is not the one that the receipt refers to.
    BadTicket,
    /// `bzky` refused the transfer: balance or allowance is too low.
    PaymentRefused,
    /// The demand is open, or its receipt could be demanded again.
    DemandKept,
}

refusals!(ActionError, PauseRefused, AdministrationError);
