//! Ordinary batches: the device's and the epoch's first one was before. Once in
//! a young epoch, whose receipts are still counted, and once past the count.

use crate::{case::Stage, site::Site};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    receipt::{self, Channel, Header, Rail, Receipt, MAX_PAYLOAD_BYTES},
    signature::Signature,
    DeviceId, Side,
};
use bizkey_tests::party::Device;

/// Receipts of a batch by which receipts are priced.
pub const RECEIPTS: u16 = 300;
/// Batches of that many after which an epoch's receipts are no longer counted.
const BATCHES: u64 = 334;

/// How long a receipt is, and what makes it so long.
pub struct Size {
    /// Bytes.
    pub bytes: usize,
    /// Amount and customer that take that many.
    pub amount: u64,
    /// The customer.
    pub customer: u32,
    /// In words.
    pub words: &'static str,
    /// The batch in a young epoch.
    pub young: &'static str,
    /// The batch in an epoch whose receipts are no longer counted.
    pub busy: &'static str,
}

/// Receipts with a ticket, from the shortest on.
pub const SIZES: [Size; 4] = [
    Size {
        bytes: 20,
        amount: 1,
        customer: 1,
        words: "amount and customer below 64",
        young: "300 receipts of 20 bytes in a young epoch",
        busy: "300 receipts of 20 bytes past the counts",
    },
    Size {
        bytes: 22,
        amount: 1_000,
        customer: 1_000,
        words: "amount and customer below 16,384",
        young: "300 receipts of 22 bytes in a young epoch",
        busy: "300 receipts of 22 bytes past the counts",
    },
    Size {
        bytes: 24,
        amount: 1_000,
        customer: 1_000_000,
        words: "amount below 16,384, customer below 2^30",
        young: "300 receipts of 24 bytes in a young epoch",
        busy: "300 receipts of 24 bytes past the counts",
    },
    Size {
        bytes: 26,
        amount: 1_000_000,
        customer: 1_000_000,
        words: "amount and customer below 2^30",
        young: "300 receipts of 26 bytes in a young epoch",
        busy: "300 receipts of 26 bytes past the counts",
    },
];

/// Arguments of `record`.
pub type Batch = (DeviceId, u64, u16, Vec<u8>, Signature);

/// A payload of `count` receipts of a size.
pub fn payload(count: u16, size: &Size) -> Vec<u8> {
    let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
    let sale = Receipt {
        delta_seconds: 1,
        amount: size.amount,
        customer: size.customer,
        channel: Channel::InStore,
        rail: Rail::Cash,
        reference: [7; 16],
    };
    let payload = receipt::encode_payload(&header, &vec![sale; usize::from(count)]);
    assert_eq!(payload.len(), 12 + usize::from(count) * size.bytes);
    payload
}

/// The longest payload: of the shortest receipts.
pub fn longest() -> (u16, Vec<u8>) {
    let count = u16::try_from((MAX_PAYLOAD_BYTES - 12) / SIZES[0].bytes).unwrap();
    (count, payload(count, &SIZES[0]))
}

/// What a device signs of a batch.
pub fn batch_hash(site: &Site, device: DeviceId, seq: u64, count: u16, payload: &[u8]) -> [u8; 32] {
    let contract = site.network.contracts.receipts;
    receipt::batch_hash(&site.network.genesis, contract.as_ref(), device, seq, count, payload)
}

/// A device's batch.
pub fn batch(site: &Site, device: &Device, seq: u64, count: u16, payload: Vec<u8>) -> Batch {
    let hash = batch_hash(site, device.id, seq, count, &payload);
    (device.id, seq, count, payload, device.key.sign(&hash))
}

/// An epoch with one batch so far.
pub fn young() -> Stage {
    let (mut site, device) = opened();
    for size in &SIZES {
        add(&mut site, &device, 1, size, size.young);
    }
    let (count, payload) = longest();
    let batch = batch(&site, &device, 1, count, payload);
    site.case(Kind::Receipts, "record", "an ordinary batch of 16,000 bytes", device_carrier(), &batch);
    site.stage("receipts young")
}

/// An epoch with more than 100,000 receipts.
pub fn busy() -> Stage {
    let (mut site, device) = opened();
    let payload = payload(RECEIPTS, &SIZES[1]);
    for seq in 1..=BATCHES {
        let batch = batch(&site, &device, seq, RECEIPTS, payload.clone());
        site.done(device_carrier(), Kind::Receipts, "record", &batch);
    }
    for size in &SIZES {
        add(&mut site, &device, BATCHES + 1, size, size.busy);
    }
    site.stage("receipts busy")
}

/// Who carries batches.
pub fn device_carrier() -> bizkey_primitives::AccountId {
    crate::site::account("carrier")
}

fn add(site: &mut Site, device: &Device, seq: u64, size: &Size, situation: &'static str) {
    let batch = batch(site, device, seq, RECEIPTS, payload(RECEIPTS, size));
    site.case(Kind::Receipts, "record", situation, device_carrier(), &batch);
}

fn opened() -> (Site, Device) {
    let mut site = Site::new();
    let shop = site.party(Side::Merchant, "shop");
    let mut device = site.network.device(shop.index, "till");
    site.network.enter_epoch(0);
    site.network.record(&mut device, &[(0, 1_000)]);
    (site, device)
}
