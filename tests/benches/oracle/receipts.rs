//! Made-up receipts, the same for the same numbers.
//!
//! Older shops and customers, those with low indices, have more receipts: the
//! oldest 1 % of the shops have a fifth of all. Every shop and customer has
//! one in each epoch. A few receipts are voided the same day, a few are of no
//! amount, a few repeat a reference, some have no ticket, some no known
//! customer. After the first epoch, four in ten are of a customer who comes
//! back to the same shop.

use crate::options::Options;
use arrow_array::{builder::FixedSizeBinaryBuilder, ArrayRef, UInt16Array, UInt32Array, UInt64Array, UInt8Array};
use bizkey_primitives::Epoch;
use std::sync::Arc;

/// Receipts of a block.
const BLOCK: u64 = 10_000;
/// Of ten receipts, those of a customer and a shop of the epoch before.
const RETURNING: u64 = 4;

/// A made-up receipt.
pub struct Row {
    number: u64,
    epoch: Epoch,
    merchant: u32,
    customer: Option<u32>,
    outside: bool,
    rail: u8,
    amount: u64,
    reference: [u8; 16],
    voided: bool,
}

impl Row {
    /// The receipt of this number, from 0 and on from epoch to epoch.
    pub fn of(number: u64, epoch: Epoch, options: &Options) -> Self {
        let draw = |what: u64| mix(number * 8 + what);
        let per_mille = |what: u64| draw(what) % 1_000;
        let (merchant, customer) = parties(number, options);
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
            epoch,
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

/// Shop and customer of a receipt.
fn parties(number: u64, options: &Options) -> (u32, Option<u32>) {
    let draw = |what: u64| mix(number * 8 + what);
    match number.checked_sub(options.receipts) {
        // At the same place of its epoch, so that there too each has its turn.
        Some(before) if draw(7) % 10 < RETURNING => return parties(before, options),
        _ => {}
    }
    let place = number % options.receipts;
    let merchant = match round(place, options.receipts, options.merchants) {
        Some(merchant) => merchant,
        None => 1 + skewed(draw(0), options.merchants, 3),
    };
    let customer = match round(place, options.receipts, options.customers) {
        Some(customer) => Some(customer),
        None => (draw(1) % 1_000 >= 20).then(|| 1 + skewed(draw(2), options.customers, 2)),
    };
    (merchant, customer)
}

/// Numbers in turn: each index once, spread over the epoch.
fn round(place: u64, receipts: u64, indices: u32) -> Option<u32> {
    let every = receipts / u64::from(indices);
    let turn = place / every;
    let is_due = place % every == 0 && turn < u64::from(indices);
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
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Rows as columns, in the order of the lake's schema.
///
/// # Errors
/// Never: a reference has 16 bytes.
pub fn arrays(rows: &[Row]) -> anyhow::Result<Vec<ArrayRef>> {
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
        integer(|row| row.epoch),
        integer(|row| row.merchant),
        optional(|row| row.customer),
        narrow(|row| u8::from(row.outside)),
        narrow(|row| row.rail),
        wide(|row| row.amount),
        Arc::new(references.finish()),
        wide(|row| 1_700_000_000_000 + row.number),
        narrow(|row| u8::from(row.amount == 0)),
        optional(|row| row.voided.then_some(row.epoch)),
    ])
}
