//! Search in a list that grows at its end, one entry a change.

/// Something that counts from an epoch on.
pub trait Dated {
    /// Where it begins: a stamp or an epoch, the same unit in one list.
    fn begins(&self) -> u32;
}

/// The entry that counts at `at`: the last one that begins at or before it,
/// among `count` entries that begin strictly one after the other. `None` if
/// all of them begin later.
///
/// Asks `read` for the newest entry first, which is the answer for a question
/// about the recent past; else a binary search of at most 32 more reads.
pub fn entry_at<T: Dated>(count: u32, at: u32, read: impl Fn(u32) -> Option<T>) -> Option<T> {
    let mut found = None;
    // Entries below `low` begin by `at`, those from `high` on begin later.
    let (mut low, mut high) = (0u32, count);
    let mut probe = count.checked_sub(1)?;
    while low < high {
        match read(probe) {
            Some(entry) if entry.begins() <= at => {
                // `probe < high`, so this cannot saturate.
                low = probe.saturating_add(1);
                found = Some(entry);
            }
            _ => high = probe,
        }
        probe = low.saturating_add(high.saturating_sub(low) / 2);
    }
    found
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Entry(u32);

    impl Dated for Entry {
        fn begins(&self) -> u32 {
            self.0
        }
    }

    proptest! {
        #[test]
        fn the_search_agrees_with_a_scan(steps in proptest::collection::vec(1u32..5, 0..200), at in 0u32..1_100) {
            let mut begin = 0;
            let entries: Vec<Entry> = steps.iter().map(|step| { begin += step; Entry(begin) }).collect();
            let expected = entries.iter().rev().find(|e| e.0 <= at).copied();
            let found = entry_at(u32::try_from(entries.len()).unwrap(), at, |n| entries.get(n as usize).copied());
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn reads_are_bounded(count: u32, at: u32) {
            let reads = Cell::new(0);
            let found = entry_at(count, at, |n| { reads.set(reads.get() + 1); Some(Entry(n)) });
            prop_assert_eq!(found, count.checked_sub(1).map(|last| Entry(last.min(at))));
            prop_assert!(reads.get() <= 33);
            if count > 0 && at >= count - 1 {
                prop_assert_eq!(reads.get(), 1);
            }
        }
    }
}
