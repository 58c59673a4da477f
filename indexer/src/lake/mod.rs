//! The lake: receipts and voids of closed epochs as Parquet files, in a local
//! folder or an object store, for the oracle and for whoever computes along.
//!
//! ```text
//! lake.json                                  whose network it is
//! manifests/epoch=000123.json                what epoch 123 consists of
//! receipts/epoch=000123/part-<first id>-<hash>.parquet
//! voids/epoch=000123/part-<first row>-<hash>.parquet
//! ```
//!
//! An epoch is written once final blocks have closed it, so its rows never
//! change. Its parts come first, each named by its content, its manifest last
//! and in one piece, and only if there is none: **what a manifest names is the
//! epoch, exactly once; a file that no manifest names is nothing.** Whoever
//! writes the epoch again makes the same bytes and finds them there.

mod error;
mod follow;
mod manifest;
mod objects;
mod read;
pub mod schema;
mod write;

pub use error::{Error, Result};
pub use follow::run;
pub use manifest::{ClosingBlock, Digest, Manifest, Part, ReceiptParts, VoidParts};
pub use write::Written;

use crate::model::Network;
use bizkey_primitives::Epoch;
use manifest::Identity;
use object_store::{path::Path, prefix::PrefixStore, ObjectStore};
use objects::Objects;
use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        atomic::{AtomicI64, Ordering},
        Arc,
    },
};
use url::Url;

/// Version of paths, manifests, columns and their encoding. Another one is
/// another lake: bytes of the same rows would differ.
pub const FORMAT: u32 = 1;

/// Most rows of a part: a part is held in memory while it is written or
/// checked, at some 40 bytes a row.
const PART_ROWS: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 18) - 1);

/// A lake of one network. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lake {
    objects: Objects,
    identity: Identity,
    part_rows: NonZeroUsize,
    /// The last epoch known to be written; -1 before the first.
    newest: Arc<AtomicI64>,
}

impl Lake {
    /// Opens the lake of `network` at a folder (created if missing), a
    /// `file:///` URL, or a URL of an object store, whose credentials and
    /// region come from the environment (`AWS_ACCESS_KEY_ID` and so on).
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::Objects`]; [`Error::OtherNetwork`] when it is
    /// another network's.
    pub async fn open(url: &str, network: &Network) -> Result<Self> {
        let refused = |cause: String| {
            let scheme = url.split_once(':').map_or("none", |(scheme, _)| scheme);
            Error::Url { scheme: scheme.to_owned(), cause }
        };
        if !url.contains("://") {
            return Self::with(Objects::folder(PathBuf::from(url))?, network).await;
        }
        let parsed = Url::parse(url).map_err(|error| refused(error.to_string()))?;
        if parsed.scheme() == "file" {
            let folder = parsed.to_file_path().map_err(|()| refused("it names no local folder".into()))?;
            return Self::with(Objects::folder(folder)?, network).await;
        }
        // A variable that is no text is none of the object store's.
        let variables =
            std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        // The library's message may repeat the URL.
        let without_url = |error: object_store::Error| refused(error.to_string().replace(parsed.as_str(), "…"));
        let (store, prefix) = object_store::parse_url_opts(&parsed, variables).map_err(without_url)?;
        Self::with(Objects::remote(Arc::new(PrefixStore::new(store, prefix))), network).await
    }

    /// The lake of `network` in an object store that is open already.
    ///
    /// # Errors
    /// [`Error::Objects`]; [`Error::OtherNetwork`] when it is another network's.
    pub async fn at(store: Arc<dyn ObjectStore>, network: &Network) -> Result<Self> {
        Self::with(Objects::remote(store), network).await
    }

    async fn with(objects: Objects, network: &Network) -> Result<Self> {
        let identity = Identity::from(network);
        let lake = Self { objects, identity, part_rows: PART_ROWS, newest: Arc::new(AtomicI64::new(-1)) };
        if let Some(found) = lake.objects.find(&identity_path()).await? {
            lake.check_identity(&found)?;
        }
        Ok(lake)
    }

    /// Splits epochs into parts of so many rows. All writers of a lake must
    /// agree on it: with other parts, the manifests differ.
    #[must_use]
    pub fn with_part_rows(mut self, rows: NonZeroUsize) -> Self {
        self.part_rows = rows;
        self
    }

    /// The object store that the paths of manifests are within.
    #[must_use]
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        self.objects.store()
    }

    /// The last epoch that [`run`] has found or made complete; `None` before
    /// the first.
    #[must_use]
    pub fn newest(&self) -> Option<Epoch> {
        Epoch::try_from(self.newest.load(Ordering::Relaxed)).ok()
    }

    fn reached(&self, epoch: Epoch) {
        self.newest.fetch_max(epoch.into(), Ordering::Relaxed);
    }

    fn check_identity(&self, found: &[u8]) -> Result<()> {
        let found: Identity = manifest::parse(&identity_path(), found)?;
        match self.identity.difference(&found) {
            Some(field) => Err(Error::OtherNetwork { field }),
            None => Ok(()),
        }
    }
}

fn identity_path() -> Path {
    Path::from("lake.json")
}

fn manifest_path(epoch: Epoch) -> Path {
    Path::from(format!("manifests/epoch={epoch:06}.json"))
}

/// `table` is `receipts` or `voids`; `first` is padded so that names sort as
/// the parts do.
fn part_path(table: &str, epoch: Epoch, first: u64, digest: &Digest) -> Path {
    let hash = hex::encode(digest.0);
    // 128 bits tell contents apart; the manifest has the whole hash.
    let hash = hash.get(..32).unwrap_or(&hash);
    Path::from(format!("{table}/epoch={epoch:06}/part-{first:020}-{hash}.parquet"))
}
