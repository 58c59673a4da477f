//! What shops would score by the paper's printed binding of the weights.

use super::{follow::FollowError, run::ExplainRunError};
use crate::{
    chain::Ledger,
    report::ReportError,
    scoring::{Engine, EpochScores, ScoringError, WeightBinding},
    verify::{blocks, check_contracts, Progress},
};
use bizkey_client::{Block, Suite};
use bizkey_primitives::{Calendar, Epoch, MerchantIndex};
use futures::TryStreamExt;
use std::fmt;

/// Most shops of an epoch that are shown as text.
const SHOWN: usize = 10;

/// A shop that scores otherwise as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DifferingShop {
    /// The shop.
    pub merchant: MerchantIndex,
    /// The score that the chain pays by, scale 10^18.
    pub own: u128,
    /// The score as printed, scale 10^18.
    pub printed: u128,
}

/// An epoch by both readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The epoch.
    pub epoch: Epoch,
    /// Version of the algorithm that scores it; `bizpower-2` has one reading.
    pub algorithm_version: u16,
    /// Shops with a score.
    pub merchants: usize,
    /// Sum of the scores that the chain pays by; `None` if it passes `u128`.
    pub own_sum: Option<u128>,
    /// Sum of the scores as printed; likewise.
    pub printed_sum: Option<u128>,
    /// The shops that score otherwise as printed, ascending.
    pub differing: Vec<DifferingShop>,
}

impl Reading {
    /// Compares an epoch's scores, made by the reading that the chain pays by,
    /// with what they would be as printed.
    ///
    /// # Errors
    /// [`ScoringError`].
    pub fn of(own: &EpochScores) -> Result<Self, ScoringError> {
        let printed = own.bound(WeightBinding::Printed)?;
        let pairs = own.merchants.iter().zip(&printed.merchants);
        let differing = pairs.filter(|(own, printed)| own.score != printed.score).map(|(own, printed)| DifferingShop {
            merchant: own.merchant,
            own: own.score,
            printed: printed.score,
        });
        Ok(Self {
            epoch: own.epoch,
            algorithm_version: own.algorithm.version(),
            merchants: own.merchants.len(),
            own_sum: sum(own),
            printed_sum: sum(&printed),
            differing: differing.collect(),
        })
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, algorithm_version, merchants, own_sum, printed_sum, differing } = self;
        if differing.is_empty() {
            return write!(
                f,
                "epoch {epoch}, bizpower-{algorithm_version}: {merchants} shops, all score the same as printed"
            );
        }
        let sum = |sum: &Option<u128>| sum.map_or_else(|| "more than 128 bits".to_owned(), |sum| sum.to_string());
        write!(
            f,
            "epoch {epoch}, bizpower-{algorithm_version}: {} of {merchants} shops score otherwise as printed; \
             the sum is {} instead of {}",
            differing.len(),
            sum(printed_sum),
            sum(own_sum),
        )?;
        // The longest u128 has 39 digits; few scores have half of them.
        write!(f, "\n  {:>10} {:>24} {:>24}", "merchant", "score", "as printed")?;
        for DifferingShop { merchant, own, printed } in differing.iter().take(SHOWN) {
            write!(f, "\n  {merchant:>10} {own:>24} {printed:>24}")?;
        }
        match differing.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Scores a network's epochs by both readings. Give it every block from
/// deployment on, in order.
pub struct Readings {
    ledger: Ledger,
    engine: Engine,
}

impl Readings {
    /// Before a network's first block.
    #[must_use]
    pub fn new(calendar: Calendar) -> Self {
        Self { ledger: Ledger::new(calendar), engine: Engine::new() }
    }

    /// Follows one block. Returns the epochs that it closes.
    ///
    /// # Errors
    /// [`FollowError`]; nothing can be followed any more then.
    pub fn follow(&mut self, block: &Block) -> Result<Vec<Reading>, FollowError> {
        let mut readings = Vec::new();
        for facts in self.ledger.enter(block)? {
            let reading = self.engine.score(&facts.input).and_then(|own| Reading::of(&own));
            readings.push(reading.map_err(ReportError::from)?);
        }
        for event in &block.events {
            self.ledger.apply(event)?;
        }
        Ok(readings)
    }

    /// The first epoch that is not closed.
    #[must_use]
    pub fn open_epoch(&self) -> Epoch {
        self.ledger.open_epoch()
    }
}

/// Scores every closed epoch of a network by both readings, from the chain's
/// final blocks alone, and gives them to `each` in order. `progress` is called
/// now and then.
///
/// # Errors
/// [`ExplainRunError`].
pub async fn compare_weights(
    suite: &Suite,
    mut progress: impl FnMut(Progress),
    mut each: impl FnMut(Reading),
) -> Result<(), ExplainRunError> {
    let client = suite.client();
    let head = client.finalized_head().await?;
    let calendar = suite.rewards().calendar(Some(head.hash)).await?;
    check_contracts(suite, &head).await?;
    let mut readings = Readings::new(calendar);
    let mut blocks = std::pin::pin!(blocks(suite, head.number));
    while let Some(block) = blocks.try_next().await? {
        readings.follow(&block)?.into_iter().for_each(&mut each);
        progress(Progress { block: block.number, head: head.number, epochs: readings.open_epoch() });
    }
    Ok(())
}

fn sum(scores: &EpochScores) -> Option<u128> {
    scores.merchants.iter().try_fold(0u128, |sum, row| sum.checked_add(row.score))
}
