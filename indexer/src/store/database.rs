//! SQLite and PostgreSQL behind one face, each through its own driver, so that
//! each is spoken to in the way it takes fastest.

use super::sql::{execute, Value};
use crate::{error::During, Result};
use sqlx::{
    postgres::PgRow, sqlite::SqliteRow, Arguments, Database, Encode, PgConnection, PgPool, Postgres, Sqlite,
    SqliteConnection, SqlitePool, Type,
};

/// Connections to one database.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction of the one writer; undone unless it is committed.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Whoever answers a query.
pub(crate) enum Executor<'e> {
    SqlitePool(&'e SqlitePool),
    PostgresPool(&'e PgPool),
    Sqlite(&'e mut SqliteConnection),
    Postgres(&'e mut PgConnection),
}

/// A row of either.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

impl Pool {
    /// Begins a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction> {
        let transaction = match self {
            // Taken for writing at once, so that it cannot fail half-way for a
            // snapshot that is too old.
            Pool::Sqlite(pool) => pool.begin_with("BEGIN IMMEDIATE").await.map(Transaction::Sqlite),
            Pool::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
        };
        transaction.during("beginning a transaction")
    }

    /// Closes all connections once their work is done.
    pub async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// Its commit waits until the database has it on disk. In SQLite, which has
    /// one level for all, a power cut may still undo it.
    pub async fn make_durable(&mut self) -> Result<()> {
        if matches!(self, Transaction::Sqlite(_)) {
            return Ok(());
        }
        execute(self, "making a commit durable", "SET LOCAL synchronous_commit TO on", Vec::new()).await.map(drop)
    }

    /// Makes it last; `what` names it in an error.
    pub async fn commit(self, what: &'static str) -> Result<()> {
        let done = match self {
            Transaction::Sqlite(transaction) => transaction.commit().await,
            Transaction::Postgres(transaction) => transaction.commit().await,
        };
        done.during(what)
    }
}

impl<'e> From<&'e Pool> for Executor<'e> {
    fn from(pool: &'e Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Executor::SqlitePool(pool),
            Pool::Postgres(pool) => Executor::PostgresPool(pool),
        }
    }
}

impl<'e> From<&'e mut Transaction> for Executor<'e> {
    fn from(transaction: &'e mut Transaction) -> Self {
        match transaction {
            Transaction::Sqlite(transaction) => Executor::Sqlite(transaction),
            Transaction::Postgres(transaction) => Executor::Postgres(transaction),
        }
    }
}

impl<'r> From<&'r SqliteRow> for Row<'r> {
    fn from(row: &'r SqliteRow) -> Self {
        Row::Sqlite(row)
    }
}

impl<'r> From<&'r PgRow> for Row<'r> {
    fn from(row: &'r PgRow) -> Self {
        Row::Postgres(row)
    }
}

/// Values as one database binds them.
pub(crate) fn arguments<DB: Database>(values: impl IntoIterator<Item = Value>) -> sqlx::Result<DB::Arguments>
where
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
    Vec<u8>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<Vec<u8>>: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        match value {
            Value::Integer(value) => arguments.add(value),
            Value::NoInteger => arguments.add(None::<i64>),
            Value::Bytes(value) => arguments.add(value),
            Value::NoBytes => arguments.add(None::<Vec<u8>>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
