//! Proofs that receipts stand on chain.
//!
//! `receipts` keeps, for each device, the rolling hash of its batches in the
//! last 32 closed epochs. A batch with the hash before it and the hashes of the
//! batches after it leads to that head: so anybody can check, with the contract
//! alone, that the device signed these receipts in that epoch (architecture.md,
//! receipts). Of older epochs only the events tell.

use crate::scoring::ReceiptId;
use bizkey_client::{Client, ClientError, Suite};
use bizkey_primitives::{
    calendar::Calendar,
    events::{BatchRecorded, Event},
    opening::Evidence,
    receipt::{batch_hash, next_head},
    AccountId, DeviceId, Epoch, Hash,
};
use futures::{stream, StreamExt, TryStreamExt};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

/// Blocks asked for at the same time; bounds memory.
const PREFETCH: usize = 32;

/// A batch as it was recorded.
#[derive(Clone, Debug)]
struct Recorded {
    seq: u64,
    count: u16,
    hash: [u8; 32],
    payload: Vec<u8>,
}

/// Batches of some epochs, whole ones, by device.
#[derive(Clone, Debug)]
pub struct Batches {
    genesis: Hash,
    /// Address of `receipts`.
    contract: AccountId,
    by_device: BTreeMap<(DeviceId, Epoch), Vec<Recorded>>,
    epochs: HashMap<(DeviceId, u64), Epoch>,
}

impl Batches {
    /// No batch of a network yet.
    #[must_use]
    pub fn new(genesis: Hash, contract: AccountId) -> Self {
        Self { genesis, contract, by_device: BTreeMap::new(), epochs: HashMap::new() }
    }

    /// Adds a batch of an epoch. Those of one device come in the chain's order.
    pub fn add(&mut self, epoch: Epoch, batch: &BatchRecorded) {
        let BatchRecorded { device, seq, count, payload, .. } = batch;
        let hash = batch_hash(&self.genesis, self.contract.as_ref(), *device, *seq, *count, payload);
        let recorded = Recorded { seq: *seq, count: *count, hash, payload: payload.clone() };
        self.by_device.entry((*device, epoch)).or_default().push(recorded);
        self.epochs.insert((*device, *seq), epoch);
    }

    /// Forgets earlier epochs.
    pub fn forget_before(&mut self, epoch: Epoch) {
        self.by_device.retain(|(_, of), _| *of >= epoch);
        self.epochs.retain(|_, of| *of >= epoch);
    }

    /// One proof for each batch that holds some of these receipts, as far as
    /// the batches are known; ascending. Each names the first of them, and
    /// shows the others with it: a proof holds the whole batch.
    #[must_use]
    pub fn proofs(&self, receipts: &[ReceiptId]) -> Vec<Evidence> {
        let ids: BTreeSet<ReceiptId> = receipts.iter().copied().collect();
        let mut proofs = Vec::new();
        let mut last = None;
        for id in ids {
            if last != Some((id.device, id.seq)) {
                last = Some((id.device, id.seq));
                proofs.extend(self.proof(id));
            }
        }
        proofs
    }

    fn proof(&self, id: ReceiptId) -> Option<Evidence> {
        let epoch = *self.epochs.get(&(id.device, id.seq))?;
        let batches = self.by_device.get(&(id.device, epoch))?;
        let place = batches.iter().position(|batch| batch.seq == id.seq)?;
        let (before, rest) = batches.split_at(place);
        let (batch, later) = rest.split_first()?;
        Some(Evidence {
            device: id.device,
            epoch,
            seq: id.seq,
            count: batch.count,
            index: id.index,
            head_before: before.iter().fold([0; 32], |head, batch| next_head(&head, &batch.hash)),
            later: later.iter().map(|batch| batch.hash).collect(),
            payload: batch.payload.clone(),
        })
    }
}

/// The batches of some ranges of final blocks, each of whole epochs.
///
/// # Errors
/// Those of the node.
pub async fn read_batches(
    suite: &Suite,
    calendar: &Calendar,
    ranges: &[RangeInclusive<u32>],
) -> Result<Batches, ClientError> {
    let (client, contracts) = (suite.client(), suite.deployment().contracts);
    let mut batches = Batches::new(client.genesis_hash().into(), contracts.receipts);
    let numbers = stream::iter(ranges.iter().cloned().flatten());
    let fetch = |number: u32| fetch(client.clone(), suite, number);
    let mut blocks = std::pin::pin!(numbers.map(fetch).buffered(PREFETCH));
    while let Some(block) = blocks.try_next().await? {
        let Some(epoch) = calendar.epoch_at(block.timestamp_ms) else { continue };
        for event in &block.events {
            if let Event::BatchRecorded(batch) = &event.event {
                batches.add(epoch, batch);
            }
        }
    }
    Ok(batches)
}

async fn fetch(client: Client, suite: &Suite, number: u32) -> Result<bizkey_client::Block, ClientError> {
    let hash = client.block_hash(number).await?.ok_or_else(|| ClientError::NoBlock(number.to_string()))?;
    client.block(hash, &suite.deployment().contracts).await
}
