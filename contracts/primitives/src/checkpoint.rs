//! Lowest and closing balance of each epoch (architecture.md, bzky).
//!
//! An account's list of checkpoints has one entry per epoch in which its
//! balance changed; the live one, last, is kept with the balance so that a
//! change costs one write, and one more when it is the epoch's first.

use crate::{Balance, Stamp};
use codec::{Decode, Encode, MaxEncodedLen};

/// One epoch of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Checkpoint {
    /// The epoch, as a stamp.
    pub stamp: Stamp,
    /// Balance when the epoch closed, or now if it has not.
    pub close: Balance,
    /// Lowest balance in the epoch, the opening one included.
    pub low: Balance,
}

/// The last checkpoint of an account and its position in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Live {
    /// Position of `last` in the account's list.
    pub index: u32,
    /// The checkpoint that still changes.
    pub last: Checkpoint,
}

impl Live {
    /// Books a new balance in the epoch `now`. Returns the checkpoint that
    /// closed thereby, with its position, for the caller to store. `live` is
    /// `None` for an account that never had a balance.
    #[must_use]
    pub fn change(live: Option<Live>, now: Stamp, balance: Balance) -> (Live, Option<(u32, Checkpoint)>) {
        match live {
            None => {
                // The epoch of its first balance was opened with nothing.
                (Live { index: 0, last: Checkpoint { stamp: now, close: balance, low: 0 } }, None)
            }
            Some(Live { index, last }) if last.stamp >= now => {
                let low = last.low.min(balance);
                (Live { index, last: Checkpoint { stamp: last.stamp, close: balance, low } }, None)
            }
            Some(Live { index, last }) => {
                let low = last.close.min(balance);
                let live =
                    Live { index: index.saturating_add(1), last: Checkpoint { stamp: now, close: balance, low } };
                (live, Some((index, last)))
            }
        }
    }

    /// The lowest balance in the closed epoch `at`, given the checkpoint
    /// `index` that covers it. `stored` reads a closed checkpoint by position.
    /// `None` when `index` is not the one that covers `at`: the reader gave a
    /// wrong position, and nothing is guessed.
    pub fn low_at(
        live: Option<Live>,
        at: Stamp,
        index: u32,
        stored: impl Fn(u32) -> Option<Checkpoint>,
    ) -> Option<Balance> {
        let Some(live) = live else { return (index == 0).then_some(0) };
        let read = |position: u32| if position == live.index { Some(live.last) } else { stored(position) };
        if index > live.index {
            return None;
        }
        let checkpoint = read(index)?;
        if checkpoint.stamp > at {
            // Only the very first checkpoint may lie after `at`: before it there was nothing.
            return (index == 0).then_some(0);
        }
        if index < live.index && read(index.checked_add(1)?)?.stamp <= at {
            return None;
        }
        Some(if checkpoint.stamp == at { checkpoint.low } else { checkpoint.close })
    }

    /// The position to give to [`Live::low_at`] for `at`: a binary search of
    /// at most 32 reads.
    pub fn index_at(live: Option<Live>, at: Stamp, stored: impl Fn(u32) -> Option<Checkpoint>) -> u32 {
        let Some(live) = live else { return 0 };
        if live.last.stamp <= at {
            return live.index;
        }
        // Invariant: every position below `low` has a stamp <= at, `high` and above have one > at.
        let (mut low, mut high) = (0u32, live.index);
        while low < high {
            let middle = low.saturating_add(high.saturating_sub(low) / 2);
            match stored(middle) {
                Some(checkpoint) if checkpoint.stamp <= at => low = middle.saturating_add(1),
                _ => high = middle,
            }
        }
        low.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the plain definition: the minimum over the opening balance
        /// and every balance in the epoch.
        #[test]
        fn low_is_the_lowest_balance_of_the_epoch(
            changes in proptest::collection::vec((0u32..3, 0u128..1000), 0..40),
        ) {
            let mut live = None;
            let mut stored = std::collections::BTreeMap::new();
            let mut history: Vec<(Stamp, Balance)> = vec![];
            let mut now = 0;
            for (step, balance) in changes {
                now += step;
                let (next, closed) = Live::change(live, now, balance);
                live = Some(next);
                if let Some((index, checkpoint)) = closed { stored.insert(index, checkpoint); }
                history.push((now, balance));
            }
            for at in 1..now + 3 {
                let opening = history.iter().rev().find(|(s, _)| *s < at).map_or(0, |(_, b)| *b);
                let expected = history.iter().filter(|(s, _)| *s == at).map(|(_, b)| *b).fold(opening, u128::min);
                let index = Live::index_at(live, at, |i| stored.get(&i).copied());
                let read = |i: u32| stored.get(&i).copied();
                prop_assert_eq!(Live::low_at(live, at, index, read), Some(expected));
                for wrong in 0..stored.len() as u32 + 3 {
                    if wrong != index { prop_assert_eq!(Live::low_at(live, at, wrong, read), None); }
                }
            }
        }
    }
}
