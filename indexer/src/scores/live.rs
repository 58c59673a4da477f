//! A shop's epochs that are not kept yet.

use super::{running::EpochRun, Algorithm};
use crate::{
    model::Checkpoint,
    store::{
        read::runs::{Carried, Scored},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::{Epoch, MerchantIndex};
use lru::LruCache;
use std::sync::{Arc, Mutex, PoisonError};

/// Most epochs that are scored from their receipts for one answer. While
/// finality and the keeper do their work, there are one or two.
const LIVE_EPOCHS: u32 = 4;
/// How often an answer is begun again when the chain turned away meanwhile.
const ATTEMPTS: u32 = 4;
/// Receipts of all remembered answers together: some 50 MB.
const REMEMBERED: u64 = 1 << 18;

/// A shop's epochs after those that are kept, up to the last stored block.
#[derive(Clone, Debug)]
pub struct Live {
    /// The last stored block.
    pub now: Checkpoint,
    /// The last kept epoch.
    pub kept: Option<Epoch>,
    /// The epochs after it; the last one is still running.
    pub runs: Vec<EpochRun>,
}

impl Live {
    /// The receipts that it counts, which bound everything that it holds.
    fn receipts(&self) -> u64 {
        let of_run = |run: &EpochRun| run.counts().pl.saturating_add(run.counts().uom);
        self.runs.iter().map(of_run).fold(1, u64::saturating_add)
    }
}

/// The answers that were asked for last: many ask for the same shops between
/// two blocks, and each answer takes a dozen reads. One that is of another
/// block, or of before an epoch was kept, is not used.
#[derive(Debug)]
pub(crate) struct Remembered(Mutex<Answers>);

#[derive(Debug)]
struct Answers {
    by_shop: LruCache<MerchantIndex, Arc<Live>>,
    receipts: u64,
}

impl Default for Remembered {
    fn default() -> Self {
        Self(Mutex::new(Answers { by_shop: LruCache::unbounded(), receipts: 0 }))
    }
}

impl Remembered {
    fn get(&self, merchant: MerchantIndex, now: &Checkpoint, kept: Option<Epoch>) -> Option<Arc<Live>> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = answers.by_shop.get(&merchant)?;
        (live.now == *now && live.kept == kept).then(|| live.clone())
    }

    fn put(&self, merchant: MerchantIndex, live: &Arc<Live>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.receipts = answers.receipts.saturating_add(live.receipts());
        if let Some(before) = answers.by_shop.put(merchant, live.clone()) {
            answers.receipts = answers.receipts.saturating_sub(before.receipts());
        }
        while answers.receipts > REMEMBERED {
            let Some((_, oldest)) = answers.by_shop.pop_lru() else { return };
            answers.receipts = answers.receipts.saturating_sub(oldest.receipts());
        }
    }
}

impl Store {
    /// A shop's epochs that are not kept yet; `None` before the first block.
    ///
    /// # Errors
    /// [`Error::ScoresBehind`] while there are too many of them;
    /// [`Error::UnknownAlgorithm`]; those of the database.
    pub async fn live(&self, merchant: MerchantIndex) -> Result<Option<Arc<Live>>> {
        let mut attempt = 1;
        loop {
            let Some(now) = self.checkpoint().await? else { return Ok(None) };
            let kept = self.last_scored_epoch().await?;
            if let Some(live) = self.remembered().get(merchant, &now, kept) {
                return Ok(Some(live));
            }
            let live = Arc::new(self.live_at(merchant, now, kept).await?);
            // Rows of two branches must not be mixed, nor may an epoch that was
            // kept meanwhile count twice.
            let same = self.block_hash(now.number).await? == Some(now.hash);
            if same && self.last_scored_epoch().await? == kept {
                self.remembered().put(merchant, &live);
                return Ok(Some(live));
            }
            if attempt == ATTEMPTS {
                return Ok(Some(live));
            }
            attempt += 1;
        }
    }

    async fn live_at(&self, merchant: MerchantIndex, now: Checkpoint, kept: Option<Epoch>) -> Result<Live> {
        let mut live = Live { now, kept, runs: Vec::new() };
        // Before genesis there is no epoch.
        let Some(current) = now.stamp.checked_sub(1) else { return Ok(live) };
        let first = kept.map_or(0, |kept| kept.saturating_add(1));
        if current.saturating_sub(first) >= LIVE_EPOCHS {
            return Err(Error::ScoresBehind { next: first, now: current });
        }
        let algorithms = self.algorithms_at(first..=current).await?;
        let algorithms = algorithms.into_iter().map(|(epoch, version)| Ok((epoch, Algorithm::of(epoch, version)?)));
        let algorithms: Vec<(Epoch, Algorithm)> = algorithms.collect::<Result<_>>()?;
        let follows_references = algorithms.iter().any(|(_, algorithm)| *algorithm == Algorithm::Bizpower2);
        let mut carried = Carried::default();
        for (epoch, algorithm) in algorithms {
            let scored = Scored { epoch, algorithm, follows_references };
            let mut runs = self.epoch_runs(scored, &[merchant], &carried).await?;
            let Some(run) = runs.remove(&merchant) else { continue };
            carried.close(merchant, &run);
            live.runs.push(run);
        }
        Ok(live)
    }
}
