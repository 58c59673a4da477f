//! Rows between the operators: what is counted of whom, and how much.
//!
//! One narrow table serves both sides, so that a plan has one output. A sum
//! that passes 64 bits has a second row with its upper half.

use crate::scoring::Sales;
use bizkey_primitives::bizpower::Counts;
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array, UInt8Array},
        datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type, UInt8Type},
    },
    error::{DataFusionError, Result},
};
use std::sync::{Arc, LazyLock};

/// A customer's ticketed sales by other rails than cash and external ones. One
/// of zero says that the customer has a valid receipt.
pub(super) const SALES: u8 = 0;
/// A customer's ticketed sales by cash and external terminals.
pub(super) const CASH: u8 = 1;
const SALES_HIGH: u8 = 2;
const CASH_HIGH: u8 = 3;
/// The first figure of a merchant; those below are of customers.
pub(super) const RECEIPTS: u8 = 16;
pub(super) const INVALID: u8 = 17;
const PL: u8 = 18;
const PM: u8 = 19;
const PM_HIGH: u8 = 20;
const UM: u8 = 21;
const UN: u8 = 22;
const UO: u8 = 23;
const UOM: u8 = 24;
const UON: u8 = 25;
const UON_HIGH: u8 = 26;
/// The first figure of what is carried to later epochs; those below are of the
/// report.
pub(super) const CARRIED: u8 = 32;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("account", DataType::UInt32, false),
        Field::new("figure", DataType::UInt8, false),
        Field::new("value", DataType::UInt64, false),
    ]))
});

/// The columns.
pub(super) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Rows as they are made.
#[derive(Debug, Default)]
pub(super) struct Figures {
    accounts: Vec<u32>,
    figures: Vec<u8>,
    values: Vec<u64>,
}

impl Figures {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self { accounts: Vec::with_capacity(rows), figures: Vec::with_capacity(rows), values: Vec::with_capacity(rows) }
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, u8, u64)> + '_ {
        let rows = self.accounts.iter().zip(&self.figures).zip(&self.values);
        rows.map(|((account, figure), value)| (*account, *figure, *value))
    }

    #[inline]
    pub(super) fn push(&mut self, account: u32, figure: u8, value: u64) {
        self.accounts.push(account);
        self.figures.push(figure);
        self.values.push(value);
    }

    fn push_some(&mut self, account: u32, figure: u8, value: u64) {
        if value != 0 {
            self.push(account, figure, value);
        }
    }

    /// A sum in two halves; nothing for zero halves.
    fn push_wide(&mut self, account: u32, low: u8, high: u8, value: u128) {
        self.push_some(account, low, value as u64);
        self.push_some(account, high, (value >> 64) as u64);
    }

    /// A customer's sales: always a first row, which says that it is there.
    pub(super) fn push_sales(&mut self, customer: u32, Sales { cash, other }: Sales) {
        self.push(customer, SALES, other as u64);
        self.push_some(customer, SALES_HIGH, (other >> 64) as u64);
        self.push_wide(customer, CASH, CASH_HIGH, cash);
    }

    /// A merchant's epoch.
    pub(super) fn push_merchant(&mut self, merchant: u32, tallied: &Tallied) {
        let Tallied { receipts, invalid, counts } = tallied;
        self.push_some(merchant, RECEIPTS, *receipts);
        self.push_some(merchant, INVALID, *invalid);
        self.push_some(merchant, PL, counts.pl);
        self.push_wide(merchant, PM, PM_HIGH, counts.pm);
        self.push_some(merchant, UM, counts.um);
        self.push_some(merchant, UN, counts.un);
        self.push_some(merchant, UO, counts.uo);
        self.push_some(merchant, UOM, counts.uom);
        self.push_wide(merchant, UON, UON_HIGH, counts.uon);
    }

    /// The rows as columns.
    ///
    /// # Errors
    /// Never: the columns are equally long.
    pub(super) fn into_batch(self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(self.accounts)),
            Arc::new(UInt8Array::from(self.figures)),
            Arc::new(UInt64Array::from(self.values)),
        ];
        Ok(RecordBatch::try_new(schema(), columns)?)
    }
}

/// The columns of a batch, as slices.
pub(super) fn columns(batch: &RecordBatch) -> Result<(&[u32], &[u8], &[u64])> {
    let read = || {
        let accounts = batch.column_by_name("account")?.as_primitive_opt::<UInt32Type>()?;
        let figures = batch.column_by_name("figure")?.as_primitive_opt::<UInt8Type>()?;
        let values = batch.column_by_name("value")?.as_primitive_opt::<UInt64Type>()?;
        Some((accounts.values().as_ref(), figures.values().as_ref(), values.values().as_ref()))
    };
    read().ok_or_else(|| DataFusionError::Internal("these are no figures".to_owned()))
}

/// Adds a row's figure of a customer; halves of a sum in any order. Values are
/// below 2^64 and rows fewer: no sum passes u128.
pub(super) fn add_sales(sales: &mut Sales, figure: u8, value: u64) {
    let wide = u128::from(value);
    match figure {
        CASH => sales.cash += wide,
        CASH_HIGH => sales.cash += wide << 64,
        SALES_HIGH => sales.other += wide << 64,
        _ => sales.other += wide,
    }
}

/// A merchant's epoch as tallied.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tallied {
    /// Valid receipts.
    pub(super) receipts: u64,
    /// Others.
    pub(super) invalid: u64,
    pub(super) counts: Counts,
}

impl Tallied {
    /// Adds a row's figure; halves of a sum in any order.
    pub(super) fn add(&mut self, figure: u8, value: u64) -> Result<()> {
        let (low, high) = (u128::from(value), u128::from(value) << 64);
        let counts = &mut self.counts;
        match figure {
            RECEIPTS => add(&mut self.receipts, value),
            INVALID => add(&mut self.invalid, value),
            PL => add(&mut counts.pl, value),
            PM => add_wide(&mut counts.pm, low),
            PM_HIGH => add_wide(&mut counts.pm, high),
            UM => add(&mut counts.um, value),
            UN => add(&mut counts.un, value),
            UO => add(&mut counts.uo, value),
            UOM => add(&mut counts.uom, value),
            UON => add_wide(&mut counts.uon, low),
            UON_HIGH => add_wide(&mut counts.uon, high),
            other => return Err(DataFusionError::Internal(format!("there is no figure {other} of merchants"))),
        }
        .ok_or_else(|| DataFusionError::Internal("a merchant's figure passes its type".to_owned()))
    }
}

fn add(sum: &mut u64, value: u64) -> Option<()> {
    *sum = sum.checked_add(value)?;
    Some(())
}

fn add_wide(sum: &mut u128, value: u128) -> Option<()> {
    *sum = sum.checked_add(value)?;
    Some(())
}
