//! Tables of numbers as Parquet. The same rows give the same bytes, and what is
//! read is compared with what was written, by its hash.

use crate::lake::error::{at, FileError, LakeError, Result};
use bizkey_indexer::lake::Digest;
use blake2b_simd::blake2bp;
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, UInt64Array},
        datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type},
    },
    parquet::{
        arrow::{arrow_reader::ParquetRecordBatchReaderBuilder, ArrowWriter},
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
pub(super) const ROW_GROUP: usize = 1 << 16;

/// Numbers that are hashed at a time.
const HASHED: usize = 1 << 13;

fn schema(columns: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|name| Field::new(*name, DataType::UInt64, false)).collect::<Vec<_>>()))
}

/// The hash of rows: BLAKE2bp with 256 bits, which takes four lanes at once, of
/// the numbers row by row, each in eight bytes, the lowest first.
pub(in crate::lake) fn hash<const N: usize>(rows: &[[u64; N]]) -> Digest {
    let mut state = blake2bp::Params::new().hash_length(32).to_state();
    let mut bytes = Vec::with_capacity(HASHED * size_of::<u64>());
    for numbers in rows.as_flattened().chunks(HASHED) {
        bytes.clear();
        for number in numbers {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        state.update(&bytes);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(state.finalize().as_bytes());
    Digest(digest)
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
                .set_created_by("bizkey state 2".to_owned())
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
    pub(super) fn write<const N: usize>(&mut self, rows: &[[u64; N]]) -> Result<()> {
        let column = |column: usize| UInt64Array::from_iter_values(rows.iter().map(|row| row[column]));
        let columns = (0..N).map(|number| Arc::new(column(number)) as ArrayRef).collect();
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

/// Writes a whole table; the hash of its rows.
pub(in crate::lake) fn write<const N: usize>(path: &Path, columns: [&str; N], rows: &[[u64; N]]) -> Result<Digest> {
    let mut writer = Writer::create(path, &columns)?;
    for rows in rows.chunks(ROW_GROUP) {
        writer.write(rows)?;
    }
    writer.finish()?;
    Ok(hash(rows))
}

/// Reads a whole table whose rows have that hash.
///
/// # Errors
/// [`LakeError::Altered`] when they have another one.
pub(in crate::lake) fn read<const N: usize>(path: &Path, expected: Digest) -> Result<Vec<[u64; N]>> {
    let read =
        || -> Result<Vec<[u64; N]>, FileError> { rows(ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?) };
    let rows = read().map_err(at(path))?;
    if hash(&rows) != expected {
        return Err(LakeError::Altered { path: path.to_owned(), part: None });
    }
    Ok(rows)
}

/// The rows of a reader.
pub(super) fn rows<const N: usize>(file: ParquetRecordBatchReaderBuilder<File>) -> Result<Vec<[u64; N]>, FileError> {
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

/// A wide number as the two that are kept of it, the lower half first.
pub(in crate::lake) fn halves(wide: u128) -> [u64; 2] {
    [wide as u64, (wide >> 64) as u64]
}

/// The wide number again.
pub(in crate::lake) fn wide(low: u64, high: u64) -> u128 {
    u128::from(low) | u128::from(high) << 64
}
