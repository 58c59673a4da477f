//! Small helpers around sqlx: values, figures to columns and back.

pub(crate) use super::database::Transaction;
use super::database::{arguments, Executor, Row};
use crate::{error::During, Error, Result};
use bizkey_primitives::{AccountId, Hash, Side};
use sqlx::{AssertSqlSafe, Column as _, Postgres, Row as _, Sqlite, TypeInfo as _};
use std::borrow::Cow;

/// A bound value. Integers are signed 64-bit columns in both databases.
#[derive(Clone, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub(crate) enum Value {
    Integer(i64),
    NoInteger,
    Bytes(Vec<u8>),
    NoBytes,
}

/// A value that is written at once, with bytes that stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'v> {
    Integer(i64),
    NoInteger,
    Bytes(&'v [u8]),
    NoBytes,
}

impl<'v> From<&'v Value> for Cell<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Integer(value) => Cell::Integer(*value),
            Value::NoInteger => Cell::NoInteger,
            Value::Bytes(bytes) => Cell::Bytes(bytes),
            Value::NoBytes => Cell::NoBytes,
        }
    }
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Integer(value) => Value::Integer(value),
            Cell::NoInteger => Value::NoInteger,
            Cell::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            Cell::NoBytes => Value::NoBytes,
        }
    }
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl From<$type> for Cell<'_> { fn from(value: $type) -> Self { Cell::Integer(i64::from(value)) } }
        impl From<Option<$type>> for Cell<'_> {
            fn from(value: Option<$type>) -> Self { value.map_or(Cell::NoInteger, Cell::from) }
        }
        impl From<$type> for Value { fn from(value: $type) -> Self { Value::from(Cell::from(value)) } }
        impl From<Option<$type>> for Value { fn from(value: Option<$type>) -> Self { Value::from(Cell::from(value)) } }
    )* };
}
integers!(u8, u16, u32, i64, bool);

/// A full `u64` keeps its bits; what is below 2^63 keeps its order too, and
/// nothing that is sorted by comes near that.
impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        Cell::Integer(value as i64)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::from(Cell::from(value))
    }
}

impl<'v> From<&'v [u8]> for Cell<'v> {
    fn from(value: &'v [u8]) -> Self {
        Cell::Bytes(value)
    }
}

impl From<Option<u64>> for Value {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Value::NoInteger, Value::from)
    }
}

/// 16 bytes, big endian: sorts as the number does.
impl From<u128> for Value {
    fn from(value: u128) -> Self {
        Value::Bytes(value.to_be_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Value::Bytes(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(value)
    }
}

impl From<&AccountId> for Value {
    fn from(value: &AccountId) -> Self {
        Value::from(value.as_ref() as &[u8])
    }
}

impl From<&Hash> for Value {
    fn from(value: &Hash) -> Self {
        Value::from(value.as_ref() as &[u8])
    }
}

impl From<Option<u128>> for Value {
    fn from(value: Option<u128>) -> Self {
        value.map_or(Value::NoBytes, Value::from)
    }
}

impl From<Option<&AccountId>> for Value {
    fn from(value: Option<&AccountId>) -> Self {
        value.map_or(Value::NoBytes, Value::from)
    }
}

impl From<Option<&Hash>> for Value {
    fn from(value: Option<&Hash>) -> Self {
        value.map_or(Value::NoBytes, Value::from)
    }
}

impl From<Side> for Value {
    fn from(value: Side) -> Self {
        Value::from(value.code())
    }
}

/// Values in the order of `$1`, `$2`, …
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Value::from($value)),*] };
}
pub(crate) use values;

/// The same of a row that is written at once.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { [$($crate::store::sql::Cell::from($value)),*] };
}
pub(crate) use cells;

/// Asks whoever answers, by a method of a query, and does something with the
/// answer: the same words for each driver's own types.
macro_rules! ask {
    ($executor:expr, $what:ident, $sql:expr, $values:expr, $method:ident, |$found:ident| $then:expr) => {
        match $executor.into() {
            Executor::SqlitePool(on) => ask!(@on, Sqlite, $what, $sql, $values, $method, |$found| $then),
            Executor::Sqlite(on) => ask!(@on, Sqlite, $what, $sql, $values, $method, |$found| $then),
            Executor::PostgresPool(on) => ask!(@on, Postgres, $what, $sql, $values, $method, |$found| $then),
            Executor::Postgres(on) => ask!(@on, Postgres, $what, $sql, $values, $method, |$found| $then),
        }
    };
    (@$on:ident, $database:ty, $what:ident, $sql:expr, $values:expr, $method:ident, |$found:ident| $then:expr) => {{
        let query = sqlx::query_with($sql, arguments::<$database>($values).during($what)?);
        let $found = query.$method($on).await.during($what)?;
        $then
    }};
}

/// Runs a statement; returns how many rows it changed.
pub(crate) async fn execute(
    transaction: &mut Transaction,
    what: &'static str,
    sql: impl Into<Cow<'static, str>>,
    values: Vec<Value>,
) -> Result<u64> {
    let sql = AssertSqlSafe(sql.into());
    ask!(transaction, what, sql, values, execute, |done| Ok(done.rows_affected()))
}

/// All rows of a query, read by `read`.
pub(crate) async fn fetch<'e, T>(
    executor: impl Into<Executor<'e>>,
    what: &'static str,
    sql: impl Into<Cow<'static, str>>,
    values: Vec<Value>,
    read: impl Fn(&Columns) -> Result<T>,
) -> Result<Vec<T>> {
    let sql = AssertSqlSafe(sql.into());
    ask!(executor, what, sql, values, fetch_all, |rows| rows.iter().map(|row| read(&Columns(row.into()))).collect())
}

/// The first row of a query, read by `read`.
pub(crate) async fn fetch_one<'e, T>(
    executor: impl Into<Executor<'e>>,
    what: &'static str,
    sql: impl Into<Cow<'static, str>>,
    values: Vec<Value>,
    read: impl Fn(&Columns) -> Result<T>,
) -> Result<Option<T>> {
    let sql = AssertSqlSafe(sql.into());
    ask!(executor, what, sql, values, fetch_optional, |row| {
        row.as_ref().map(|row| read(&Columns(row.into()))).transpose()
    })
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let columns: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", columns.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// A row being read.
pub(crate) struct Columns<'r>(Row<'r>);

impl Columns<'_> {
    fn raw<'s, T>(&'s self, column: &'static str) -> Result<T>
    where
        T: sqlx::Decode<'s, Sqlite> + sqlx::Type<Sqlite> + sqlx::Decode<'s, Postgres> + sqlx::Type<Postgres>,
    {
        match self.0 {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
        .during("reading a column")
    }

    /// An integer of whatever width the database keeps it in, or `NULL`.
    fn any_integer(&self, column: &'static str) -> Result<Option<i64>> {
        match self.0 {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => match row.try_column(column).map(|column| column.type_info().name()) {
                Ok("INT2") => row.try_get::<Option<i16>, _>(column).map(|value| value.map(i64::from)),
                Ok("INT4") => row.try_get::<Option<i32>, _>(column).map(|value| value.map(i64::from)),
                _ => row.try_get(column),
            },
        }
        .during("reading a column")
    }

    fn some_integer(&self, column: &'static str) -> Result<i64> {
        self.any_integer(column)?.ok_or_else(|| Error::Altered { column, value: "NULL".to_owned() })
    }

    fn fit<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T> {
        T::try_from(value).map_err(|_| Error::Altered { column, value: value.to_string() })
    }

    /// An integer of any width below 64 bits.
    pub fn integer<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        Self::fit(column, self.some_integer(column)?)
    }

    /// As [`Self::integer`], or `NULL`.
    pub fn optional<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>> {
        self.any_integer(column)?.map(|value| Self::fit(column, value)).transpose()
    }

    /// An unsigned 64-bit figure.
    pub fn wide(&self, column: &'static str) -> Result<u64> {
        Ok(self.some_integer(column)? as u64)
    }

    /// As [`Self::wide`], or `NULL`.
    pub fn optional_wide(&self, column: &'static str) -> Result<Option<u64>> {
        Ok(self.any_integer(column)?.map(|value| value as u64))
    }

    /// An integer or `NULL`, as a value to be bound again.
    pub fn integer_value(&self, column: &'static str) -> Result<Value> {
        Ok(self.any_integer(column)?.map_or(Value::NoInteger, Value::Integer))
    }

    /// Bytes or `NULL`, likewise.
    pub fn bytes_value(&self, column: &'static str) -> Result<Value> {
        Ok(self.raw::<Option<Vec<u8>>>(column)?.map_or(Value::NoBytes, Value::Bytes))
    }

    /// Bytes of a fixed length.
    pub fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes: &[u8] = self.raw(column)?;
        bytes.try_into().map_err(|_| Error::Altered { column, value: crate::model::hex(bytes) })
    }

    /// As [`Self::bytes`], or `NULL`.
    pub fn optional_bytes<const N: usize>(&self, column: &'static str) -> Result<Option<[u8; N]>> {
        let altered = |bytes: &[u8]| Error::Altered { column, value: crate::model::hex(bytes) };
        let bytes = self.raw::<Option<&[u8]>>(column)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| altered(bytes))).transpose()
    }

    /// Bytes of any length.
    pub fn blob(&self, column: &'static str) -> Result<&[u8]> {
        self.raw(column)
    }

    /// As [`Self::blob`], or `NULL`.
    pub fn optional_blob(&self, column: &'static str) -> Result<Option<&[u8]>> {
        self.raw(column)
    }

    /// An amount, score or sum.
    pub fn amount(&self, column: &'static str) -> Result<u128> {
        Ok(u128::from_be_bytes(self.bytes(column)?))
    }

    /// As [`Self::amount`], or `NULL`.
    pub fn optional_amount(&self, column: &'static str) -> Result<Option<u128>> {
        Ok(self.optional_bytes(column)?.map(u128::from_be_bytes))
    }

    /// An account.
    pub fn account(&self, column: &'static str) -> Result<AccountId> {
        Ok(AccountId::from(self.bytes::<32>(column)?))
    }

    /// As [`Self::account`], or `NULL`.
    pub fn optional_account(&self, column: &'static str) -> Result<Option<AccountId>> {
        Ok(self.optional_bytes::<32>(column)?.map(AccountId::from))
    }

    /// A hash.
    pub fn hash(&self, column: &'static str) -> Result<Hash> {
        Ok(Hash::from(self.bytes::<32>(column)?))
    }

    /// As [`Self::hash`], or `NULL`.
    pub fn optional_hash(&self, column: &'static str) -> Result<Option<Hash>> {
        Ok(self.optional_bytes::<32>(column)?.map(Hash::from))
    }

    /// A SCALE value.
    pub fn scale<T: codec::DecodeAll>(&self, column: &'static str) -> Result<T> {
        Self::decode(column, self.raw(column)?)
    }

    /// As [`Self::scale`], or `NULL`.
    pub fn optional_scale<T: codec::DecodeAll>(&self, column: &'static str) -> Result<Option<T>> {
        self.raw::<Option<&[u8]>>(column)?.map(|bytes| Self::decode(column, bytes)).transpose()
    }

    fn decode<T: codec::DecodeAll>(column: &'static str, mut bytes: &[u8]) -> Result<T> {
        let value = crate::model::hex(bytes);
        T::decode_all(&mut bytes).map_err(|_| Error::Altered { column, value })
    }

    /// As [`Self::choice`], or `NULL`.
    pub fn optional_choice<T: Copy>(&self, column: &'static str, choices: &[T]) -> Result<Option<T>> {
        Ok(if self.any_integer(column)?.is_some() { Some(self.choice(column, choices)?) } else { None })
    }

    /// One of a list of values, by its position in the list.
    pub fn choice<T: Copy>(&self, column: &'static str, choices: &[T]) -> Result<T> {
        let value = self.some_integer(column)?;
        let choice = usize::try_from(value).ok().and_then(|position| choices.get(position));
        choice.copied().ok_or_else(|| Error::Altered { column, value: value.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_count_through_all_rows() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
