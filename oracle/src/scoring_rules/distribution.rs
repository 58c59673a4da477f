//! Many integers, and their percentiles.

use std::collections::BTreeMap;

/// How often each value was seen.
///
/// Exact, and as large as there are different values, not as there are
/// observations: customers' totals of a month are many, but they are cents, of
/// which far fewer are different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    counts: BTreeMap<u128, u64>,
    observations: u64,
}

impl Distribution {
    /// Adds an observation. There are fewer than 2^64.
    pub fn add(&mut self, value: u128) {
        let count = self.counts.entry(value).or_default();
        *count = count.saturating_add(1);
        self.observations = self.observations.saturating_add(1);
    }

    /// How many observations there are.
    #[must_use]
    pub fn observations(&self) -> u64 {
        self.observations
    }

    /// The value below which `percent` of the observations lie: of n values in
    /// order, counted from 0, the one at `floor((n - 1) · percent / 100)`. So
    /// it is always a value that was seen. `None` without observations, and
    /// above 100.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u128> {
        let last = self.observations.checked_sub(1).filter(|_| percent <= 100)?;
        // Products of two 64-bit numbers.
        let position = u128::from(last).saturating_mul(u128::from(percent)) / 100;
        let mut below = 0u128;
        for (value, count) in &self.counts {
            below = below.saturating_add(u128::from(*count));
            if position < below {
                return Some(*value);
            }
        }
        None
    }
}

impl FromIterator<u128> for Distribution {
    fn from_iter<T: IntoIterator<Item = u128>>(values: T) -> Self {
        let mut distribution = Self::default();
        values.into_iter().for_each(|value| distribution.add(value));
        distribution
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let values: Distribution = [40, 10, 30, 20, 50].into_iter().collect();
        assert_eq!(
            [0, 24, 25, 50, 99, 100].map(|percent| values.percentile(percent)),
            [10, 10, 20, 30, 40, 50].map(Some)
        );
        assert_eq!((values.percentile(101), values.percentile(u64::MAX)), (None, None));
        assert_eq!(Distribution::default().percentile(50), None);
    }

    proptest! {
        /// The same as sorting all of them and counting.
        #[test]
        fn a_percentile_is_that_of_the_sorted_values(
            values in proptest::collection::vec(0u128..20, 1..200), percent in 0u64..=100,
        ) {
            let distribution: Distribution = values.iter().copied().collect();
            let mut sorted = values;
            sorted.sort_unstable();
            let position = (sorted.len() - 1) * usize::try_from(percent).unwrap() / 100;
            prop_assert_eq!(distribution.percentile(percent), Some(sorted[position]));
            prop_assert_eq!(distribution.observations(), sorted.len() as u64);
        }
    }
}
