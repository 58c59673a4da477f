//! The state after an epoch.

use super::{
    folder_of,
    memory::{EpochBuyers, Memory},
    oldest_share,
    table::{self, PartTable, Writer},
    Description, History, PartCarry, State, FORMAT,
};
use crate::{
    lake::{
        error::{LakeError, Result},
        exchange::PARTS,
    },
    scoring::{Capped, Debts},
};
use bizkey_indexer::lake::Digest;
use bizkey_primitives::{ticket::REFERENCE_EPOCHS, Epoch};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// The tables of an epoch, in the order in which the digest takes them.
const TABLES: [&str; 7] = [
    "bought.parquet",
    "references.parquet",
    "buyers.parquet",
    "debts.parquet",
    "capped.parquet",
    "repeats.parquet",
    "stopped.parquet",
];

impl State {
    /// Writes the state after `epoch`, which comes next, and returns it.
    pub(in crate::lake) fn carry(&self, epoch: Epoch, buyers: &EpochBuyers, debts: &Debts) -> Result<State> {
        let making = self.folder.join("making");
        if making.exists() {
            fs::remove_dir_all(&making).map_err(|error| LakeError::state(&making, error))?;
        }
        fs::create_dir_all(&making).map_err(|error| LakeError::state(&making, error))?;
        let table = |name: &str| making.join(name);

        let (mut bought, mut references) = (Vec::new(), Vec::new());
        let (mut repeats, mut stopped) = (BTreeSet::new(), BTreeSet::new());
        let mut bought_table = Writer::create(&table("bought.parquet"), &["pair", "since"])?;
        let mut references_table = Writer::create(&table("references.parquet"), &["merchant", "low", "high"])?;
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
            bought.push(pairs.len() as u64);
            bought_table.write(pairs.into_iter().map(|(pair, since)| [pair, since.into()]))?;
            let mut spent: Vec<_> = carries.iter().flat_map(|carry| &carry.references).copied().collect();
            spent.sort_unstable();
            references.push(spent.len() as u64);
            references_table
                .write(spent.into_iter().map(|row| [row.merchant.into(), row.reference[0], row.reference[1]]))?;
            repeats.extend(carries.iter().flat_map(|carry| &carry.repeats).copied());
            stopped.extend(carries.iter().flat_map(|carry| &carry.stopped).copied());
        }
        drop(kept);
        bought_table.finish()?;
        references_table.finish()?;
        let row = |(merchant, kinds): &(u32, [u32; 3])| [*merchant, kinds[0], kinds[1], kinds[2]].map(u64::from);
        table::write(&table("buyers.parquet"), ["merchant", "first", "repeat", "outside"], buyers.iter().map(row))?;
        let halves = |wide: u128| [wide as u64, (wide >> 64) as u64];
        let owed = debts.owed.iter().map(|(customer, owed)| {
            let [low, high] = halves(*owed);
            [u64::from(*customer), low, high]
        });
        table::write(&table("debts.parquet"), ["customer", "low", "high"], owed)?;
        let capped = debts.capped.iter().map(|((epoch, customer), Capped { cash, cap })| {
            let ([low, high], [cap, cap_high]) = (halves(*cash), halves(*cap));
            [u64::from(*epoch), u64::from(*customer), low, high, cap, cap_high]
        });
        let columns = ["epoch", "customer", "cash_low", "cash_high", "cap_low", "cap_high"];
        table::write(&table("capped.parquet"), columns, capped)?;
        table::write(&table("repeats.parquet"), ["id"], repeats.iter().map(|id| [*id]))?;
        table::write(&table("stopped.parquet"), ["merchant"], stopped.iter().map(|merchant| [u64::from(*merchant)]))?;

        let digest = Some(digest(self.digest(), &making)?);
        let last = Description { format: FORMAT, epoch, digest, bought, references };
        let folder = self.publish(&making, &last)?;

        let Memory { buyers: mut earlier, repeats: mut all_repeats, stopped: mut all_stopped, .. } =
            self.memory.clone();
        earlier.insert(epoch, Arc::clone(buyers));
        earlier.retain(|earlier, _| *earlier >= oldest_share(epoch));
        all_repeats.extend(repeats);
        all_stopped.extend(stopped.into_iter().map(|merchant| (epoch, merchant)));
        let mut tables = self.history.references.clone();
        tables.insert(epoch, PartTable::open(&folder.join("references.parquet"), &last.references)?);
        tables.retain(|earlier, _| epoch - earlier < REFERENCE_EPOCHS - 1);
        let state = State {
            folder: self.folder.clone(),
            history: History {
                next: epoch.saturating_add(1),
                bought: Some(PartTable::open(&folder.join("bought.parquet"), &last.bought)?),
                references: tables,
            },
            last: Some(last),
            memory: Memory { buyers: earlier, debts: debts.clone(), repeats: all_repeats, stopped: all_stopped },
            kept: Mutex::new(BTreeMap::new()),
        };
        self.prune(epoch);
        Ok(state)
    }

    /// Puts an epoch's folder in its place; `state.json` makes it one.
    fn publish(&self, making: &Path, last: &Description) -> Result<std::path::PathBuf> {
        let folder = folder_of(&self.folder, last.epoch);
        let publish = || -> std::io::Result<()> {
            fs::write(making.join("state.json"), serde_json::to_vec(last)?)?;
            fs::File::open(making.join("state.json"))?.sync_all()?;
            fs::File::open(making)?.sync_all()?;
            if folder.exists() {
                // Of an epoch that was never the last one: it has no state.json.
                fs::remove_dir_all(&folder)?;
            }
            fs::rename(making, &folder)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        publish().map_err(|error| LakeError::state(&folder, error))?;
        Ok(folder)
    }

    /// Removes large tables that nobody needs any more. What cannot be removed
    /// only takes space.
    fn prune(&self, epoch: Epoch) {
        if let Some(before) = epoch.checked_sub(1) {
            let _ = fs::remove_file(folder_of(&self.folder, before).join("bought.parquet"));
        }
        if let Some(spent) = epoch.checked_sub(REFERENCE_EPOCHS - 1) {
            let _ = fs::remove_file(folder_of(&self.folder, spent).join("references.parquet"));
        }
        if let Some(old) = oldest_share(epoch).checked_sub(1) {
            let _ = fs::remove_file(folder_of(&self.folder, old).join("buyers.parquet"));
        }
    }
}

/// Of the state before and of an epoch's tables.
fn digest(before: Option<Digest>, folder: &Path) -> Result<Digest> {
    let mut bytes = before.map_or_else(Vec::new, |digest| digest.0.to_vec());
    for table in TABLES {
        let path = folder.join(table);
        let mut state = blake2b_simd::Params::new().hash_length(32).to_state();
        let mut hash = || -> std::io::Result<()> {
            std::io::copy(&mut std::io::BufReader::with_capacity(1 << 20, fs::File::open(&path)?), &mut state)?;
            Ok(())
        };
        hash().map_err(|error| LakeError::state(&path, error))?;
        bytes.extend_from_slice(state.finalize().as_bytes());
    }
    Ok(Digest::of(&bytes))
}
