//! `state.json`: whose state it is, of which epoch, and what its tables hold.

use super::{folder_of, FORMAT};
use crate::{
    lake::error::{LakeError, Result},
    report::Network,
};
use bizkey_indexer::lake::Digest;
use bizkey_primitives::{hash::blake2x256, Epoch};
use codec::Encode as _;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The network that a state is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::lake) struct Owner {
    genesis_hash: Digest,
    /// Address of `rewards`.
    rewards: Digest,
}

impl From<&Network> for Owner {
    fn from(network: &Network) -> Self {
        Self { genesis_hash: Digest(network.genesis.into()), rewards: Digest(*network.rewards.as_ref()) }
    }
}

/// `state.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    format: u32,
    network: Owner,
    pub(super) epoch: Epoch,
    /// That of the epoch before; none before epoch 0.
    before: Option<Digest>,
    /// Of what each table holds.
    tables: BTreeMap<String, Digest>,
    /// Of all of the above, and so of everything that is carried.
    pub(super) digest: Digest,
}

impl Description {
    /// That of an epoch's tables.
    pub(super) fn new(network: Owner, epoch: Epoch, before: Option<Digest>, tables: BTreeMap<String, Digest>) -> Self {
        let new = Self { format: FORMAT, network, epoch, before, tables, digest: Digest([0; 32]) };
        Self { digest: new.hash(), ..new }
    }

    /// Blake2b-256 of everything but the digest itself.
    fn hash(&self) -> Digest {
        let Self { format, network, epoch, before, tables, digest: _ } = self;
        let tables: Vec<(&str, [u8; 32])> = tables.iter().map(|(name, digest)| (name.as_str(), digest.0)).collect();
        let owner = (network.genesis_hash.0, network.rewards.0);
        Digest(blake2x256(&(*format, owner, *epoch, before.map(|before| before.0), tables).encode()))
    }

    /// Reads that of an epoch, as it stands there.
    pub(super) fn read(folder: &Path, epoch: Epoch) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let path = path_of(folder, epoch);
        let failed = |error: serde_json::Error| LakeError::state(&path, error);
        let text = fs::read(&path).map_err(|error| LakeError::state(&path, error))?;
        // The version first: another one may have other fields.
        let Versioned { format } = serde_json::from_slice(&text).map_err(failed)?;
        if format != FORMAT {
            return Err(LakeError::state(&path, format!("it is of format {format}, this program has {FORMAT}")));
        }
        let read: Self = serde_json::from_slice(&text).map_err(failed)?;
        if read.epoch != epoch {
            return Err(LakeError::state(&path, format!("it is of epoch {}", read.epoch)));
        }
        Ok(read)
    }

    /// Whether it says what was written.
    pub(super) fn check(&self, folder: &Path) -> Result<()> {
        if self.hash() == self.digest {
            return Ok(());
        }
        Err(LakeError::Altered { path: path_of(folder, self.epoch), part: None })
    }

    /// Whether it is of that network.
    pub(super) fn check_network(&self, folder: &Path, network: Owner) -> Result<()> {
        let differs = [
            ("genesis hash", self.network.genesis_hash != network.genesis_hash),
            ("address of `rewards`", self.network.rewards != network.rewards),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((field, _)) => Err(LakeError::OtherNetwork { path: folder.to_owned(), field }),
        }
    }

    /// What a table of it has to hold.
    pub(super) fn table(&self, folder: &Path, name: &str) -> Result<Digest> {
        let found = self.tables.get(name).copied();
        found.ok_or_else(|| LakeError::state(&path_of(folder, self.epoch), format!("it does not name {name}")))
    }
}

/// The descriptions from `oldest` up to `last`, each the one that the next
/// goes on from.
pub(super) fn chain(folder: &Path, last: &Description, oldest: Epoch) -> Result<BTreeMap<Epoch, Description>> {
    last.check(folder)?;
    let mut chain = BTreeMap::from([(last.epoch, last.clone())]);
    let mut before = last.before;
    for epoch in (oldest..last.epoch).rev() {
        let read = Description::read(folder, epoch)?;
        read.check(folder)?;
        if before != Some(read.digest) {
            let cause = format!("the state after epoch {} does not go on from it", epoch.saturating_add(1));
            return Err(LakeError::state(&path_of(folder, epoch), cause));
        }
        before = read.before;
        chain.insert(epoch, read);
    }
    Ok(chain)
}

fn path_of(folder: &Path, epoch: Epoch) -> PathBuf {
    folder_of(folder, epoch).join("state.json")
}
