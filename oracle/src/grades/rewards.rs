//! How much for which grade.

use bizkey_indexer::scores::Grade;
use bizkey_primitives::{Balance, TOKEN};
use std::{collections::BTreeMap, str::FromStr};

/// What reaching a grade brings: so many customers earn so much each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelReward {
    /// Customers; more than zero.
    pub customers: u32,
    /// For each, smallest unit of Time; more than zero.
    pub time: Balance,
}

/// The rewards of all grades; one that is missing brings nothing.
///
/// The defaults, customers times whole Time: copper 10 × 1, bronze 20 × 1,
/// silver 30 × 1, gold 50 × 2, platinum 100 × 2, diamond 200 × 3. Why:
/// - A day's receipts earn a customer 10 Time on average (whitepaper 3.4), so
///   that 1 to 3 are a welcome to a shop, and no living for invented customers.
/// - All six are 960 Time, once in a shop's life: what 96 customers earn in a
///   day. A shop founded for them has to rank among the best hundredth on four
///   days of seven first.
/// - Each grade brings at least as much as all below it together, while fewer
///   shops have it: were every shop of a network of 30,000 paid for what it is,
///   that is 1.7 million Time, not two days of what receipts earn. More is
///   never created than `PlanSettings::most` tasks at a time, and the ecosystem
///   pool, out of which the contract burns the price, bounds the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelRewards(BTreeMap<Grade, LevelReward>);

impl Default for LevelRewards {
    fn default() -> Self {
        let rewards = [
            (Grade::Copper, 10, 1),
            (Grade::Bronze, 20, 1),
            (Grade::Silver, 30, 1),
            (Grade::Gold, 50, 2),
            (Grade::Platinum, 100, 2),
            (Grade::Diamond, 200, 3),
        ];
        let reward = |(grade, customers, whole): (_, _, Balance)| {
            (grade, LevelReward { customers, time: whole.saturating_mul(TOKEN) })
        };
        Self(rewards.into_iter().map(reward).collect())
    }
}

impl LevelRewards {
    /// What a grade brings.
    #[must_use]
    pub fn of(&self, grade: Grade) -> Option<LevelReward> {
        self.0.get(&grade).copied()
    }

    /// The same with another reward for one grade.
    #[must_use]
    pub fn with(mut self, GradeReward { grade, reward }: GradeReward) -> Self {
        match reward {
            Some(reward) => self.0.insert(grade, reward),
            None => self.0.remove(&grade),
        };
        self
    }
}

/// The reward of one grade, written `gold=50x2`: 50 customers earn 2 Time
/// each; `gold=0` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradeReward {
    /// The grade.
    pub grade: Grade,
    /// Its reward.
    pub reward: Option<LevelReward>,
}

/// Why a text is no reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReward {
    /// It is not of the form.
    #[error("a reward is GRADE=CUSTOMERSxTIME, such as gold=50x2, or GRADE=0 for none")]
    Form,
    /// It names no grade.
    #[error("it names no grade: copper, bronze, silver, gold, platinum or diamond")]
    UnknownGrade,
    /// Everybody who trades has the first grade.
    #[error("the first grade is reached by whoever trades and has no reward")]
    FirstGrade,
    /// More Time than there can ever be.
    #[error("it is more Time than can ever be minted")]
    TooMuch,
}

impl FromStr for GradeReward {
    type Err = BadReward;

    fn from_str(text: &str) -> Result<Self, BadReward> {
        let (name, reward) = text.split_once('=').ok_or(BadReward::Form)?;
        let grade = Grade::ALL.into_iter().find(|grade| grade.name() == name).ok_or(BadReward::UnknownGrade)?;
        if grade == Grade::Iron {
            return Err(BadReward::FirstGrade);
        }
        if reward == "0" {
            return Ok(Self { grade, reward: None });
        }
        let (customers, whole) = reward.split_once('x').ok_or(BadReward::Form)?;
        let customers: u32 = customers.parse().map_err(|_| BadReward::Form)?;
        let whole: Balance = whole.parse().map_err(|_| BadReward::Form)?;
        if customers == 0 || whole == 0 {
            return Err(BadReward::Form);
        }
        let time = whole.checked_mul(TOKEN).ok_or(BadReward::TooMuch)?;
        let total = time.checked_mul(customers.into()).ok_or(BadReward::TooMuch)?;
        if total > bizkey_primitives::TIME_CAP {
            return Err(BadReward::TooMuch);
        }
        Ok(Self { grade, reward: Some(LevelReward { customers, time }) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_read_or_refused_with_the_reason() {
        let gold = GradeReward { grade: Grade::Gold, reward: Some(LevelReward { customers: 7, time: 5 * TOKEN }) };
        assert_eq!("gold=7x5".parse(), Ok(gold));
        assert_eq!("gold=0".parse(), Ok(GradeReward { reward: None, ..gold }));
        for (text, reason) in [
            ("gold", BadReward::Form),
            ("gold=7", BadReward::Form),
            ("gold=0x5", BadReward::Form),
            ("gold=7x0", BadReward::Form),
            ("gold=-7x1", BadReward::Form),
            ("tin=7x5", BadReward::UnknownGrade),
            ("iron=7x5", BadReward::FirstGrade),
            ("gold=2x5000000001", BadReward::TooMuch),
            ("gold=2x340282366920938463463374607431768211455", BadReward::TooMuch),
        ] {
            assert_eq!(text.parse::<GradeReward>(), Err(reason), "{text}");
        }
        let rewards = LevelRewards::default().with(gold);
        assert_eq!(rewards.of(Grade::Gold), gold.reward);
        assert_eq!(rewards.with("gold=0".parse().unwrap()).of(Grade::Gold), None);
    }

    /// What the defaults' reasons say of them.
    #[test]
    fn the_defaults_grow_with_the_grade_and_stay_small() {
        let rewards = LevelRewards::default();
        assert_eq!(rewards.of(Grade::Iron), None);
        let totals: Vec<Balance> = Grade::ALL[1..]
            .iter()
            .map(|grade| rewards.of(*grade).unwrap())
            .map(|reward| reward.time * Balance::from(reward.customers) / TOKEN)
            .collect();
        assert!(totals.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(totals.iter().sum::<Balance>(), 960);
        // Of 10,000 shops, so many are at a grade or above it.
        let shares = Grade::ALL[1..].iter().map(|grade| Balance::from(10_000 - grade.reached_at()));
        let network: Balance = shares.zip(&totals).map(|(share, total)| share * 3 * total).sum();
        assert_eq!(network, 1_725_000);
    }
}
