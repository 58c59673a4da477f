//! A shop's grade as the ranks that make it (whitepaper 3.2, grades). The rule
//! and its arithmetic are [`bizkey_indexer::scores::grade`]'s own.

use super::{build::status_name, decimal};
use crate::scoring::EpochScores;
use bizkey_indexer::scores::{
    grade::{WHOLE, WINDOW},
    Distribution, Grade, Graded,
};
use bizkey_primitives::{Epoch, MerchantIndex, Status};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A shop's rank in an epoch in which it traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankLine {
    /// The epoch.
    pub epoch: Epoch,
    /// The shop's score, scale 10^18.
    #[serde(with = "decimal")]
    pub score: u128,
    /// Shops with a smaller positive score.
    pub below: u64,
    /// Shops with the same one, its own included; 0 for a score of zero.
    pub equal: u64,
    /// Shops with a positive score.
    pub shops: u64,
    /// `floor(10,000 · (2·below + equal) / (2·shops))`: hundredths of a percent.
    pub rank: u16,
}

/// A grade and the standing around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeLine {
    /// From 1, the lowest, to 7.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// The standing at which a shop rises to it.
    pub reached_at: u16,
    /// The lowest standing at which a shop that has it does not fall.
    pub kept_down_to: u16,
}

impl From<Grade> for GradeLine {
    fn from(grade: Grade) -> Self {
        Self {
            number: grade.number(),
            name: grade.name().to_owned(),
            reached_at: grade.reached_at(),
            kept_down_to: grade.kept_down_to(),
        }
    }
}

/// How a grade comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeExplanation {
    /// The last epoch in which the shop traded.
    pub epoch: Epoch,
    /// Its ranks in the last seven epochs in which it traded, the oldest first.
    pub ranks: Vec<RankLine>,
    /// The fourth of them by size, those that lack being 0: hundredths of a percent.
    pub standing: u16,
    /// What it had earned before that epoch; `None` if it began anew.
    pub before: Option<GradeLine>,
    /// The highest grade to which it rises at the standing.
    pub reached: GradeLine,
    /// The highest that it keeps at the standing.
    pub kept: GradeLine,
    /// The higher of before and reached, but no higher than kept.
    pub earned: GradeLine,
    /// The epoch from which on it has earned that.
    pub since_epoch: Epoch,
    /// The grade above; `None` for the highest.
    pub next: Option<GradeLine>,
    /// Its status at the explained epoch's close.
    pub status: String,
    /// As what it is shown with that status; `None` for a removed shop.
    pub shown: Option<GradeLine>,
}

/// Follows one shop's grade. Give it every epoch's scores, in order.
#[derive(Clone, Debug, Default)]
pub struct GradeTrail {
    merchant: Option<MerchantIndex>,
    /// Of the epochs whose ranks count.
    ranks: Vec<RankLine>,
    before: Option<Graded>,
    now: Option<Graded>,
}

impl GradeTrail {
    /// A trail that begins before epoch 0; of nobody, it follows nothing.
    #[must_use]
    pub fn new(merchant: Option<MerchantIndex>) -> Self {
        Self { merchant, ..Self::default() }
    }

    /// Follows the next epoch. One without a leaf of the shop changes nothing.
    pub fn follow(&mut self, scores: &EpochScores) {
        let epoch = scores.epoch;
        let Some(row) = scores.merchants.iter().find(|row| Some(row.merchant) == self.merchant) else { return };
        let placing = Distribution::of(scores.merchants.iter().map(|row| row.score)).placing(row.score);
        let rank = placing.rank();
        self.before = self.now.take().filter(|before| !before.is_over_in(epoch));
        let now = Graded::after(self.before.as_ref(), epoch, rank);
        let (below, equal, shops) = (placing.below, placing.equal, placing.shops);
        self.ranks.push(RankLine { epoch, score: row.score, below, equal, shops, rank });
        // Those that count: the last seven, or fewer since it began anew.
        let first = self.ranks.len().saturating_sub(now.ranks.len());
        self.ranks.drain(..first);
        self.now = Some(now);
    }

    /// The grade at the close of an epoch that was followed last, if the shop
    /// has one: it traded in the 30 epochs before.
    #[must_use]
    pub fn explain(&self, epoch: Epoch, status: Status) -> Option<GradeExplanation> {
        let now = self.now.as_ref().filter(|now| !now.is_over_in(epoch))?;
        let standing = now.standing();
        Some(GradeExplanation {
            epoch: now.epoch,
            ranks: self.ranks.clone(),
            standing,
            before: self.before.as_ref().map(|before| before.earned.into()),
            reached: Grade::reached_by(standing).into(),
            kept: Grade::kept_by(standing).into(),
            earned: now.earned.into(),
            since_epoch: now.since,
            next: now.earned.next().map(Into::into),
            status: status_name(status).to_owned(),
            shown: now.earned.under(status).map(Into::into),
        })
    }
}

/// Writes a grade as lines that can be redone.
pub(super) fn lines(f: &mut fmt::Formatter<'_>, grade: Option<&GradeExplanation>) -> fmt::Result {
    writeln!(f, "\ngrade, ranks and standings in hundredths of a percent")?;
    let Some(grade) = grade else {
        return writeln!(f, "  none: the shop did not trade in the last 30 epochs");
    };
    for RankLine { epoch, score, below, equal, shops, rank } in &grade.ranks {
        if *score == 0 {
            writeln!(f, "  rank of epoch {epoch} = {rank}  [its score is zero]")?;
        } else {
            writeln!(
                f,
                "  rank of epoch {epoch} = floor({WHOLE}·(2·below + equal)/(2·shops)) = \
                 floor({WHOLE}·(2·{below} + {equal})/(2·{shops})) = {rank}  [by its score, {score}]"
            )?;
        }
    }
    let lacking = WINDOW.saturating_sub(grade.ranks.len());
    let ranks = grade.ranks.iter().map(|line| line.rank.to_string());
    let seven: Vec<String> = ranks.chain(std::iter::repeat_n("0".to_owned(), lacking)).collect();
    writeln!(
        f,
        "  standing = middle({}) = {}  [the fourth by size of the last seven ranks; those that lack are 0]",
        seven.join(", "),
        grade.standing
    )?;
    match &grade.before {
        None => writeln!(f, "  before epoch {}: no grade", grade.epoch)?,
        Some(before) => writeln!(f, "  before epoch {}: {}", grade.epoch, before.name)?,
    }
    let GradeExplanation { reached, kept, earned, since_epoch, status, .. } = grade;
    writeln!(
        f,
        "  it reaches {}, from {} on, and keeps {}, down to {}",
        reached.name, reached.reached_at, kept.name, kept.kept_down_to
    )?;
    write!(
        f,
        "  earned: {} since epoch {since_epoch}, the higher of before and reached, but no higher than kept",
        earned.name
    )?;
    match &grade.next {
        None => writeln!(f, "; there is no grade above")?,
        Some(next) => writeln!(f, "; {} is reached at {}", next.name, next.reached_at)?,
    }
    match &grade.shown {
        None => writeln!(f, "  shown: none, as the shop is {status}"),
        Some(shown) if shown == earned => writeln!(f, "  shown: {}, as the shop is {status}", shown.name),
        Some(shown) => writeln!(f, "  shown: {}, one lower, as the shop is {status}", shown.name),
    }
}
