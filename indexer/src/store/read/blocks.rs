//! The checkpoint, and the epochs' ranges of receipts.

use crate::{
    model::{page_size, Checkpoint, StoredBlock},
    store::{
        database::Executor,
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{calendar::stamp, Epoch};
use std::ops::Range;

fn checkpoint(row: &Columns) -> Result<Checkpoint> {
    Ok(Checkpoint {
        number: row.integer("number")?,
        hash: row.bytes("hash")?,
        timestamp_ms: row.wide("timestamp_ms")?,
        stamp: row.integer("stamp")?,
    })
}

/// The highest stored block.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    pub checkpoint: Checkpoint,
    /// Number of the next receipt.
    pub receipts_end: u64,
    /// It may still go back.
    pub hot: bool,
}

pub(crate) async fn last_block<'e>(executor: impl Into<Executor<'e>>) -> Result<Option<Last>> {
    let sql = "SELECT b.number, b.hash, b.timestamp_ms, b.stamp, b.receipts_end, h.number AS hot
               FROM blocks b LEFT JOIN hot_blocks h ON h.number = b.number ORDER BY b.number DESC LIMIT 1";
    fetch_one(executor, "reading the checkpoint", sql, values![], |row| {
        let (receipts_end, hot) = (row.wide("receipts_end")?, row.optional::<u32>("hot")?.is_some());
        Ok(Last { checkpoint: checkpoint(row)?, receipts_end, hot })
    })
    .await
}

/// The highest stored block that is final.
pub(crate) async fn last_final<'e>(executor: impl Into<Executor<'e>>) -> Result<Option<Checkpoint>> {
    let sql = "SELECT number, hash, timestamp_ms, stamp FROM blocks b
               WHERE NOT EXISTS (SELECT 1 FROM hot_blocks h WHERE h.number = b.number)
               ORDER BY number DESC LIMIT 1";
    fetch_one(executor, "reading the last final block", sql, values![], checkpoint).await
}

/// The hash of a stored block.
pub(crate) async fn hash_of<'e>(executor: impl Into<Executor<'e>>, number: u32) -> Result<Option<[u8; 32]>> {
    let sql = "SELECT hash FROM blocks WHERE number = $1";
    fetch_one(executor, "reading a block's hash", sql, values![number], |row| row.bytes("hash")).await
}

impl Store {
    /// The highest stored block, final or not; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        Ok(last_block(self.reader()).await?.map(|last| last.checkpoint))
    }

    /// The highest stored block that is final: what the rows say of it and of
    /// earlier blocks stays; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn finalized(&self) -> Result<Option<Checkpoint>> {
        last_final(self.reader()).await
    }

    /// The stored blocks that are not final, lowest first; as many as the
    /// chain's finality lags behind.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hot_blocks(&self) -> Result<Vec<Checkpoint>> {
        let sql = "SELECT b.number, b.hash, b.timestamp_ms, b.stamp FROM hot_blocks h
                   JOIN blocks b ON b.number = h.number ORDER BY b.number";
        fetch(self.reader(), "reading blocks that are not final", sql, values![], checkpoint).await
    }

    /// Blocks after `number` in order, at most `limit`, itself at most
    /// [`crate::model::MAX_PAGE`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn blocks_after(&self, number: u32, limit: u32) -> Result<Vec<StoredBlock>> {
        let sql = "SELECT b.number, b.hash, b.timestamp_ms, b.stamp, b.receipts_end,
                          p.receipts_end AS receipts_start, h.number AS hot
                   FROM blocks b LEFT JOIN blocks p ON p.number = b.number - 1
                   LEFT JOIN hot_blocks h ON h.number = b.number
                   WHERE b.number > $1 ORDER BY b.number LIMIT $2";
        fetch(self.reader(), "reading blocks", sql, values![number, page_size(limit)], |row| {
            Ok(StoredBlock {
                checkpoint: checkpoint(row)?,
                hot: row.optional::<u32>("hot")?.is_some(),
                receipts: row.optional_wide("receipts_start")?.unwrap_or(1)..row.wide("receipts_end")?,
            })
        })
        .await
    }

    /// The hash of a stored block.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>> {
        hash_of(self.reader(), number).await
    }

    /// The last stored block stamped before the end of `epoch`: the block
    /// after which the epoch is judged (architecture.md, Calendar), once a
    /// later one is stored or none can come.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_block_of(&self, epoch: Epoch) -> Result<Option<Checkpoint>> {
        let sql = "SELECT number, hash, timestamp_ms, stamp FROM blocks WHERE stamp <= $1
                   ORDER BY stamp DESC, number DESC LIMIT 1";
        fetch_one(self.reader(), "reading an epoch's last block", sql, values![stamp(epoch)], checkpoint).await
    }

    /// Numbers of the receipts of an epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipts_range(&self, epoch: Epoch) -> Result<Range<u64>> {
        let sql = "SELECT receipts_end FROM blocks WHERE stamp <= $1 ORDER BY stamp DESC, number DESC LIMIT 1";
        let mut ends = [1, 1];
        for (end, stamp) in ends.iter_mut().zip([epoch, stamp(epoch)]) {
            let read = |row: &Columns| row.wide("receipts_end");
            let found = fetch_one(self.reader(), "reading an epoch's receipts", sql, values![stamp], read).await?;
            *end = found.unwrap_or(1);
        }
        Ok(ends[0]..ends[1])
    }
}
