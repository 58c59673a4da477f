//! What a block that may still go back changes, so that it can be undone.

use super::{
    insert::Insert,
    relations::{read, Relation},
    sql::{fetch, values, Transaction, Value},
};
use crate::Result;
use codec::Encode;
use std::collections::{BTreeMap, BTreeSet};

/// Keys looked up by one statement, a power of two.
const KEYS_A_QUERY: usize = 128;

const CHANGES: Insert = Insert { table: "hot_changes", columns: "block, relation, row_key, before", tail: "" };

/// Collects, of one block, each row that it adds and what each row that it
/// changes was before. Of a final block, which needs no undoing, nothing.
pub(super) struct ChangeLog {
    /// The block, if it may go back.
    block: Option<u32>,
    seen: BTreeSet<(u8, Vec<u8>)>,
    rows: Vec<Value>,
}

impl ChangeLog {
    /// A log of this block; of none if it is final.
    pub fn new(block: Option<u32>) -> Self {
        Self { block, seen: BTreeSet::new(), rows: Vec::new() }
    }

    /// The block adds this row.
    pub fn added(&mut self, relation: &Relation, key: &[Value]) {
        self.push(relation, key, None);
    }

    /// The block is about to change this row, or to add it.
    pub async fn changing(&mut self, connection: &mut Transaction, relation: &Relation, key: Vec<Value>) -> Result<()> {
        self.changing_all(connection, relation, vec![key]).await
    }

    /// As [`Self::changing`], of many rows.
    pub async fn changing_all(
        &mut self,
        connection: &mut Transaction,
        relation: &Relation,
        keys: Vec<Vec<Value>>,
    ) -> Result<()> {
        if self.block.is_none() {
            return Ok(());
        }
        let new: Vec<_> = keys.into_iter().filter(|key| !self.seen.contains(&(relation.code, key.encode()))).collect();
        for keys in new.chunks(KEYS_A_QUERY) {
            // Filled up to a power of two with repeats, so that few different
            // statements exist and all of them stay prepared.
            let count = keys.len().next_power_of_two();
            let wanted: Vec<_> = keys.iter().cycle().take(count).flatten().cloned().collect();
            let found = fetch(&mut *connection, "reading rows to be changed", relation.select(count), wanted, |row| {
                Ok((read(row, relation.key)?.encode(), read(row, relation.mutable)?))
            });
            let found: BTreeMap<_, _> = found.await?.into_iter().collect();
            for key in keys {
                self.push(relation, key, found.get(&key.encode()));
            }
        }
        Ok(())
    }

    /// Only the first word on a row counts: it says what the row was before the block.
    fn push(&mut self, relation: &Relation, key: &[Value], before: Option<&Vec<Value>>) {
        let Some(block) = self.block else { return };
        let key = key.encode();
        if self.seen.insert((relation.code, key.clone())) {
            let before = before.map_or(Value::NoBytes, |before| Value::Bytes(before.encode()));
            self.rows.extend(values![block, relation.code, key]);
            self.rows.push(before);
        }
    }

    /// Writes the log.
    pub async fn save(self, connection: &mut Transaction) -> Result<()> {
        CHANGES.run(connection, "storing what a block changes", self.rows).await
    }
}
