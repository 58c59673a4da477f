//! The reports of all epochs so far, judged as they close.

use crate::{
    report::{EpochReport, Network, ReportError},
    scoring::Engine,
    source::{EpochFacts, EpochSource, SourceError},
};
use bizkey_primitives::Epoch;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::Mutex;

/// Why an epoch cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Its facts cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// They do not make a report.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl BookError {
    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, BookError::Source(error) if error.is_transient)
    }
}

/// Judges epochs one after the other: scores, then trees.
#[derive(Clone, Debug)]
pub struct Judge {
    network: Network,
    engine: Engine,
}

impl Judge {
    /// A judge of `network` that has seen nothing; epoch 0 comes next.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self { network, engine: Engine::new() }
    }

    /// The epoch that comes next.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.engine.next_epoch()
    }

    /// Judges the next epoch.
    ///
    /// # Errors
    /// [`ReportError`]. Giving the same epoch again is refused if the scores
    /// were made and only the trees failed: the source was wrong, start anew.
    pub fn judge(&mut self, facts: EpochFacts) -> Result<EpochReport, ReportError> {
        let scores = self.engine.score(&facts.input)?;
        EpochReport::build(&self.network, scores, facts.holdings)
    }
}

/// Reports kept for claims and proofs: claims stay open for 400 epochs after
/// finality (architecture.md, Rewards), and finality takes some.
const KEPT_EPOCHS: u32 = 500;

/// The reports of a network, for the committee, the claimer and the proof
/// service of one process. It is rebuilt from the source when it starts.
pub struct Book {
    network: Network,
    source: Arc<dyn EpochSource>,
    judge: Mutex<Judge>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    reports: BTreeMap<Epoch, Arc<EpochReport>>,
    next_epoch: Epoch,
    last_error: Option<String>,
    /// Whether everything that the source had was judged once.
    is_level: bool,
}

impl Book {
    /// An empty book over `source`.
    #[must_use]
    pub fn new(network: Network, source: Arc<dyn EpochSource>) -> Self {
        Self { network, source, judge: Mutex::new(Judge::new(network)), state: RwLock::default() }
    }

    /// The network whose epochs these are.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Judges every epoch that has closed since. Returns the first epoch that
    /// is not closed. What was judged before an error is kept.
    ///
    /// # Errors
    /// [`BookError`].
    pub async fn advance(&self) -> Result<Epoch, BookError> {
        let outcome = self.judge_closed().await;
        self.write(|state| {
            state.last_error = outcome.as_ref().err().map(ToString::to_string);
            state.is_level |= outcome.is_ok();
        });
        outcome
    }

    async fn judge_closed(&self) -> Result<Epoch, BookError> {
        let mut judge = self.judge.lock().await;
        loop {
            let epoch = judge.next_epoch();
            let Some(facts) = self.source.closed_epoch(epoch).await? else { return Ok(epoch) };
            let report = Arc::new(judge.judge(facts)?);
            self.write(|state| {
                state.reports.insert(epoch, report);
                state.next_epoch = judge.next_epoch();
                if let Some(oldest) = epoch.checked_sub(KEPT_EPOCHS) {
                    state.reports.remove(&oldest);
                }
            });
        }
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// An epoch's report; `None` before it is judged, and 500 epochs after.
    #[must_use]
    pub fn report(&self, epoch: Epoch) -> Option<Arc<EpochReport>> {
        self.read(|state| state.reports.get(&epoch).cloned())
    }

    /// The first epoch that is not judged.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.read(|state| state.next_epoch)
    }

    /// What failed last, if it has not gone well since.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.read(|state| state.last_error.clone())
    }

    /// Whether everything closed at the start is judged, and the last attempt
    /// went well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.read(|state| state.is_level && state.last_error.is_none())
    }
}
