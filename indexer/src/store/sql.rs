//! Small helpers around sqlx: values, figures to columns and back.

use crate::{error::During, Error, Result};
use bizkey_primitives::{AccountId, Hash, Side};
use sqlx::{
    any::{AnyArguments, AnyRow},
    Any, AnyConnection, Arguments, AssertSqlSafe, Row,
};

/// A bound value. Integers are signed 64-bit columns in both databases.
#[derive(Clone, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub(crate) enum Value {
    Integer(i64),
    NoInteger,
    Bytes(Vec<u8>),
    NoBytes,
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl From<$type> for Value { fn from(value: $type) -> Self { Value::Integer(i64::from(value)) } }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self { value.map_or(Value::NoInteger, Value::from) }
        }
    )* };
}
integers!(u8, u16, u32, i64, bool);

/// A full `u64` keeps its bits; what is below 2^63 keeps its order too, and
/// nothing that is sorted by comes near that.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Integer(value as i64)
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

pub(super) fn arguments(values: impl IntoIterator<Item = Value>) -> sqlx::Result<AnyArguments> {
    let mut arguments = AnyArguments::default();
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

/// Runs a statement; returns how many rows it changed.
pub(crate) async fn execute(
    connection: &mut AnyConnection,
    what: &'static str,
    sql: impl Into<std::borrow::Cow<'static, str>>,
    values: Vec<Value>,
) -> Result<u64> {
    let arguments = arguments(values).during(what)?;
    let done = sqlx::query_with(AssertSqlSafe(sql.into()), arguments).execute(connection).await.during(what)?;
    Ok(done.rows_affected())
}

/// All rows of a query, read by `read`.
pub(crate) async fn fetch<'e, T>(
    executor: impl sqlx::Executor<'e, Database = Any>,
    what: &'static str,
    sql: impl Into<std::borrow::Cow<'static, str>>,
    values: Vec<Value>,
    read: impl Fn(&Columns) -> Result<T>,
) -> Result<Vec<T>> {
    let arguments = arguments(values).during(what)?;
    let rows = sqlx::query_with(AssertSqlSafe(sql.into()), arguments).fetch_all(executor).await.during(what)?;
    rows.iter().map(|row| read(&Columns(row))).collect()
}

/// The first row of a query, read by `read`.
pub(crate) async fn fetch_one<'e, T>(
    executor: impl sqlx::Executor<'e, Database = Any>,
    what: &'static str,
    sql: &'static str,
    values: Vec<Value>,
    read: impl Fn(&Columns) -> Result<T>,
) -> Result<Option<T>> {
    let arguments = arguments(values).during(what)?;
    let row = sqlx::query_with(sql, arguments).fetch_optional(executor).await.during(what)?;
    row.as_ref().map(|row| read(&Columns(row))).transpose()
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
pub(crate) struct Columns<'r>(&'r AnyRow);

impl Columns<'_> {
    fn raw<'s, T>(&'s self, column: &'static str) -> Result<T>
    where
        T: sqlx::Decode<'s, Any> + sqlx::Type<Any>,
    {
        self.0.try_get(column).during("reading a column")
    }

    fn fit<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T> {
        T::try_from(value).map_err(|_| Error::Altered { column, value: value.to_string() })
    }

    /// An integer of any width below 64 bits.
    pub fn integer<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        Self::fit(column, self.raw(column)?)
    }

    /// As [`Self::integer`], or `NULL`.
    pub fn optional<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>> {
        self.raw::<Option<i64>>(column)?.map(|value| Self::fit(column, value)).transpose()
    }

    /// An unsigned 64-bit figure.
    pub fn wide(&self, column: &'static str) -> Result<u64> {
        Ok(self.raw::<i64>(column)? as u64)
    }

    /// As [`Self::wide`], or `NULL`.
    pub fn optional_wide(&self, column: &'static str) -> Result<Option<u64>> {
        Ok(self.raw::<Option<i64>>(column)?.map(|value| value as u64))
    }

    /// An integer or `NULL`, as a value to be bound again.
    pub fn integer_value(&self, column: &'static str) -> Result<Value> {
        Ok(self.raw::<Option<i64>>(column)?.map_or(Value::NoInteger, Value::Integer))
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

    /// Bytes of any length.
    pub fn blob(&self, column: &'static str) -> Result<&[u8]> {
        self.raw(column)
    }

    /// An amount, score or sum.
    pub fn amount(&self, column: &'static str) -> Result<u128> {
        Ok(u128::from_be_bytes(self.bytes(column)?))
    }

    /// An account.
    pub fn account(&self, column: &'static str) -> Result<AccountId> {
        Ok(AccountId::from(self.bytes::<32>(column)?))
    }

    /// A hash.
    pub fn hash(&self, column: &'static str) -> Result<Hash> {
        Ok(Hash::from(self.bytes::<32>(column)?))
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

    /// One of a list of values, by its position in the list.
    pub fn choice<T: Copy>(&self, column: &'static str, choices: &[T]) -> Result<T> {
        let value: i64 = self.raw(column)?;
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
