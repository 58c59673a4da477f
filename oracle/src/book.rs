//! The reports of all epochs so far, judged as they close.

use crate::{
    report::{EpochReport, Network, ReportError},
    scoring::Engine,
    source::{EpochFacts, EpochSource, SourceError},
};
use bizkey_primitives::{report::Report, Epoch, Side};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{Mutex, Semaphore},
};

/// Why an epoch cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Its facts cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// They do not make a report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The lake, or what is kept beside it, does not give one.
    #[error("{cause}")]
    Lake {
        /// What is wrong, and what to do.
        cause: String,
        /// Whether trying again can help.
        is_transient: bool,
    },
    /// Others' questions for reports outside of memory take all there is for them.
    #[error("the report of epoch {0} is not in memory, and others are being read: ask again in a few seconds")]
    Busy(Epoch),
}

impl BookError {
    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            BookError::Source(error) => error.is_transient,
            BookError::Report(_) => false,
            BookError::Lake { is_transient, .. } => *is_transient,
            BookError::Busy(_) => true,
        }
    }
}

/// Who judges a book's epochs, one after the other.
#[async_trait::async_trait]
pub trait ReportSource: Send + 'static {
    /// The epoch that comes next. Whoever starts with another one than epoch 0
    /// has kept the reports of those before.
    fn next_epoch(&self) -> Epoch;

    /// Judges the next epoch; `None` until it is closed.
    ///
    /// # Errors
    /// [`BookError`].
    async fn next_report(&mut self) -> Result<Option<EpochReport>, BookError>;

    /// Where its reports are kept, if they outlive the process.
    fn kept(&self) -> Option<Arc<dyn KeptReports>> {
        None
    }
}

/// Reports outside of memory.
pub trait KeptReports: Send + Sync + 'static {
    /// The report of an epoch; `None` if there is none. It may take as long as
    /// building its trees.
    ///
    /// # Errors
    /// [`BookError`] when it is not what was kept.
    fn report(&self, epoch: Epoch) -> Result<Option<EpochReport>, BookError>;

    /// What a member reports of an epoch; `None` if there is no report. It is
    /// one small file.
    ///
    /// # Errors
    /// [`BookError`] when it is not what was kept.
    fn totals(&self, epoch: Epoch) -> Result<Option<Report>, BookError>;
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

/// The epochs of a source, judged by the [`Engine`] in memory, which has an
/// entry for every receipt ever recorded.
struct InMemory {
    judge: Judge,
    source: Arc<dyn EpochSource>,
}

#[async_trait::async_trait]
impl ReportSource for InMemory {
    fn next_epoch(&self) -> Epoch {
        self.judge.next_epoch()
    }

    async fn next_report(&mut self) -> Result<Option<EpochReport>, BookError> {
        let Some(facts) = self.source.closed_epoch(self.judge.next_epoch()).await? else { return Ok(None) };
        Ok(Some(self.judge.judge(facts)?))
    }
}

/// Reports kept for claims and proofs: claims stay open for 400 epochs after
/// finality (architecture.md, Rewards), and finality takes some.
pub(crate) const KEPT_EPOCHS: u32 = 500;

/// Most leaves in memory, of reports that are kept elsewhere too: some 5 GB.
/// Those of the newest epoch, or of the one that is asked for, may be more.
const MOST_LEAVES: usize = 50_000_000;

/// Most strangers' questions for kept reports at a time.
const MOST_ASKED: usize = 4;

/// The reports of a network, for the committee, the claimer and the proof
/// service of one process. Whoever judges goes on where it ended, or begins
/// with epoch 0 when the process starts.
pub struct Book {
    network: Network,
    judge: Mutex<Box<dyn ReportSource>>,
    kept: Option<Arc<dyn KeptReports>>,
    most_leaves: usize,
    /// Held while a kept report is read: one at a time has room.
    reading: std::sync::Mutex<()>,
    /// Of strangers who ask for kept reports. Each holds a thread.
    asked: Semaphore,
    state: RwLock<State>,
}

/// What is read of a kept report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Totals,
    Whole,
}

#[derive(Default)]
struct State {
    reports: BTreeMap<Epoch, Arc<EpochReport>>,
    next_epoch: Epoch,
    last_error: Option<String>,
    /// Why kept reports could not be read, of those that were not read since.
    unreadable: BTreeMap<(Epoch, Kept), String>,
    /// Whether everything that the source had was judged once.
    is_level: bool,
}

impl State {
    /// Takes a report. Others leave for it, the oldest first, while there are
    /// more leaves than `most`.
    fn insert(&mut self, report: Arc<EpochReport>, most: usize) {
        let epoch = report.epoch();
        self.reports.insert(epoch, report);
        let leaves = |report: &Arc<EpochReport>| Side::ALL.map(|side| report.tree(side).leaves().len());
        let mut all: usize = self.reports.values().flat_map(leaves).sum();
        while all > most {
            let Some(oldest) = self.reports.keys().find(|other| **other != epoch).copied() else { return };
            let gone = self.reports.remove(&oldest);
            all = all.saturating_sub(gone.iter().flat_map(leaves).sum());
        }
    }
}

impl Book {
    /// An empty book over `source`, judged by the engine in memory.
    #[must_use]
    pub fn new(network: Network, source: Arc<dyn EpochSource>) -> Self {
        Self::judged_by(network, InMemory { judge: Judge::new(network), source })
    }

    /// A book of whoever judges the epochs of `network`.
    #[must_use]
    pub fn judged_by(network: Network, judge: impl ReportSource) -> Self {
        let (kept, next_epoch) = (judge.kept(), judge.next_epoch());
        // What is nowhere else stays in memory.
        let most_leaves = if kept.is_some() { MOST_LEAVES } else { usize::MAX };
        let state = RwLock::new(State { next_epoch, ..State::default() });
        let asked = Semaphore::new(MOST_ASKED);
        let (judge, reading) = (Mutex::new(Box::new(judge) as Box<dyn ReportSource>), std::sync::Mutex::default());
        Self { network, judge, kept, most_leaves, reading, asked, state }
    }

    /// Holds reports of so many leaves in memory, if they are kept elsewhere.
    #[must_use]
    pub fn with_most_leaves(mut self, most: usize) -> Self {
        if self.kept.is_some() {
            self.most_leaves = most;
        }
        self
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
        while let Some(report) = judge.next_report().await? {
            let (epoch, report) = (report.epoch(), Arc::new(report));
            self.write(|state| {
                state.insert(report, self.most_leaves);
                state.next_epoch = judge.next_epoch();
                if let Some(oldest) = epoch.checked_sub(KEPT_EPOCHS) {
                    state.reports = state.reports.split_off(&oldest.saturating_add(1));
                    state.unreadable = state.unreadable.split_off(&(oldest.saturating_add(1), Kept::Totals));
                }
            });
        }
        Ok(judge.next_epoch())
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// An epoch's report; `None` before it is judged, and 500 epochs after. One
    /// that is not in memory is read from where it is kept, which takes as long
    /// as building its trees; if that fails, there is none, and the book is not
    /// ready.
    #[must_use]
    pub fn report(&self, epoch: Epoch) -> Option<Arc<EpochReport>> {
        self.in_memory(epoch).or_else(|| self.read_kept(epoch).unwrap_or_default())
    }

    /// Likewise for strangers, of whom few at a time may have one read that is
    /// not in memory: whoever asks for many cannot hold up the member.
    ///
    /// # Errors
    /// [`BookError::Busy`]; or why the kept report cannot be read.
    pub fn report_for_stranger(&self, epoch: Epoch) -> Result<Option<Arc<EpochReport>>, BookError> {
        if let Some(report) = self.in_memory(epoch) {
            return Ok(Some(report));
        }
        if self.kept(epoch).is_none() {
            return Ok(None);
        }
        let _asked = self.asked.try_acquire().map_err(|_| BookError::Busy(epoch))?;
        self.read_kept(epoch)
    }

    fn in_memory(&self, epoch: Epoch) -> Option<Arc<EpochReport>> {
        self.read(|state| state.reports.get(&epoch).cloned())
    }

    /// Reads a kept report into memory.
    fn read_kept(&self, epoch: Epoch) -> Result<Option<Arc<EpochReport>>, BookError> {
        let Some(kept) = self.kept(epoch) else { return Ok(None) };
        aside(|| {
            let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever came first may have read it.
            if let Some(report) = self.in_memory(epoch) {
                return Ok(Some(report));
            }
            let report = self.readable(epoch, Kept::Whole, kept.report(epoch))?.map(Arc::new);
            if let Some(report) = &report {
                self.write(|state| state.insert(Arc::clone(report), self.most_leaves));
            }
            Ok(report)
        })
    }

    /// What a member reports of an epoch, where [`Book::report`] has one; no
    /// tree is built for it.
    #[must_use]
    pub fn totals(&self, epoch: Epoch) -> Option<Report> {
        if let Some(totals) = self.read(|state| state.reports.get(&epoch).map(|report| report.report())) {
            return Some(totals);
        }
        self.readable(epoch, Kept::Totals, self.kept(epoch)?.totals(epoch)).unwrap_or_default()
    }

    /// Where an epoch is kept that is judged, and not too old.
    fn kept(&self, epoch: Epoch) -> Option<&dyn KeptReports> {
        let next = self.next_epoch();
        self.kept.as_deref().filter(|_| epoch < next && next - epoch <= KEPT_EPOCHS)
    }

    /// Notes whether what was kept could be read: the book is not ready until it can.
    fn readable<T>(&self, epoch: Epoch, what: Kept, read: Result<T, BookError>) -> Result<T, BookError> {
        match &read {
            Ok(_) if self.read(|state| state.unreadable.is_empty()) => {}
            // Whoever has read the whole has read the totals.
            Ok(_) => self.write(|state| state.unreadable.retain(|(other, part), _| *other != epoch || *part > what)),
            Err(error) => {
                tracing::error!(epoch, %error, "a kept report cannot be read");
                self.write(|state| {
                    state.unreadable.insert((epoch, what), error.to_string());
                });
            }
        }
        read
    }

    /// The first epoch that is not judged.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.read(|state| state.next_epoch)
    }

    /// What failed last, if it has not gone well since; or why a kept report
    /// could not be read.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.read(|state| state.last_error.clone().or_else(|| state.unreadable.values().next().cloned()))
    }

    /// Whether everything closed at the start is judged, and the last attempt
    /// went well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.read(|state| state.is_level && state.last_error.is_none() && state.unreadable.is_empty())
    }
}

/// Does what takes long, with the other tasks of this thread put on another one
/// where there is another.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests;
