//! Inserts of many rows at once, in the way that each database takes fastest.

use super::sql::{arguments, Value};
use crate::{error::During, Result};
use sqlx::{any::AnyArguments, AnyConnection, Arguments, AssertSqlSafe};
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
/// Most rows of one statement of PostgreSQL; bounds the memory of its text.
const POSTGRES_ROWS: usize = 8_192;

impl Insert {
    /// Inserts `rows`, values of all rows one after another. A column holds
    /// either integers or bytes, `NULL` among them.
    pub async fn run(&self, connection: &mut AnyConnection, what: &'static str, rows: Vec<Value>) -> Result<()> {
        if connection.backend_name() == "SQLite" {
            self.run_on_sqlite(connection, what, rows).await
        } else {
            self.run_on_postgres(connection, what, rows).await
        }
    }

    /// The rows go in statements of a power of two each, so that few different
    /// statements exist and all of them stay prepared. Nameless parameters:
    /// SQLite looks a named one up among all of the statement, which for
    /// thousands takes far longer than the rows themselves.
    async fn run_on_sqlite(&self, connection: &mut AnyConnection, what: &'static str, rows: Vec<Value>) -> Result<()> {
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
            let arguments = arguments(values.by_ref().take(count * self.columns)).during(what)?;
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await.during(what)?;
        }
        Ok(())
    }

    /// Each column goes as one array, whatever the number of rows: PostgreSQL
    /// plans the statement once, and not each of thousands of parameters anew.
    /// The arrays go as text, the only form that the driver of either database
    /// has for them.
    async fn run_on_postgres(
        &self,
        connection: &mut AnyConnection,
        what: &'static str,
        rows: Vec<Value>,
    ) -> Result<()> {
        let columns = self.columns.max(1);
        for rows in rows.chunks(columns * POSTGRES_ROWS) {
            let arrays: Vec<Array> =
                (0..columns).map(|column| Array::of(rows.iter().skip(column).step_by(columns))).collect();
            // Side by side in the list of columns: in the list of tables, they
            // would be gathered into a table first.
            let parameters: Vec<String> = (1..)
                .zip(&arrays)
                .map(|(number, array)| format!("unnest(${number}::text::{}[])", array.element))
                .collect();
            let sql = format!("{} SELECT {} {}", self.head, parameters.join(", "), self.tail);
            let mut arguments = AnyArguments::default();
            for array in arrays {
                arguments.add(array.text).map_err(sqlx::Error::Encode).during(what)?;
            }
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await.during(what)?;
        }
        Ok(())
    }
}

/// An array as PostgreSQL reads it.
#[derive(Debug, PartialEq, Eq)]
struct Array {
    element: &'static str,
    text: String,
}

impl Array {
    fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let (mut element, mut text) = ("bigint", String::from("{"));
        for value in values {
            if text.len() > 1 {
                text.push(',');
            }
            match value {
                Value::Integer(value) => {
                    // Writing into a string never fails.
                    let _ = write!(text, "{value}");
                }
                Value::NoInteger => text.push_str("NULL"),
                Value::Bytes(bytes) => {
                    element = "bytea";
                    // Quoted, where a backslash stands for itself when doubled.
                    text.push_str("\"\\\\x");
                    push_hex(&mut text, bytes);
                    text.push('"');
                }
                Value::NoBytes => {
                    element = "bytea";
                    text.push_str("NULL");
                }
            }
        }
        text.push('}');
        Self { element, text }
    }
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
    fn arrays_are_written_as_postgres_reads_them() {
        let integers = [Value::Integer(-1), Value::NoInteger, Value::Integer(i64::MAX)];
        let array = Array::of(integers.iter());
        assert_eq!((array.element, array.text.as_str()), ("bigint", "{-1,NULL,9223372036854775807}"));
        let bytes = [Value::Bytes(vec![0, 0xaf]), Value::NoBytes, Value::Bytes(Vec::new())];
        let array = Array::of(bytes.iter());
        assert_eq!((array.element, array.text.as_str()), ("bytea", r#"{"\\x00af",NULL,"\\x"}"#));
    }
}
