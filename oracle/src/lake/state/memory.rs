//! The part of the state that is small enough to be held in memory.

use super::{folder_of, oldest_share, table};
use crate::lake::{error::Result, voids::LaterVoid};
use bizkey_primitives::{bizpower::SHARE_EPOCHS, CustomerIndex, Epoch, MerchantIndex};
use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Buyers of an epoch by kind, ascending by merchant.
pub(in crate::lake) type EpochBuyers = Arc<Vec<(MerchantIndex, [u32; 3])>>;

/// What customers owe for voided sales. [`crate::scoring`] says the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lake) struct Debts {
    /// Voided sales that no later sales have met yet.
    pub(super) owed: BTreeMap<CustomerIndex, u128>,
    /// Cash that is not voided, and the cap that still cuts something off it.
    pub(super) capped: BTreeMap<(Epoch, CustomerIndex), (u128, u128)>,
}

impl Debts {
    /// What a customer owes.
    pub(in crate::lake) fn owed(&self, customer: CustomerIndex) -> u128 {
        if self.owed.is_empty() {
            return 0;
        }
        self.owed.get(&customer).copied().unwrap_or(0)
    }

    /// Books receipts of earlier epochs that an epoch voids. How much it is
    /// does not depend on their order.
    pub(in crate::lake) fn book(&mut self, voids: &[LaterVoid]) {
        for void in voids.iter().filter(|void| void.is_ticketed) {
            let taken = self.counted_less(void);
            if taken > 0 {
                *self.owed.entry(void.customer).or_default() += taken;
            }
        }
    }

    fn counted_less(&mut self, void: &LaterVoid) -> u128 {
        let key = (void.epoch, void.customer);
        let amount = u128::from(void.amount);
        let Some((cash, cap)) = self.capped.get_mut(&key).filter(|_| void.cash) else { return amount };
        let before = *cash.min(cap);
        *cash = cash.saturating_sub(amount);
        let after = *cash.min(cap);
        if *cash <= *cap {
            // From here on every receipt takes its amount, as without a cap.
            self.capped.remove(&key);
        }
        before.saturating_sub(after)
    }

    /// Books what an epoch's sales came to.
    pub(in crate::lake) fn apply(&mut self, epoch: Epoch, settled: Settled) {
        for (customer, left) in settled.owed {
            if left > 0 {
                self.owed.insert(customer, left);
            } else {
                self.owed.remove(&customer);
            }
        }
        let capped = settled.capped.into_iter();
        self.capped.extend(capped.map(|(customer, cash, cap)| ((epoch, customer), (cash, cap))));
    }
}

/// What an epoch's sales leave.
#[derive(Debug, Default)]
pub(in crate::lake) struct Settled {
    /// What customers with sales and a debt still owe.
    pub(in crate::lake) owed: Vec<(CustomerIndex, u128)>,
    /// Cash above the cap, and the cap.
    pub(in crate::lake) capped: Vec<(CustomerIndex, u128, u128)>,
}

/// Carried figures.
#[derive(Clone, Debug, Default)]
pub(in crate::lake) struct Memory {
    pub(super) buyers: BTreeMap<Epoch, EpochBuyers>,
    pub(super) debts: Debts,
    /// Receipts with a spent reference.
    pub(super) repeats: HashSet<u64>,
    pub(super) stopped: HashSet<(Epoch, MerchantIndex)>,
}

impl Memory {
    /// Reads what is carried up to an epoch.
    pub(super) fn read(folder: &Path, last: Epoch) -> Result<Self> {
        let mut memory = Self::default();
        for epoch in 0..=last {
            let folder = folder_of(folder, epoch);
            for [id] in table::read::<1>(&folder.join("repeats.parquet"))? {
                memory.repeats.insert(id);
            }
            for [merchant] in table::read::<1>(&folder.join("stopped.parquet"))? {
                memory.stopped.insert((epoch, merchant as u32));
            }
            if epoch >= oldest_share(last) {
                let rows = table::read::<4>(&folder.join("buyers.parquet"))?;
                let row = |[merchant, first, repeat, outside]: [u64; 4]| {
                    (merchant as u32, [first as u32, repeat as u32, outside as u32])
                };
                memory.buyers.insert(epoch, Arc::new(rows.into_iter().map(row).collect()));
            }
        }
        let folder = folder_of(folder, last);
        let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        for [customer, low, high] in table::read::<3>(&folder.join("debts.parquet"))? {
            memory.debts.owed.insert(customer as u32, wide(low, high));
        }
        for [epoch, customer, low, high, cap, cap_high] in table::read::<6>(&folder.join("capped.parquet"))? {
            memory.debts.capped.insert((epoch as u32, customer as u32), (wide(low, high), wide(cap, cap_high)));
        }
        Ok(memory)
    }

    /// Buyers of the epochs whose proportions weigh `epoch` too.
    pub(in crate::lake) fn recent(&self, epoch: Epoch) -> impl Iterator<Item = &[(MerchantIndex, [u32; 3])]> {
        let counts = move |earlier: &Epoch| *earlier < epoch && epoch - earlier < SHARE_EPOCHS;
        self.buyers.iter().filter(move |(earlier, _)| counts(earlier)).map(|(_, buyers)| buyers.as_slice())
    }

    pub(in crate::lake) fn debts(&self) -> &Debts {
        &self.debts
    }

    /// Whether a merchant's receipts of an epoch do not count.
    pub(in crate::lake) fn was_stopped(&self, epoch: Epoch, merchant: MerchantIndex) -> bool {
        self.stopped.contains(&(epoch, merchant))
    }

    /// Whether a receipt's reference was spent.
    pub(in crate::lake) fn was_repeat(&self, id: u64) -> bool {
        self.repeats.contains(&id)
    }
}
