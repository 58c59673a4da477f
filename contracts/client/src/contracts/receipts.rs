//! `receipts`: batches as devices sign them.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{party::Device, signature::Signature, AccountId, DeviceId, Epoch, Hash};

handle! {
    /// `receipts`: batches as devices sign them.
    Receipts
}
administered!(Receipts);

impl Receipts {
    /// Names the contracts that answer for a receipt that is not opened; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, pos_deposit: AccountId, rewards: AccountId, vault: AccountId) -> Call<()> {
        self.write("bind", &(pos_deposit, rewards, vault))
    }

    /// Records a batch; anybody may. The device signs
    /// [`bizkey_primitives::receipt::batch_hash`].
    ///
    /// Errors, in the order in which they are found: `BeforeGenesis`,
    /// `UnknownDevice`, `DeviceStopped`, `BadCount`, `PayloadTooLarge`,
    /// `SequenceReplayed`, `SequenceGap`, `TooManyBatches`, `BadSignature`.
    pub fn record(&self, device: DeviceId, seq: u64, count: u16, payload: &[u8], signature: Signature) -> Call<()> {
        self.write("record", &(device, seq, count, payload, signature))
    }

    /// Voids one receipt of a recorded batch; anybody may. The device signs
    /// [`bizkey_primitives::receipt::void_hash`].
    ///
    /// Errors: `UnknownDevice`, `DeviceStopped`, `SequenceUnknown`, `BadSignature`.
    pub fn void_receipt(&self, device: DeviceId, seq: u64, index: u16, signature: Signature) -> Call<()> {
        self.write("void_receipt", &(device, seq, index, signature))
    }

    /// A device.
    ///
    /// # Errors
    /// None of its own.
    pub async fn device(&self, device: DeviceId, at: Option<BlockHash>) -> Result<Option<Device>> {
        self.read("device", &device, at).await
    }

    /// Sequence number of a device's next batch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn next_seq(&self, device: DeviceId, at: Option<BlockHash>) -> Result<Option<u64>> {
        self.read("next_seq", &device, at).await
    }

    /// Rolling hash of a device's batches in one of the last 32 closed epochs.
    ///
    /// # Errors
    /// None of its own.
    pub async fn head(&self, device: DeviceId, epoch: Epoch, at: Option<BlockHash>) -> Result<Option<Hash>> {
        self.read("head", &(device, epoch), at).await
    }

    /// Merchants with a receipt in an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn merchants_seen(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<u32> {
        self.read("merchants_seen", &epoch, at).await
    }

    /// Receipts announced in an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn receipts_in(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<u64> {
        self.read("receipts_in", &epoch, at).await
    }

    /// [`Receipts::merchants_seen`] and [`Receipts::receipts_in`] at once.
    ///
    /// # Errors
    /// None of its own.
    pub async fn epoch_counts(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<(u32, u64)> {
        self.read("epoch_counts", &epoch, at).await
    }
}
