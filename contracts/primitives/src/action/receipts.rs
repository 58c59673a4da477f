//! What a shop, or whoever doubts it, can sign for `receipts`. Batches and
//! voids by a device have their own signed form ([`crate::receipt`]), and an
//! opening is signed by the customer's ticket.
// The codec's derive casts the constant indices of enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{opening::Evidence, DeviceId};
use codec::{Decode, Encode};

/// An action at `receipts` that needs no native coin. Each is what the message
/// of the same name does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `void_by_merchant`.
    VoidByMerchant {
        /// The device that recorded the receipt.
        device: DeviceId,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
    },
    /// `demand_opening`.
    DemandOpening(Evidence),
}
