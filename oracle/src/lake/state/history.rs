//! What the operators read of the state: pairs and references of the epochs
//! before. Another process reads it from the state's folder.

use super::{
    description::{self, Description},
    folder_of,
    parts::PartTable,
    PartHistory, State,
};
use crate::lake::error::{LakeError, Result};
use bizkey_indexer::lake::Digest;
use bizkey_primitives::{ticket::REFERENCE_EPOCHS, Epoch};
use codec::{Decode, Encode};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What is known of merchants before an epoch. Nothing before epoch 0.
#[derive(Clone, Debug, Default)]
pub(in crate::lake) struct History {
    pub(super) next: Epoch,
    pub(super) bought: Option<PartTable>,
    pub(super) references: BTreeMap<Epoch, PartTable>,
}

impl History {
    /// That of a folder after the last epoch of `chain`, which reaches back to
    /// [`History::oldest`] at least.
    pub(super) fn open(folder: &Path, chain: &BTreeMap<Epoch, Description>) -> Result<Self> {
        let Some((&last, newest)) = chain.last_key_value() else { return Ok(Self::default()) };
        let open = |description: &Description, name: &str| {
            let expected = description.table(folder, name)?;
            PartTable::open(&folder_of(folder, description.epoch).join(name), expected)
        };
        let bought = Some(open(newest, "bought.parquet")?);
        let mut references = BTreeMap::new();
        for (&epoch, description) in chain.range(Self::oldest(last)..) {
            references.insert(epoch, open(description, "references.parquet")?);
        }
        Ok(Self { next: last.saturating_add(1), bought, references })
    }

    /// The oldest epoch whose references count after `last`.
    fn oldest(last: Epoch) -> Epoch {
        last.saturating_add(1).saturating_sub(REFERENCE_EPOCHS - 1)
    }

    /// What is known of a part's merchants.
    pub(in crate::lake) fn part(&self, part: usize) -> Result<PartHistory> {
        let mut history = PartHistory::default();
        if let Some(bought) = &self.bought {
            history.bought = bought.bought(part)?;
        }
        for (_, table) in self.references.iter().filter(|(epoch, _)| self.next - **epoch < REFERENCE_EPOCHS) {
            history.spent.extend(table.references(part)?);
        }
        history.spent.sort_unstable();
        Ok(history)
    }
}

/// Where a process that shares no memory finds the state, and which one it has
/// to be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::lake) struct StateAddress {
    /// The state's folder, from the root.
    folder: String,
    /// The epoch that comes next.
    next: Epoch,
    /// Of everything that is carried; `None` before epoch 0.
    digest: Option<[u8; 32]>,
}

impl StateAddress {
    /// Opens it.
    ///
    /// # Errors
    /// [`LakeError::OtherState`] when this process sees another state there;
    /// [`LakeError::Altered`] when it is not what its digest says;
    /// [`LakeError::State`].
    pub(in crate::lake) fn open(&self) -> Result<History> {
        let folder = PathBuf::from(&self.folder);
        let Some(last) = self.next.checked_sub(1) else { return Ok(History::default()) };
        let last = Description::read(&folder, last)?;
        if Some(last.digest.0) != self.digest {
            let expected = self.digest.map_or_else(|| "none".to_owned(), |digest| Digest(digest).into());
            return Err(LakeError::OtherState { path: folder, epoch: last.epoch, expected, found: last.digest.into() });
        }
        // Whoever scores has compared the network; the digest is of it too.
        History::open(&folder, &description::chain(&folder, &last, History::oldest(last.epoch))?)
    }
}

impl State {
    /// Where other processes find this state.
    ///
    /// # Errors
    /// [`LakeError::State`] when the folder's path is no text.
    pub(in crate::lake) fn address(&self) -> Result<StateAddress> {
        let folder = std::path::absolute(&self.folder).map_err(|error| LakeError::state(&self.folder, error))?;
        let text = folder.to_str().map(str::to_owned);
        let folder = text.ok_or_else(|| LakeError::state(&folder, "its path is no text that can be sent elsewhere"))?;
        Ok(StateAddress { folder, next: self.next_epoch(), digest: self.digest().map(|digest| digest.0) })
    }
}
