//! Adding and changing single rows, so that they can be undone.

use super::Writer;
use crate::{
    store::{
        relations::Relation,
        sql::{execute, fetch_one, Columns, Value},
    },
    Result,
};

impl Writer<'_> {
    /// Adds a row by `sql`, whose first values are the row's key.
    pub(super) async fn add(
        &mut self,
        relation: &Relation,
        what: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<()> {
        self.log.added(relation, key_of(relation, &values));
        execute(self.connection, what, sql, values).await.map(drop)
    }

    /// Changes a row, or adds it, by `sql`, whose first values are the row's
    /// key. Of a row that there is not, a plain change means nothing.
    pub(super) async fn change(
        &mut self,
        relation: &Relation,
        what: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<()> {
        let key = key_of(relation, &values).to_vec();
        self.log.changing(self.connection, relation, key).await?;
        execute(self.connection, what, sql, values).await.map(drop)
    }

    /// The first row of a query, as this block's earlier events left it.
    pub(super) async fn find<T>(
        &mut self,
        what: &'static str,
        sql: &'static str,
        values: Vec<Value>,
        read: impl Fn(&Columns) -> Result<T>,
    ) -> Result<Option<T>> {
        fetch_one(&mut *self.connection, what, sql, values, read).await
    }
}

fn key_of<'v>(relation: &Relation, values: &'v [Value]) -> &'v [Value] {
    values.get(..relation.key.len()).unwrap_or(values)
}
