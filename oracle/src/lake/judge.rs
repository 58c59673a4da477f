//! Epochs of a lake into reports, one after the other.

use super::{
    error::{LakeError, Result},
    reports::Reports,
    LakeEngine, Settings,
};
use crate::{
    book::{BookError, KeptReports, ReportSource},
    report::{EpochReport, Network},
    source::{EpochFacts, IndexSource},
};
use bizkey_indexer::{
    lake::{self, Digest, Manifest, ReceiptParts, VoidParts},
    Lake,
};
use bizkey_primitives::Epoch;
use std::{fs::File, sync::Arc};

/// Whose word is taken for what the lake holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LakeTrust {
    /// Take the files as they are. Otherwise their hashes are compared with
    /// the manifest before an epoch is scored.
    pub files: bool,
    /// Wait with an epoch until this process's own writer of the lake
    /// ([`lake::run`], over the same [`Lake`]) has written it, or found it to
    /// be the index's. Otherwise another process's manifest is enough.
    pub awaits_writer: bool,
}

/// Judges a network's epochs with the [`LakeEngine`]: receipts from the lake,
/// everything else from the index. Of earlier epochs' receipts, memory holds the
/// exceptions alone (see `state`). Reports are kept beside the state.
pub struct LakeJudge {
    network: Network,
    source: IndexSource,
    lake: Lake,
    trust: LakeTrust,
    engine: LakeEngine,
    reports: Arc<Reports>,
    /// Held while a report is written, as the state's is.
    lock: Option<Arc<File>>,
}

/// A closed epoch that can be judged.
#[derive(Clone, Debug)]
pub struct ClosedEpoch {
    facts: EpochFacts,
    manifest: Manifest,
}

impl ClosedEpoch {
    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.facts.input.epoch
    }

    /// Its receipts.
    #[must_use]
    pub fn receipts(&self) -> u64 {
        self.manifest.receipts.rows
    }
}

impl LakeJudge {
    /// A judge that goes on where the state of `settings` ends. One process
    /// at a time may have a state's folder.
    ///
    /// # Errors
    /// As [`LakeEngine::open`]; [`LakeError::State`] when a report is missing
    /// that claims may need.
    pub fn open(
        network: Network,
        source: IndexSource,
        lake: Lake,
        trust: LakeTrust,
        settings: Settings,
    ) -> Result<Self> {
        let (folder, lock) = (settings.state.clone(), settings.lock.clone());
        let engine = LakeEngine::open(lake.store(), &network, settings)?;
        let reports = Arc::new(Reports::open(&folder, network, engine.next_epoch())?);
        Ok(Self { network, source, lake, trust, engine, reports, lock })
    }

    /// The epoch that comes next.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.engine.next_epoch()
    }

    /// The next epoch, once it is closed and in the lake.
    ///
    /// # Errors
    /// [`BookError`].
    pub async fn closed(&mut self) -> Result<Option<ClosedEpoch>, BookError> {
        // Of an attempt that was cut short.
        self.engine.forget();
        let epoch = self.engine.next_epoch();
        if self.trust.awaits_writer && self.lake.newest().is_none_or(|newest| newest < epoch) {
            return Ok(None);
        }
        let failed = |error: lake::Error| {
            let is_transient = error.is_transient();
            BookError::Lake { cause: format!("epoch {epoch} of the lake: {error}"), is_transient }
        };
        // The manifest first: it is small, and may be asked for often.
        let (manifest, is_written) = match self.lake.read_manifest(epoch).await {
            Ok(manifest) => (manifest, true),
            Err(lake::Error::NotWritten(_)) => match self.source.first_epoch(epoch).await? {
                // Nobody writes what was before the network.
                Some(first) if epoch < first => (self.before_all(epoch), false),
                _ => return Ok(None),
            },
            Err(error) => return Err(failed(error)),
        };
        let Some(facts) = self.source.closed_epoch_without_receipts(epoch).await? else { return Ok(None) };
        let manifest = match is_written && !self.trust.files {
            true => self.lake.verify(epoch).await.map_err(failed)?,
            false => manifest,
        };
        Ok(Some(ClosedEpoch { facts, manifest }))
    }

    /// An epoch before the network's first block.
    fn before_all(&self, epoch: Epoch) -> Manifest {
        Manifest {
            format: lake::FORMAT,
            genesis_hash: Digest(self.network.genesis.into()),
            epoch,
            closing_block: None,
            receipts: ReceiptParts { first_id: 1, end_id: 1, rows: 0, parts: Vec::new() },
            voids: VoidParts { rows: 0, parts: Vec::new() },
        }
    }

    /// Judges it, keeps its report, and carries what later epochs need.
    ///
    /// # Errors
    /// [`BookError`]; it is the next one still.
    pub async fn judge(&mut self, closed: ClosedEpoch) -> Result<EpochReport, BookError> {
        let ClosedEpoch { facts: EpochFacts { input, holdings }, manifest } = closed;
        let epoch = input.epoch;
        let scores = self.engine.score(&manifest, Arc::new(input)).await?;
        let (network, reports, lock) = (self.network, Arc::clone(&self.reports), self.lock.clone());
        let work = move || {
            let _lock = lock;
            let report = EpochReport::build(&network, scores, holdings)?;
            reports.write(&report)?;
            Ok::<_, BookError>(report)
        };
        let report = tokio::task::spawn_blocking(work).await.map_err(|error| BookError::Lake {
            cause: format!("epoch {epoch}: its report was not finished: {error}"),
            is_transient: true,
        })??;
        self.engine.carry().await?;
        Ok(report)
    }
}

#[async_trait::async_trait]
impl ReportSource for LakeJudge {
    fn next_epoch(&self) -> Epoch {
        LakeJudge::next_epoch(self)
    }

    async fn next_report(&mut self) -> Result<Option<EpochReport>, BookError> {
        match self.closed().await? {
            Some(closed) => self.judge(closed).await.map(Some),
            None => Ok(None),
        }
    }

    fn kept(&self) -> Option<Arc<dyn KeptReports>> {
        Some(Arc::clone(&self.reports) as Arc<dyn KeptReports>)
    }
}

impl From<LakeError> for BookError {
    fn from(error: LakeError) -> Self {
        // A cluster or an object store may be away for a while.
        let is_transient = matches!(error, LakeError::Plan { .. });
        Self::Lake { cause: error.to_string(), is_transient }
    }
}
