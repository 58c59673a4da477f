//! The indexes of receipts that only answers need. They are those of the
//! migrations: what is put off is made again, word for word.

use super::{
    database::Pool,
    sql::{execute, fetch_one, values, Transaction},
    Store,
};
use crate::Result;

const INDEXES: [(&str, &str); 2] = [
    ("receipts_by_merchant", "receipts (merchant, id)"),
    ("receipts_by_customer", "receipts (customer, id) WHERE customer IS NOT NULL"),
];

impl Store {
    /// Drops them. Only while there are no receipts.
    pub(crate) async fn put_indexes_off(&self) -> Result<()> {
        let mut transaction = self.begin().await?;
        for (name, _) in INDEXES {
            let sql = format!("DROP INDEX IF EXISTS {name}");
            execute(&mut transaction, "putting an index off", sql, values![]).await?;
        }
        transaction.commit("committing that indexes are put off").await
    }

    /// Whether any of them is missing.
    pub(crate) async fn lacks_indexes(&self) -> Result<bool> {
        let all = match self.reader() {
            Pool::Sqlite(_) => "SELECT COUNT(*) AS indexes FROM sqlite_master WHERE type = 'index' AND name",
            Pool::Postgres(_) => {
                "SELECT COUNT(*) AS indexes FROM pg_indexes WHERE schemaname = 'indexer' AND indexname"
            }
        };
        let names = INDEXES.map(|(name, _)| format!("'{name}'")).join(", ");
        let sql = format!("{all} IN ({names})");
        let found = fetch_one(self.reader(), "looking for indexes", sql, values![], |row| row.wide("indexes"));
        Ok(found.await?.is_none_or(|found| found < INDEXES.len() as u64))
    }

    /// Makes those that are missing.
    pub(crate) async fn make_indexes(&self) -> Result<()> {
        let mut transaction = self.begin().await?;
        if matches!(transaction, Transaction::Postgres(_)) {
            // Sorted in memory, not on disk.
            let sql = "SET LOCAL maintenance_work_mem = '256MB'";
            execute(&mut transaction, "preparing to make indexes", sql, values![]).await?;
        }
        for (name, of) in INDEXES {
            let sql = format!("CREATE INDEX IF NOT EXISTS {name} ON {of}");
            execute(&mut transaction, "making an index", sql, values![]).await?;
        }
        transaction.commit("committing indexes").await
    }
}

#[cfg(test)]
mod tests {
    use super::INDEXES;

    #[test]
    fn they_are_those_of_the_migrations() {
        let sqlite = include_str!("../../migrations/sqlite/0001_first_cut.sql");
        let postgres = include_str!("../../migrations/postgres/0006_whole_model.sql");
        for (name, of) in INDEXES {
            let declared = format!("CREATE INDEX {name} ON {of};");
            assert!(sqlite.contains(&declared) && postgres.contains(&declared), "{name}");
        }
    }
}
