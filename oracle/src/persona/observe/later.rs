//! The first final block after an epoch: by its hash, which nobody knows while
//! the epoch runs, lots are drawn ([`lot`](crate::persona::lot)).

use bizkey_client::{Block, BlockRef, ClientError, Suite};
use bizkey_indexer::Store;
use bizkey_primitives::{calendar::stamp, Epoch};

/// The first final block after an epoch, from the chain; `None` while there is
/// none. Reads some dozens of blocks, however long the chain is: their node
/// must still hold their state.
///
/// # Errors
/// Those of the node.
pub async fn first_block_after(suite: &Suite, epoch: Epoch) -> Result<Option<BlockRef>, ClientError> {
    let (client, deployment) = (suite.client(), suite.deployment());
    let is_later = |block: &Block| deployment.calendar.stamp_at(block.timestamp_ms) > stamp(epoch);
    let mut found = client.finalized_head().await?;
    if !is_later(&client.block(found.hash, &deployment.contracts).await?) {
        return Ok(None);
    }
    // Invariant: `found` is later than the epoch, and no block before `first` is.
    let mut first = deployment.block.saturating_add(1);
    while first < found.number {
        let number = first + (found.number - first) / 2;
        let hash = client.block_hash(number).await?.ok_or_else(|| ClientError::NoBlock(number.to_string()))?;
        if is_later(&client.block(hash, &deployment.contracts).await?) {
            found = BlockRef { number, hash };
        } else {
            first = number.saturating_add(1);
        }
    }
    Ok(Some(found))
}

/// The same block from an index.
///
/// # Errors
/// Those of the database.
pub async fn first_row_after(store: &Store, epoch: Epoch) -> Result<Option<BlockRef>, bizkey_indexer::Error> {
    let before = store.network().first_block.saturating_sub(1);
    let before = store.last_block_of(epoch).await?.map_or(before, |block| block.number);
    let next = store.blocks_after(before, 1).await?.into_iter().next();
    let next = next.filter(|block| !block.hot).map(|block| block.checkpoint);
    Ok(next.map(|block| BlockRef { number: block.number, hash: block.hash }))
}
