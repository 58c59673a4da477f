//! What providers said, on disk.
//!
//! A verdict is used once it is in the record. Whoever asks again, after
//! whatever restart, gets what is recorded: so a provider that changes its mind
//! about the same case does not change what a proposal rests on.

use super::{answer::Answer, Judgement, Service, Verdict};
use crate::lines::{Lines, LinesError};
use bizkey_primitives::{Epoch, Side};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Why a record does not serve.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another process has it.
    #[error("{0} is in use by another process: wait for it, or give another record")]
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
    #[error("{path}, line {line}: no verdict that this program wrote; restore the file, or give another record")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
    },
}

/// One line of the file. What the answer says is read from `raw` again.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    provider: String,
    service: Service,
    side: String,
    index: u32,
    first_epoch: Epoch,
    last_epoch: Epoch,
    asked_ms: u64,
    /// Hex after `0x`.
    request_hash: String,
    /// The answer to the letter.
    raw: String,
}

impl From<&Verdict> for Line {
    fn from(verdict: &Verdict) -> Self {
        Self {
            provider: verdict.provider.clone(),
            service: verdict.service,
            side: verdict.side.name().to_owned(),
            index: verdict.index,
            first_epoch: verdict.epochs.0,
            last_epoch: verdict.epochs.1,
            asked_ms: verdict.asked_ms,
            request_hash: format!("0x{}", hex::encode(verdict.request_hash)),
            raw: verdict.raw.clone(),
        }
    }
}

impl Line {
    fn verdict(self) -> Option<Verdict> {
        let side = Side::ALL.into_iter().find(|side| side.name() == self.side)?;
        let mut request_hash = [0; 32];
        hex::decode_to_slice(self.request_hash.strip_prefix("0x")?, &mut request_hash).ok()?;
        let (raw, answer) = Answer::read(self.raw.into_bytes()).ok()?;
        let Answer { verdict: judgement, score, reasons } = answer;
        let judgement: Judgement = judgement;
        Some(Verdict {
            provider: self.provider,
            service: self.service,
            side,
            index: self.index,
            epochs: (self.first_epoch, self.last_epoch),
            asked_ms: self.asked_ms,
            request_hash,
            raw,
            judgement,
            score,
            reasons,
        })
    }
}

/// Who was asked what.
type Question = (String, [u8; 32]);

/// Verdicts in a file of lines of JSON. Locked while it is open.
#[derive(Debug)]
pub struct Record {
    lines: Lines,
    verdicts: HashMap<Question, Verdict>,
}

impl Record {
    /// Opens a record, or begins one; its folder is made if it is missing.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        // The verdict of a line that was cut short was never used.
        let (lines, kept) = Lines::open(path, Line::verdict).map_err(|error| match error {
            LinesError::InUse => RecordError::InUse(path.to_owned()),
            LinesError::File(error) => RecordError::File { path: path.to_owned(), error },
            LinesError::Unreadable(line) => RecordError::Unreadable { path: path.to_owned(), line },
        })?;
        let mut verdicts = HashMap::new();
        for verdict in kept {
            verdicts.entry((verdict.provider.clone(), verdict.request_hash)).or_insert(verdict);
        }
        Ok(Self { lines, verdicts })
    }

    /// What a provider said to a request, by the request's hash.
    #[must_use]
    pub fn find(&self, provider: &str, request_hash: [u8; 32]) -> Option<&Verdict> {
        self.verdicts.get(&(provider.to_owned(), request_hash))
    }

    /// Every verdict, in no order.
    pub fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.values()
    }

    /// Keeps a verdict, and makes sure that it is on disk. The first one to a
    /// request stays; it is returned.
    ///
    /// # Errors
    /// [`RecordError::File`]: do not use the verdict then.
    pub fn keep(&mut self, verdict: Verdict) -> Result<Verdict, RecordError> {
        if let Some(known) = self.find(&verdict.provider, verdict.request_hash) {
            return Ok(known.clone());
        }
        let added = self.lines.add(&Line::from(&verdict));
        added.map_err(|error| RecordError::File { path: self.lines.path().to_owned(), error })?;
        self.verdicts.insert((verdict.provider.clone(), verdict.request_hash), verdict.clone());
        Ok(verdict)
    }
}
