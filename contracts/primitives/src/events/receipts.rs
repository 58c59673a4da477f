//! Events of `receipts`.

use super::event_structs;
use crate::{
    opening::OpeningRules, signature::PublicKey, AccountId, Balance, CustomerIndex, DeviceId, Epoch, Hash,
    MerchantIndex,
};
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
    /// `receipts`: a device records nothing more, ever.
    DeviceRetired {
        /// The device.
        device: DeviceId,
        /// Batches that it recorded.
        next_seq: u64,
    }
    /// `receipts`: somebody gave a bond for a receipt's ticket to be shown.
    ReceiptDemanded {
        /// The device that recorded it.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
        /// The epoch in which it was recorded.
        epoch: Epoch,
        /// The customer that it names.
        customer: CustomerIndex,
        /// Who asks.
        demander: AccountId,
        /// Smallest unit of Bzky.
        bond: Balance,
        /// When the time to open ends, Unix milliseconds; a later pause makes it longer.
        until_ms: u64,
    }
    /// `receipts`: a demanded receipt's ticket was shown; the bond is the shop's.
    ReceiptOpened {
        /// The device that recorded it.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
        /// Who is paid the bond.
        account: AccountId,
        /// Smallest unit of Bzky.
        bond: Balance,
    }
    /// `receipts`: no ticket was shown in time. The bond went back.
    OpeningFailed {
        /// The device that recorded the receipt.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
        /// Who had asked.
        demander: AccountId,
        /// Penalty taken from the device's deposit, smallest unit of Bzky.
        taken: Balance,
        /// Penalty booked as the shop's debt, smallest unit of Bzky.
        debt: Balance,
    }
    /// `receipts`: the board set what a demand costs and a failed opening does.
    OpeningRulesSet {
        /// In force for later demands.
        rules: OpeningRules,
    }
    /// `receipts`: recording stands still for a while.
    ReceiptsPaused {
        /// When it ends by itself, Unix milliseconds.
        until_ms: u64,
    }
    /// `receipts`: the deployer handed the administration over.
    ReceiptsHandedOver {
        /// Who administers it from now on.
        admin: AccountId,
    }
    /// `receipts`: other code runs from the next call on.
    ReceiptsCodeChanged {
        /// Its hash.
        code_hash: Hash,
    }
    /// `receipts`: the code is final.
    ReceiptsOssified {}
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
