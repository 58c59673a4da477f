//! Inserts of many rows at once, in the way that each database takes fastest.

use super::{
    copy::Copy,
    database::arguments,
    sql::{Cell, Transaction, Value},
};
use crate::{error::During, Result};
use sqlx::{postgres::PgArguments, Arguments, AssertSqlSafe, PgConnection, Sqlite, SqliteConnection};

/// An insert of many rows at once.
pub(crate) struct Insert {
    /// The table.
    pub table: &'static str,
    /// Its columns, by comma. A column holds either integers or bytes, `NULL`
    /// among them.
    pub columns: &'static str,
    /// What follows the rows, such as `ON CONFLICT`.
    pub tail: &'static str,
}

/// Most rows of one statement of SQLite, a power of two.
const SQLITE_ROWS: usize = 128;
/// Most rows of one message to PostgreSQL; bounds the memory of its text.
const POSTGRES_ROWS: usize = 8_192;
/// Fewest rows for which PostgreSQL is given a copy. It takes one more answer
/// than a statement that stays prepared, and the driver sends its end as a
/// small packet of its own, which TCP holds back until what went before is
/// acknowledged: some 40 ms unless that was much.
const COPIED_ROWS: usize = 2_048;
/// Rows held back before they are written, so that many need bounded memory.
const HELD_ROWS: usize = 16_384;

/// Rows on their way into a table.
pub(crate) struct Rows<'c> {
    insert: &'c Insert,
    what: &'static str,
    way: Way<'c>,
}

enum Way<'c> {
    /// Held back, then by statements.
    Sqlite { connection: &'c mut SqliteConnection, held: Vec<Value> },
    /// Likewise.
    Postgres { connection: &'c mut PgConnection, held: Vec<Value> },
    /// Each at once.
    Copy(Copy<'c>),
}

impl Insert {
    /// Inserts `rows`, values of all rows one after another; `what` names it
    /// in an error.
    pub async fn run(&self, transaction: &mut Transaction, what: &'static str, rows: Vec<Value>) -> Result<()> {
        let width = self.width();
        let mut inserted = self.begin(transaction, what, rows.len() / width).await?;
        match &mut inserted.way {
            Way::Sqlite { held, .. } | Way::Postgres { held, .. } => *held = rows,
            Way::Copy(copy) => {
                for row in rows.chunks(width) {
                    let row: Vec<_> = row.iter().map(Cell::from).collect();
                    copy.push(&row).await.during(what)?;
                }
            }
        }
        inserted.finish().await
    }

    /// Begins an insert of about so many rows.
    pub async fn begin<'c>(
        &'c self,
        transaction: &'c mut Transaction,
        what: &'static str,
        rows: usize,
    ) -> Result<Rows<'c>> {
        let connection: &'c mut PgConnection = match transaction {
            Transaction::Postgres(connection) => connection,
            Transaction::Sqlite(connection) => {
                return Ok(Rows { insert: self, what, way: Way::Sqlite { connection, held: Vec::new() } });
            }
        };
        let way = if self.tail.is_empty() && rows >= COPIED_ROWS {
            Way::Copy(Copy::begin(connection, self.table, self.columns).await.during(what)?)
        } else {
            Way::Postgres { connection, held: Vec::new() }
        };
        Ok(Rows { insert: self, what, way })
    }

    /// Columns.
    fn width(&self) -> usize {
        self.columns.split(',').count()
    }

    /// The rows go in statements of a power of two each, so that few different
    /// statements exist and all of them stay prepared. Nameless parameters:
    /// SQLite looks a named one up among all of the statement, which for
    /// thousands takes far longer than the rows themselves.
    async fn run_on_sqlite(
        &self,
        connection: &mut SqliteConnection,
        what: &'static str,
        rows: Vec<Value>,
    ) -> Result<()> {
        let width = self.width();
        let mut left = rows.len() / width;
        let mut values = rows.into_iter();
        while left > 0 {
            let mut count = SQLITE_ROWS;
            while count > left {
                count /= 2;
            }
            left -= count;
            let row = format!("({})", vec!["?"; width].join(", "));
            let rows = vec![row; count].join(", ");
            let sql = format!("INSERT INTO {} ({}) VALUES {rows} {}", self.table, self.columns, self.tail);
            let arguments = arguments::<Sqlite>(values.by_ref().take(count * width)).during(what)?;
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await.during(what)?;
        }
        Ok(())
    }

    /// Each column goes as one array, whatever the number of rows: PostgreSQL
    /// plans the statement once, and not each of thousands of parameters anew.
    async fn run_on_postgres(&self, connection: &mut PgConnection, rows: Vec<Value>) -> sqlx::Result<()> {
        let width = self.width();
        for rows in rows.chunks(width * POSTGRES_ROWS) {
            let mut values = PgArguments::default();
            let mut parameters = Vec::with_capacity(width);
            for column in 0..width {
                let cells = || rows.iter().skip(column).step_by(width);
                // Side by side in the list of columns: in the list of tables,
                // they would be gathered into a table first.
                if cells().any(|cell| matches!(cell, Value::Bytes(_) | Value::NoBytes)) {
                    parameters.push(format!("unnest(${}::bytea[])", column + 1));
                    values.add(cells().map(bytes).collect::<Vec<_>>()).map_err(sqlx::Error::Encode)?;
                } else {
                    parameters.push(format!("unnest(${}::bigint[])", column + 1));
                    values.add(cells().map(integer).collect::<Vec<_>>()).map_err(sqlx::Error::Encode)?;
                }
            }
            let parameters = parameters.join(", ");
            let sql = format!("INSERT INTO {} ({}) SELECT {parameters} {}", self.table, self.columns, self.tail);
            sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

impl Rows<'_> {
    /// Adds a row.
    pub async fn push(&mut self, row: &[Cell<'_>]) -> Result<()> {
        let held = match &mut self.way {
            Way::Copy(copy) => return copy.push(row).await.during(self.what),
            Way::Sqlite { held, .. } | Way::Postgres { held, .. } => held,
        };
        held.extend(row.iter().map(|cell| Value::from(*cell)));
        if held.len() < row.len() * HELD_ROWS {
            return Ok(());
        }
        self.write_held().await
    }

    async fn write_held(&mut self) -> Result<()> {
        match &mut self.way {
            Way::Copy(_) => Ok(()),
            Way::Sqlite { connection, held } => {
                self.insert.run_on_sqlite(connection, self.what, std::mem::take(held)).await
            }
            Way::Postgres { connection, held } => {
                self.insert.run_on_postgres(connection, std::mem::take(held)).await.during(self.what)
            }
        }
    }

    /// Waits until the database has all of them.
    pub async fn finish(mut self) -> Result<()> {
        self.write_held().await?;
        match self.way {
            Way::Copy(copy) => copy.finish().await.during(self.what),
            Way::Sqlite { .. } | Way::Postgres { .. } => Ok(()),
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}
