//! The operator that adds up customers' sales. Merchants' figures pass.

use super::{
    exchange::{Chunks, Part, Scatter, PARTS},
    figures::{self, Figures, RECEIPTS},
    operator::Work,
};
use crate::scoring::Sales;
use bizkey_primitives::CustomerIndex;
use datafusion::{arrow::record_batch::RecordBatch, error::Result};
use std::sync::Arc;

/// A figure in flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct FigureRow {
    value: u64,
    account: u32,
    figure: u8,
}

/// Figures in; out come merchants' figures as they are and customers' sums,
/// ascending by customer within each batch.
#[derive(Debug)]
pub(super) struct CustomerSales {
    /// About the largest index of a customer; how far it is off costs time,
    /// nothing else.
    pub(super) largest: CustomerIndex,
}

/// Figures into rows by part: each part is a range of accounts.
struct Accounts {
    shift: u32,
}

impl Accounts {
    fn new(largest: CustomerIndex) -> Self {
        let bits = u32::BITS - largest.leading_zeros();
        Self { shift: bits.saturating_sub(PARTS.trailing_zeros()) }
    }
}

impl Scatter<FigureRow> for Accounts {
    fn scatter(&self, batch: &RecordBatch, parts: &mut [Chunks<FigureRow>]) -> Result<()> {
        let (accounts, figures, values) = figures::columns(batch)?;
        for ((&account, &figure), &value) in accounts.iter().zip(figures).zip(values) {
            let part = ((account >> self.shift) as usize).min(PARTS - 1);
            parts[part].push(FigureRow { value, account, figure });
        }
        Ok(())
    }
}

/// Adds up parts, one after the other, with memory that it keeps.
#[derive(Default)]
struct Sums {
    /// A customer's sales, and whether the customer is there.
    dense: Vec<(Sales, bool)>,
}

impl Sums {
    fn part(&mut self, part: &Part<FigureRow>) -> Figures {
        let rows = || part.iter().flat_map(|chunks| chunks.iter()).flatten();
        let customers = || rows().filter(|row| row.figure < RECEIPTS);
        let mut made = Figures::default();
        for row in rows().filter(|row| row.figure >= RECEIPTS) {
            made.push(row.account, row.figure, row.value);
        }
        let (first, last) =
            customers().fold((u32::MAX, 0), |(first, last), row| (first.min(row.account), last.max(row.account)));
        let count = customers().count();
        if count == 0 {
            return made;
        }
        let span = (last - first) as usize + 1;
        if span <= 4 * count + PARTS {
            self.dense.clear();
            self.dense.resize(span, (Sales::default(), false));
            for row in customers() {
                let (sales, is_there) = &mut self.dense[(row.account - first) as usize];
                figures::add_sales(sales, row.figure, row.value);
                *is_there = true;
            }
            for (account, (sales, _)) in (first..=last).zip(&self.dense).filter(|(_, (_, is_there))| *is_there) {
                made.push_sales(account, *sales);
            }
        } else {
            // Indices with wide gaps.
            let mut sorted: Vec<FigureRow> = customers().copied().collect();
            sorted.sort_unstable_by_key(|row| row.account);
            for rows in sorted.chunk_by(|one, other| one.account == other.account) {
                let mut sales = Sales::default();
                rows.iter().for_each(|row| figures::add_sales(&mut sales, row.figure, row.value));
                made.push_sales(rows[0].account, sales);
            }
        }
        made
    }
}

impl Work for CustomerSales {
    type Row = FigureRow;
    const NAME: &'static str = "CustomerSalesExec";
    const KEY: &'static str = "account";
    const INPUT: &'static str = "upstream";
    const PARTS: &'static str = "sales";

    fn scatter(&self) -> Arc<dyn Scatter<FigureRow>> {
        Arc::new(Accounts::new(self.largest))
    }

    fn worker(self: Arc<Self>) -> impl FnMut(usize, &Part<FigureRow>) -> Result<RecordBatch> + Send + 'static {
        let mut sums = Sums::default();
        move |_, rows| sums.part(rows).into_batch()
    }
}
