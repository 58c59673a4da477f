//! Whose device is whose. Keys and sequences are kept by `receipts`.

use bizkey_primitives::{errors::registry::Error, DeviceId, MerchantIndex};
use ink::storage::Mapping;

/// Every device, by its number from 1; numbers are never reused.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Devices {
    /// Devices so far, which is the last number.
    count: DeviceId,
    merchants: Mapping<DeviceId, MerchantIndex>,
    retired: Mapping<DeviceId, ()>,
}

impl Devices {
    /// Notes a shop's device under the next number.
    ///
    /// # Errors
    /// `IndexExhausted`.
    pub fn register(&mut self, merchant: MerchantIndex) -> Result<DeviceId, Error> {
        let device = self.count.checked_add(1).ok_or(Error::IndexExhausted)?;
        self.count = device;
        self.merchants.insert(device, &merchant);
        Ok(device)
    }

    /// A device's shop, also after it was retired: its deposit remains.
    pub fn merchant(&self, device: DeviceId) -> Option<MerchantIndex> {
        self.merchants.get(device)
    }

    /// Whether a device was retired.
    pub fn is_retired(&self, device: DeviceId) -> bool {
        self.retired.contains(device)
    }

    /// Checks that a device exists and was not retired.
    ///
    /// # Errors
    /// `UnknownDevice`, `DeviceRetired`.
    pub fn only_in_use(&self, device: DeviceId) -> Result<MerchantIndex, Error> {
        let merchant = self.merchant(device).ok_or(Error::UnknownDevice)?;
        if self.is_retired(device) {
            return Err(Error::DeviceRetired);
        }
        Ok(merchant)
    }

    /// Retires a device for good.
    pub fn retire(&mut self, device: DeviceId) {
        self.retired.insert(device, &());
    }
}
