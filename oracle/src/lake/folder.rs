//! Folders of epochs that are there whole or not at all.

use super::error::{LakeError, Result};
use bizkey_primitives::Epoch;
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where an epoch's folder is.
pub(super) fn folder_of(folder: &Path, epoch: Epoch) -> PathBuf {
    folder.join(format!("epoch={epoch:06}"))
}

/// An epoch's folder while it is being made, beside those that are done.
pub(super) struct Making {
    folder: PathBuf,
    making: PathBuf,
}

impl Making {
    /// Begins with nothing in it; what an attempt left that was cut short is gone.
    pub(super) fn begin(folder: &Path) -> Result<Self> {
        let making = folder.join("making");
        let failed = |error: std::io::Error| LakeError::state(&making, error);
        if making.exists() {
            fs::remove_dir_all(&making).map_err(failed)?;
        }
        fs::create_dir_all(&making).map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), making })
    }

    /// Where a file of it is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.making.join(name)
    }

    /// Adds its description, which makes it whole, and puts it in the epoch's
    /// place; what an earlier attempt put there is gone. Returns where it is.
    pub(super) fn publish(self, epoch: Epoch, name: &str, description: &impl Serialize) -> Result<PathBuf> {
        let place = folder_of(&self.folder, epoch);
        let publish = || -> std::io::Result<()> {
            let path = self.file(name);
            fs::write(&path, serde_json::to_vec(description)?)?;
            fs::File::open(path)?.sync_all()?;
            fs::File::open(&self.making)?.sync_all()?;
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            fs::rename(&self.making, &place)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        publish().map_err(|error| LakeError::state(&place, error))?;
        Ok(place)
    }
}
