//! What providers said, on disk.
//!
//! A verdict is used once it is in the record. Whoever asks again, after
//! whatever restart, gets what is recorded: so a provider that changes its mind
//! about the same case does not change what a proposal rests on.

use super::{answer::Answer, Judgement, Service, Verdict};
use bizkey_primitives::{Epoch, Side};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
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
    path: PathBuf,
    file: File,
    verdicts: HashMap<Question, Verdict>,
}

impl Record {
    /// Opens a record, or begins one; its folder is made if it is missing.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let failed = |error| RecordError::File { path: path.to_owned(), error };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RecordError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut record = Self { path: path.to_owned(), file, verdicts: HashMap::new() };
        record.read()?;
        Ok(record)
    }

    fn failed(&self, error: std::io::Error) -> RecordError {
        RecordError::File { path: self.path.clone(), error }
    }

    fn read(&mut self) -> Result<(), RecordError> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).map_err(|error| self.failed(error))?;
        self.file.read_to_string(&mut text).map_err(|error| self.failed(error))?;
        // A line without its end was cut short, so its verdict was never used.
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        for (number, line) in (1..).zip(text[..whole].lines()) {
            let verdict = serde_json::from_str::<Line>(line).ok().and_then(Line::verdict);
            let verdict = verdict.ok_or_else(|| RecordError::Unreadable { path: self.path.clone(), line: number })?;
            self.verdicts.entry((verdict.provider.clone(), verdict.request_hash)).or_insert(verdict);
        }
        if whole < text.len() {
            self.file.set_len(whole as u64).map_err(|error| self.failed(error))?;
        }
        Ok(())
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
        // A line of plain fields always has a JSON form.
        let mut text = serde_json::to_string(&Line::from(&verdict)).map_err(|error| self.failed(error.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(|error| self.failed(error))?;
        self.file.sync_all().map_err(|error| self.failed(error))?;
        self.verdicts.insert((verdict.provider.clone(), verdict.request_hash), verdict.clone());
        Ok(verdict)
    }
}
