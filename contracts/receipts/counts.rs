//! What an epoch has taken in: bounds on the merchants and customers that a
//! report can claim (architecture.md, Rewards, Qm and Qc).

use bizkey_primitives::Stamp;

/// One epoch's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Counts {
    /// Merchants with a batch.
    pub merchants: u32,
    /// Receipts that the batches announce.
    pub receipts: u64,
}

/// The counts of the latest epoch with a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Latest {
    /// The epoch, as a stamp; 0 if there was no batch yet.
    pub stamp: Stamp,
    /// Its counts.
    pub counts: Counts,
}

impl Latest {
    /// Books a batch. Returns the earlier epoch's counts, for the caller to
    /// store, if this batch is the first of a new one.
    pub fn book(&mut self, now: Stamp, new_merchant: bool, receipts: u16) -> Option<(Stamp, Counts)> {
        let closed = (self.stamp != now).then_some((self.stamp, self.counts));
        if closed.is_some() {
            *self = Latest { stamp: now, counts: Counts::default() };
        }
        // Merchants are indexed by a u32, and 2^48 batches of 2^16 receipts do not fit an epoch.
        self.counts.merchants = self.counts.merchants.saturating_add(u32::from(new_merchant));
        self.counts.receipts = self.counts.receipts.saturating_add(u64::from(receipts));
        closed.filter(|(stamp, _)| *stamp != 0)
    }

    /// The counts of the epoch `at`, zero for one without a batch. `closed`
    /// reads those of earlier epochs.
    pub fn at(&self, at: Stamp, closed: impl FnOnce(Stamp) -> Option<Counts>) -> Counts {
        if self.stamp == at {
            return self.counts;
        }
        closed(at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn each_epoch_keeps_its_own_sums(
            batches in proptest::collection::vec((0u32..3, any::<bool>(), 1u16..), 0..60),
        ) {
            let mut latest = Latest::default();
            let mut closed = BTreeMap::new();
            let mut expected: BTreeMap<Stamp, Counts> = BTreeMap::new();
            let mut now = 1;
            for (step, new_merchant, receipts) in batches {
                now += step;
                if let Some((stamp, counts)) = latest.book(now, new_merchant, receipts) {
                    prop_assert_eq!(closed.insert(stamp, counts), None, "an epoch closes once");
                }
                let counts = expected.entry(now).or_default();
                counts.merchants += u32::from(new_merchant);
                counts.receipts += u64::from(receipts);
            }
            for at in 0..now + 2 {
                let counts = latest.at(at, |stamp| closed.get(&stamp).copied());
                prop_assert_eq!(counts, expected.get(&at).copied().unwrap_or_default());
            }
        }
    }
}
