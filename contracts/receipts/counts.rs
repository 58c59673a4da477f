//! What an epoch has taken in: bounds on the merchants and customers that a
//! report can claim (architecture.md, Rewards, Qm and Qc).
//!
//! Both stop where they cease to matter, at the 30,000 merchants and 100,000
//! customers beyond which no emission grows: below that they are exact, and
//! from then on an ordinary batch leaves the cell that holds them unwritten.

use bizkey_primitives::{
    emission::{CUSTOMER_CAP, MERCHANT_CAP},
    Stamp,
};

/// Where [`Counts::receipts`] stops.
pub const RECEIPTS_CAP: u64 = CUSTOMER_CAP as u64;

/// One epoch's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Counts {
    /// Merchants with a batch; 30,000 stands for that many or more.
    pub merchants: u32,
    /// Receipts that the batches announce; 100,000 stands for that many or more.
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
    /// Whether it matters if the batch in the epoch `now` is its merchant's first.
    pub fn counts_merchants(&self, now: Stamp) -> bool {
        self.stamp != now || self.counts.merchants < MERCHANT_CAP
    }

    /// Books a batch; `new_merchant` only where [`Latest::counts_merchants`].
    /// Returns the earlier epoch's counts, for the caller to store, if this
    /// batch is the first of a new one.
    pub fn book(&mut self, now: Stamp, new_merchant: bool, receipts: u16) -> Option<(Stamp, Counts)> {
        let closed = (self.stamp != now).then_some((self.stamp, self.counts));
        if closed.is_some() {
            *self = Latest { stamp: now, counts: Counts::default() };
        }
        self.counts.merchants = self.counts.merchants.saturating_add(u32::from(new_merchant)).min(MERCHANT_CAP);
        self.counts.receipts = self.counts.receipts.saturating_add(u64::from(receipts)).min(RECEIPTS_CAP);
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
            batches in proptest::collection::vec(
                (prop_oneof![3 => Just(0u32), 1 => 1u32..3], any::<bool>(), 1u16..), 0..60,
            ),
            few in any::<bool>(),
        ) {
            let mut latest = Latest::default();
            let mut closed = BTreeMap::new();
            let mut expected: BTreeMap<Stamp, Counts> = BTreeMap::new();
            let mut now = 1;
            for (step, new_merchant, receipts) in batches {
                now += step;
                let receipts = if few { receipts % 300 + 1 } else { receipts };
                if let Some((stamp, counts)) = latest.book(now, new_merchant, receipts) {
                    prop_assert_eq!(closed.insert(stamp, counts), None, "an epoch closes once");
                }
                let counts = expected.entry(now).or_default();
                counts.merchants += u32::from(new_merchant);
                counts.receipts = 100_000.min(counts.receipts + u64::from(receipts));
            }
            for at in 0..now + 2 {
                let counts = latest.at(at, |stamp| closed.get(&stamp).copied());
                prop_assert_eq!(counts, expected.get(&at).copied().unwrap_or_default());
            }
        }
    }

    #[test]
    fn merchants_stop_where_no_emission_grows() {
        let mut latest = Latest { stamp: 1, counts: Counts { merchants: 29_999, receipts: 0 } };
        assert!(latest.counts_merchants(1));
        latest.book(1, true, 1);
        assert!(!latest.counts_merchants(1) && latest.counts_merchants(2));
        latest.book(1, true, 1);
        assert_eq!(latest.counts, Counts { merchants: 30_000, receipts: 2 });
    }
}
