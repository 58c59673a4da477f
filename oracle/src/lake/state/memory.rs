//! The part of the state that is small enough to be held in memory.

use super::{
    description::Description,
    folder_of, oldest_share,
    table::{self, wide},
};
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
    /// Reads what is carried up to the last epoch of `chain`, which has all.
    pub(super) fn read(folder: &Path, chain: &BTreeMap<Epoch, Description>) -> Result<Self> {
        let mut memory = Self::default();
        let Some((&last, newest)) = chain.last_key_value() else { return Ok(memory) };
        for (&epoch, description) in chain {
            for [id] in rows::<1>(folder, description, "repeats.parquet")? {
                memory.repeats.insert(id);
            }
            for [merchant] in rows::<1>(folder, description, "stopped.parquet")? {
                memory.stopped.insert((epoch, merchant as u32));
            }
            if epoch >= oldest_share(last) {
                let row = |[merchant, first, repeat, outside]: [u64; 4]| {
                    (merchant as u32, [first as u32, repeat as u32, outside as u32])
                };
                let rows = rows::<4>(folder, description, "buyers.parquet")?;
                memory.buyers.insert(epoch, Arc::new(rows.into_iter().map(row).collect()));
            }
        }
        for [customer, low, high] in rows::<3>(folder, newest, "debts.parquet")? {
            memory.debts.owed.insert(customer as u32, wide(low, high));
        }
        for [epoch, customer, low, high, cap, cap_high] in rows::<6>(folder, newest, "capped.parquet")? {
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

/// The rows of an epoch's table, which are those that were written.
fn rows<const N: usize>(folder: &Path, description: &Description, name: &str) -> Result<Vec<[u64; N]>> {
    let expected = description.table(folder, name)?;
    table::read(&folder_of(folder, description.epoch).join(name), expected)
}
