//! The first backfill of an empty database goes without the indexes that only
//! answers need: an index over many rows is made far faster once, in order,
//! than row by row.

use super::{follow::within, progress::Progress, source::BlockSource, Config};
use crate::{store::Store, Result};

/// Blocks that an empty database has to be behind: below that, an index is as
/// soon kept as made.
const WORTH_IT: u32 = 5_000;

/// Before the first block of a long chain: puts the indexes off. A process that
/// was killed before it could make them goes on without.
pub(super) async fn begin(config: &Config, source: &dyn BlockSource) -> Result<()> {
    let store = &config.store;
    if store.checkpoint().await?.is_none() {
        let heads = within(config.call_timeout, "its heads", source.heads()).await?;
        let missing = heads.finalized.number.saturating_sub(store.network().first_block);
        if missing >= WORTH_IT {
            tracing::info!(missing, "an empty index is filled: the receipts' indexes are made once it has caught up");
            store.put_indexes_off().await?;
        }
    }
    let is_filling = store.lacks_indexes().await?;
    config.progress.update(|status| status.is_filling = is_filling);
    Ok(())
}

/// Once the rows have all but caught up: makes the indexes that are missing.
pub(super) async fn end(store: &Store, progress: &Progress, near: u32) -> Result<()> {
    if progress.status().is_filling {
        progress.near(near).await;
        store.make_indexes().await?;
        progress.update(|status| status.is_filling = false);
    }
    Ok(())
}
