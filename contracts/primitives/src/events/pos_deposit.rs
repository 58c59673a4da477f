//! Events of `pos_deposit`.

use super::event_structs;
use crate::{AccountId, Balance, DeviceId};

event_structs! {
    /// `pos_deposit`: Bzky locked for a device.
    DepositLocked {
        /// The device.
        device: DeviceId,
        /// Whose Bzky.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
    /// `pos_deposit`: the platform has the device back.
    ReturnConfirmed {
        /// The device.
        device: DeviceId,
        /// When its deposit may be released, Unix milliseconds.
        releasable_ms: u64,
    }
    /// `pos_deposit`: a deposit went back.
    DepositReleased {
        /// The device.
        device: DeviceId,
        /// Whose Bzky.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
}
