//! Writing each epoch as soon as final blocks have closed it.

use super::{Lake, Result};
use crate::{
    sync::{Backoff, Progress},
    Store,
};
use bizkey_primitives::{calendar::stamp, Epoch};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// First and longest wait after a failure.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Writes every closed epoch of `store` that is not in `lake`, then each one
/// that closes, until `shutdown`. Epochs that are there already are checked to
/// be of the same chain. Being stopped at any point loses nothing: an epoch
/// without a manifest is written again.
///
/// # Errors
/// What trying again cannot mend: [`super::Error::OtherNetwork`],
/// [`super::Error::ManifestDiffers`] and their like.
pub async fn run(store: Store, lake: Lake, progress: Progress, shutdown: CancellationToken) -> Result<()> {
    shutdown.run_until_cancelled(follow(&store, &lake, &progress)).await.unwrap_or(Ok(()))
}

async fn follow(store: &Store, lake: &Lake, progress: &Progress) -> Result<()> {
    let mut changes = progress.subscribe();
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    let mut next = None;
    loop {
        // Read before the rows are: what becomes final meanwhile is a change.
        let seen = changes.borrow_and_update().finalized;
        match catch_up(store, lake, &mut next).await {
            Ok(()) => backoff.reset(),
            Err(error) if error.is_transient() => {
                let wait = backoff.wait();
                tracing::warn!(%error, ?wait, "the lake tries again");
                tokio::time::sleep(wait).await;
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "the lake stops");
                return Err(error);
            }
        }
        // `progress` holds the sender, so the channel cannot close meanwhile.
        let _ = changes.wait_for(|status| status.finalized != seen).await;
    }
}

/// Writes or checks closed epochs from `next` on, and moves it; from the epoch
/// of the first stored block if it is not known yet.
async fn catch_up(store: &Store, lake: &Lake, next: &mut Option<Epoch>) -> Result<()> {
    let Some(last_final) = store.finalized().await? else { return Ok(()) };
    let mut epoch = match *next {
        Some(epoch) => epoch,
        None => {
            // Later, each epoch that is written sees to it.
            lake.tie(store).await?;
            let first = store.blocks_after(0, 1).await?;
            first.first().map_or(0, |block| block.checkpoint.stamp.saturating_sub(1))
        }
    };
    while last_final.stamp > stamp(epoch) {
        match lake.find_manifest(epoch).await? {
            Some(found) => lake.check_facts(store, &found).await?,
            None => {
                let written = lake.write_epoch(store, epoch).await?;
                let receipts = written.manifest.receipts.rows;
                tracing::info!(epoch, receipts, voids = written.manifest.voids.rows, "an epoch is in the lake");
            }
        }
        lake.reached(epoch);
        epoch = epoch.saturating_add(1);
        *next = Some(epoch);
    }
    Ok(())
}
