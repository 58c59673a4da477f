//! The state after an epoch.

use super::{
    description::Description,
    memory::{EpochBuyers, Memory},
    oldest_share,
    parts::{beside, PartTable, PartWriter},
    table::{self, halves},
    History, PartCarry, State,
};
use crate::{
    lake::{
        error::Result,
        exchange::PARTS,
        folder::{folder_of, Making},
    },
    scoring::{Capped, Debts},
};
use bizkey_primitives::{ticket::REFERENCE_EPOCHS, Epoch};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex, PoisonError},
};

impl State {
    /// Writes the state after `epoch`, which comes next, and returns it.
    pub(in crate::lake) fn carry(&self, epoch: Epoch, buyers: &EpochBuyers, debts: &Debts) -> Result<State> {
        let making = Making::begin(&self.folder)?;
        let table = |name: &str| making.file(name);

        let (mut repeats, mut stopped) = (BTreeSet::new(), BTreeSet::new());
        let mut bought = PartWriter::create(&table("bought.parquet"), &["pair", "since"])?;
        let mut references = PartWriter::create(&table("references.parquet"), &["merchant", "low", "high"])?;
        // A thread that panicked left the map whole.
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for part in 0..PARTS {
            let none = Vec::new();
            let carries: &Vec<PartCarry> = kept.get(&part).unwrap_or(&none);
            let mut pairs = match &self.history.bought {
                Some(table) => table.bought(part)?,
                None => Vec::new(),
            };
            // No pair is new that is known.
            pairs.extend(carries.iter().flat_map(|carry| &carry.bought).map(|pair| (*pair, epoch)));
            pairs.sort_unstable();
            bought.write(&rows(&pairs, |(pair, since)| [*pair, (*since).into()]))?;
            let mut spent: Vec<_> = carries.iter().flat_map(|carry| &carry.references).copied().collect();
            spent.sort_unstable();
            references.write(&rows(&spent, |row| [row.merchant.into(), row.reference[0], row.reference[1]]))?;
            repeats.extend(carries.iter().flat_map(|carry| &carry.repeats).copied());
            stopped.extend(carries.iter().flat_map(|carry| &carry.stopped).copied());
        }
        drop(kept);
        let mut tables = BTreeMap::new();
        let mut keep = |name: &str, digest| tables.insert(name.to_owned(), digest);
        let (of_bought, of_references) = (bought.finish()?, references.finish()?);
        keep("bought.parquet", of_bought);
        keep("references.parquet", of_references);
        let row = |(merchant, kinds): &(u32, [u32; 3])| [*merchant, kinds[0], kinds[1], kinds[2]].map(u64::from);
        let columns = ["merchant", "first", "repeat", "outside"];
        keep("buyers.parquet", table::write(&table("buyers.parquet"), columns, &rows(buyers.iter(), row))?);
        let owed = rows(&debts.owed, |(customer, owed)| {
            let [low, high] = halves(*owed);
            [u64::from(*customer), low, high]
        });
        keep("debts.parquet", table::write(&table("debts.parquet"), ["customer", "low", "high"], &owed)?);
        let capped = rows(&debts.capped, |((epoch, customer), Capped { cash, cap })| {
            let ([low, high], [cap, cap_high]) = (halves(*cash), halves(*cap));
            [u64::from(*epoch), u64::from(*customer), low, high, cap, cap_high]
        });
        let columns = ["epoch", "customer", "cash_low", "cash_high", "cap_low", "cap_high"];
        keep("capped.parquet", table::write(&table("capped.parquet"), columns, &capped)?);
        keep("repeats.parquet", table::write(&table("repeats.parquet"), ["id"], &rows(&repeats, |id| [*id]))?);
        let of_stopped = rows(&stopped, |merchant| [u64::from(*merchant)]);
        keep("stopped.parquet", table::write(&table("stopped.parquet"), ["merchant"], &of_stopped)?);

        let last = Description::new(self.network, epoch, self.digest(), tables);
        let folder = making.publish(epoch, "state.json", &last)?;

        let Memory { buyers: mut earlier, repeats: mut all_repeats, stopped: mut all_stopped, .. } =
            self.memory.clone();
        earlier.insert(epoch, Arc::clone(buyers));
        earlier.retain(|earlier, _| *earlier >= oldest_share(epoch));
        all_repeats.extend(repeats);
        all_stopped.extend(stopped.into_iter().map(|merchant| (epoch, merchant)));
        let mut tables = self.history.references.clone();
        tables.insert(epoch, PartTable::open(&folder.join("references.parquet"), of_references)?);
        tables.retain(|earlier, _| epoch - earlier < REFERENCE_EPOCHS - 1);
        let state = State {
            folder: self.folder.clone(),
            network: self.network,
            history: History {
                next: epoch.saturating_add(1),
                bought: Some(PartTable::open(&folder.join("bought.parquet"), of_bought)?),
                references: tables,
            },
            last: Some(last),
            memory: Memory { buyers: earlier, debts: debts.clone(), repeats: all_repeats, stopped: all_stopped },
            kept: Mutex::new(BTreeMap::new()),
        };
        self.prune(epoch);
        Ok(state)
    }

    /// Removes large tables that nobody needs any more. What cannot be removed
    /// only takes space.
    fn prune(&self, epoch: Epoch) {
        let remove = |epoch: Option<Epoch>, name: &str| {
            let Some(epoch) = epoch else { return };
            let path = folder_of(&self.folder, epoch).join(name);
            let _ = fs::remove_file(beside(&path));
            let _ = fs::remove_file(path);
        };
        remove(epoch.checked_sub(1), "bought.parquet");
        // Of an epoch whose process was killed before it got here.
        remove(epoch.checked_sub(2), "bought.parquet");
        remove(epoch.checked_sub(REFERENCE_EPOCHS - 1), "references.parquet");
        remove(oldest_share(epoch).checked_sub(1), "buyers.parquet");
    }
}

/// The rows of a table, of whatever they are made of.
fn rows<T, const N: usize>(of: impl IntoIterator<Item = T>, row: impl Fn(T) -> [u64; N]) -> Vec<[u64; N]> {
    of.into_iter().map(row).collect()
}
