//! The chain as the gateway sees it, through the typed client.

use crate::chain::{ChainError, ReceiptChain, SignedBatch};
use async_trait::async_trait;
use bizkey_client::{ClientError, ContractError, Signer, Suite, Weight};
use bizkey_primitives::{
    errors::receipts::Error as ReceiptsError, party::Device, AccountId, Calendar, CustomerIndex, DeviceId, Side,
};

/// Gas limit of a batch: more than the largest one needs (16,000 bytes, one
/// signature check), and little enough that a hundred fit a block.
const RECORD_GAS: Weight = Weight { ref_time: 10_000_000_000, proof_size: 500_000 };

/// [`ReceiptChain`] over a deployed suite, paying with a relayer's key.
#[derive(Clone, Debug)]
pub struct SuiteChain {
    suite: Suite,
    relayer: Signer,
}

impl SuiteChain {
    /// The suite, and the key that pays for transactions.
    #[must_use]
    pub fn new(suite: Suite, relayer: Signer) -> Self {
        Self { suite, relayer }
    }
}

fn unavailable(error: ClientError) -> ChainError {
    ChainError::Unavailable(error.to_string())
}

#[async_trait]
impl ReceiptChain for SuiteChain {
    fn domain(&self) -> ([u8; 32], [u8; 32]) {
        (self.suite.deployment().genesis_hash, *self.suite.receipts().address().as_ref())
    }

    fn calendar(&self) -> Calendar {
        self.suite.deployment().calendar
    }

    async fn device(&self, device: DeviceId) -> Result<Option<Device>, ChainError> {
        self.suite.receipts().device(device, None).await.map_err(unavailable)
    }

    async fn customer_account(&self, customer: CustomerIndex) -> Result<Option<AccountId>, ChainError> {
        self.suite.registry().account_of(Side::Customer, customer, None).await.map_err(unavailable)
    }

    async fn record(&self, batch: &SignedBatch) -> Result<u32, ChainError> {
        let SignedBatch { device, seq, count, payload, signature } = batch;
        let call = self.suite.receipts().record(*device, *seq, *count, payload, *signature).with_gas(RECORD_GAS);
        match call.send(&self.relayer).await {
            Ok(submitted) => Ok(submitted.block.number),
            Err(error) => Err(match error.contract() {
                Some(ContractError::Receipts(ReceiptsError::SequenceReplayed)) => {
                    ChainError::AlreadyRecorded { device: *device, seq: *seq }
                }
                Some(reason) => ChainError::Refused { device: *device, seq: *seq, reason: reason.to_string() },
                None => unavailable(error),
            }),
        }
    }
}
