//! Tables of numbers as Parquet. The same rows give the same bytes.

use super::Spent;
use crate::lake::error::{at, FileError, LakeError, Result};
use bizkey_primitives::Epoch;
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, UInt64Array},
        datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type},
    },
    parquet::{
        arrow::{
            arrow_reader::{
                ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
            },
            ArrowWriter,
        },
        basic::{Compression, Encoding},
        file::properties::WriterProperties,
    },
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Rows of a row group.
const ROW_GROUP: usize = 1 << 16;

fn schema(columns: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|name| Field::new(*name, DataType::UInt64, false)).collect::<Vec<_>>()))
}

/// A table being written.
pub(super) struct Writer {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

impl Writer {
    pub(super) fn create(path: &Path, columns: &[&str]) -> Result<Self> {
        let schema = schema(columns);
        let create = || -> Result<ArrowWriter<File>, FileError> {
            let properties = WriterProperties::builder()
                .set_created_by("bizkey state 1".to_owned())
                .set_compression(Compression::SNAPPY)
                .set_max_row_group_row_count(Some(ROW_GROUP))
                // Most numbers are there once; those that ascend are small apart.
                .set_dictionary_enabled(false)
                .set_encoding(Encoding::DELTA_BINARY_PACKED);
            Ok(ArrowWriter::try_new(File::create(path)?, Arc::clone(&schema), Some(properties.build()))?)
        };
        let writer = create().map_err(at(path))?;
        Ok(Self { path: path.to_owned(), schema, writer })
    }

    /// Appends rows.
    pub(super) fn write<const N: usize>(&mut self, rows: impl Iterator<Item = [u64; N]>) -> Result<()> {
        let mut columns: [Vec<u64>; N] = std::array::from_fn(|_| Vec::new());
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let columns = columns.into_iter().map(|column| Arc::new(UInt64Array::from(column)) as ArrayRef).collect();
        let written = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(FileError::from)
            .and_then(|batch| Ok(self.writer.write(&batch)?));
        written.map_err(at(&self.path))
    }

    /// Brings the table to the disk.
    pub(super) fn finish(self) -> Result<()> {
        let finish = || -> Result<(), FileError> { Ok(self.writer.into_inner()?.sync_all()?) };
        finish().map_err(at(&self.path))
    }
}

/// Writes a whole table.
pub(super) fn write<const N: usize>(
    path: &Path,
    columns: [&str; N],
    rows: impl Iterator<Item = [u64; N]>,
) -> Result<()> {
    let mut writer = Writer::create(path, &columns)?;
    writer.write(rows)?;
    writer.finish()
}

/// Reads a whole table.
pub(super) fn read<const N: usize>(path: &Path) -> Result<Vec<[u64; N]>> {
    let read =
        || -> Result<Vec<[u64; N]>, FileError> { rows(ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?) };
    read().map_err(at(path))
}

fn rows<const N: usize>(file: ParquetRecordBatchReaderBuilder<File>) -> Result<Vec<[u64; N]>, FileError> {
    let mut rows = Vec::new();
    for batch in file.with_batch_size(ROW_GROUP).build()? {
        let batch = batch?;
        let columns: Vec<&[u64]> = batch
            .columns()
            .iter()
            .filter_map(|column| column.as_primitive_opt::<UInt64Type>())
            .map(|column| column.values().as_ref())
            .collect();
        let columns: [&[u64]; N] =
            columns.try_into().map_err(|_| FileError::Content(format!("it has not {N} columns of numbers")))?;
        rows.extend((0..batch.num_rows()).map(|row| std::array::from_fn(|column| columns[column][row])));
    }
    Ok(rows)
}

/// A table whose rows ascend by part, read part by part.
#[derive(Clone, Debug)]
pub(super) struct PartTable {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// Where each part begins, and where the last one ends.
    starts: Arc<Vec<u64>>,
}

impl PartTable {
    /// Opens a table with so many rows a part.
    pub(super) fn open(path: &Path, counts: &[u64]) -> Result<Self> {
        let load = || -> Result<ArrowReaderMetadata, FileError> {
            Ok(ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::new())?)
        };
        let metadata = load().map_err(at(path))?;
        let mut starts = vec![0u64];
        starts.extend(counts.iter().scan(0u64, |end, count| {
            *end = end.saturating_add(*count);
            Some(*end)
        }));
        let rows: i64 = metadata.metadata().row_groups().iter().map(|group| group.num_rows()).sum();
        if starts.last().copied() != u64::try_from(rows).ok() {
            return Err(LakeError::state(path, "it has other rows than were written"));
        }
        Ok(Self { path: path.to_owned(), metadata, starts: Arc::new(starts) })
    }

    /// The rows of a part.
    fn part<const N: usize>(&self, part: usize) -> Result<Vec<[u64; N]>> {
        let (Some(&begin), Some(&end)) = (self.starts.get(part), self.starts.get(part + 1)) else {
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
            rows(file.with_row_groups(groups).with_row_selection(selection))
        };
        read().map_err(at(&self.path))
    }

    pub(super) fn bought(&self, part: usize) -> Result<Vec<(u64, Epoch)>> {
        Ok(self.part::<2>(part)?.into_iter().map(|[pair, since]| (pair, since as u32)).collect())
    }

    pub(super) fn references(&self, part: usize) -> Result<Vec<Spent>> {
        let spent = |[merchant, low, high]: [u64; 3]| Spent { merchant: merchant as u32, reference: [low, high] };
        Ok(self.part::<3>(part)?.into_iter().map(spent).collect())
    }
}
