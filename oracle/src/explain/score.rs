//! A score as the paper's formula with its numbers put in (whitepaper 4;
//! architecture.md, BizPower, exactly).

use super::{
    build::{channel_name, ExplainError},
    follow::Closed,
    model::{BuyerLine, ClampLine, Fraction, ScoreExplanation, TotalLine},
    tally::Tally,
};
use crate::scoring::{Algorithm, MerchantRow, WeightBinding};
use bizkey_primitives::{
    bizpower::{Buyers, Counts, MIN_BUYERS_FOR_SHARES, SCALE},
    Epoch,
};
use num_bigint::BigUint;
use num_rational::Ratio;

/// What a score is explained from.
pub struct Scored<'a> {
    /// The engine's row.
    pub row: &'a MerchantRow,
    /// Its receipts, added up.
    pub tally: &'a Tally,
    /// The epoch.
    pub closed: &'a Closed,
}

/// Explains a score; refuses if the lines do not lead to the engine's.
///
/// # Errors
/// [`ExplainError::Disagrees`].
pub fn explain(epoch: Epoch, scored: &Scored<'_>) -> Result<ScoreExplanation, ExplainError> {
    let Scored { row, tally, closed } = scored;
    let (counts, buyers, capital) = (row.counts, &closed.buyers, closed.capital);
    let shares_are_own = counts.buyers().total() >= MIN_BUYERS_FOR_SHARES;
    let share_epochs: Vec<BuyerLine> = if shares_are_own {
        buyers.iter().filter(|line| line.epoch == epoch).copied().collect()
    } else {
        buyers.clone()
    };
    let sum = share_epochs.iter().fold(Buyers::default(), |sum, line| Buyers {
        first: sum.first.saturating_add(line.first),
        repeat: sum.repeat.saturating_add(line.repeat),
        outside: sum.outside.saturating_add(line.outside),
    });
    ExplainError::unless_equal("the shares", epoch, &sum, &row.shares)?;
    // Without figures it is zero, whatever the floor.
    let total = capital.map_or(0, |capital| capital.total().max(closed.capital_floor));
    ExplainError::unless_equal("the capital", epoch, &total, &row.capital)?;

    let algorithm = closed.rules.algorithm;
    let weights = closed.binding.weights(algorithm, row.shares);
    let terms = terms(&counts, weights);
    let terms_sum = terms.iter().fold(Ratio::from_integer(BigUint::ZERO), |sum, term| sum + term.value());
    let exact = if row.capital == 0 {
        Fraction::zero()
    } else {
        Fraction::from(terms_sum / Ratio::from_integer(BigUint::from(row.capital)))
    };
    ExplainError::unless_equal("the score", epoch, &exact.floor(SCALE), &Some(row.score))?;
    Ok(ScoreExplanation {
        own: tally.own.into(),
        counts: counts.into(),
        is_hardened: algorithm == Algorithm::Bizpower2,
        totals: tally
            .totals
            .iter()
            .map(|line| TotalLine {
                customer: line.customer,
                channel: channel_name(line.channel).to_owned(),
                total: line.total,
                counted: line.counted,
            })
            .collect(),
        clamp: closed.rules.clamp.map(|clamp| ClampLine { lo: clamp.lo, hi: clamp.hi }),
        shares_are_own,
        share_epochs,
        first: row.shares.first,
        repeat: row.shares.repeat,
        outside: row.shares.outside,
        is_as_printed: algorithm == Algorithm::Bizpower1 && closed.binding == WeightBinding::Printed,
        weights: [weights.first, weights.repeat, weights.outside],
        capital_figures: capital.map(Into::into),
        capital_floor: closed.capital_floor,
        capital: row.capital,
        terms,
        exact,
        score: row.score,
    })
}

/// Um·(Pl/Pm)·f, Un·(Pl/Pm)·r and Uo·(Uom/Uon)·o; as printed, f and o change
/// places.
fn terms(counts: &Counts, weights: Buyers) -> [Fraction; 3] {
    let total = BigUint::from(weights.total());
    let term = |buyers: u64, orders: u64, sales: u128, share: u64| {
        let numerator = BigUint::from(buyers) * BigUint::from(orders) * BigUint::from(share);
        Fraction::new(numerator, BigUint::from(sales) * &total)
    };
    [
        term(counts.um, counts.pl, counts.pm, weights.first),
        term(counts.un, counts.pl, counts.pm, weights.repeat),
        term(counts.uo, counts.uom, counts.uon, weights.outside),
    ]
}
