//! Epochs that are over into rows.

use super::{grading::grade, running::EpochRun, Algorithm};
use crate::{
    store::{
        read::runs::{Carried, Scored},
        Store,
    },
    sync::{Backoff, Progress, Status},
    Result,
};
use bizkey_primitives::{calendar::stamp, Epoch, MerchantIndex};
use std::{collections::BTreeMap, time::Duration};
use tokio_util::sync::CancellationToken;

/// First wait after a failure; it doubles with each in a row.
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Longest wait after a failure.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Keeps every epoch that final blocks have closed, one after the other, until
/// `shutdown`. A failure is told and tried again: nothing is lost or doubled
/// thereby, since an epoch that was kept in part is kept again.
pub async fn keep(store: Store, progress: Progress, shutdown: CancellationToken) {
    shutdown.run_until_cancelled(keep_all(store, progress)).await;
}

async fn keep_all(store: Store, progress: Progress) {
    let mut backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
    let mut changes = progress.subscribe();
    // What bears on whether an epoch can be kept.
    let bearing = |status: &Status| (status.finalized, status.is_filling);
    loop {
        // Read before the rows are: what becomes final meanwhile is a change.
        let seen = bearing(&changes.borrow_and_update());
        match keep_epoch(&store).await {
            Ok(Some(_)) => backoff.reset(),
            Ok(None) => {
                backoff.reset();
                // Whoever tells the progress has gone: nothing more comes.
                if changes.wait_for(|status| bearing(status) != seen).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let wait = backoff.wait();
                tracing::warn!(%error, ?wait, "scores of an epoch could not be kept; trying again");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Keeps scores and grades of the first epoch that is over for good and not
/// kept yet; returns it. None while an empty index is being filled.
///
/// # Errors
/// [`crate::Error::UnknownAlgorithm`]; those of the database.
pub async fn keep_epoch(store: &Store) -> Result<Option<Epoch>> {
    let Some(finalized) = store.finalized().await? else { return Ok(None) };
    let following = |last: Option<Epoch>| last.map_or(0, |last| last.saturating_add(1));
    let epoch = following(store.last_scored_epoch().await?);
    // Epochs that were kept before there were grades come first: each shop's
    // grade follows from the one before.
    let ungraded = following(store.last_graded_epoch().await?);
    if ungraded < epoch {
        grade(store, ungraded).await?;
        return Ok(Some(ungraded));
    }
    // A final block of a later epoch: this one is complete and stays so.
    if finalized.stamp <= stamp(epoch) {
        return Ok(None);
    }
    // While an empty index is filled, a shop's receipts cannot be found among all.
    if store.lacks_indexes().await? {
        return Ok(None);
    }
    let algorithm = Algorithm::of(epoch, store.algorithm_at(epoch).await?)?;
    // The algorithm may be another one within eight epochs from now.
    let scored = Scored { epoch, algorithm, follows_references: true };
    let (mut after, mut shops) = (0, 0);
    loop {
        let merchants = store.merchants_recording(epoch, after).await?;
        let Some(last) = merchants.last() else { break };
        after = *last;
        shops += merchants.len();
        let runs: BTreeMap<MerchantIndex, EpochRun> = store.epoch_runs(scored, &merchants, &Carried::default()).await?;
        store.keep_runs(&runs).await?;
        tracing::debug!(epoch, shops, "keeping scores");
    }
    grade(store, epoch).await?;
    store.keep_epoch(epoch, &finalized).await?;
    tracing::info!(epoch, shops, "the scores of an epoch are kept");
    Ok(Some(epoch))
}
