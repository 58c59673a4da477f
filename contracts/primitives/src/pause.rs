//! Pauses: the foundation can stop the messages that move money for a while,
//! and every window is the longer for it (architecture.md, foundation).

use codec::{Decode, Encode, MaxEncodedLen};

/// Longest pause, milliseconds: 72 hours.
pub const MAX_PAUSE_MS: u64 = 72 * 60 * 60 * 1000;
/// From the end of a pause to the earliest start of the next, milliseconds: 30 days.
pub const COOL_DOWN_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// A stretch of time in which the contract stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Pause {
    /// First moment, Unix milliseconds.
    pub since_ms: u64,
    /// First moment after it, Unix milliseconds.
    pub until_ms: u64,
}

/// Why a pause is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseRefused {
    /// It ends in the past, or lasts more than 72 hours.
    TooLong,
    /// The last one ended less than 30 days ago, or still runs.
    CoolingDown,
}

impl Pause {
    /// Whether it runs at `now_ms`.
    #[must_use]
    pub const fn is_on(&self, now_ms: u64) -> bool {
        self.since_ms <= now_ms && now_ms < self.until_ms
    }

    /// The pause that begins now, after `self` was the last one.
    ///
    /// # Errors
    /// [`PauseRefused`].
    pub fn next(&self, now_ms: u64, until_ms: u64) -> Result<Pause, PauseRefused> {
        if until_ms <= now_ms || until_ms > now_ms.saturating_add(MAX_PAUSE_MS) {
            return Err(PauseRefused::TooLong);
        }
        if self.until_ms != 0 && now_ms < self.until_ms.saturating_add(COOL_DOWN_MS) {
            return Err(PauseRefused::CoolingDown);
        }
        Ok(Pause { since_ms: now_ms, until_ms })
    }

    /// When a window that ends at `end_ms`, this pause not counted, ends with
    /// it, if the window began at `from_ms`.
    #[must_use]
    pub fn extend(&self, from_ms: u64, end_ms: u64) -> u64 {
        let begins = self.since_ms.max(from_ms);
        if self.until_ms <= from_ms || begins >= end_ms {
            return end_ms;
        }
        end_ms.saturating_add(self.until_ms.saturating_sub(begins))
    }
}

#[cfg(feature = "ink")]
pub use list::Pauses;

#[cfg(feature = "ink")]
mod list {
    use super::{Pause, PauseRefused};
    use ink::storage::Mapping;

    /// Most pauses that one window is extended by: those of 32 times 30 days.
    const MOST: u32 = 32;

    /// Every pause of a contract, the last one in the cell that holds this.
    #[ink::storage_item]
    #[derive(Debug, Default)]
    pub struct Pauses {
        last: Pause,
        /// Pauses before the last.
        count: u32,
        earlier: Mapping<u32, Pause>,
    }

    impl Pauses {
        /// Whether the contract stands still at `now_ms`.
        #[must_use]
        pub fn is_on(&self, now_ms: u64) -> bool {
            self.last.is_on(now_ms)
        }

        /// The last pause; zeros before the first.
        #[must_use]
        pub fn last(&self) -> Pause {
            self.last
        }

        /// Begins a pause.
        ///
        /// # Errors
        /// [`PauseRefused`].
        pub fn begin(&mut self, now_ms: u64, until_ms: u64) -> Result<(), PauseRefused> {
            let next = self.last.next(now_ms, until_ms)?;
            if self.last != Pause::default() {
                self.earlier.insert(self.count, &self.last);
                self.count = self.count.saturating_add(1);
            }
            self.last = next;
            Ok(())
        }

        /// When a window of `window_ms` from `from_ms` on ends, pauses not
        /// counted in. A read for each earlier pause that it touches.
        #[must_use]
        pub fn end_of(&self, from_ms: u64, window_ms: u64) -> u64 {
            let mut first = self.count;
            while first > 0 && self.count.saturating_sub(first) < MOST {
                let before = first.saturating_sub(1);
                match self.earlier.get(before) {
                    Some(pause) if pause.until_ms > from_ms => first = before,
                    _ => break,
                }
            }
            let mut end_ms = from_ms.saturating_add(window_ms);
            for position in first..self.count {
                if let Some(pause) = self.earlier.get(position) {
                    end_ms = pause.extend(from_ms, end_ms);
                }
            }
            self.last.extend(from_ms, end_ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_72_hours_at_most_and_30_days_lie_between_two() {
        let none = Pause::default();
        assert_eq!(none.next(10, 10), Err(PauseRefused::TooLong));
        assert_eq!(none.next(10, 11 + MAX_PAUSE_MS), Err(PauseRefused::TooLong));
        let first = none.next(10, 10 + MAX_PAUSE_MS).unwrap();
        assert!(!first.is_on(9) && first.is_on(10) && !first.is_on(10 + MAX_PAUSE_MS));
        assert_eq!(first.next(first.until_ms, first.until_ms + 1), Err(PauseRefused::CoolingDown));
        let later = first.until_ms + COOL_DOWN_MS;
        assert_eq!(first.next(later - 1, later + 1), Err(PauseRefused::CoolingDown));
        assert!(first.next(later, later + 1).is_ok());
    }

    #[test]
    fn a_window_is_longer_by_the_part_of_the_pause_that_it_meets() {
        let pause = Pause { since_ms: 100, until_ms: 150 };
        assert_eq!(pause.extend(0, 90), 90, "over before it");
        assert_eq!(pause.extend(0, 100), 100, "over as it begins");
        assert_eq!(pause.extend(0, 101), 151);
        assert_eq!(pause.extend(120, 140), 170, "begun within it");
        assert_eq!(pause.extend(150, 160), 160, "begun after it");
        assert_eq!(Pause::default().extend(0, 10), 10);
    }
}
