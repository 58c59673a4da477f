//! A day's allowance: what is not used today is gone tomorrow.

use bizkey_primitives::{errors::redemption::Error, Balance, Stamp};

/// What was used of an allowance on the last day on which it was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Quota {
    day: Stamp,
    used: Balance,
}

impl Quota {
    /// The quota after `amount` more was used on `today`. All time before
    /// genesis is one day.
    ///
    /// # Errors
    /// `DailyCap` if the day's sum would pass `cap`.
    pub fn take(self, today: Stamp, amount: Balance, cap: Balance) -> Result<Quota, Error> {
        let before = if self.day == today { self.used } else { 0 };
        let used = before.checked_add(amount).filter(|used| *used <= cap).ok_or(Error::DailyCap)?;
        Ok(Quota { day: today, used })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_quota_does_not_accumulate() {
        let quota = Quota::default().take(5, 60, 100).unwrap();
        assert_eq!(quota.take(5, 41, 100), Err(Error::DailyCap));
        assert!(quota.take(5, 40, 100).is_ok());
        assert_eq!(quota.take(9, 101, 100), Err(Error::DailyCap), "four days unused give no more");
        assert!(quota.take(9, 100, 100).is_ok());
        assert_eq!(quota.take(5, u128::MAX, u128::MAX), Err(Error::DailyCap), "a sum past its type");
        assert_eq!(quota.take(5, 1, 0), Err(Error::DailyCap), "a lowered cap counts at once");
    }

    proptest! {
        /// Whatever is asked for, no day's sum passes its cap, and a refusal
        /// is one that would have.
        #[test]
        fn no_day_passes_its_cap(steps in proptest::collection::vec((0u32..2, 0u128..60), 1..60), cap in 0u128..200) {
            let (mut quota, mut today) = (Quota::default(), 0);
            let mut days: BTreeMap<Stamp, Balance> = BTreeMap::new();
            for (wait, amount) in steps {
                today += wait;
                let used = days.entry(today).or_default();
                match quota.take(today, amount, cap) {
                    Ok(after) => { quota = after; *used += amount; }
                    Err(error) => { prop_assert_eq!(error, Error::DailyCap); prop_assert!(*used + amount > cap); }
                }
                prop_assert!(*used <= cap);
            }
        }
    }
}
