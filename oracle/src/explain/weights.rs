//! What shops would score by the paper's printed binding of the weights.

use super::{follow::FollowError, run::ExplainRunError};
use crate::{
    chain::Ledger,
    report::ReportError,
    scoring::{Engine, MerchantRow, WeightBinding},
    verify::{blocks, check_contracts, Progress},
};
use bizkey_client::Suite;
use bizkey_primitives::{Epoch, MerchantIndex};
use futures::TryStreamExt;
use std::fmt;

/// An epoch by both readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The epoch.
    pub epoch: Epoch,
    /// Shops with a score.
    pub merchants: usize,
    /// Those that score otherwise as printed.
    pub differing: usize,
    /// Sum of the scores that the chain pays by; `None` if it passes `u128`.
    pub own_sum: Option<u128>,
    /// Sum of the scores as printed; likewise.
    pub printed_sum: Option<u128>,
    /// The first shop that differs, with its score and the printed one.
    pub first: Option<(MerchantIndex, u128, u128)>,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, merchants, differing, own_sum, printed_sum, first } = self;
        let Some((merchant, own, printed)) = first else {
            return write!(f, "epoch {epoch}: {merchants} shops, all score the same as printed");
        };
        let sum = |sum: &Option<u128>| sum.map_or_else(|| "more than 128 bits".to_owned(), |sum| sum.to_string());
        write!(
            f,
            "epoch {epoch}: {differing} of {merchants} shops score otherwise as printed; the sum is {} instead of {}; \
             the first is merchant {merchant}: {printed} instead of {own}",
            sum(printed_sum),
            sum(own_sum),
        )
    }
}

/// Scores every closed epoch of a network by both readings.
///
/// # Errors
/// [`ExplainRunError`].
pub async fn compare_weights(
    suite: &Suite,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<Reading>, ExplainRunError> {
    let client = suite.client();
    let head = client.finalized_head().await?;
    let calendar = suite.rewards().calendar(Some(head.hash)).await?;
    check_contracts(suite, &head).await?;
    let mut ledger = Ledger::new(calendar);
    let (mut own, mut printed) = (Engine::new(), Engine::with_binding(WeightBinding::Printed));
    let mut readings = Vec::new();
    let mut blocks = std::pin::pin!(blocks(suite, head.number));
    while let Some(block) = blocks.try_next().await? {
        for facts in ledger.enter(&block).map_err(FollowError::from)? {
            let failed = |error| FollowError::from(ReportError::from(error));
            let (by_own, by_printed) =
                (own.score(&facts.input).map_err(failed)?, printed.score(&facts.input).map_err(failed)?);
            let pairs = || by_own.merchants.iter().zip(&by_printed.merchants);
            let differing = || pairs().filter(|(own, printed)| own.score != printed.score);
            readings.push(Reading {
                epoch: facts.input.epoch,
                merchants: by_own.merchants.len(),
                differing: differing().count(),
                own_sum: sum(&by_own.merchants),
                printed_sum: sum(&by_printed.merchants),
                first: differing().next().map(|(own, printed)| (own.merchant, own.score, printed.score)),
            });
        }
        for event in &block.events {
            ledger.apply(event).map_err(FollowError::from)?;
        }
        progress(Progress { block: block.number, head: head.number, epochs: ledger.open_epoch() });
    }
    Ok(readings)
}

fn sum(rows: &[MerchantRow]) -> Option<u128> {
    rows.iter().try_fold(0u128, |sum, row| sum.checked_add(row.score))
}
