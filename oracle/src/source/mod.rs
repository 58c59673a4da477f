//! Where the facts of an epoch come from: an index, or the chain itself.

mod index;

pub use index::IndexSource;

use crate::{report::Holding, scoring::EpochInput};
use bizkey_primitives::{Epoch, MerchantIndex};
use std::collections::BTreeMap;

/// Everything that an epoch's report follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochFacts {
    /// What is scored.
    pub input: EpochInput,
    /// Holdings of at least the merchants with a receipt in the epoch.
    pub holdings: BTreeMap<MerchantIndex, Holding>,
}

/// Why a source has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the facts of epoch {epoch} cannot be read: {cause}")]
pub struct SourceError {
    /// The epoch.
    pub epoch: Epoch,
    /// The source's own words.
    pub cause: String,
    /// Whether asking again can help.
    pub is_transient: bool,
}

/// A source of epochs.
#[async_trait::async_trait]
pub trait EpochSource: Send + Sync + 'static {
    /// The facts of an epoch, once it is closed and complete: the source has
    /// every final block stamped before its end, and one stamped after it.
    /// `None` until then.
    ///
    /// # Errors
    /// [`SourceError`].
    async fn closed_epoch(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError>;
}
