//! Tables that are written and read part by part. A second table beside each
//! says how many rows a part has, and their hash.

use super::{
    table::{self, Writer},
    Spent,
};
use crate::lake::{
    error::{at, FileError, LakeError, Result},
    exchange::PARTS,
};
use bizkey_indexer::lake::Digest;
use bizkey_primitives::Epoch;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Columns of the table beside: rows of a part, and their hash, eight bytes a
/// column.
const COLUMNS: [&str; 5] = ["rows", "hash_0", "hash_1", "hash_2", "hash_3"];

/// Where the table beside a table is.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("parts.parquet")
}

/// A table of parts being written.
pub(super) struct PartWriter {
    path: PathBuf,
    writer: Writer,
    parts: Vec<[u64; 5]>,
}

impl PartWriter {
    pub(super) fn create(path: &Path, columns: &[&str]) -> Result<Self> {
        let writer = Writer::create(path, columns)?;
        Ok(Self { path: path.to_owned(), writer, parts: Vec::with_capacity(PARTS) })
    }

    /// Appends the rows of the next part.
    pub(super) fn write<const N: usize>(&mut self, rows: &[[u64; N]]) -> Result<()> {
        self.writer.write(rows)?;
        let mut part = [rows.len() as u64; 5];
        for (number, bytes) in part[1..].iter_mut().zip(table::hash(rows).0.as_chunks().0) {
            *number = u64::from_le_bytes(*bytes);
        }
        self.parts.push(part);
        Ok(())
    }

    /// Brings both tables to the disk; the hash of the parts' rows and hashes,
    /// and so of everything.
    pub(super) fn finish(self) -> Result<Digest> {
        self.writer.finish()?;
        table::write(&beside(&self.path), COLUMNS, &self.parts)
    }
}

/// A table whose rows ascend by part, read part by part.
#[derive(Clone, Debug)]
pub(super) struct PartTable {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// Where each part begins, and where the last one ends.
    starts: Arc<Vec<u64>>,
    digests: Arc<Vec<Digest>>,
}

impl PartTable {
    /// Opens a table whose parts have that hash. Each part is compared with
    /// its own when it is read.
    ///
    /// # Errors
    /// [`LakeError::Altered`] when they have another one; [`LakeError::State`].
    pub(super) fn open(path: &Path, expected: Digest) -> Result<Self> {
        let load = || -> Result<ArrowReaderMetadata, FileError> {
            Ok(ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::new())?)
        };
        let metadata = load().map_err(at(path))?;
        let parts = table::read::<5>(&beside(path), expected)?;
        let mut starts = vec![0u64];
        starts.extend(parts.iter().scan(0u64, |end, [rows, ..]| {
            *end = end.saturating_add(*rows);
            Some(*end)
        }));
        let rows: i64 = metadata.metadata().row_groups().iter().map(|group| group.num_rows()).sum();
        if parts.len() != PARTS || starts.last().copied() != u64::try_from(rows).ok() {
            return Err(LakeError::state(path, "it has other rows than were written"));
        }
        let digest = |[_, hash @ ..]: &[u64; 5]| {
            let mut digest = [0; 32];
            for (bytes, number) in digest.as_chunks_mut().0.iter_mut().zip(hash) {
                *bytes = number.to_le_bytes();
            }
            Digest(digest)
        };
        let digests = Arc::new(parts.iter().map(digest).collect());
        Ok(Self { path: path.to_owned(), metadata, starts: Arc::new(starts), digests })
    }

    /// The rows of a part, which are those that were written.
    fn part<const N: usize>(&self, part: usize) -> Result<Vec<[u64; N]>> {
        let (Some(&begin), Some(&end), Some(expected)) =
            (self.starts.get(part), self.starts.get(part + 1), self.digests.get(part))
        else {
            return Err(LakeError::state(&self.path, format!("there is no part {part}")));
        };
        if begin == end {
            return Ok(Vec::new());
        }
        let read = || -> Result<Vec<[u64; N]>, FileError> {
            let (mut groups, mut first, mut skipped) = (Vec::new(), 0u64, None);
            for (number, group) in self.metadata.metadata().row_groups().iter().enumerate() {
                let last = first + u64::try_from(group.num_rows()).unwrap_or(0);
                if last > begin && first < end {
                    groups.push(number);
                    skipped.get_or_insert(begin - first.min(begin));
                }
                first = last;
            }
            let skip = RowSelector::skip(skipped.unwrap_or(0) as usize);
            let selection = RowSelection::from(vec![skip, RowSelector::select((end - begin) as usize)]);
            let file = File::open(&self.path)?;
            let file = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            table::rows(file.with_row_groups(groups).with_row_selection(selection))
        };
        let rows = read().map_err(at(&self.path))?;
        if table::hash(&rows) != *expected {
            return Err(LakeError::Altered { path: self.path.clone(), part: Some(part) });
        }
        Ok(rows)
    }

    pub(super) fn bought(&self, part: usize) -> Result<Vec<(u64, Epoch)>> {
        Ok(self.part::<2>(part)?.into_iter().map(|[pair, since]| (pair, since as u32)).collect())
    }

    pub(super) fn references(&self, part: usize) -> Result<Vec<Spent>> {
        let spent = |[merchant, low, high]: [u64; 3]| Spent { merchant: merchant as u32, reference: [low, high] };
        Ok(self.part::<3>(part)?.into_iter().map(spent).collect())
    }
}
