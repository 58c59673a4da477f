//! Blocks that are not final yet: undoing them, and making them final.

use crate::{
    model::hex,
    store::{
        connect::Store,
        read::blocks::{hash_of, last_final},
        relations::Relation,
        sql::{execute, fetch, values, Transaction, Value},
    },
    Error, Result,
};
use codec::DecodeAll;

/// Changes undone at a time; bounds memory.
const PAGE: i64 = 4_096;

impl Store {
    /// Undoes every block above `number`, in one transaction: the rows are
    /// those of the chain up to `number` again.
    ///
    /// # Errors
    /// [`Error::Final`] if one of them is final; those of the database.
    /// Nothing was changed then.
    pub async fn roll_back(&self, number: u32) -> Result<()> {
        let mut transaction = self.begin().await?;
        let last = last_final(&mut transaction).await?;
        if let Some(last) = last.filter(|last| last.number > number) {
            return Err(Error::Final { number: last.number });
        }
        undo_changes(&mut transaction, number).await?;
        let sql = "DELETE FROM receipts
                   WHERE id >= COALESCE((SELECT receipts_end FROM blocks WHERE number = $1), 1)";
        execute(&mut transaction, "undoing receipts", sql, values![number]).await?;
        for sql in [
            "DELETE FROM blocks WHERE number > $1",
            "DELETE FROM hot_changes WHERE block > $1",
            "DELETE FROM hot_blocks WHERE number > $1",
        ] {
            execute(&mut transaction, "undoing blocks", sql, values![number]).await?;
        }
        transaction.commit("committing a rollback").await
    }

    /// Block `number` and all before it cannot go back any more.
    ///
    /// # Errors
    /// [`Error::NotStored`] if the stored block is another; those of the database.
    pub async fn finalize(&self, number: u32, hash: &[u8; 32]) -> Result<()> {
        let mut transaction = self.begin().await?;
        if hash_of(&mut transaction, number).await?.as_ref() != Some(hash) {
            return Err(Error::NotStored { number, hash: hex(hash) });
        }
        forget(&mut transaction, number).await?;
        transaction.commit("committing that a block is final").await
    }
}

/// Forgets how to undo the blocks up to `number`.
pub(super) async fn forget(connection: &mut Transaction, number: u32) -> Result<()> {
    for sql in ["DELETE FROM hot_changes WHERE block <= $1", "DELETE FROM hot_blocks WHERE number <= $1"] {
        execute(&mut *connection, "storing that blocks are final", sql, values![number]).await?;
    }
    Ok(())
}

/// Gives every row that a block above `number` changed its former values, the
/// last block first, and removes those that were added.
async fn undo_changes(connection: &mut Transaction, number: u32) -> Result<()> {
    loop {
        // The changes of one block are of different rows, so their order is free.
        let sql = "SELECT block, relation, row_key, before FROM hot_changes WHERE block > $1
                   ORDER BY block DESC, relation, row_key LIMIT $2";
        let changes = fetch(&mut *connection, "reading what to undo", sql, values![number, PAGE], |row| {
            let (block, relation): (u32, u8) = (row.integer("block")?, row.integer("relation")?);
            let relation = Relation::of_code(relation)
                .ok_or_else(|| Error::Altered { column: "relation", value: relation.to_string() })?;
            Ok((block, relation, row.blob("row_key")?.to_vec(), row.bytes_value("before")?))
        });
        let changes = changes.await?;
        if changes.is_empty() {
            return Ok(());
        }
        for (block, relation, key, before) in changes {
            let sql = "DELETE FROM hot_changes WHERE block = $1 AND relation = $2 AND row_key = $3";
            execute(&mut *connection, "undoing a change", sql, values![block, relation.code, key.clone()]).await?;
            let key = decode("row_key", &key)?;
            if let Value::Bytes(before) = before {
                let mut values = decode("before", &before)?;
                values.extend(key);
                execute(&mut *connection, "undoing a change", relation.restore(), values).await?;
            } else {
                execute(&mut *connection, "undoing a new row", relation.remove(), key).await?;
            }
        }
    }
}

fn decode(column: &'static str, bytes: &[u8]) -> Result<Vec<Value>> {
    let mut left = bytes;
    Vec::decode_all(&mut left).map_err(|_| Error::Altered { column, value: hex(bytes) })
}
