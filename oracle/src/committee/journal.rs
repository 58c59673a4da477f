//! What a member has put its name to, on disk.
//!
//! A report goes into the journal before it is signed. So a member that starts
//! again with another index, another program or an older copy of its database
//! cannot sign two different reports of one epoch and round; and since the
//! journal is locked while it is open, two processes of one machine cannot
//! work with one key.

use crate::{
    lines::{Lines, LinesError},
    report::Network,
};
use bizkey_client::ss58;
use bizkey_primitives::{hash::blake2x256, report::Report, AccountId, Epoch};
use codec::Encode;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Why a journal does not serve.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it.
    #[error("{0} is in use: this key reports for this network already, in another process; stop that one first")]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line makes no sense.
    #[error(
        "{path}, line {line}: no line of a journal; restore the file, or move it away if you know what was reported"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
    },
    /// Something else was reported before.
    #[error("epoch {epoch}, round {round}: this member has signed report {signed} and computes {computed} now; it does not contradict itself. See {path}")]
    Contradiction {
        /// The epoch.
        epoch: Epoch,
        /// The round.
        round: u8,
        /// Hash of what was signed.
        signed: String,
        /// Hash of what it would sign now.
        computed: String,
        /// The file.
        path: PathBuf,
    },
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    epoch: Epoch,
    round: u8,
    /// Hex after `0x`.
    report: String,
}

/// What one member reported to one network. Locked while it is open.
#[derive(Debug)]
pub struct Journal {
    lines: Lines,
    signed: BTreeMap<(Epoch, u8), String>,
}

impl Journal {
    /// Opens the journal of a member in `folder`, or begins one.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::File`], [`JournalError::Unreadable`].
    pub fn open(folder: &Path, network: &Network, member: &AccountId) -> Result<Self, JournalError> {
        let id = blake2x256(&(network.genesis, network.rewards).encode());
        let path = folder.join(format!("reports-{}-{}.jsonl", hex::encode(&id[..8]), ss58(member)));
        // A line that was cut short was never signed.
        let (lines, signed) = Lines::open(&path, |line: Line| Some(((line.epoch, line.round), line.report))).map_err(
            |error| match error {
                LinesError::InUse => JournalError::InUse(path.clone()),
                LinesError::File(error) => JournalError::File { path: path.clone(), error },
                LinesError::Unreadable(line) => JournalError::Unreadable { path: path.clone(), line },
            },
        )?;
        Ok(Self { lines, signed: signed.into_iter().collect() })
    }

    /// Notes that `report` is about to be signed, and makes sure that it is on
    /// disk. Noting it again does nothing.
    ///
    /// # Errors
    /// [`JournalError::Contradiction`], [`JournalError::File`]: do not sign then.
    pub fn note(&mut self, epoch: Epoch, round: u8, report: &Report) -> Result<(), JournalError> {
        let computed = format!("0x{}", hex::encode(report_hash(report)));
        match self.signed.get(&(epoch, round)) {
            Some(signed) if *signed == computed => return Ok(()),
            Some(signed) => {
                let (signed, path) = (signed.clone(), self.lines.path().to_owned());
                return Err(JournalError::Contradiction { epoch, round, signed, computed, path });
            }
            None => {}
        }
        let line = Line { epoch, round, report: computed };
        self.lines.add(&line).map_err(|error| JournalError::File { path: self.lines.path().to_owned(), error })?;
        self.signed.insert((epoch, round), line.report);
        Ok(())
    }
}

/// The hash under which `rewards` keeps a member's report.
#[must_use]
pub fn report_hash(report: &Report) -> [u8; 32] {
    blake2x256(&report.encode())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bizkey_primitives::{report::SideReport, Hash};

    fn network() -> Network {
        Network { genesis: Hash::from([1; 32]), rewards: AccountId::from([2; 32]) }
    }

    fn report(sum: u128) -> Report {
        let merchants = SideReport { root: Hash::from([3; 32]), count: 1, sum_v1: sum, sum_v2: 0 };
        Report { algorithm_version: 1, merchants, customers: SideReport::default() }
    }

    fn open(folder: &Path) -> Result<Journal, JournalError> {
        Journal::open(folder, &network(), &AccountId::from([4; 32]))
    }

    #[test]
    fn what_was_signed_is_never_contradicted_not_even_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(folder.path()).unwrap();
        journal.note(3, 0, &report(10)).unwrap();
        journal.note(3, 0, &report(10)).unwrap();
        drop(journal);
        let mut journal = open(folder.path()).unwrap();
        assert!(matches!(journal.note(3, 0, &report(11)), Err(JournalError::Contradiction { epoch: 3, .. })));
        journal.note(3, 0, &report(10)).unwrap();
        // Another round, or another epoch, is another matter.
        journal.note(3, 1, &report(11)).unwrap();
        journal.note(4, 0, &report(11)).unwrap();
        let lines = std::fs::read_to_string(&journal.lines.path()).unwrap().lines().count();
        assert_eq!(lines, 3);
    }

    #[test]
    fn one_process_at_a_time_has_a_key_of_a_network() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::InUse(_))));
        // Another key, and another network, are free.
        Journal::open(folder.path(), &network(), &AccountId::from([5; 32])).unwrap();
        let other = Network { rewards: AccountId::from([9; 32]), ..network() };
        Journal::open(folder.path(), &other, &AccountId::from([4; 32])).unwrap();
        drop(first);
        open(folder.path()).unwrap();
    }

    #[test]
    fn a_line_that_was_cut_short_was_not_signed_and_a_broken_one_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(folder.path()).unwrap();
        journal.note(1, 0, &report(1)).unwrap();
        journal.note(2, 0, &report(2)).unwrap();
        let path = journal.lines.path().to_owned();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        for cut in 1..text.lines().last().unwrap().len() {
            std::fs::write(&path, &text[..text.len() - cut]).unwrap();
            let mut journal = open(folder.path()).unwrap();
            assert!(journal.note(1, 0, &report(7)).is_err(), "the first line holds");
            journal.note(2, 0, &report(7)).unwrap();
        }
        std::fs::write(&path, format!("nonsense\n{text}")).unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::Unreadable { line: 1, .. })));
    }
}
