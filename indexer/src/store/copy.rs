//! `COPY`, PostgreSQL's own way in for many rows, in its binary form: no
//! parameters, no plan, and no text to be read back into numbers.
//! <https://www.postgresql.org/docs/15/sql-copy.html> describes the form.

use super::sql::Cell;
use sqlx::{
    postgres::PgCopyIn, AssertSqlSafe, Column as _, Executor as _, PgConnection, SqlSafeStr as _, Statement as _,
    TypeInfo as _,
};

/// Bytes that are sent at a time: while the server takes them, the next are
/// written.
const SENT_BYTES: usize = 256 * 1024;

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a row's number of columns.
const END: i16 = -1;
/// In place of a value's length.
const NULL: i32 = -1;

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    SmallInt,
    Integer,
    BigInt,
    Bytea,
}

/// A copy into a table that goes on.
pub(super) struct Copy<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    types: Vec<Type>,
    /// Written and not sent yet.
    bytes: Vec<u8>,
}

impl<'c> Copy<'c> {
    /// Begins one into these columns of a table. The connection answers
    /// nothing else until it is finished.
    pub async fn begin(connection: &'c mut PgConnection, table: &str, columns: &str) -> sqlx::Result<Self> {
        // Stays prepared: asked once a connection.
        let columns_of = AssertSqlSafe(format!("SELECT {columns} FROM {table}")).into_sql_str();
        let statement = (&mut *connection).prepare(columns_of).await?;
        let types = statement.columns().iter().map(|column| match column.type_info().name() {
            "INT2" => Ok(Type::SmallInt),
            "INT4" => Ok(Type::Integer),
            "INT8" => Ok(Type::BigInt),
            "BYTEA" => Ok(Type::Bytea),
            other => Err(sqlx::Error::Protocol(format!("{table}.{} is of type {other}", column.name()))),
        });
        let types = types.collect::<sqlx::Result<Vec<_>>>()?;
        let copy = connection.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN WITH (FORMAT binary)")).await?;
        let mut bytes = Vec::with_capacity(SENT_BYTES + SENT_BYTES / 8);
        bytes.extend(HEADER);
        Ok(Self { copy, types, bytes })
    }

    /// Adds a row.
    pub async fn push(&mut self, row: &[Cell<'_>]) -> sqlx::Result<()> {
        push_row(&mut self.bytes, &self.types, row)?;
        if self.bytes.len() >= SENT_BYTES {
            self.copy.send(self.bytes.as_slice()).await?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Waits until the server has all rows.
    pub async fn finish(mut self) -> sqlx::Result<()> {
        self.bytes.extend(END.to_be_bytes());
        self.copy.send(self.bytes.as_slice()).await?;
        self.copy.finish().await.map(drop)
    }
}

fn push_row(bytes: &mut Vec<u8>, types: &[Type], row: &[Cell<'_>]) -> sqlx::Result<()> {
    let count = i16::try_from(row.len()).map_err(encode)?;
    bytes.extend(count.to_be_bytes());
    for (r#type, cell) in types.iter().zip(row) {
        match (r#type, cell) {
            (_, Cell::NoInteger | Cell::NoBytes) => bytes.extend(NULL.to_be_bytes()),
            (Type::BigInt, Cell::Integer(value)) => push(bytes, &value.to_be_bytes())?,
            (Type::SmallInt, Cell::Integer(value)) => {
                push(bytes, &i16::try_from(*value).map_err(encode)?.to_be_bytes())?;
            }
            (Type::Integer, Cell::Integer(value)) => {
                push(bytes, &i32::try_from(*value).map_err(encode)?.to_be_bytes())?;
            }
            (Type::Bytea, Cell::Bytes(value)) => push(bytes, value)?,
            (r#type, cell) => return Err(encode(format!("{cell:?} for a column of type {type:?}"))),
        }
    }
    Ok(())
}

fn push(bytes: &mut Vec<u8>, value: &[u8]) -> sqlx::Result<()> {
    bytes.extend(i32::try_from(value.len()).map_err(encode)?.to_be_bytes());
    bytes.extend(value);
    Ok(())
}

fn encode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_postgres_copies_them() {
        let mut bytes = Vec::new();
        let types = [Type::SmallInt, Type::BigInt, Type::Bytea, Type::Integer, Type::Bytea];
        let row = [Cell::Integer(-1), Cell::Integer(i64::MAX), Cell::Bytes(&[0, 0xaf]), Cell::NoInteger, Cell::NoBytes];
        push_row(&mut bytes, &types, &row).unwrap();
        let numbers = [&[0u8, 0, 0, 2, 0xff, 0xff][..], &[0, 0, 0, 8, 0x7f], &[0xff; 7]].concat();
        let expected = [&[0u8, 5][..], &numbers, &[0, 0, 0, 2, 0, 0xaf], &[0xff; 8]].concat();
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_value_that_its_column_cannot_hold_is_refused() {
        let refused = |r#type, cell| push_row(&mut Vec::new(), &[r#type], &[cell]).unwrap_err().to_string();
        assert!(refused(Type::SmallInt, Cell::Integer(40_000)).contains("out of range"));
        assert!(refused(Type::Bytea, Cell::Integer(1)).contains("Integer(1) for a column of type Bytea"));
    }
}
