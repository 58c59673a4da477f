//! Inserts of many rows at once, in the way that each database takes fastest.

use super::{
    database::arguments,
    sql::{Transaction, Value},
};
use crate::{error::During, Result};
use sqlx::{postgres::PgArguments, Arguments, AssertSqlSafe, PgConnection, Sqlite, SqliteConnection};
use std::fmt::Write as _;

/// An insert of many rows at once.
pub(crate) struct Insert {
    /// `INSERT INTO table (columns)`.
    pub head: &'static str,
    /// Columns a row.
    pub columns: usize,
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

impl Insert {
    /// Inserts `rows`, values of all rows one after another. A column holds
    /// either integers or bytes, `NULL` among them.
    pub async fn run(&self, transaction: &mut Transaction, what: &'static str, rows: Vec<Value>) -> Result<()> {
        let columns = self.columns.max(1);
        match transaction {
            Transaction::Sqlite(connection) => self.run_on_sqlite(connection, what, rows).await,
            Transaction::Postgres(connection) if self.tail.is_empty() && rows.len() >= columns * COPIED_ROWS => {
                self.copy(connection, rows).await.during(what)
            }
            Transaction::Postgres(connection) => self.run_on_postgres(connection, rows).await.during(what),
        }
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
        let mut left = rows.len() / self.columns.max(1);
        let mut values = rows.into_iter();
        while left > 0 {
            let mut count = SQLITE_ROWS;
            while count > left {
                count /= 2;
            }
            left -= count;
            let row = format!("({})", vec!["?"; self.columns].join(", "));
            let sql = format!("{} VALUES {} {}", self.head, vec![row; count].join(", "), self.tail);
            let arguments = arguments::<Sqlite>(values.by_ref().take(count * self.columns)).during(what)?;
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await.during(what)?;
        }
        Ok(())
    }

    /// Each column goes as one array, whatever the number of rows: PostgreSQL
    /// plans the statement once, and not each of thousands of parameters anew.
    async fn run_on_postgres(&self, connection: &mut PgConnection, rows: Vec<Value>) -> sqlx::Result<()> {
        let columns = self.columns.max(1);
        for rows in rows.chunks(columns * POSTGRES_ROWS) {
            let mut values = PgArguments::default();
            let mut parameters = Vec::with_capacity(columns);
            for column in 0..columns {
                let cells = || rows.iter().skip(column).step_by(columns);
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
            let sql = format!("{} SELECT {} {}", self.head, parameters.join(", "), self.tail);
            sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// `COPY`, PostgreSQL's own way in for many rows: no parameters, no plan.
    async fn copy(&self, connection: &mut PgConnection, rows: Vec<Value>) -> sqlx::Result<()> {
        let sql = format!("{} FROM STDIN", self.head.replacen("INSERT INTO", "COPY", 1));
        let mut copy = connection.copy_in_raw(&sql).await?;
        let mut text = String::new();
        for rows in rows.chunks(self.columns.max(1) * POSTGRES_ROWS) {
            text.clear();
            for row in rows.chunks(self.columns.max(1)) {
                push_row(&mut text, row);
            }
            copy.send(text.as_bytes()).await?;
        }
        copy.finish().await.map(drop)
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

/// A row in the text form of `COPY`.
fn push_row(text: &mut String, row: &[Value]) {
    for (position, value) in row.iter().enumerate() {
        if position > 0 {
            text.push('\t');
        }
        match value {
            Value::Integer(value) => {
                // Writing into a string never fails.
                let _ = write!(text, "{value}");
            }
            Value::NoInteger | Value::NoBytes => text.push_str("\\N"),
            Value::Bytes(bytes) => {
                // A backslash stands for itself when doubled.
                text.push_str("\\\\x");
                push_hex(text, bytes);
            }
        }
    }
    text.push('\n');
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_postgres_copies_them() {
        let mut text = String::new();
        push_row(&mut text, &[Value::Integer(-1), Value::NoInteger, Value::Integer(i64::MAX)]);
        push_row(&mut text, &[Value::Bytes(vec![0, 0xaf]), Value::NoBytes, Value::Bytes(Vec::new())]);
        assert_eq!(text, "-1\t\\N\t9223372036854775807\n\\\\x00af\t\\N\t\\\\x\n");
    }
}
