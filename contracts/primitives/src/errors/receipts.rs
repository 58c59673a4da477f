//! Errors of `receipts`.

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
}
