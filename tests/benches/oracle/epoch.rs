//! Epochs as files of the lake, the same for the same numbers.

use crate::{
    options::Options,
    receipts::{arrays, Row},
};
use anyhow::{ensure, Context as _};
use arrow_array::RecordBatch;
use bizkey_indexer::lake::{schema, Digest, Manifest, Part, ReceiptParts, VoidParts, FORMAT};
use bizkey_primitives::Epoch;
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

/// Epochs on disk.
pub struct Lake {
    /// What each consists of, from epoch 0.
    pub epochs: Vec<Manifest>,
    folder: PathBuf,
    /// Deletes the folder at the end, unless it was given.
    _temporary: Option<TempDir>,
}

impl Lake {
    /// Makes the epochs, or takes those that are in the folder given.
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
        let epochs =
            (0..options.epochs).map(|number| epoch(&folder, number, options)).collect::<anyhow::Result<_>>()?;
        Ok(Self { epochs, folder, _temporary: temporary })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files of an epoch's receipts, as a pattern.
    pub fn files(&self, epoch: Epoch) -> PathBuf {
        self.folder.join(place(epoch)).join("*.parquet")
    }

    /// Reads every file of an epoch once, so that whoever is measured finds
    /// them in the system's cache.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn warm(&self, epoch: &Manifest) -> anyhow::Result<()> {
        let mut buffer = vec![0; 1 << 20];
        for part in &epoch.receipts.parts {
            let mut file = fs::File::open(self.folder.join(&part.path))?;
            while file.read(&mut buffer)? > 0 {}
        }
        Ok(())
    }
}

/// Bytes of an epoch's receipts.
pub fn bytes(epoch: &Manifest) -> u64 {
    epoch.receipts.parts.iter().map(|part| part.bytes).sum()
}

fn place(epoch: Epoch) -> String {
    format!("receipts/epoch={epoch:06}")
}

/// Makes an epoch, or takes the one that is there.
fn epoch(folder: &Path, number: Epoch, options: &Options) -> anyhow::Result<Manifest> {
    let Options { receipts, merchants, customers, .. } = *options;
    let made_of = format!("{receipts} receipts, {merchants} merchants, {customers} customers\n");
    let of = |name: &str| match number {
        0 => folder.join(name),
        later => folder.join(format!("{name}.{later}")),
    };
    let (note, listing) = (of("made_of"), of("manifest.json"));
    if let Ok(found) = fs::read_to_string(&note) {
        ensure!(found == made_of, "{} holds another epoch {number}: {found}", folder.display());
        return serde_json::from_slice(&fs::read(&listing)?).context("reading the manifest");
    }
    println!("making epoch {number} of {made_of}  at {}", folder.display());
    let manifest = make(folder, number, options)?;
    fs::write(&listing, serde_json::to_vec(&manifest)?)?;
    fs::write(&note, made_of)?;
    Ok(manifest)
}

fn make(folder: &Path, epoch: Epoch, options: &Options) -> anyhow::Result<Manifest> {
    let place = place(epoch);
    fs::create_dir_all(folder.join(&place))?;
    let done = AtomicU64::new(0);
    let files = options.receipts.div_ceil(PART_ROWS);
    let before = u64::from(epoch) * options.receipts;
    let write = |file: u64| {
        let rows = before + file * PART_ROWS..before + options.receipts.min((file + 1) * PART_ROWS);
        let first = rows.start + 1;
        let bytes = encode(rows.clone(), epoch, options)?;
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
    let (first_id, rows) = (before + 1, options.receipts);
    Ok(Manifest {
        format: FORMAT,
        genesis_hash: Digest([7; 32]),
        epoch,
        closing_block: None,
        receipts: ReceiptParts { first_id, end_id: first_id + rows, rows, parts },
        // Voids of the same day are marked at their receipts; others there are none.
        voids: VoidParts { rows: 0, parts: Vec::new() },
    })
}

fn encode(rows: std::ops::Range<u64>, epoch: Epoch, options: &Options) -> anyhow::Result<Vec<u8>> {
    let columns = schema::receipts();
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&columns), schema::options(true))?;
    let mut begin = rows.start;
    while begin < rows.end {
        let end = rows.end.min(begin + BATCH);
        let rows: Vec<Row> = (begin..end).map(|number| Row::of(number, epoch, options)).collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&columns), arrays(&rows)?)?)?;
        begin = end;
    }
    Ok(writer.into_inner()?)
}
