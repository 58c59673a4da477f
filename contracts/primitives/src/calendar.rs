//! Epochs and months (architecture.md, Calendar).

use codec::{Decode, Encode, MaxEncodedLen};

/// Number of a day since launch; epoch 0 starts at genesis.
pub type Epoch = u32;

/// An epoch as contracts store it: `epoch + 1`, with 0 for "before genesis".
/// What is set before genesis thus sorts before epoch 0 and opens it.
pub type Stamp = u32;

/// Epochs in a month (whitepaper 3.4, our reading).
pub const EPOCHS_PER_MONTH: u32 = 30;

/// Longest epoch accepted: 366 days, in milliseconds.
const MAX_EPOCH_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// When epochs start and how long they last. Immutable, the same for every
/// contract of a network; constructors refuse a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Calendar {
    /// Start of epoch 0, Unix time in milliseconds.
    pub genesis_ms: u64,
    /// Length of an epoch in milliseconds; a day in production.
    pub epoch_ms: u64,
}

impl Calendar {
    /// A calendar, or `None` when an epoch would be empty or absurdly long or
    /// `genesis_ms` lies so far away that epoch arithmetic could overflow.
    #[must_use]
    pub fn new(genesis_ms: u64, epoch_ms: u64) -> Option<Self> {
        let calendar = Self { genesis_ms, epoch_ms };
        calendar.is_valid().then_some(calendar)
    }

    /// Whether the two figures make a usable calendar.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        // Both bounds together keep `start_ms` of any u32 epoch inside u64.
        self.epoch_ms > 0 && self.epoch_ms <= MAX_EPOCH_MS && self.genesis_ms <= u64::MAX / 4
    }

    /// The epoch that holds a block stamped `now_ms`; `None` before genesis.
    #[must_use]
    pub fn epoch_at(&self, now_ms: u64) -> Option<Epoch> {
        let elapsed = now_ms.checked_sub(self.genesis_ms)?;
        u32::try_from(elapsed.checked_div(self.epoch_ms)?).ok().filter(|e| *e < u32::MAX)
    }

    /// [`Calendar::epoch_at`] as contracts store it: 0 before genesis.
    #[must_use]
    pub fn stamp_at(&self, now_ms: u64) -> Stamp {
        match self.epoch_at(now_ms) {
            Some(epoch) => stamp(epoch),
            None if now_ms < self.genesis_ms => 0,
            // Past the last epoch that a u32 can number, time stands still.
            None => u32::MAX,
        }
    }

    /// First millisecond of an epoch.
    #[must_use]
    pub fn start_ms(&self, epoch: Epoch) -> u64 {
        self.genesis_ms.saturating_add(u64::from(epoch).saturating_mul(self.epoch_ms))
    }

    /// First millisecond after an epoch.
    #[must_use]
    pub fn end_ms(&self, epoch: Epoch) -> u64 {
        self.start_ms(epoch).saturating_add(self.epoch_ms)
    }

    /// Whether an epoch is over at `now_ms`.
    #[must_use]
    pub fn is_closed(&self, epoch: Epoch, now_ms: u64) -> bool {
        now_ms >= self.end_ms(epoch)
    }
}

/// An epoch as contracts store it. Saturates at the last stamp.
#[must_use]
pub const fn stamp(epoch: Epoch) -> Stamp {
    epoch.saturating_add(1)
}

/// The month an epoch belongs to, counted from 1 (whitepaper 3.4).
#[must_use]
pub const fn month(epoch: Epoch) -> u32 {
    (epoch / EPOCHS_PER_MONTH).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_start_at_genesis_and_end_one_millisecond_before_the_next() {
        let calendar = Calendar::new(1_000, 100).unwrap();
        assert_eq!(calendar.epoch_at(999), None);
        assert_eq!(calendar.stamp_at(999), 0);
        assert_eq!(calendar.epoch_at(1_000), Some(0));
        assert_eq!(calendar.epoch_at(1_099), Some(0));
        assert_eq!(calendar.epoch_at(1_100), Some(1));
        assert_eq!(calendar.stamp_at(1_100), 2);
        assert!(!calendar.is_closed(0, 1_099));
        assert!(calendar.is_closed(0, 1_100));
    }

    #[test]
    fn months_are_thirty_epochs() {
        assert_eq!((month(0), month(29), month(30), month(150)), (1, 1, 2, 6));
    }

    #[test]
    fn an_empty_or_absurd_epoch_is_refused() {
        assert_eq!(Calendar::new(0, 0), None);
        assert_eq!(Calendar::new(0, MAX_EPOCH_MS + 1), None);
        assert_eq!(Calendar::new(u64::MAX, 1), None);
    }
}
