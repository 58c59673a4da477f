//! A shop's epochs that are not kept yet.

use super::running::EpochRun;
use crate::{
    model::Checkpoint,
    store::{read::runs::Carried, Store},
    Error, Result,
};
use bizkey_primitives::{Epoch, MerchantIndex};

/// Most epochs that are scored from their receipts for one answer. While
/// finality and the keeper do their work, there are one or two.
const LIVE_EPOCHS: u32 = 4;
/// How often an answer is begun again when the chain turned away meanwhile.
const ATTEMPTS: u32 = 4;

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

impl Store {
    /// A shop's epochs that are not kept yet; `None` before the first block.
    ///
    /// # Errors
    /// [`Error::ScoresBehind`] while there are too many of them; those of the
    /// database.
    pub async fn live(&self, merchant: MerchantIndex) -> Result<Option<Live>> {
        let mut attempt = 1;
        loop {
            let Some(now) = self.checkpoint().await? else { return Ok(None) };
            let live = self.live_at(merchant, now).await?;
            // Rows of two branches must not be mixed, nor may an epoch that was
            // kept meanwhile count twice.
            let same = self.block_hash(now.number).await? == Some(now.hash);
            if (same && self.last_scored_epoch().await? == live.kept) || attempt == ATTEMPTS {
                return Ok(Some(live));
            }
            attempt += 1;
        }
    }

    async fn live_at(&self, merchant: MerchantIndex, now: Checkpoint) -> Result<Live> {
        let kept = self.last_scored_epoch().await?;
        let mut live = Live { now, kept, runs: Vec::new() };
        // Before genesis there is no epoch.
        let Some(current) = now.stamp.checked_sub(1) else { return Ok(live) };
        let first = kept.map_or(0, |kept| kept.saturating_add(1));
        if current.saturating_sub(first) >= LIVE_EPOCHS {
            return Err(Error::ScoresBehind { next: first, now: current });
        }
        let mut carried = Carried::default();
        for epoch in first..=current {
            let mut runs = self.epoch_runs(epoch, &[merchant], &carried).await?;
            let Some(run) = runs.remove(&merchant) else { continue };
            carried.close(merchant, &run);
            live.runs.push(run);
        }
        Ok(live)
    }
}
