//! A file of lines of JSON that is only ever added to: what it holds has to
//! outlive a crash, and one process has it at a time.

use serde::{de::DeserializeOwned, Serialize};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Error, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Why a file of lines does not serve. Its owner says what that means.
#[derive(Debug)]
pub(crate) enum LinesError {
    /// Another process has it.
    InUse,
    /// It cannot be read or written.
    File(Error),
    /// The line with this number, from 1, makes no sense.
    Unreadable(usize),
}

impl From<Error> for LinesError {
    fn from(error: Error) -> Self {
        Self::File(error)
    }
}

/// The file, locked while it is open.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Opens a file, or begins one, in a folder that is made if it is missing;
    /// reads each line by `read`, in order. A last line without its end was cut
    /// short before anybody relied on it: it is cut off.
    ///
    /// # Errors
    /// [`LinesError`]; unreadable is a line of which `read` makes nothing.
    pub fn open<L: DeserializeOwned, T>(
        path: &Path,
        read: impl Fn(L) -> Option<T>,
    ) -> Result<(Self, Vec<T>), LinesError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LinesError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut text = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let lines = (1..).zip(text[..whole].lines()).map(|(number, line)| {
            let line = serde_json::from_str(line).ok().and_then(&read);
            line.ok_or(LinesError::Unreadable(number))
        });
        let lines = lines.collect::<Result<_, _>>()?;
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        Ok((Self { path: path.to_owned(), file }, lines))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line, and makes sure that it is on disk.
    ///
    /// # Errors
    /// Those of the file: do not rely on the line then.
    pub fn add(&mut self, line: &impl Serialize) -> Result<(), Error> {
        // A line of plain fields always has a JSON form.
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}
