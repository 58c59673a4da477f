//! From stored payments to batches on chain.

use crate::{
    chain::{ChainError, ReceiptChain, SignedBatch},
    keys::DeviceKeys,
    store::{Draft, Store},
};
use bizkey_primitives::{
    receipt::{batch_hash, encode_payload, Header, Receipt, MAX_PAYLOAD_BYTES, PAYLOAD_VERSION},
    DeviceId, Hash,
};
use codec::Encode;
use futures::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::{info, warn};

/// Most receipts in one batch.
pub const MAX_BATCH_RECEIPTS: u32 = 300;

/// Devices whose batches are in flight at once.
const DEVICES_IN_FLIGHT: usize = 256;

/// Why the outbox stopped.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database failed.
    #[error("the gateway's database did not answer: {0}")]
    Store(#[from] sqlx::Error),
    /// The chain failed.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// What one run of the outbox did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Batches now final on chain.
    pub batches: u64,
    /// Receipts in them.
    pub receipts: u64,
    /// Batches that are still not on chain: their device is stopped, or the
    /// chain did not answer. They stay stored and are tried again.
    pub failed: u64,
}

/// Carries receipts from the database to the chain.
pub struct Outbox<C> {
    store: Store,
    chain: Arc<C>,
    keys: DeviceKeys,
    /// One run at a time: two would give the same number to two batches.
    running: tokio::sync::Mutex<()>,
}

impl<C: ReceiptChain> Outbox<C> {
    /// An outbox over a store, a chain and the devices' keys.
    pub fn new(store: Store, chain: Arc<C>, keys: DeviceKeys) -> Self {
        Self { store, chain, keys, running: tokio::sync::Mutex::new(()) }
    }

    /// Batches everything that waits, sends it and waits until it is final.
    /// Batches left by an earlier run are sent first, as the same bytes.
    ///
    /// # Errors
    /// When the database fails, or the chain cannot say where a device's
    /// sequence stands. A batch that the chain refuses is counted and kept,
    /// and stops no other device.
    pub async fn flush(&self) -> Result<Flushed, OutboxError> {
        let _running = self.running.lock().await;
        let mut total = Flushed::default();
        loop {
            let before = self.store.unrecorded().await?;
            let sent = self.send(before).await?;
            total.batches += sent.batches;
            total.receipts += sent.receipts;
            total.failed = sent.failed;
            if self.sign_waiting().await? == 0 {
                return Ok(total);
            }
        }
    }

    /// Signs and stores batches for all that waits, one a device, unless the
    /// device has a batch that did not get through. Returns how many.
    async fn sign_waiting(&self) -> Result<usize, OutboxError> {
        let stuck: Vec<DeviceId> = self.store.unrecorded().await?.iter().map(|batch| batch.device).collect();
        let mut signed = Vec::new();
        for device in self.store.devices_waiting().await? {
            if stuck.binary_search(&device).is_ok() {
                continue;
            }
            let drafts = self.store.drafts(device, MAX_BATCH_RECEIPTS).await?;
            let Some((header, receipts, arrivals)) = assemble(&drafts) else { continue };
            let seq = match self.store.next_seq(device).await? {
                Some(seq) => seq,
                // The first batch of this database: the chain knows what came before it.
                None => match self.chain.device(device).await? {
                    Some(device) => device.next_seq,
                    None => {
                        warn!(device, "receipts wait for a device that the chain does not know");
                        continue;
                    }
                },
            };
            signed.push((self.sign(device, seq, &header, &receipts), arrivals));
        }
        self.store.insert_batches(&signed).await?;
        Ok(signed.len())
    }

    fn sign(&self, device: DeviceId, seq: u64, header: &Header, receipts: &[Receipt]) -> SignedBatch {
        let (genesis, contract) = self.chain.domain();
        let payload = encode_payload(header, receipts);
        // At most MAX_BATCH_RECEIPTS.
        let count = receipts.len() as u16;
        let hash = batch_hash(&Hash::from(genesis), &contract, device, seq, count, &payload);
        SignedBatch { device, seq, count, payload, signature: self.keys.sign(device, &hash) }
    }

    /// Sends batches, each device's in order, devices side by side.
    async fn send(&self, batches: Vec<SignedBatch>) -> Result<Flushed, OutboxError> {
        let mut devices: BTreeMap<DeviceId, Vec<SignedBatch>> = BTreeMap::new();
        for batch in batches {
            devices.entry(batch.device).or_default().push(batch);
        }
        let mut flushed = Flushed::default();
        let mut answers = stream::iter(devices.into_values())
            .map(|batches| self.send_in_order(batches))
            .buffer_unordered(DEVICES_IN_FLIGHT);
        let mut marks = Vec::new();
        while let Some((recorded, failed)) = answers.next().await {
            flushed.failed += failed;
            for (batch, block) in recorded {
                flushed.batches += 1;
                flushed.receipts += u64::from(batch.count);
                marks.push((batch.device, batch.seq, block));
            }
        }
        self.store.mark_recorded(&marks).await?;
        Ok(flushed)
    }

    /// Sends one device's batches until one fails. Returns those on chain and
    /// how many are not.
    async fn send_in_order(&self, batches: Vec<SignedBatch>) -> (Vec<(SignedBatch, Option<u32>)>, u64) {
        let mut recorded = Vec::new();
        let mut rest = batches.into_iter();
        while let Some(batch) = rest.next() {
            match self.chain.record(&batch).await {
                Ok(block) => recorded.push((batch, Some(block))),
                Err(ChainError::AlreadyRecorded { device, seq }) => {
                    info!(device, seq, "the batch had reached the chain before");
                    recorded.push((batch, None));
                }
                Err(error) => {
                    warn!(device = batch.device, seq = batch.seq, %error, "the batch waits for the next run");
                    return (recorded, 1 + rest.count() as u64);
                }
            }
        }
        (recorded, 0)
    }
}

/// The longest start of `drafts` that fits one batch: one currency, times
/// that do not go back, and the payload's length.
fn assemble(drafts: &[Draft]) -> Option<(Header, Vec<Receipt>, Vec<u64>)> {
    let first = drafts.first()?;
    let currency: [u8; 3] = first.currency.as_bytes().try_into().ok()?;
    let header = Header { version: PAYLOAD_VERSION, currency, at_ms: first.at_ms };
    let mut length = header.encoded_size();
    let (mut receipts, mut arrivals) = (Vec::new(), Vec::new());
    let mut seconds = 0u64;
    for draft in drafts {
        if draft.currency != first.currency {
            break;
        }
        // A clock that went back counts as standing still: device time is data.
        let since = (draft.at_ms.saturating_sub(first.at_ms) / 1000).max(seconds);
        let Ok(delta_seconds) = u32::try_from(since - seconds) else { break };
        let receipt = Receipt { delta_seconds, ..draft.receipt };
        length += receipt.encoded_size();
        if length > MAX_PAYLOAD_BYTES {
            break;
        }
        seconds = since;
        receipts.push(receipt);
        arrivals.push(draft.arrival);
    }
    Some((header, receipts, arrivals))
}
