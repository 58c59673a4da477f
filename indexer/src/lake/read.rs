//! Reading the lake: only what a manifest names, and only if it is what the
//! manifest says.

use super::{
    manifest::{self, Digest, Manifest, Part},
    manifest_path, schema, Error, Lake, Result,
};
use crate::model::{Receipt, Void};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use axum::body::Bytes;
use bizkey_primitives::Epoch;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

impl Lake {
    /// What an epoch consists of.
    ///
    /// # Errors
    /// [`Error::NotWritten`] when it is not in the lake; [`Error::Unreadable`],
    /// [`Error::Format`], [`Error::OtherNetwork`]; those of the object store.
    pub async fn read_manifest(&self, epoch: Epoch) -> Result<Manifest> {
        self.find_manifest(epoch).await?.ok_or(Error::NotWritten(epoch))
    }

    pub(super) async fn find_manifest(&self, epoch: Epoch) -> Result<Option<Manifest>> {
        let path = manifest_path(epoch);
        let Some(bytes) = self.objects.find(&path).await? else { return Ok(None) };
        let found: Manifest = manifest::parse(&path, &bytes)?;
        if found.genesis_hash != self.identity.genesis_hash() {
            return Err(Error::OtherNetwork { field: "genesis hash" });
        }
        if found.epoch != epoch {
            return Err(Error::Part { path: path.to_string(), what: format!("is of epoch {}", found.epoch) });
        }
        Ok(Some(found))
    }

    /// The receipts of a part of receipts, by number. Its bytes are checked
    /// against the manifest first.
    ///
    /// # Errors
    /// [`Error::Part`] when it is not what the manifest says; those of the
    /// object store.
    pub async fn receipts(&self, part: &Part) -> Result<Vec<Receipt>> {
        self.rows(part, &schema::receipts(), schema::receipts_of).await
    }

    /// The voids of a part of voids of `epoch`, in chain order. Its bytes are
    /// checked against the manifest first.
    ///
    /// # Errors
    /// As [`Lake::receipts`].
    pub async fn voids(&self, part: &Part, epoch: Epoch) -> Result<Vec<Void>> {
        self.rows(part, &schema::voids(), |batch| schema::voids_of(batch, epoch)).await
    }

    /// Whether an epoch is what its manifest says: every part is there, with
    /// its hash, its length and its rows, which are those of the epoch, in
    /// order and without a gap. Holds one part in memory.
    ///
    /// # Errors
    /// [`Error::Part`] names the first part that differs; those of
    /// [`Lake::read_manifest`].
    pub async fn verify(&self, epoch: Epoch) -> Result<Manifest> {
        let manifest = self.read_manifest(epoch).await?;
        let mut next = manifest.receipts.first_id;
        for part in &manifest.receipts.parts {
            let differs = |what: String| Error::Part { path: part.path.clone(), what };
            if part.first != next {
                return Err(differs(format!("begins with receipt {} where {next} was due", part.first)));
            }
            for receipt in self.receipts(part).await? {
                if receipt.id != next || receipt.epoch != epoch {
                    let Receipt { id, epoch, .. } = receipt;
                    return Err(differs(format!("holds receipt {id} of epoch {epoch} where {next} was due")));
                }
                next = next.saturating_add(1);
            }
        }
        let mut voids = 0;
        for part in &manifest.voids.parts {
            let differs = |what: String| Error::Part { path: part.path.clone(), what };
            if part.first != voids {
                return Err(differs(format!("begins with void {} where {voids} was due", part.first)));
            }
            for void in self.voids(part, epoch).await? {
                if void.receipt.voided_epoch != Some(epoch) {
                    return Err(differs(format!("holds a void of receipt {} of another epoch", void.receipt.id)));
                }
                voids = voids.saturating_add(1);
            }
        }
        let receipts = &manifest.receipts;
        let rows = next.saturating_sub(receipts.first_id);
        let complete = next == receipts.end_id && rows == receipts.rows && voids == manifest.voids.rows;
        if !complete {
            let what = format!("names parts of {rows} receipts and {voids} voids, but counts others");
            return Err(Error::Part { path: manifest_path(epoch).to_string(), what });
        }
        Ok(manifest)
    }

    async fn rows<T>(
        &self,
        part: &Part,
        columns: &SchemaRef,
        read: impl Fn(&RecordBatch) -> Result<Vec<T>, String>,
    ) -> Result<Vec<T>> {
        let differs = |what: String| Error::Part { path: part.path.clone(), what };
        let path = Path::parse(&part.path).map_err(|error| differs(error.to_string()))?;
        let bytes = self.objects.find(&path).await?.ok_or_else(|| differs("is missing".into()))?;
        if bytes.len() as u64 != part.bytes {
            return Err(differs(format!("has {} bytes where {} were written", bytes.len(), part.bytes)));
        }
        if Digest::of(&bytes) != part.blake2b_256 {
            return Err(differs("has another hash than was written".into()));
        }
        let unreadable = |error: &dyn std::fmt::Display| differs(format!("is not Parquet: {error}"));
        let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|error| unreadable(&error))?;
        if file.schema().fields() != columns.fields() {
            return Err(differs("has other columns than this format".into()));
        }
        let mut rows = Vec::new();
        for batch in file.build().map_err(|error| unreadable(&error))? {
            rows.extend(read(&batch.map_err(|error| unreadable(&error))?).map_err(differs)?);
        }
        if rows.len() as u64 != part.rows {
            return Err(differs(format!("has {} rows where {} were written", rows.len(), part.rows)));
        }
        Ok(rows)
    }
}
