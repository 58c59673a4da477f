//! Figures into rows of the report: scores, and sales less debts.

use super::{
    error::Result,
    figures::{self, Tallied, RECEIPTS},
    state::Memory,
    tally::run,
    LakeError,
};
use crate::scoring::{
    merchant_row, CustomerRow, Debts, EpochInput, EpochScores, MerchantRow, Sales, Settled, WeightBinding,
};
use bizkey_primitives::{CustomerIndex, MerchantIndex};
use datafusion::{arrow::record_batch::RecordBatch, error::Result as PlanResult};
use rayon::prelude::*;

/// An epoch's figures, settled.
pub(super) struct Settlement {
    pub(super) scores: EpochScores,
    /// Receipts that were counted, valid or not.
    pub(super) receipts: u64,
    pub(super) settled: Left,
}

/// The report's rows of figures, and what they leave for later epochs. `debts`
/// are those after the epoch's voids.
pub(super) fn settle(
    batches: &[RecordBatch],
    facts: &EpochInput,
    memory: &Memory,
    debts: &Debts,
    binding: WeightBinding,
) -> Result<Settlement> {
    let failed = LakeError::plan(facts.epoch);
    let tallied = tallied(batches).map_err(&failed)?;
    let receipts = tallied.iter().map(|(_, tallied)| tallied.receipts + tallied.invalid).sum();
    let invalid_receipts = tallied.iter().map(|(_, tallied)| tallied.invalid).sum();
    let with_receipts: Vec<_> = tallied.into_iter().filter(|(_, tallied)| tallied.receipts > 0).collect();
    let merchants = merchants(&with_receipts, facts, memory, binding)?;
    drop(with_receipts);
    let (customers, settled) = customers(batches, facts, debts).map_err(failed)?;
    let EpochInput { epoch, algorithm, .. } = *facts;
    let scores = EpochScores { epoch, algorithm, merchants, customers, invalid_receipts };
    Ok(Settlement { scores, receipts, settled })
}

/// Each merchant's figures, ascending by merchant. Rows of one merchant follow
/// each other.
fn tallied(batches: &[RecordBatch]) -> PlanResult<Vec<(MerchantIndex, Tallied)>> {
    let of_batch = |batch: &RecordBatch| {
        let (accounts, figures, values) = figures::columns(batch)?;
        let mut made: Vec<(MerchantIndex, Tallied)> = Vec::new();
        for ((&account, &figure), &value) in accounts.iter().zip(figures).zip(values) {
            if figure < RECEIPTS {
                continue;
            }
            if made.last().is_none_or(|(last, _)| *last != account) {
                made.push((account, Tallied::default()));
            }
            if let Some((_, tallied)) = made.last_mut() {
                tallied.add(figure, value)?;
            }
        }
        Ok(made)
    };
    let made: Vec<_> = batches.par_iter().map(of_batch).collect::<PlanResult<_>>()?;
    let mut all: Vec<_> = made.into_iter().flatten().collect();
    all.par_sort_unstable_by_key(|(merchant, _)| *merchant);
    Ok(all)
}

/// Merchants that are scored at a time by one thread.
const RUN: usize = 4_096;

fn merchants(
    tallied: &[(MerchantIndex, Tallied)],
    facts: &EpochInput,
    memory: &Memory,
    binding: WeightBinding,
) -> Result<Vec<MerchantRow>> {
    let of_run = |tallied: &[(MerchantIndex, Tallied)]| {
        let mut recent: Vec<&[(MerchantIndex, [u32; 3])]> = memory.recent(facts.epoch).collect();
        let mut capital = facts.capital.range(tallied.first().map_or(0, |(first, _)| *first)..).peekable();
        let row = |&(merchant, Tallied { counts, .. }): &(MerchantIndex, Tallied)| {
            let mut last = counts.buyers();
            for epoch in &mut recent {
                for (_, [first, repeat, outside]) in run(epoch, merchant, |(merchant, _)| *merchant) {
                    last.first += u64::from(*first);
                    last.repeat += u64::from(*repeat);
                    last.outside += u64::from(*outside);
                }
            }
            while capital.next_if(|(before, _)| **before < merchant).is_some() {}
            let attested = capital.next_if(|(of, _)| **of == merchant).map(|(_, attested)| attested);
            Ok(merchant_row(facts, binding, merchant, counts, last, attested)?)
        };
        tallied.iter().map(row).collect::<Result<Vec<_>>>()
    };
    let runs: Vec<_> = tallied.par_chunks(RUN).map(of_run).collect::<Result<_>>()?;
    Ok(runs.into_iter().flatten().collect())
}

/// The sales of a batch, ascending by customer.
fn sales(batch: &RecordBatch) -> PlanResult<impl Iterator<Item = (CustomerIndex, Sales)> + '_> {
    let (accounts, figures, values) = figures::columns(batch)?;
    let mut rows = accounts.iter().zip(figures).zip(values).filter(|((_, figure), _)| **figure < RECEIPTS).peekable();
    Ok(std::iter::from_fn(move || {
        let ((&account, _), _) = rows.peek()?;
        let mut sales = Sales::default();
        while let Some(((_, &figure), &value)) = rows.next_if(|((next, _), _)| **next == account) {
            figures::add_sales(&mut sales, figure, value);
        }
        Some((account, sales))
    }))
}

/// What customers' sales leave for later epochs, of those where it is something.
type Left = Vec<(CustomerIndex, Settled)>;

fn customers(batches: &[RecordBatch], facts: &EpochInput, debts: &Debts) -> PlanResult<(Vec<CustomerRow>, Left)> {
    let of_batch = |batch: &RecordBatch| {
        let mut left = Left::new();
        let row = |(customer, sales)| {
            let (row, settled) = debts.settle(facts, customer, sales);
            if !settled.is_nothing() {
                left.push((customer, settled));
            }
            row
        };
        let rows: Vec<CustomerRow> = sales(batch)?.map(row).collect();
        Ok((rows, left))
    };
    let mut made: Vec<_> = batches.par_iter().map(of_batch).collect::<PlanResult<_>>()?;
    made.retain(|(rows, _)| !rows.is_empty());
    made.sort_by_key(|(rows, _)| rows.first().map(|row| row.customer));
    let mut rows: Vec<CustomerRow> = Vec::with_capacity(made.iter().map(|(rows, _)| rows.len()).sum());
    let mut left = Left::new();
    for (of_part, left_by_part) in made {
        rows.extend(of_part);
        left.extend(left_by_part);
    }
    // Ranges of accounts are apart already when memory is shared.
    if !rows.is_sorted_by_key(|row| row.customer) {
        rows.par_sort_unstable_by_key(|row| row.customer);
    }
    Ok((rows, left))
}
