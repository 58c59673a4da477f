//! Columns of receipts and voids, and rows as columns and back. The API's
//! Parquet export has the same columns.
//!
//! Integers only. Enumerations are the codes of [`CODES`], which every file
//! carries too; `reference` is 16 zero bytes for a receipt without a ticket;
//! `amount` is in minor units; `at_ms` is device time, Unix milliseconds.

use crate::{
    model::{Receipt, Void},
    store::codes::{code, CHANNELS, RAILS, VALIDITIES},
};
use arrow_array::{
    builder::FixedSizeBinaryBuilder, Array, ArrayRef, FixedSizeBinaryArray, RecordBatch, UInt16Array, UInt32Array,
    UInt64Array, UInt8Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bizkey_primitives::{ticket::Reference, Epoch};
use parquet::{
    arrow::arrow_writer::ArrowWriterOptions,
    basic::{Compression, Encoding},
    errors::ParquetError,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use std::sync::Arc;

/// What the codes of the enumerations mean, by column.
pub const CODES: [(&str, &str); 3] = [
    ("channel", "0 in_store, 1 outside"),
    ("rail", "0 cash, 1 external, 2 card, 3 alipay, 4 wechat_pay, 5 evm, 6 utxo, 7 bzky"),
    ("validity", "0 valid, 1 zero amount, 2 amount too large"),
];

/// Rows of a row group: what a writer holds in memory, some 3 MB encoded.
pub(crate) const ROW_GROUP: usize = 1 << 16;

/// Columns of a receipt. In the lake, `voided_epoch` is set for receipts that
/// were voided in their own epoch only: a later void is a row of `voids` in its
/// epoch, and the receipt's file, which was written before, does not change.
#[must_use]
pub fn receipts() -> SchemaRef {
    Arc::new(Schema::new(receipt_fields()))
}

/// Columns of a void: the block that holds it, then those of its receipt, whose
/// `voided_epoch` is the epoch of the void.
#[must_use]
pub fn voids() -> SchemaRef {
    let mut fields = vec![Field::new("void_block", DataType::UInt32, false)];
    fields.extend(receipt_fields());
    Arc::new(Schema::new(fields))
}

fn receipt_fields() -> Vec<Field> {
    let field = |name: &str, kind: DataType| Field::new(name, kind, false);
    vec![
        field("id", DataType::UInt64),
        field("device", DataType::UInt32),
        field("seq", DataType::UInt64),
        field("position", DataType::UInt16),
        field("block", DataType::UInt32),
        field("epoch", DataType::UInt32),
        field("merchant", DataType::UInt32),
        Field::new("customer", DataType::UInt32, true),
        field("channel", DataType::UInt8),
        field("rail", DataType::UInt8),
        field("amount", DataType::UInt64),
        field("reference", DataType::FixedSizeBinary(REFERENCE)),
        field("at_ms", DataType::UInt64),
        field("validity", DataType::UInt8),
        Field::new("voided_epoch", DataType::UInt32, true),
    ]
}

/// Bytes of a ticket's reference.
const REFERENCE: i32 = size_of::<Reference>() as i32;

/// How files are written. Whatever could differ between two writers of the same
/// rows is fixed here: there is no time, no host, no version of a library.
#[must_use]
pub fn options(sorted_by_id: bool) -> ArrowWriterOptions {
    let meaning = |(column, codes): (&str, &str)| KeyValue::new(format!("bizkey:codes:{column}"), codes.to_owned());
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("bizkey lake {}", super::FORMAT))
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        // Of whole row groups: finer ones would grow with the file, in memory.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(CODES.into_iter().map(meaning).collect()))
        // Random, so a dictionary only costs.
        .set_column_dictionary_enabled(ColumnPath::from("reference"), false);
    for rising in ["id", "at_ms"] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(rising), false)
            .set_column_encoding(ColumnPath::from(rising), Encoding::DELTA_BINARY_PACKED);
    }
    if sorted_by_id {
        let id = SortingColumn { column_idx: 0, descending: false, nulls_first: false };
        properties = properties.set_sorting_columns(Some(vec![id]));
    }
    // Parquet's own types say all there is to these columns.
    ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true)
}

/// Receipts as columns.
///
/// # Errors
/// Never: the columns are equally long and references have one length.
pub fn receipts_batch<'r>(rows: impl Iterator<Item = &'r Receipt> + Clone) -> Result<RecordBatch, ParquetError> {
    Ok(RecordBatch::try_new(receipts(), receipt_columns(rows)?)?)
}

/// Voids as columns.
///
/// # Errors
/// As [`receipts_batch`].
pub fn voids_batch(rows: &[Void]) -> Result<RecordBatch, ParquetError> {
    let blocks: ArrayRef = Arc::new(UInt32Array::from_iter_values(rows.iter().map(|void| void.block)));
    let mut columns = vec![blocks];
    columns.extend(receipt_columns(rows.iter().map(|void| &void.receipt))?);
    Ok(RecordBatch::try_new(voids(), columns)?)
}

fn receipt_columns<'r>(rows: impl Iterator<Item = &'r Receipt> + Clone) -> Result<Vec<ArrayRef>, ParquetError> {
    let mut references = FixedSizeBinaryBuilder::with_capacity(rows.size_hint().0, REFERENCE);
    for row in rows.clone() {
        references.append_value(row.reference)?;
    }
    let narrow = |of: fn(&Receipt) -> u8| -> ArrayRef { Arc::new(UInt8Array::from_iter_values(rows.clone().map(of))) };
    let integer =
        |of: fn(&Receipt) -> u32| -> ArrayRef { Arc::new(UInt32Array::from_iter_values(rows.clone().map(of))) };
    let optional =
        |of: fn(&Receipt) -> Option<u32>| -> ArrayRef { Arc::new(rows.clone().map(of).collect::<UInt32Array>()) };
    let wide = |of: fn(&Receipt) -> u64| -> ArrayRef { Arc::new(UInt64Array::from_iter_values(rows.clone().map(of))) };
    Ok(vec![
        wide(|row| row.id),
        integer(|row| row.device),
        wide(|row| row.seq),
        Arc::new(UInt16Array::from_iter_values(rows.clone().map(|row| row.position))),
        integer(|row| row.block),
        integer(|row| row.epoch),
        integer(|row| row.merchant),
        optional(|row| row.customer),
        narrow(|row| code(&CHANNELS, &row.channel)),
        narrow(|row| code(&RAILS, &row.rail)),
        wide(|row| row.amount),
        Arc::new(references.finish()),
        wide(|row| row.at_ms),
        narrow(|row| code(&VALIDITIES, &row.validity)),
        optional(|row| row.voided_epoch),
    ])
}

/// Receipts of columns. The text says what is wrong with them.
pub(crate) fn receipts_of(batch: &RecordBatch) -> Result<Vec<Receipt>, String> {
    let (id, seq) = (column::<UInt64Array>(batch, "id")?, column::<UInt64Array>(batch, "seq")?);
    let (device, position) = (column::<UInt32Array>(batch, "device")?, column::<UInt16Array>(batch, "position")?);
    let (block, epoch) = (column::<UInt32Array>(batch, "block")?, column::<UInt32Array>(batch, "epoch")?);
    let (merchant, customer) = (column::<UInt32Array>(batch, "merchant")?, column::<UInt32Array>(batch, "customer")?);
    let (channel, rail) = (column::<UInt8Array>(batch, "channel")?, column::<UInt8Array>(batch, "rail")?);
    let (amount, at_ms) = (column::<UInt64Array>(batch, "amount")?, column::<UInt64Array>(batch, "at_ms")?);
    let reference = column::<FixedSizeBinaryArray>(batch, "reference")?;
    let validity = column::<UInt8Array>(batch, "validity")?;
    let voided_epoch = column::<UInt32Array>(batch, "voided_epoch")?;
    let optional = |column: &UInt32Array, row: usize| column.is_valid(row).then(|| column.value(row));
    let read = |row: usize| {
        Ok(Receipt {
            id: id.value(row),
            device: device.value(row),
            seq: seq.value(row),
            position: position.value(row),
            block: block.value(row),
            epoch: epoch.value(row),
            merchant: merchant.value(row),
            customer: optional(customer, row),
            channel: decoded(&CHANNELS, "channel", channel.value(row))?,
            rail: decoded(&RAILS, "rail", rail.value(row))?,
            amount: amount.value(row),
            reference: reference.value(row).try_into().map_err(|_| "has a reference of another length")?,
            at_ms: at_ms.value(row),
            validity: decoded(&VALIDITIES, "validity", validity.value(row))?,
            voided_epoch: optional(voided_epoch, row),
        })
    };
    (0..batch.num_rows()).map(read).collect()
}

/// Voids booked in `epoch`, of columns. The text says what is wrong with them.
pub(crate) fn voids_of(batch: &RecordBatch, epoch: Epoch) -> Result<Vec<Void>, String> {
    let blocks = column::<UInt32Array>(batch, "void_block")?;
    let receipts = receipts_of(batch)?.into_iter().enumerate();
    Ok(receipts.map(|(row, receipt)| Void { epoch, block: blocks.value(row), receipt }).collect())
}

fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> Result<&'b A, String> {
    let found = batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref::<A>());
    found.ok_or_else(|| format!("lacks the column {name}"))
}

fn decoded<T: Copy>(list: &[T], name: &str, code: u8) -> Result<T, String> {
    list.get(usize::from(code)).copied().ok_or_else(|| format!("has an unknown {name}, {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that is added needs its word here, and a new format.
    #[test]
    fn every_code_is_documented_in_its_place() {
        let lengths = [CHANNELS.len(), RAILS.len(), VALIDITIES.len()];
        for ((column, codes), length) in CODES.into_iter().zip(lengths) {
            let numbers: Vec<_> = codes.split(", ").map(|entry| entry.split_once(' ').map(|(code, _)| code)).collect();
            let expected: Vec<_> = (0..length).map(|code| code.to_string()).collect();
            assert_eq!(numbers, expected.iter().map(|code| Some(code.as_str())).collect::<Vec<_>>(), "{column}");
        }
        for (validity, entry) in VALIDITIES.iter().zip(CODES[2].1.split(", ")) {
            assert!(entry.ends_with(validity.reason().unwrap_or("valid")), "{entry}");
        }
    }
}
