//! Values that count from an epoch on, with a history that answers for any
//! epoch: the rule. They are stored in [`crate::values`].

use crate::history::{entry_at, Dated};
use bizkey_primitives::Epoch;

/// A value and the first epoch it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Entry<V> {
    /// First epoch it counts for.
    pub from: Epoch,
    /// The value.
    pub value: V,
}

impl<V> Dated for Entry<V> {
    fn begins(&self) -> u32 {
        self.from
    }
}

/// The latest entry; it may begin in a coming epoch, the ones before it are in
/// a list of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Latest<V> {
    /// Length of the list of earlier entries.
    pub earlier: u32,
    /// The latest entry.
    pub entry: Entry<V>,
}

impl<V: Copy> Latest<V> {
    /// Books an entry. One before it that begins at or after `open` is
    /// replaced; any other is returned with its position, for the caller to
    /// store in the list. `open` is at most the new entry's own begin, so the
    /// list ascends.
    pub fn set(latest: Option<Self>, open: Epoch, entry: Entry<V>) -> (Self, Option<(u32, Entry<V>)>) {
        match latest {
            None => (Latest { earlier: 0, entry }, None),
            Some(Latest { earlier, entry: before }) if before.from >= open => (Latest { earlier, entry }, None),
            Some(Latest { earlier, entry: before }) => {
                // One entry an epoch at most, and epochs are counted in a u32.
                (Latest { earlier: earlier.saturating_add(1), entry }, Some((earlier, before)))
            }
        }
    }

    /// The value that counts in `epoch`; `None` before the first one does.
    pub fn at(&self, epoch: Epoch, earlier: impl Fn(u32) -> Option<Entry<V>>) -> Option<V> {
        if self.entry.from <= epoch {
            return Some(self.entry.value);
        }
        entry_at(self.earlier, epoch, earlier).map(|entry| entry.value)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A series as a contract keeps it.
    #[derive(Default)]
    struct Kept {
        latest: Option<Latest<u32>>,
        list: Vec<Entry<u32>>,
    }

    impl Kept {
        fn set(&mut self, open: Epoch, entry: Entry<u32>) {
            let (next, ended) = Latest::set(self.latest, open, entry);
            if let Some((position, before)) = ended {
                assert_eq!(position as usize, self.list.len());
                self.list.push(before);
            }
            self.latest = Some(next);
        }

        fn at(&self, epoch: Epoch) -> Option<u32> {
            self.latest?.at(epoch, |n| self.list.get(n as usize).copied())
        }
    }

    proptest! {
        /// Against the plain definition, for a rule that sets its own dates:
        /// of the entries that begin by the epoch, the last one booked.
        #[test]
        fn dates_that_never_go_back(changes in proptest::collection::vec((0u32..4, 0u32..1000), 1..60)) {
            let (mut kept, mut log, mut from) = (Kept::default(), vec![], 0);
            for (step, value) in changes {
                from += step;
                kept.set(from, Entry { from, value });
                log.push((from, value));
                for epoch in 0..from + 5 {
                    let expected = log.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, value)| *value);
                    prop_assert_eq!(kept.at(epoch), expected);
                }
            }
        }

        /// For dates that somebody chooses among the coming epochs: a decision
        /// drops those that have not begun. And no epoch that has begun changes.
        #[test]
        fn a_decision_replaces_what_has_not_begun(
            changes in proptest::collection::vec((0u32..4, 0u32..6, 0u32..1000), 1..60),
        ) {
            let (mut kept, mut log, mut next) = (Kept::default(), Vec::<(u32, u32)>::new(), 0);
            for (step, ahead, value) in changes {
                next += step;
                let begun: Vec<Option<u32>> = (0..next).map(|epoch| kept.at(epoch)).collect();
                log.retain(|(from, _)| *from < next);
                log.push((next + ahead, value));
                kept.set(next, Entry { from: next + ahead, value });
                for epoch in 0..next + 12 {
                    let expected = log.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, value)| *value);
                    prop_assert_eq!(kept.at(epoch), expected);
                }
                for (epoch, before) in (0..).zip(begun) {
                    prop_assert_eq!(kept.at(epoch), before, "epoch {} changed", epoch);
                }
            }
        }
    }
}
