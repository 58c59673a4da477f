//! The part of the state that is small enough to be held in memory.

use super::{folder_of, oldest_share, table};
use crate::{
    lake::error::Result,
    scoring::{Capped, Debts},
};
use bizkey_primitives::{bizpower::SHARE_EPOCHS, Epoch, MerchantIndex};
use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Buyers of an epoch by kind, ascending by merchant.
pub(in crate::lake) type EpochBuyers = Arc<Vec<(MerchantIndex, [u32; 3])>>;

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
            let capped = Capped { cash: wide(low, high), cap: wide(cap, cap_high) };
            memory.debts.capped.insert((epoch as u32, customer as u32), capped);
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
