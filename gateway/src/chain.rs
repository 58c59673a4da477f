//! The few questions the gateway asks the chain.

use async_trait::async_trait;
use bizkey_primitives::{party::Device, signature::Signature, AccountId, Calendar, CustomerIndex, DeviceId};

/// Why the chain did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The batch's number is on chain already: an earlier attempt got through.
    #[error("batch {seq} of device {device} is on chain already")]
    AlreadyRecorded {
        /// The device.
        device: DeviceId,
        /// The batch.
        seq: u64,
    },
    /// Refused for good, with the contract's reason.
    #[error("batch {seq} of device {device} was refused: {reason}")]
    Refused {
        /// The device.
        device: DeviceId,
        /// The batch.
        seq: u64,
        /// The contract's error.
        reason: String,
    },
    /// No answer, or a broken one; the same call may go through later.
    #[error("the chain did not answer: {0}")]
    Unavailable(String),
}

/// A signed batch, ready to be carried by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBatch {
    /// The device.
    pub device: DeviceId,
    /// Its sequence number.
    pub seq: u64,
    /// Receipts in the payload.
    pub count: u16,
    /// Header and receipts.
    pub payload: Vec<u8>,
    /// The device's signature.
    pub signature: Signature,
}

/// What the gateway needs of the chain.
#[async_trait]
pub trait ReceiptChain: Send + Sync {
    /// Genesis hash of the chain and address of `receipts`: what devices and
    /// wallets sign for.
    fn domain(&self) -> ([u8; 32], [u8; 32]);

    /// The network's calendar.
    fn calendar(&self) -> Calendar;

    /// A device as `receipts` knows it.
    async fn device(&self, device: DeviceId) -> Result<Option<Device>, ChainError>;

    /// The account of a customer, whose key signs tickets.
    async fn customer_account(&self, customer: CustomerIndex) -> Result<Option<AccountId>, ChainError>;

    /// Records a batch and waits until it is final. Returns its block.
    async fn record(&self, batch: &SignedBatch) -> Result<u32, ChainError>;
}
