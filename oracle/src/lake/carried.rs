//! What later epochs need of an epoch, as rows between the operators: over
//! several machines, memory is not shared, so it leaves with the figures.
//!
//! Rows may come in any order and in any batches. A reference has 128 bits and
//! a value has 64, so it is cut in four, and each piece says to which it
//! belongs.
//!
//! A cluster that brings back what a dead machine had may bring it twice, or
//! not at all. So the operators say how many rows they made and what the sales
//! among them come to, and what arrives is compared: whatever a machine does,
//! no wrong score leaves here.

use super::{
    figures::{self, Figures, CARRIED, INVALID, RECEIPTS},
    state::{PartCarry, Spent},
    tally::{pair, part_of},
};
use crate::scoring::Sales;
use datafusion::{
    arrow::record_batch::RecordBatch,
    error::{DataFusionError, Result},
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A new pair: the account is the merchant, the value its customer.
const BOUGHT: u8 = CARRIED;
/// A receipt whose reference was spent: the value is its number. The account
/// only spreads the rows.
const REPEAT: u8 = CARRIED + 1;
/// The account is a merchant whose receipts do not count.
const STOPPED: u8 = CARRIED + 2;
/// The first of four pieces of a reference that counted: the account is the
/// merchant; the value is which of its references it is, and 32 bits of it.
const REFERENCE: u8 = CARRIED + 3;
const PIECES: u8 = 4;
/// How many rows an operator has made that come out as they are: all but the
/// customers', which are added up.
const MADE: u8 = REFERENCE + PIECES;
/// What the sales come to that it has made, in two halves.
const SOLD: u8 = MADE + 1;
const SOLD_HIGH: u8 = MADE + 2;

/// Appends what a part adds, and what there is to compare.
pub(super) fn push(part: usize, carry: &PartCarry, figures: &mut Figures) {
    for pair in &carry.bought {
        figures.push((pair >> 32) as u32, BOUGHT, pair & u64::from(u32::MAX));
    }
    for id in &carry.repeats {
        figures.push(*id as u32, REPEAT, *id);
    }
    for merchant in &carry.stopped {
        figures.push(*merchant, STOPPED, 0);
    }
    // A part has fewer than 2^31 rows, which the operator has checked.
    for (ordinal, spent) in (0u64..).zip(&carry.references) {
        let [low, high] = spent.reference;
        let pieces = [low & u64::from(u32::MAX), low >> 32, high & u64::from(u32::MAX), high >> 32];
        for (figure, piece) in (REFERENCE..).zip(pieces) {
            figures.push(spent.merchant, figure, ordinal << 32 | piece);
        }
    }
    let (mut made, mut sold) = (0, 0u128);
    for (_, figure, value) in figures.rows() {
        if figure < RECEIPTS {
            sold += u128::from(value);
        } else {
            made += 1;
        }
    }
    // There are few parts.
    let part = part as u32;
    figures.push(part, MADE, made);
    figures.push(part, SOLD, sold as u64);
    figures.push(part, SOLD_HIGH, (sold >> 64) as u64);
}

/// A row in one number, so that rows sort by account, figure and value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row(u128);

impl Row {
    fn new(account: u32, figure: u8, value: u64) -> Self {
        Self(u128::from(account) << 72 | u128::from(figure) << 64 | u128::from(value))
    }

    fn account(self) -> u32 {
        (self.0 >> 72) as u32
    }

    fn figure(self) -> u8 {
        (self.0 >> 64) as u8
    }

    fn value(self) -> u64 {
        self.0 as u64
    }
}

/// Rows of a batch of figures, about.
const BATCH: usize = 1 << 16;

/// What a plan's rows hold.
pub(super) struct Unpacked {
    /// The figures, all rows of an account together.
    pub(super) figures: Vec<RecordBatch>,
    /// What the epoch adds, by part.
    pub(super) carries: BTreeMap<usize, PartCarry>,
    /// Receipts that were counted, valid or not.
    pub(super) receipts: u64,
}

/// Takes rows apart that came from elsewhere, cut and mixed in any way.
///
/// # Errors
/// When rows came twice, or are missing.
pub(super) fn unpack(batches: Vec<RecordBatch>) -> Result<Unpacked> {
    let mut rows: Vec<Row> = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    // Each batch is dropped as soon as its rows are taken.
    for batch in batches {
        let (accounts, figures, values) = figures::columns(&batch)?;
        let of_batch = accounts.iter().zip(figures).zip(values);
        rows.extend(of_batch.map(|((account, figure), value)| Row::new(*account, *figure, *value)));
    }
    rows.par_sort_unstable();
    let receipts = compare(&rows)?;

    let mut unpacked = Unpacked { figures: Vec::new(), carries: BTreeMap::new(), receipts };
    let mut figures = Figures::default();
    for rows in rows.chunk_by(|one, other| one.account() == other.account()) {
        let rows = &rows[..rows.partition_point(|row| row.figure() < MADE)];
        let (counted, carried) = rows.split_at(rows.partition_point(|row| row.figure() < CARRIED));
        for row in counted {
            figures.push(row.account(), row.figure(), row.value());
        }
        if figures.len() >= BATCH {
            unpacked.figures.push(std::mem::take(&mut figures).into_batch()?);
        }
        carry(carried, &mut unpacked.carries)?;
    }
    unpacked.figures.push(figures.into_batch()?);
    Ok(unpacked)
}

/// Compares what came with what was made; how many receipts were counted.
fn compare(rows: &[Row]) -> Result<u64> {
    let (mut came, mut made, mut receipts) = (0u64, 0u64, 0u64);
    let (mut sales, mut sold) = (Sales::default(), 0u128);
    for row in rows {
        let (figure, value) = (row.figure(), row.value());
        came += u64::from((RECEIPTS..MADE).contains(&figure));
        match figure {
            MADE => made = made.saturating_add(value),
            SOLD => sold = sold.saturating_add(value.into()),
            SOLD_HIGH => sold = sold.saturating_add(u128::from(value) << 64),
            RECEIPTS | INVALID => receipts = receipts.saturating_add(value),
            _ if figure < RECEIPTS => figures::add_sales(&mut sales, figure, value),
            _ => {}
        }
    }
    let is_twice = |one: Row, other: Row| match one.figure() {
        figure if figure < CARRIED => (one.account(), figure) == (other.account(), other.figure()),
        figure if figure < MADE => one == other,
        // Several machines compare parts of one number.
        _ => false,
    };
    if came != made || rows.windows(2).any(|rows| matches!(rows, [one, other] if is_twice(*one, *other))) {
        return Err(DataFusionError::Execution(format!("{made} rows were made, {came} came, some perhaps twice")));
    }
    let came = sales.cash.saturating_add(sales.other);
    if came != sold {
        return Err(DataFusionError::Execution(format!("rows of {sold} in sales were made, {came} came")));
    }
    Ok(receipts)
}

/// The carried rows of one account.
fn carry(mut rows: &[Row], carries: &mut BTreeMap<usize, PartCarry>) -> Result<()> {
    let Some(account) = rows.first().map(|row| row.account()) else { return Ok(()) };
    let mut of = |figure: u8| {
        let (found, rest) = rows.split_at(rows.partition_point(|row| row.figure() <= figure));
        rows = rest;
        found
    };
    let carry = carries.entry(part_of(account)).or_default();
    carry.bought.extend(of(BOUGHT).iter().map(|row| pair(account, row.value() as u32)));
    carry.repeats.extend(of(REPEAT).iter().map(|row| row.value()));
    carry.stopped.extend(of(STOPPED).iter().map(|row| row.account()));
    let pieces: [&[Row]; PIECES as usize] = std::array::from_fn(|piece| of(REFERENCE + piece as u8));
    let [first, second, third, fourth] = pieces;
    if !rows.is_empty() || pieces.iter().any(|rows| rows.len() != first.len()) {
        return Err(broken(account));
    }
    for (((first, second), third), fourth) in first.iter().zip(second).zip(third).zip(fourth) {
        let ordinal = first.value() >> 32;
        if [second, third, fourth].iter().any(|piece| piece.value() >> 32 != ordinal) {
            return Err(broken(account));
        }
        let half = |low: &Row, high: &Row| low.value() & u64::from(u32::MAX) | high.value() << 32;
        let reference = [half(first, second), half(third, fourth)];
        carry.references.push(Spent { merchant: account, reference });
    }
    Ok(())
}

fn broken(account: u32) -> DataFusionError {
    DataFusionError::Internal(format!("rows of account {account} are missing among what the epoch adds"))
}
