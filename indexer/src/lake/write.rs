//! Writing an epoch: parts first, the manifest last.

use super::{
    identity_path,
    manifest::{self, ClosingBlock, Digest, Identity, Manifest, Part, ReceiptParts, VoidParts},
    manifest_path, part_path, schema, Error, Lake, Result, FORMAT,
};
use crate::{
    model::{Receipt, Void, MAX_PAGE},
    Store,
};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bizkey_primitives::{calendar::stamp, Epoch};
use parquet::{
    arrow::{arrow_writer::ArrowWriterOptions, ArrowWriter},
    errors::ParquetError,
};

/// Rows encoded at a time. Where pages of a column end depends on it, so it is
/// the same for all writers, whatever pages the database gives.
const BATCH: usize = 8_192;

/// An epoch that is in the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it consists of.
    pub manifest: Manifest,
    /// Whether this call completed it; else it was there already.
    pub new: bool,
}

impl Lake {
    /// Writes an epoch that final blocks have closed. One that is written
    /// already is compared with the rows and left as it is.
    ///
    /// # Errors
    /// [`Error::Open`] for an epoch that is not over; [`Error::OtherNetwork`];
    /// [`Error::ManifestDiffers`] when the epoch is written, but not as the
    /// rows say; those of the database and the object store.
    pub async fn write_epoch(&self, store: &Store, epoch: Epoch) -> Result<Written> {
        self.tie(store).await?;
        let wanted = self.facts(store, epoch).await?;
        let found = self.find_manifest(epoch).await?;
        // Parts of an epoch that is complete are made to be compared only.
        let mut made = self.parts(epoch, found.is_none());
        let receipts = made.receipts(store, wanted.receipts.first_id..wanted.receipts.end_id).await?;
        let voids = made.voids(store).await?;
        let manifest = Manifest {
            receipts: ReceiptParts { parts: receipts, ..wanted.receipts },
            voids: VoidParts { rows: voids.iter().map(|part| part.rows).sum(), parts: voids },
            ..wanted
        };
        let found = match found {
            Some(found) => found,
            None => {
                let path = manifest_path(epoch);
                let text = manifest::text(&path, &manifest)?;
                match self.objects.create(&path, text).await? {
                    None => return Ok(Written { manifest, new: true }),
                    Some(found) => manifest::parse(&path, &found)?,
                }
            }
        };
        match found.difference(&manifest) {
            Some(field) => Err(Error::ManifestDiffers { epoch, field }),
            None => Ok(Written { manifest, new: false }),
        }
    }

    /// Whether a manifest is of the same chain as the rows, without making its
    /// parts again: it has the same closing block and range of receipts.
    pub(super) async fn check_facts(&self, store: &Store, found: &Manifest) -> Result<()> {
        let wanted = self.facts(store, found.epoch).await?;
        let bare = Manifest {
            receipts: ReceiptParts { parts: Vec::new(), ..found.receipts },
            voids: wanted.voids.clone(),
            ..found.clone()
        };
        match bare.difference(&wanted) {
            Some(field) => Err(Error::ManifestDiffers { epoch: found.epoch, field }),
            None => Ok(()),
        }
    }

    /// Makes the lake that of the rows' network, or checks that it is.
    pub(super) async fn tie(&self, store: &Store) -> Result<()> {
        if let Some(field) = self.identity.difference(&Identity::from(store.network())) {
            return Err(Error::OtherNetwork { field });
        }
        let path = identity_path();
        match self.objects.find(&path).await? {
            Some(found) => self.check_identity(&found),
            None => match self.objects.create(&path, manifest::text(&path, &self.identity)?).await? {
                Some(found) => self.check_identity(&found),
                None => Ok(()),
            },
        }
    }

    /// The manifest of a closed epoch, but for its parts and voids.
    async fn facts(&self, store: &Store, epoch: Epoch) -> Result<Manifest> {
        let last_final = store.finalized().await?;
        if last_final.is_none_or(|block| block.stamp <= stamp(epoch)) {
            return Err(Error::Open(epoch));
        }
        let closing = store.last_block_of(epoch).await?;
        let range = store.receipts_range(epoch).await?;
        Ok(Manifest {
            format: FORMAT,
            genesis_hash: self.identity.genesis_hash(),
            epoch,
            closing_block: closing.map(|block| ClosingBlock { number: block.number, hash: Digest(block.hash) }),
            receipts: ReceiptParts {
                first_id: range.start,
                end_id: range.end,
                rows: range.end.saturating_sub(range.start),
                parts: Vec::new(),
            },
            voids: VoidParts { rows: 0, parts: Vec::new() },
        })
    }

    fn parts(&self, epoch: Epoch, put: bool) -> Parts<'_> {
        Parts { lake: self, epoch, put, table: "receipts", open: None, done: Vec::new() }
    }
}

/// Parts being made. One is held in memory at a time.
struct Parts<'l> {
    lake: &'l Lake,
    epoch: Epoch,
    /// Write them; else only say what they would be.
    put: bool,
    table: &'static str,
    open: Option<OpenPart>,
    done: Vec<Part>,
}

struct OpenPart {
    writer: ArrowWriter<Vec<u8>>,
    first: u64,
    rows: usize,
}

impl Parts<'_> {
    async fn receipts(&mut self, store: &Store, mut range: std::ops::Range<u64>) -> Result<Vec<Part>> {
        self.table = "receipts";
        let epoch = self.epoch;
        while !range.is_empty() {
            let first = range.start;
            let mut rows: Vec<Receipt> = Vec::new();
            while rows.len() < self.room() && !range.is_empty() {
                let page = store.receipts_numbered(range.clone(), None, self.page(rows.len())).await?;
                let Some(last) = page.last() else { break };
                range.start = last.id.saturating_add(1);
                rows.extend(page);
            }
            let gap = |expected, found| Error::Gap { epoch, expected, found };
            for (expected, row) in (first..).zip(&rows) {
                if row.id != expected || row.epoch != epoch {
                    return Err(gap(expected, row.id));
                }
            }
            if rows.is_empty() {
                return Err(gap(first, 0));
            }
            for row in &mut rows {
                // A later void is booked in its own epoch; whether it is known
                // yet must not show here.
                row.voided_epoch = row.voided_epoch.filter(|voided| *voided == epoch);
            }
            let batch = schema::receipts_batch(rows.iter())?;
            self.add(first, &batch, || (schema::receipts(), schema::options(true))).await?;
        }
        self.end().await
    }

    async fn voids(&mut self, store: &Store) -> Result<Vec<Part>> {
        self.table = "voids";
        let (mut place, mut first) = ((0, 0), 0u64);
        loop {
            let mut rows: Vec<Void> = Vec::new();
            while rows.len() < self.room() {
                let page = store.voids_after(self.epoch, place, self.page(rows.len())).await?;
                let Some((last, _)) = page.last() else { break };
                place = *last;
                rows.extend(page.into_iter().map(|(_, void)| void));
            }
            if rows.is_empty() {
                return self.end().await;
            }
            let batch = schema::voids_batch(&rows)?;
            self.add(first, &batch, || (schema::voids(), schema::options(false))).await?;
            first = first.saturating_add(rows.len() as u64);
        }
    }

    /// How many rows the next batch may have.
    fn room(&self) -> usize {
        let used = self.open.as_ref().map_or(0, |open| open.rows);
        self.lake.part_rows.get().saturating_sub(used).min(BATCH)
    }

    /// How many of them to ask the database for.
    fn page(&self, read: usize) -> u32 {
        u32::try_from(self.room().saturating_sub(read)).unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }

    /// Adds rows to the open part, at most [`Self::room`] of them.
    async fn add(
        &mut self,
        first: u64,
        batch: &RecordBatch,
        table: impl FnOnce() -> (SchemaRef, ArrowWriterOptions),
    ) -> Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let (schema, options) = table();
                let writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options)?;
                OpenPart { writer, first, rows: 0 }
            }
        };
        open.writer.write(batch)?;
        open.rows = open.rows.saturating_add(batch.num_rows());
        let full = open.rows >= self.lake.part_rows.get();
        self.open = Some(open);
        if full {
            self.close().await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let Some(OpenPart { writer, first, rows }) = self.open.take() else { return Ok(()) };
        // Compresses a row group: too long for the thread that others wait on.
        let finished = tokio::task::spawn_blocking(move || writer.into_inner()).await;
        let bytes = finished.map_err(|error| ParquetError::External(Box::new(error)))??;
        let digest = Digest::of(&bytes);
        let path = part_path(self.table, self.epoch, first, &digest);
        self.done.push(Part {
            path: path.to_string(),
            first,
            rows: rows as u64,
            bytes: bytes.len() as u64,
            blake2b_256: digest,
        });
        if self.put {
            // Over one that a run before this one left: the name is the content.
            self.lake.objects.put(&path, bytes).await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<Vec<Part>> {
        self.close().await?;
        Ok(std::mem::take(&mut self.done))
    }
}
