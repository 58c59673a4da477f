//! Texts of offers.

use crate::{
    model::hex,
    store::{
        sql::{fetch_one, values},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::Hash;

/// A text as it is kept.
pub(super) fn text(bytes: &[u8]) -> Result<String> {
    let altered = |_| Error::Altered { column: "text", value: hex(bytes) };
    std::str::from_utf8(bytes).map(str::to_owned).map_err(altered)
}

impl Store {
    /// The text with this hash, if it is kept.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn text(&self, hash: &Hash) -> Result<Option<String>> {
        let sql = "SELECT text FROM texts WHERE hash = $1";
        fetch_one(self.reader(), "reading a text", sql, values![hash], |row| text(row.blob("text")?)).await
    }

    /// Whether a stored task, or the present version of a privilege, names this
    /// hash as that of its conditions.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_named(&self, hash: &Hash) -> Result<bool> {
        let sql = "SELECT 1 AS named FROM tasks WHERE conditions = $1
                   UNION ALL SELECT 1 AS named FROM privileges WHERE conditions = $1 LIMIT 1";
        let named =
            fetch_one(self.reader(), "looking for an offer", sql, values![hash], |row| row.integer::<u8>("named"));
        Ok(named.await?.is_some())
    }
}
