//! Shops and customers between the paper's stages.

use bizkey_primitives::wide::mul_div;

/// Scale of a daily factor.
const ONE: u128 = 1_000_000_000_000_000_000;

/// A stretch over which a number changes by the same factor every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    from_day: u64,
    from: u64,
    to_day: u64,
    to: u64,
    factor: u128,
}

/// A number that grows geometrically from one milestone to the next, and
/// stands still after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth(Vec<Segment>);

/// `factor^days` at scale [`ONE`], rounded down step by step; `None` when it
/// passes 128 bits.
fn power(mut factor: u128, mut days: u64) -> Option<u128> {
    let mut result = ONE;
    while days > 0 {
        if days % 2 == 1 {
            result = mul_div(result, factor, ONE)?;
        }
        days /= 2;
        if days > 0 {
            factor = mul_div(factor, factor, ONE)?;
        }
    }
    Some(result)
}

/// `from · factor^days`, rounded down; `None` when it passes 128 bits.
fn grown(from: u64, factor: u128, days: u64) -> Option<u128> {
    mul_div(u128::from(from), power(factor, days)?, ONE)
}

impl Segment {
    fn new((from_day, from): (u64, u64), (to_day, to): (u64, u64)) -> Self {
        // The least factor that reaches `to`: what is too large for 128 bits reaches it.
        let days = to_day - from_day;
        let reaches = |factor| grown(from, factor, days).is_none_or(|value| value >= u128::from(to));
        let (mut low, mut high) = (0, ONE.saturating_mul(u128::from(to / from).saturating_add(1)));
        while low < high {
            let middle = low + (high - low) / 2;
            if reaches(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Self { from_day, from, to_day, to, factor: low }
    }

    fn at(&self, day: u64) -> u64 {
        let value = grown(self.from, self.factor, day - self.from_day).unwrap_or(u128::MAX);
        // The factor is rounded up, so that without this bound the last days could pass the milestone.
        let (least, most) = (self.from.min(self.to), self.from.max(self.to));
        u64::try_from(value).unwrap_or(u64::MAX).clamp(least, most)
    }
}

impl Growth {
    /// Growth through `milestones`, each a day and a number from 1; `None`
    /// when their days do not ascend or a number is 0.
    #[must_use]
    pub fn new(milestones: &[(u64, u64)]) -> Option<Self> {
        let ascends = milestones.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ascends || milestones.len() < 2 || milestones.iter().any(|(_, number)| *number == 0) {
            return None;
        }
        Some(Self(milestones.windows(2).map(|pair| Segment::new(pair[0], pair[1])).collect()))
    }

    /// The number on a day.
    #[must_use]
    pub fn at(&self, day: u64) -> u64 {
        match self.0.iter().find(|segment| day < segment.to_day) {
            Some(segment) if day >= segment.from_day => segment.at(day),
            Some(segment) => segment.from,
            None => self.0.last().map_or(0, |segment| segment.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    #[test]
    fn milestones_are_met_on_their_day() {
        let growth = Growth::new(&[(0, 100), (365, 100_000), (730, 500_000), (1_460, 2_000_000)]).unwrap();
        assert_eq!(growth.at(0), 100);
        assert_eq!((growth.at(365), growth.at(730), growth.at(1_460)), (100_000, 500_000, 2_000_000));
        assert_eq!(growth.at(9_999), 2_000_000);
        // Halfway in time is the geometric mean: 100 · sqrt(1000) = 3162.
        assert!((3_100..3_200).contains(&growth.at(182)), "{}", growth.at(182));
    }

    #[test]
    fn milestones_have_to_ascend_in_time_and_start_above_nothing() {
        assert_eq!(Growth::new(&[(0, 1), (0, 2)]), None);
        assert_eq!(Growth::new(&[(0, 0), (5, 2)]), None);
        assert_eq!(Growth::new(&[(0, 1)]), None);
    }

    proptest! {
        #[test]
        fn growth_is_geometric_and_never_turns(
            from in 1u64..1_000_000, to in 1u64..1_000_000_000, days in 1u64..3_000, at in 0u64..3_000,
        ) {
            let growth = Growth::new(&[(0, from), (days, to)]).unwrap();
            let (here, next) = (growth.at(at), growth.at(at + 1));
            let (earlier, later) = if from <= to { (here, next) } else { (next, here) };
            prop_assert!(earlier <= later, "{} then {}", here, next);
            prop_assert_eq!(growth.at(days), to);
            // In whole numbers: here^days is from^(days - at) · to^at, within rounding of `here`.
            if at <= days && days <= 200 {
                let power = |base: u64, exponent: u64| BigUint::from(base).pow(exponent as u32);
                let exact = power(from, days - at) * power(to, at);
                prop_assert!(power(here.saturating_sub(2), days) <= exact);
                prop_assert!(power(here + 2, days) >= exact);
            }
        }
    }
}
