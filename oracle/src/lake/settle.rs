//! Figures into rows of the report: scores, and sales less debts.

use super::{
    error::Result,
    figures::{self, Tallied, CASH, CASH_HIGH, RECEIPTS, SALES_HIGH},
    state::{Debts, Memory, Settled},
    tally::run,
    LakeError,
};
use crate::scoring::{Algorithm, CustomerRow, EpochInput, EpochScores, MerchantRow, ScoringError, WeightBinding};
use bizkey_primitives::{bizpower::Buyers, CustomerIndex, MerchantIndex};
use datafusion::{arrow::record_batch::RecordBatch, error::Result as PlanResult};
use rayon::prelude::*;

/// An epoch's figures, settled.
pub(super) struct Settlement {
    pub(super) scores: EpochScores,
    /// Receipts that were counted, valid or not.
    pub(super) receipts: u64,
    pub(super) settled: Settled,
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
            let attested = capital.next_if(|(of, _)| **of == merchant).map(|(_, attested)| attested.total());
            let capital = match (attested, facts.algorithm) {
                (None, _) => 0,
                (Some(attested), Algorithm::Bizpower1) => attested,
                (Some(attested), Algorithm::Bizpower2) => {
                    attested.max(facts.parameters.capital_floor(facts.businesses.get(&merchant)))
                }
            };
            let shares: Buyers = counts.share_buyers(last);
            let weights = match facts.algorithm {
                Algorithm::Bizpower1 => binding.bind(shares),
                Algorithm::Bizpower2 => shares,
            };
            let score =
                counts.score(weights, capital).ok_or(ScoringError::ScoreOverflow { merchant, epoch: facts.epoch })?;
            Ok(MerchantRow { merchant, counts, shares, capital, score })
        };
        tallied.iter().map(row).collect::<Result<Vec<_>>>()
    };
    let runs: Vec<_> = tallied.par_chunks(RUN).map(of_run).collect::<Result<_>>()?;
    Ok(runs.into_iter().flatten().collect())
}

/// A customer's sums.
type Sums = (CustomerIndex, [u128; 2]);

/// The sums of a batch, ascending by customer.
fn sums(batch: &RecordBatch) -> PlanResult<impl Iterator<Item = Sums> + '_> {
    let (accounts, figures, values) = figures::columns(batch)?;
    let mut rows = accounts.iter().zip(figures).zip(values).filter(|((_, figure), _)| **figure < RECEIPTS).peekable();
    Ok(std::iter::from_fn(move || {
        let ((&account, _), _) = rows.peek()?;
        let mut sums = [0u128; 2];
        while let Some(((_, &figure), &value)) = rows.next_if(|((next, _), _)| **next == account) {
            let wide = u128::from(value);
            // Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
            match figure {
                CASH => sums[0] += wide,
                CASH_HIGH => sums[0] += wide << 64,
                SALES_HIGH => sums[1] += wide << 64,
                _ => sums[1] += wide,
            }
        }
        Some((account, sums))
    }))
}

fn customers(batches: &[RecordBatch], facts: &EpochInput, debts: &Debts) -> PlanResult<(Vec<CustomerRow>, Settled)> {
    let cap = match facts.algorithm {
        Algorithm::Bizpower1 => None,
        Algorithm::Bizpower2 => facts.parameters.cash_cap.map(u128::from),
    };
    let of_batch = |batch: &RecordBatch| {
        let mut settled = Settled::default();
        let row = |(customer, [cash, other]): Sums| {
            let mut counted = cash;
            if let Some(cap) = cap.filter(|cap| cash > *cap) {
                settled.capped.push((customer, cash, cap));
                counted = cap;
            }
            let gross = other.saturating_add(counted);
            let debt = debts.owed(customer);
            if debt > 0 {
                settled.owed.push((customer, debt.saturating_sub(gross)));
            }
            let sales = gross.saturating_sub(debt);
            CustomerRow { customer, sales, is_rewarded: facts.customers.is_rewarded(customer) }
        };
        let rows: Vec<CustomerRow> = sums(batch)?.map(row).collect();
        Ok((rows, settled))
    };
    let mut made: Vec<_> = batches.par_iter().map(of_batch).collect::<PlanResult<_>>()?;
    made.retain(|(rows, _)| !rows.is_empty());
    made.sort_by_key(|(rows, _)| rows.first().map(|row| row.customer));
    let mut rows: Vec<CustomerRow> = Vec::with_capacity(made.iter().map(|(rows, _)| rows.len()).sum());
    let mut settled = Settled::default();
    for (part, left) in made {
        rows.extend(part);
        settled.owed.extend(left.owed);
        settled.capped.extend(left.capped);
    }
    // Ranges of accounts are apart already when memory is shared.
    if !rows.is_sorted_by_key(|row| row.customer) {
        rows.par_sort_unstable_by_key(|row| row.customer);
    }
    Ok((rows, settled))
}
