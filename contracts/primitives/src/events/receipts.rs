//! Events of `receipts`.

use super::event_structs;
use crate::{signature::PublicKey, DeviceId, MerchantIndex};
use alloc::vec::Vec;

event_structs! {
    /// `receipts`: a device may record.
    DeviceRegistered {
        /// The device.
        device: DeviceId,
        /// Its shop.
        merchant: MerchantIndex,
        /// The key that signs its batches.
        key: PublicKey,
    }
    /// `receipts`: a device was stopped or started.
    DeviceStateChanged {
        /// The device.
        device: DeviceId,
        /// Whether it may record.
        active: bool,
    }
    /// `receipts`: one receipt no longer counts.
    ReceiptVoided {
        /// The device that recorded it.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
    }
}

/// `receipts`: a batch is on chain.
///
/// Anonymous: its contract has no other anonymous event, and a signature topic
/// would cost a tenth of a full batch's weight.
#[cfg_attr(feature = "ink", ink::event(anonymous))]
#[cfg_attr(not(feature = "ink"), derive(codec::Encode, codec::Decode))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecorded {
    /// The device that signed it.
    pub device: DeviceId,
    /// The device's shop.
    pub merchant: MerchantIndex,
    /// Its sequence number, without gaps from 0.
    pub seq: u64,
    /// Receipts that it announces.
    pub count: u16,
    /// Header and receipts, as signed.
    pub payload: Vec<u8>,
}
