//! The epoch: made-up receipts as files of the lake, the same for the same
//! numbers.
//!
//! Older shops and customers, those with low indices, have more receipts: the
//! oldest 1 % of the shops have a fifth of all. Every shop and customer has
//! one. A few receipts are voided the same day, a few are of no amount, a few
//! repeat a reference, some have no ticket, some no known customer.

use crate::options::Options;
use anyhow::{ensure, Context as _};
use arrow_array::{
    builder::FixedSizeBinaryBuilder, ArrayRef, RecordBatch, UInt16Array, UInt32Array, UInt64Array, UInt8Array,
};
use bizkey_indexer::lake::{schema, Digest, Manifest, Part, ReceiptParts, VoidParts, FORMAT};
use parquet::arrow::ArrowWriter;
use rayon::prelude::*;
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
};
use tempfile::TempDir;

/// Rows of a file, as the lake's writer has it.
const PART_ROWS: u64 = 1 << 18;
/// Rows that are encoded at a time.
const BATCH: u64 = 1 << 16;
/// Receipts of a block.
const BLOCK: u64 = 10_000;

/// An epoch on disk.
pub struct Epoch {
    /// What it consists of.
    pub manifest: Manifest,
    folder: PathBuf,
    /// Deletes the folder at the end, unless it was given.
    _temporary: Option<TempDir>,
}

impl Epoch {
    /// Makes the epoch, or takes the one that is in the folder given.
    ///
    /// # Errors
    /// When the disk fails, or the folder holds another epoch.
    pub fn at(options: &Options) -> anyhow::Result<Self> {
        let (folder, temporary) = match &options.data {
            Some(folder) => (folder.clone(), None),
            None => {
                let folder = tempfile::Builder::new().prefix("oracle").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let Options { receipts, merchants, customers, .. } = *options;
        let made_of = format!("{receipts} receipts, {merchants} merchants, {customers} customers\n");
        let (note, listing) = (folder.join("made_of"), folder.join("manifest.json"));
        if let Ok(found) = fs::read_to_string(&note) {
            ensure!(found == made_of, "{} holds another epoch: {found}", folder.display());
            let manifest = serde_json::from_slice(&fs::read(&listing)?).context("reading the manifest")?;
            return Ok(Self { manifest, folder, _temporary: temporary });
        }
        println!("making an epoch of {made_of}  at {}", folder.display());
        let manifest = make(&folder, options)?;
        fs::write(&listing, serde_json::to_vec(&manifest)?)?;
        fs::write(&note, made_of)?;
        Ok(Self { manifest, folder, _temporary: temporary })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes of its receipts.
    pub fn bytes(&self) -> u64 {
        self.manifest.receipts.parts.iter().map(|part| part.bytes).sum()
    }

    /// Reads every file once, so that both contenders find them in the
    /// system's cache.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn warm(&self) -> anyhow::Result<()> {
        let mut buffer = vec![0; 1 << 20];
        for part in &self.manifest.receipts.parts {
            let mut file = fs::File::open(self.folder.join(&part.path))?;
            while file.read(&mut buffer)? > 0 {}
        }
        Ok(())
    }
}

fn make(folder: &Path, options: &Options) -> anyhow::Result<Manifest> {
    let place = "receipts/epoch=000000";
    fs::create_dir_all(folder.join(place))?;
    let done = AtomicU64::new(0);
    let files = options.receipts.div_ceil(PART_ROWS);
    let write = |file: u64| {
        let rows = file * PART_ROWS..options.receipts.min((file + 1) * PART_ROWS);
        let first = rows.start + 1;
        let bytes = encode(rows.clone(), options)?;
        let digest = Digest::of(&bytes);
        let path = format!("{place}/part-{first:020}-{}.parquet", hex::encode(&digest.0[..16]));
        fs::write(folder.join(&path), &bytes)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done % 64 == 0 {
            println!("  {done} of {files} files");
        }
        Ok(Part { path, first, rows: rows.end - rows.start, bytes: bytes.len() as u64, blake2b_256: digest })
    };
    let parts = (0..files).into_par_iter().map(write).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Manifest {
        format: FORMAT,
        genesis_hash: Digest([7; 32]),
        epoch: 0,
        closing_block: None,
        receipts: ReceiptParts { first_id: 1, end_id: options.receipts + 1, rows: options.receipts, parts },
        // Voids of the same day are marked at their receipts; others there are none.
        voids: VoidParts { rows: 0, parts: Vec::new() },
    })
}

fn encode(rows: std::ops::Range<u64>, options: &Options) -> anyhow::Result<Vec<u8>> {
    let columns = schema::receipts();
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&columns), schema::options(true))?;
    let mut begin = rows.start;
    while begin < rows.end {
        let end = rows.end.min(begin + BATCH);
        let rows: Vec<Row> = (begin..end).map(|number| Row::of(number, options)).collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&columns), arrays(&rows)?)?)?;
        begin = end;
    }
    Ok(writer.into_inner()?)
}

/// A made-up receipt.
struct Row {
    number: u64,
    merchant: u32,
    customer: Option<u32>,
    outside: bool,
    rail: u8,
    amount: u64,
    reference: [u8; 16],
    voided: bool,
}

impl Row {
    fn of(number: u64, options: &Options) -> Self {
        let draw = |what: u64| mix(number * 8 + what);
        let per_mille = |what: u64| draw(what) % 1_000;
        let merchant = match round(number, options.receipts, options.merchants) {
            Some(merchant) => merchant,
            None => 1 + skewed(draw(0), options.merchants, 3),
        };
        let customer = match round(number, options.receipts, options.customers) {
            Some(customer) => Some(customer),
            None => (per_mille(1) >= 20).then(|| 1 + skewed(draw(2), options.customers, 2)),
        };
        let flags = draw(3);
        let reference = match per_mille(4) {
            0..50 => [0; 16],
            // One of a few that the shop uses again and again.
            50 => {
                let mut reference = [9; 16];
                reference[0] = (flags % 7) as u8;
                reference
            }
            _ => {
                let mut reference = [0; 16];
                reference[..8].copy_from_slice(&draw(5).to_le_bytes());
                reference[8..].copy_from_slice(&draw(6).to_le_bytes());
                reference
            }
        };
        let size = (flags >> 40) % 20_000;
        Self {
            number,
            merchant,
            customer,
            outside: flags % 10 < 3,
            rail: ((flags >> 8) % 8) as u8,
            amount: if (flags >> 16) % 10_000 == 0 { 0 } else { 50 + size * size / 10_000 },
            reference,
            voided: (flags >> 24) % 1_000 == 0,
        }
    }
}

/// Numbers in turn: each index once, spread over the epoch.
fn round(number: u64, receipts: u64, indices: u32) -> Option<u32> {
    let every = receipts / u64::from(indices);
    let turn = number / every;
    let is_due = number % every == 0 && turn < u64::from(indices);
    // A prime that no count of ours is a multiple of, so that all are met.
    is_due.then(|| 1 + (turn * 4_294_967_291 % u64::from(indices)) as u32)
}

/// An index from 0; the higher the power, the more often a low one.
fn skewed(draw: u64, indices: u32, power: u32) -> u32 {
    let unit = u128::from(draw);
    // A power of a number below 1, with 64 bits behind the point.
    let power = (1..power).fold(unit, |product, _| product * unit >> 64);
    (u128::from(indices) * power >> 64) as u32
}

/// SplitMix64: a number for each number.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Rows as columns, in the order of the lake's schema.
fn arrays(rows: &[Row]) -> anyhow::Result<Vec<ArrayRef>> {
    let wide = |of: fn(&Row) -> u64| -> ArrayRef { Arc::new(UInt64Array::from_iter_values(rows.iter().map(of))) };
    let integer = |of: fn(&Row) -> u32| -> ArrayRef { Arc::new(UInt32Array::from_iter_values(rows.iter().map(of))) };
    let optional = |of: fn(&Row) -> Option<u32>| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<UInt32Array>()) };
    let narrow = |of: fn(&Row) -> u8| -> ArrayRef { Arc::new(UInt8Array::from_iter_values(rows.iter().map(of))) };
    let mut references = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    for row in rows {
        references.append_value(row.reference)?;
    }
    Ok(vec![
        wide(|row| row.number + 1),
        integer(|row| row.merchant),
        wide(|row| row.number / BLOCK),
        Arc::new(UInt16Array::from_iter_values(rows.iter().map(|row| (row.number % 300) as u16))),
        integer(|row| (row.number / BLOCK) as u32),
        integer(|_| 0),
        integer(|row| row.merchant),
        optional(|row| row.customer),
        narrow(|row| u8::from(row.outside)),
        narrow(|row| row.rail),
        wide(|row| row.amount),
        Arc::new(references.finish()),
        wide(|row| 1_700_000_000_000 + row.number),
        narrow(|row| u8::from(row.amount == 0)),
        optional(|row| row.voided.then_some(0)),
    ])
}
