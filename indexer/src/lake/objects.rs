//! The few operations on objects that the lake is built from.

use super::{error::at, Error, Result};
use object_store::{
    local::LocalFileSystem, path::Path, Error as Cause, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};
use std::{path::PathBuf, sync::Arc};

/// An object store, and the local folder that it is, if it is one.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
}

impl Objects {
    /// A local folder, made if it is missing.
    pub fn folder(folder: PathBuf) -> Result<Self> {
        let failed = |cause: std::io::Error| Error::Objects {
            what: format!("making the folder {}", folder.display()),
            cause: Cause::Generic { store: "folder", source: Box::new(cause) },
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(at("opening", &folder.display()))?;
        Ok(Self { store: Arc::new(store), folder: Some(folder) })
    }

    /// An object store that keeps what it has confirmed.
    pub fn remote(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folder: None }
    }

    /// The object store.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// An object's bytes; `None` if there is none.
    pub async fn find(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(Cause::NotFound { .. }) => return Ok(None),
            Err(cause) => return Err(at("reading", path)(cause)),
        };
        Ok(Some(found.bytes().await.map_err(at("reading", path))?.into()))
    }

    /// Writes an object, over one that is there.
    pub async fn put(&self, path: &Path, bytes: Vec<u8>) -> Result<()> {
        self.store.put(path, PutPayload::from(bytes)).await.map_err(at("writing", path))?;
        self.keep(path).await
    }

    /// Writes an object unless there is one; returns the one that is there.
    pub async fn create(&self, path: &Path, bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(path, PutPayload::from(bytes.clone()), options).await {
            Ok(_) => self.keep(path).await.map(|()| None),
            Err(Cause::AlreadyExists { .. } | Cause::Precondition { .. }) => {
                let found = self.find(path).await?;
                // Deleted since: whoever deletes manifests does so at rest.
                let gone = || Cause::NotFound { path: path.to_string(), source: "it was there a moment ago".into() };
                found.map(Some).ok_or_else(|| at("reading", path)(gone()))
            }
            // An object store without conditional writes. Two writers at the
            // same moment write the same bytes, so nothing is lost.
            Err(Cause::NotImplemented { .. } | Cause::NotSupported { .. }) => match self.find(path).await? {
                Some(found) => Ok(Some(found)),
                None => self.put(path, bytes).await.map(|()| None),
            },
            Err(cause) => Err(at("writing", path)(cause)),
        }
    }

    /// Brings a local file to the disk, so that no manifest outlives its parts
    /// in a power cut. Object stores keep what they have confirmed.
    async fn keep(&self, path: &Path) -> Result<()> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let segments: Vec<String> = path.parts().map(|part| part.as_ref().to_owned()).collect();
        let synced = tokio::task::spawn_blocking(move || {
            // The folders too, from the outermost: they may be new.
            let mut reached = folder;
            std::fs::File::open(&reached)?.sync_all()?;
            for segment in segments {
                reached.push(segment);
                std::fs::File::open(&reached)?.sync_all()?;
            }
            std::io::Result::Ok(())
        });
        let synced = synced.await.map_err(|source| at("writing", path)(Cause::JoinError { source }))?;
        synced.map_err(|source| at("writing", path)(Cause::Generic { store: "folder", source: Box::new(source) }))
    }
}
