//! Grades: a shop's level in the network (whitepaper 3.2, grades: BizPower
//! mapped to levels by intervals; section 7, lower grade).
//!
//! The rule, which anybody can follow with the scores of closed epochs, the
//! leaves of their reports, and nothing else:
//!
//! 1. **Rank of an epoch.** Among the n positive scores of the epoch, with
//!    `below` of them smaller than the shop's and `equal` the same, its own
//!    included, the rank is floor(10,000 · (2·below + equal) / 2n): the middle
//!    of its place, in hundredths of a percent. Shops with the same score have
//!    the same rank. A score of zero has rank 0. A shop without a leaf did not
//!    trade: it has no rank in that epoch, which is as if it had not been.
//! 2. **Standing.** The middle one (the fourth) of the ranks of the last seven
//!    epochs in which it traded; those that it lacks are 0. So it is what the
//!    shop reached on at least four of its last seven days. Seven, because
//!    trade has a week's rhythm; the middle one, because a mean would let a
//!    single day without customers cost the best shop several grades.
//! 3. **Grade.** Each grade is reached at one standing and kept down to a
//!    lower one ([`Grade::reached_at`], [`Grade::kept_down_to`]). A shop rises
//!    to the highest grade that it reaches, and falls to the highest that it
//!    keeps; between the two it stays what it is. The first grade, and that
//!    after thirty epochs without trade, is the one that it reaches.
//! 4. **Penalty.** While a shop is demoted, or restricted, its grade is shown
//!    one lower, but not below the first; one that is removed has none. What it
//!    earned goes on being counted beneath.
//!
//! Why these intervals: a level is worth something if few have it, so they
//! narrow upwards: a half of all shops is below Bronze, Gold begins with the
//! best 15 of a hundred, Diamond is the best one of a hundred. By the middle of
//! its place the best of n shops ranks 1/2n below the top. So one shop alone is
//! at the middle, where nobody can be compared to it, and Diamond needs 50 shops
//! at least: nobody is the best hundredth of five.
//!
//! What follows, as `tests` show: one day never moves the standing past the
//! ranks around it; a shop whose ranks stay between the two bounds of a grade
//! crosses that grade's bound at most once, whatever was before; a shop that
//! ranks as high as a grade wants has it after four epochs of trade.

use bizkey_primitives::{party::Status, Epoch};

/// The whole of a rank or standing: hundredths of a percent.
pub const WHOLE: u16 = 10_000;
/// Epochs with trade whose ranks make the standing.
pub const WINDOW: usize = 7;
/// After so many epochs without trade a shop begins anew: a month, as long as
/// shares are taken from (architecture.md, BizPower, exactly).
pub const MEMORY: Epoch = 30;

/// A level, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Whoever trades.
    Iron,
    /// From a quarter of the network on.
    Copper,
    /// The upper half.
    Bronze,
    /// The best 30 of a hundred.
    Silver,
    /// The best 15 of a hundred.
    Gold,
    /// The best 5 of a hundred.
    Platinum,
    /// The best one of a hundred.
    Diamond,
}

/// A number that no grade has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no grade {0}: grades go from 1 to 7")]
pub struct UnknownGrade(pub u8);

impl Grade {
    /// Every grade, the lowest first.
    pub const ALL: [Grade; 7] =
        [Grade::Iron, Grade::Copper, Grade::Bronze, Grade::Silver, Grade::Gold, Grade::Platinum, Grade::Diamond];

    /// From 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Grade::Iron => 1,
            Grade::Copper => 2,
            Grade::Bronze => 3,
            Grade::Silver => 4,
            Grade::Gold => 5,
            Grade::Platinum => 6,
            Grade::Diamond => 7,
        }
    }

    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Iron => "iron",
            Grade::Copper => "copper",
            Grade::Bronze => "bronze",
            Grade::Silver => "silver",
            Grade::Gold => "gold",
            Grade::Platinum => "platinum",
            Grade::Diamond => "diamond",
        }
    }

    /// The standing at which a shop rises to it, hundredths of a percent.
    #[must_use]
    pub const fn reached_at(self) -> u16 {
        match self {
            Grade::Iron => 0,
            Grade::Copper => 2_500,
            Grade::Bronze => 5_000,
            Grade::Silver => 7_000,
            Grade::Gold => 8_500,
            Grade::Platinum => 9_500,
            Grade::Diamond => 9_900,
        }
    }

    /// The lowest standing at which a shop that has it does not fall. A fifth
    /// of the interval below: never so low as the grade beneath is reached at.
    #[must_use]
    pub const fn kept_down_to(self) -> u16 {
        match self {
            Grade::Iron => 0,
            Grade::Copper => 2_000,
            Grade::Bronze => 4_500,
            Grade::Silver => 6_600,
            Grade::Gold => 8_200,
            Grade::Platinum => 9_300,
            Grade::Diamond => 9_820,
        }
    }

    /// The grade above.
    #[must_use]
    pub fn next(self) -> Option<Grade> {
        Self::ALL.into_iter().find(|grade| *grade > self)
    }

    /// The grade beneath; the first one stays.
    #[must_use]
    pub fn lowered(self) -> Grade {
        Self::ALL.into_iter().rev().find(|grade| *grade < self).unwrap_or(Grade::Iron)
    }

    /// As what it is shown while the shop stands so.
    #[must_use]
    pub fn under(self, status: Status) -> Option<Grade> {
        match status {
            Status::Active => Some(self),
            Status::Demoted | Status::Restricted => Some(self.lowered()),
            Status::Removed => None,
        }
    }

    /// The highest grade to which a shop rises at a standing.
    #[must_use]
    pub fn reached_by(standing: u16) -> Grade {
        Self::highest(|grade| grade.reached_at() <= standing)
    }

    /// The highest grade that a shop which has it keeps at a standing.
    #[must_use]
    pub fn kept_by(standing: u16) -> Grade {
        Self::highest(|grade| grade.kept_down_to() <= standing)
    }

    fn highest(holds: impl Fn(Grade) -> bool) -> Grade {
        // Every standing is enough for the first.
        Self::ALL.into_iter().rev().find(|grade| holds(*grade)).unwrap_or(Grade::Iron)
    }
}

impl TryFrom<u8> for Grade {
    type Error = UnknownGrade;

    fn try_from(number: u8) -> Result<Self, UnknownGrade> {
        Self::ALL.into_iter().find(|grade| grade.number() == number).ok_or(UnknownGrade(number))
    }
}

/// Where a score is among the positive ones of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placing {
    /// Shops with a smaller positive score.
    pub below: u64,
    /// Shops with the same one, its own included; 0 for a score of zero.
    pub equal: u64,
    /// Shops with a positive score.
    pub shops: u64,
}

impl Placing {
    /// The rank, hundredths of a percent: the middle of the place; 0 for a
    /// score of zero.
    #[must_use]
    pub fn rank(self) -> u16 {
        let twice_middle = u128::from(self.below).saturating_mul(2).saturating_add(self.equal.into());
        let top = twice_middle.saturating_mul(WHOLE.into());
        // Below and equal together are at most all shops, so the quotient is at most `WHOLE`.
        let rank = top.checked_div(u128::from(self.shops).saturating_mul(2)).unwrap_or(0);
        u16::try_from(rank).unwrap_or(WHOLE)
    }
}

/// The positive scores of an epoch: the network that a shop is compared to.
/// Holds 16 bytes a shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution(Vec<u128>);

impl Distribution {
    /// Of all scores of an epoch, in any order.
    #[must_use]
    pub fn of(scores: impl IntoIterator<Item = u128>) -> Self {
        let mut positive: Vec<u128> = scores.into_iter().filter(|score| *score > 0).collect();
        positive.sort_unstable();
        Self(positive)
    }

    /// Shops with a positive score.
    #[must_use]
    pub fn shops(&self) -> usize {
        self.0.len()
    }

    /// Where a score is among them.
    #[must_use]
    pub fn placing(&self, score: u128) -> Placing {
        let below = self.0.partition_point(|other| *other < score);
        let through = self.0.partition_point(|other| *other <= score);
        let equal = through.saturating_sub(below);
        Placing { below: below as u64, equal: equal as u64, shops: self.0.len() as u64 }
    }

    /// The rank of a score, hundredths of a percent; 0 for a score of zero.
    #[must_use]
    pub fn rank(&self, score: u128) -> u16 {
        self.placing(score).rank()
    }
}

/// A shop's grade after an epoch in which it traded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded {
    /// The epoch.
    pub epoch: Epoch,
    /// Its ranks in the last epochs in which it traded, the oldest first; at
    /// most [`WINDOW`].
    pub ranks: Vec<u16>,
    /// What it earned, whatever its standing in the registry.
    pub earned: Grade,
    /// The epoch from which on it has earned this grade without a break.
    pub since: Epoch,
}

impl Graded {
    /// The shop after an epoch in which it ranked so; `before` is what it was
    /// after the last one in which it traded.
    #[must_use]
    pub fn after(before: Option<&Graded>, epoch: Epoch, rank: u16) -> Self {
        let before = before.filter(|before| !before.is_over_in(epoch));
        let mut ranks = before.map(|before| before.ranks.clone()).unwrap_or_default();
        ranks.push(rank);
        let ranks = ranks.split_off(ranks.len().saturating_sub(WINDOW));
        let standing = standing(&ranks);
        let (reached, kept) = (Grade::reached_by(standing), Grade::kept_by(standing));
        // What is reached is kept, so the first is never above the second.
        let earned = before.map_or(reached, |before| before.earned.max(reached).min(kept));
        let since = before.filter(|before| before.earned == earned).map_or(epoch, |before| before.since);
        Self { epoch, ranks, earned, since }
    }

    /// The middle of the last ranks, hundredths of a percent.
    #[must_use]
    pub fn standing(&self) -> u16 {
        standing(&self.ranks)
    }

    /// Whether it has no grade any more in an epoch, as it did not trade since.
    #[must_use]
    pub fn is_over_in(&self, epoch: Epoch) -> bool {
        epoch.saturating_sub(self.epoch) >= MEMORY
    }
}

/// The middle of so many ranks, at most [`WINDOW`], those that lack being 0.
fn standing(ranks: &[u16]) -> u16 {
    let mut ranks = ranks.to_vec();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    ranks.get(WINDOW / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
