//! What later epochs need to know, on disk beside the lake, small enough to be
//! read part by part. It says nothing that the lake does not: without it, the
//! epochs are scored again from the first, and it comes out with the same bits.
//!
//! ```text
//! epoch=000012/state.json          written last: without it the folder is nothing
//! epoch=000012/bought.parquet      pairs of merchant and customer, and since when
//! epoch=000012/references.parquet  references that counted in epoch 12
//! epoch=000012/buyers.parquet      buyers by kind of epoch 12
//! epoch=000012/debts.parquet       what customers owe for voided sales
//! epoch=000012/capped.parquet      where a cap on cash still cuts something off
//! epoch=000012/repeats.parquet     receipts of epoch 12 with a spent reference
//! epoch=000012/stopped.parquet     merchants whose receipts of epoch 12 do not count
//! ```
//!
//! The first two are read part by part; `….parts.parquet` beside them has each
//! part's rows and hash. `state.json` says whose network it is and has a hash
//! of what every table holds, and of the state before. So nothing is taken
//! from a state that is another network's, or that holds one other number.
//!
//! A void has no deadline and must know whether its receipt was ticketed. To
//! keep that for every receipt would be a second lake, so the exceptions are
//! kept: the last two tables, of every epoch. First or repeat follows from
//! since when a pair is known.

mod carry;
mod description;
mod history;
mod memory;
mod parts;
mod table;

pub(super) use description::Owner;
pub(super) use history::{History, StateAddress};
pub(super) use memory::{EpochBuyers, Memory};
pub(super) use table::{halves, read as read_table, wide, write as write_table};

use super::{
    error::{LakeError, Result},
    folder::folder_of,
};
use crate::report::Network;
use bizkey_indexer::lake::Digest;
use bizkey_primitives::{bizpower::SHARE_EPOCHS, Epoch, MerchantIndex};
use description::Description;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Version of the state's files. Another one is built anew from the lake.
const FORMAT: u32 = 2;

/// A reference that counted at a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spent {
    pub(super) merchant: MerchantIndex,
    pub(super) reference: [u64; 2],
}

/// What is known of a part's merchants before an epoch.
#[derive(Debug, Default)]
pub(super) struct PartHistory {
    /// Pairs that made a buyer, and the epoch since which; ascending.
    pub(super) bought: Vec<(u64, Epoch)>,
    /// References of the last epochs, ascending by merchant.
    pub(super) spent: Vec<Spent>,
}

/// What a part of an epoch adds.
#[derive(Debug, Default)]
pub(super) struct PartCarry {
    /// New pairs.
    pub(super) bought: Vec<u64>,
    /// References that counted.
    pub(super) references: Vec<Spent>,
    /// Receipts whose reference was spent.
    pub(super) repeats: Vec<u64>,
    /// Merchants whose receipts do not count.
    pub(super) stopped: Vec<MerchantIndex>,
}

/// Everything that is carried up to an epoch.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    network: Owner,
    /// `None` before epoch 0.
    last: Option<Description>,
    memory: Memory,
    history: History,
    /// What the epoch that is being scored adds, by part.
    kept: Mutex<BTreeMap<usize, Vec<PartCarry>>>,
}

impl State {
    /// Reads the newest state of a folder, which has to be `network`'s.
    ///
    /// # Errors
    /// [`LakeError::OtherNetwork`]; [`LakeError::Altered`] when it holds
    /// something else than was written, as far as it is read now: the large
    /// tables are looked at when a part of them is needed;
    /// [`LakeError::State`].
    pub fn open(folder: &Path, network: &Network) -> Result<Self> {
        let (last, network) = (newest(folder)?, Owner::from(network));
        let mut state = Self {
            folder: folder.to_owned(),
            network,
            last: None,
            memory: Memory::default(),
            history: History::default(),
            kept: Mutex::default(),
        };
        let Some(last) = last else { return Ok(state) };
        last.check_network(folder, network)?;
        let chain = description::chain(folder, &last, 0)?;
        state.history = History::open(folder, &chain)?;
        state.memory = Memory::read(folder, &chain)?;
        state.last = Some(last);
        Ok(state)
    }

    /// The epoch that comes next.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.last.as_ref().map_or(0, |last| last.epoch.saturating_add(1))
    }

    /// Blake2b-256 of everything that is carried, and of whose it is; `None`
    /// before epoch 0.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.last.as_ref().map(|last| last.digest)
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What is known of merchants before the next epoch.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Takes what a part of the epoch adds.
    pub(super) fn keep(&self, part: usize, carry: PartCarry) {
        // A thread that panicked left the map whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(part).or_default().push(carry);
    }

    /// Forgets what an epoch added that was not finished.
    pub(super) fn forget_kept(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The newest epoch that is complete.
fn newest(folder: &Path) -> Result<Option<Description>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LakeError::state(folder, error)),
    };
    let mut newest = None;
    for entry in entries {
        let entry = entry.map_err(|error| LakeError::state(folder, error))?;
        let name = entry.file_name();
        let epoch = name.to_str().and_then(|name| name.strip_prefix("epoch=")).and_then(|epoch| epoch.parse().ok());
        if entry.path().join("state.json").is_file() {
            newest = newest.max(epoch);
        }
    }
    newest.map(|epoch| Description::read(folder, epoch)).transpose()
}

/// The oldest epoch whose buyers count in the epoch after `last`.
fn oldest_share(last: Epoch) -> Epoch {
    (last + 1).saturating_sub(SHARE_EPOCHS - 1)
}
