//! Receipts of earlier epochs that an epoch voids. The lake's row of a void
//! carries its receipt's columns; whether the receipt was ticketed, the state
//! knows.

use super::{exchange::PARTS, state::Memory, tally::part_of};
use bizkey_primitives::{receipt::MAX_AMOUNT, CustomerIndex, Epoch, MerchantIndex};
use codec::{Decode, Encode};
use datafusion::{
    arrow::{
        array::{Array as _, AsArray, RecordBatch},
        datatypes::{ArrowPrimitiveType, UInt32Type, UInt64Type, UInt8Type},
    },
    error::{DataFusionError, Result},
};
use std::{collections::BTreeMap, ops::Range};

/// A valid receipt of an earlier epoch that this epoch voids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct LaterVoid {
    /// Its shop.
    pub merchant: MerchantIndex,
    /// Its customer; 0 for an unknown one.
    pub customer: CustomerIndex,
    /// Its epoch.
    pub epoch: Epoch,
    /// Minor units.
    pub amount: u64,
    /// Whether it was made outside the store.
    pub outside: bool,
    /// Whether it was paid in cash or at an external terminal.
    pub cash: bool,
    /// Whether it added to its customer's sales.
    pub is_ticketed: bool,
}

/// The voids of earlier receipts by part of their merchants.
#[derive(Clone, Debug, Default)]
pub(super) struct LaterVoids {
    /// By part, then by merchant.
    voids: Vec<LaterVoid>,
}

impl LaterVoids {
    /// Reads batches of `voids`, each receipt once. Those of the epoch itself
    /// are marked at their receipts already.
    ///
    /// # Errors
    /// When a column is missing.
    pub(super) fn read(batches: &[RecordBatch], epoch: Epoch, memory: &Memory) -> Result<Self> {
        let mut voids = BTreeMap::new();
        for batch in batches {
            let (ids, epochs) = (column::<UInt64Type>(batch, "id")?, column::<UInt32Type>(batch, "epoch")?);
            let merchants = column::<UInt32Type>(batch, "merchant")?;
            let customers = customers(batch)?;
            let channels = column::<UInt8Type>(batch, "channel")?;
            let rails = column::<UInt8Type>(batch, "rail")?;
            let amounts = column::<UInt64Type>(batch, "amount")?;
            let references = references(batch)?;
            for row in 0..batch.num_rows() {
                let (id, of, merchant, amount) = (ids[row], epochs[row], merchants[row], amounts[row]);
                let was_valid = (1..=MAX_AMOUNT).contains(&amount) && !memory.was_stopped(of, merchant);
                if of >= epoch || !was_valid {
                    continue;
                }
                let customer = customers.get(row);
                let void = LaterVoid {
                    merchant,
                    customer,
                    epoch: of,
                    amount,
                    outside: channels[row] == OUTSIDE,
                    cash: is_cash(rails[row]),
                    is_ticketed: customer != 0 && references.get(row) != [0; 2] && !memory.was_repeat(id),
                };
                voids.insert((part_of(merchant), merchant, id), void);
            }
        }
        Ok(Self { voids: voids.into_values().collect() })
    }

    /// Ascending by part, then by merchant.
    pub(super) fn all(&self) -> &[LaterVoid] {
        &self.voids
    }
}

/// The voids of a part, of voids that ascend by part.
pub(super) fn of_part(voids: &[LaterVoid], part: usize) -> &[LaterVoid] {
    debug_assert!(part < PARTS);
    let begin = voids.partition_point(|void| part_of(void.merchant) < part);
    let end = voids.partition_point(|void| part_of(void.merchant) <= part);
    let range: Range<usize> = begin..end;
    &voids[range]
}

/// Code of the channel outside, as the lake's schema says.
pub(super) const OUTSIDE: u8 = 1;

/// Whether a rail's code is that of cash or of an external terminal.
#[inline]
pub(super) fn is_cash(rail: u8) -> bool {
    rail <= 1
}

/// A column without gaps.
///
/// # Errors
/// When it is missing, or has gaps.
pub(super) fn column<'b, T: ArrowPrimitiveType>(batch: &'b RecordBatch, name: &str) -> Result<&'b [T::Native]> {
    let found = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    let found = found.filter(|column| column.null_count() == 0);
    found.map(|column| column.values().as_ref()).ok_or_else(|| lacks(name))
}

/// A column of indices that may be missing.
pub(super) struct Optional<'b> {
    values: &'b [u32],
    gaps: Option<&'b datafusion::arrow::buffer::NullBuffer>,
}

impl Optional<'_> {
    /// The value; 0 for none.
    #[inline]
    pub(super) fn get(&self, row: usize) -> u32 {
        if self.gaps.is_some_and(|gaps| gaps.is_null(row)) {
            0
        } else {
            self.values[row]
        }
    }

    /// Whether there is a value, and it is this one.
    #[inline]
    pub(super) fn is(&self, row: usize, value: u32) -> bool {
        self.gaps.is_none_or(|gaps| gaps.is_valid(row)) && self.values[row] == value
    }

    /// Whether no row has a value.
    pub(super) fn is_empty(&self) -> bool {
        self.gaps.is_some_and(|gaps| gaps.null_count() == gaps.len())
    }
}

pub(super) fn optional<'b>(batch: &'b RecordBatch, name: &str) -> Result<Optional<'b>> {
    let found = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<UInt32Type>());
    let found = found.ok_or_else(|| lacks(name))?;
    Ok(Optional { values: found.values(), gaps: found.nulls().filter(|gaps| gaps.null_count() > 0) })
}

fn customers(batch: &RecordBatch) -> Result<Optional<'_>> {
    optional(batch, "customer")
}

/// References, as two words each.
pub(super) struct References<'b>(&'b [[u8; 16]]);

impl References<'_> {
    #[inline]
    pub(super) fn get(&self, row: usize) -> [u64; 2] {
        let whole = u128::from_le_bytes(self.0[row]);
        [whole as u64, (whole >> 64) as u64]
    }
}

pub(super) fn references(batch: &RecordBatch) -> Result<References<'_>> {
    let found = batch.column_by_name("reference").and_then(|column| column.as_fixed_size_binary_opt());
    let found = found.filter(|column| column.value_length() == 16 && column.null_count() == 0);
    let found = found.ok_or_else(|| lacks("reference"))?;
    Ok(References(found.value_data().as_chunks().0))
}

fn lacks(name: &str) -> DataFusionError {
    DataFusionError::Internal(format!("the rows lack the column {name}, or it has another type or gaps"))
}
