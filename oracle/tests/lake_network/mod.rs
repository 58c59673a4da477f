//! Networks drawn by chance, for the engine in memory and as a lake's files.

use bizkey_indexer::{
    lake::{schema, Digest, Manifest, Part, ReceiptParts, VoidParts, FORMAT},
    model::{Receipt, Validity, Void},
};
use bizkey_oracle::{
    report,
    scoring::{Algorithm, EpochInput, Parameters, ReceiptId, ReceiptInput, Standing},
};
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::Capital,
    receipt::{Channel, Rail, MAX_AMOUNT},
    AccountId, Hash, Status,
};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Whose network it is.
pub fn owner() -> report::Network {
    report::Network { genesis: Hash::from([7; 32]), rewards: AccountId::from([8; 32]) }
}

/// Receipts of a network, and what else decides its scores.
pub struct Epoch {
    pub receipts: Vec<Receipt>,
    pub voids: Vec<Void>,
    pub facts: EpochInput,
}

pub type DrawnReceipt = (u32, Option<u32>, bool, usize, u64, u8);
pub type DrawnEpoch = (Vec<DrawnReceipt>, Vec<usize>, Vec<u8>, bool, Option<u64>);

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![20 => 1u64..2_000, 1 => Just(0), 1 => Just(MAX_AMOUNT), 1 => Just(MAX_AMOUNT + 1), 1 => any::<u64>()]
}

/// Parties with neighbouring indices, in the same part and in others, and one
/// far away from all.
fn index(drawn: u32) -> u32 {
    match drawn {
        0 => u32::MAX,
        1..=4 => drawn,
        _ => (drawn % 4) * 4_096 + drawn / 4,
    }
}

/// An epoch of so many parties, with fewer than `most` receipts.
pub fn epoch(merchants: u32, customers: u32, most: usize) -> impl Strategy<Value = DrawnEpoch> {
    let customer = proptest::option::weighted(0.9, 0..customers);
    let receipt = (0..merchants, customer, any::<bool>(), 0usize..8, amount(), 0u8..24);
    (
        proptest::collection::vec(receipt, 0..most),
        proptest::collection::vec(0usize..400, 0..5),
        proptest::collection::vec(0u8..40, (merchants + customers) as usize),
        any::<bool>(),
        proptest::option::of(0u64..3_000),
    )
}

fn id(receipt: &Receipt) -> ReceiptId {
    ReceiptId { device: receipt.device, seq: receipt.seq, index: receipt.position }
}

/// The drawn epochs as the chain would have them.
pub fn network(merchants: u32, customers: u32, drawn: Vec<DrawnEpoch>) -> Vec<Epoch> {
    let mut all: Vec<Receipt> = vec![];
    let mut voided = BTreeSet::new();
    let mut epochs = vec![];
    for (number, (receipts, voids, marks, second, cash_cap)) in drawn.into_iter().enumerate() {
        let epoch = number as u32;
        let first = all.len();
        for (position, (merchant, customer, outside, rail, amount, reference)) in receipts.into_iter().enumerate() {
            all.push(Receipt {
                id: all.len() as u64 + 1,
                device: 1_000 - merchant,
                seq: epoch.into(),
                position: position as u16,
                block: epoch,
                epoch,
                merchant: index(merchant),
                customer: customer.map(index),
                channel: if outside { Channel::Outside } else { Channel::InStore },
                rail: Rail::ALL[rail],
                amount,
                // A quarter carries no ticket; the rest share eighteen references.
                reference: if reference < 6 { [0; 16] } else { [reference; 16] },
                at_ms: 1_000,
                validity: Validity::of(amount),
                voided_epoch: None,
            });
        }
        let mut booked = vec![];
        for drawn in voids {
            let place = drawn % (all.len() + 1);
            // The indexer books the first void of a known receipt.
            if place < all.len() && voided.insert(place) {
                let receipt = Receipt { voided_epoch: Some(epoch), ..all[place].clone() };
                if place >= first {
                    all[place] = receipt.clone();
                }
                booked.push(Void { epoch, block: epoch, receipt });
            }
        }
        let mut marks = marks.into_iter();
        let mut standing = |count: u32| {
            let status = |mark| match mark {
                0 => Some(Status::Restricted),
                1 => Some(Status::Removed),
                2 | 3 => Some(Status::Demoted),
                _ => None,
            };
            let marked = (0..count).filter_map(|drawn| Some((index(drawn), status(marks.next()?)?)));
            Standing::new(marked.collect())
        };
        let capital =
            |m: u32| Capital { area_m2: m % 50 * 7, staff: m % 50, rent_per_m2_month: 1_300, wage_month: 90_001 };
        let business = |m: u32| Business { trade: (m % 3) as u16, region: 1 };
        let facts = EpochInput {
            epoch,
            algorithm: if second { Algorithm::Bizpower2 } else { Algorithm::Bizpower1 },
            parameters: Parameters {
                clamps: BTreeMap::from([(1, Clamp { lo: 500, hi: 900 }), (2, Clamp { lo: 0, hi: 1_000 })]),
                capital_floors: BTreeMap::from([((1, 1), 77_000)]),
                cash_cap,
            },
            receipts: vec![],
            voids: vec![],
            merchants: standing(merchants),
            capital: (1..merchants).filter(|m| *m > 1 || epoch > 2).map(|m| (index(m), capital(m))).collect(),
            businesses: (2..merchants).map(|m| (index(m), business(m))).collect(),
            customers: standing(customers),
        };
        epochs.push(Epoch { receipts: all[first..].to_vec(), voids: booked, facts });
    }
    epochs
}

impl Epoch {
    /// What the engine in memory is fed.
    pub fn input(&self) -> EpochInput {
        let receipt = |receipt: &Receipt| ReceiptInput {
            id: id(receipt),
            merchant: receipt.merchant,
            customer: receipt.customer,
            channel: receipt.channel,
            rail: receipt.rail,
            amount: receipt.amount,
            reference: receipt.reference,
        };
        EpochInput {
            receipts: self.receipts.iter().map(receipt).collect(),
            voids: self.voids.iter().map(|void| id(&void.receipt)).collect(),
            ..self.facts.clone()
        }
    }

    /// Writes it with so many rows a file.
    pub fn write(&self, lake: &Path, rows: usize) -> Manifest {
        let epoch = self.facts.epoch;
        let receipts = self.receipts.chunks(rows).map(|receipts| {
            let batch = schema::receipts_batch(receipts.iter()).unwrap();
            let path = format!("receipts/epoch={epoch:06}/part-{}-{rows}.parquet", receipts[0].id);
            part(lake, path, receipts[0].id, schema::receipts(), true, &batch)
        });
        let receipts: Vec<Part> = receipts.collect();
        let voids = self.voids.chunks(rows).enumerate().map(|(number, voids)| {
            let batch = schema::voids_batch(voids).unwrap();
            let path = format!("voids/epoch={epoch:06}/part-{number}-{rows}.parquet");
            part(lake, path, (number * rows) as u64, schema::voids(), false, &batch)
        });
        let voids: Vec<Part> = voids.collect();
        let first_id = self.receipts.first().map_or(1, |receipt| receipt.id);
        let count = self.receipts.len() as u64;
        Manifest {
            format: FORMAT,
            genesis_hash: Digest([7; 32]),
            epoch,
            closing_block: None,
            receipts: ReceiptParts { first_id, end_id: first_id + count, rows: count, parts: receipts },
            voids: VoidParts { rows: self.voids.len() as u64, parts: voids },
        }
    }
}

fn part(
    lake: &Path,
    path: String,
    first: u64,
    columns: arrow_schema::SchemaRef,
    sorted: bool,
    batch: &arrow_array::RecordBatch,
) -> Part {
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), columns, schema::options(sorted)).unwrap();
    writer.write(batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let file = lake.join(&path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, &bytes).unwrap();
    Part { path, first, rows: batch.num_rows() as u64, bytes: bytes.len() as u64, blake2b_256: Digest::of(&bytes) }
}
