//! The checkpoint, and the epochs' ranges of receipts.

use crate::{
    model::Checkpoint,
    store::{
        sql::{fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{calendar::stamp, Epoch};
use sqlx::Any;
use std::ops::Range;

fn checkpoint(row: &Columns) -> Result<Checkpoint> {
    Ok(Checkpoint {
        number: row.integer("number")?,
        hash: row.bytes("hash")?,
        timestamp_ms: row.wide("timestamp_ms")?,
        stamp: row.integer("stamp")?,
    })
}

/// The highest stored block and the number of the next receipt.
pub(crate) async fn last_block<'e>(
    executor: impl sqlx::Executor<'e, Database = Any>,
) -> Result<Option<(Checkpoint, u64)>> {
    let sql = "SELECT number, hash, timestamp_ms, stamp, receipts_end FROM blocks ORDER BY number DESC LIMIT 1";
    fetch_one(executor, "reading the checkpoint", sql, values![], |row| {
        Ok((checkpoint(row)?, row.wide("receipts_end")?))
    })
    .await
}

impl Store {
    /// The highest stored block; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        Ok(last_block(self.reader()).await?.map(|(checkpoint, _)| checkpoint))
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
    pub(super) async fn receipts_range(&self, epoch: Epoch) -> Result<Range<u64>> {
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
