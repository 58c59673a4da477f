//! PostgreSQL's partitions of receipts.

use crate::{
    error::During,
    store::sql::{fetch_one, values, Transaction},
    Result,
};
use bizkey_primitives::Epoch;
use sqlx::AssertSqlSafe;

/// Epochs of one partition: a month of days. Queries without an epoch look
/// into every partition, so there should be dozens and not thousands.
const EPOCHS: u64 = 30;

/// Makes the partition of an epoch, if there is none yet. SQLite has one table.
pub(super) async fn ensure(transaction: &mut Transaction, epoch: Epoch) -> Result<()> {
    if matches!(transaction, Transaction::Sqlite(_)) {
        return Ok(());
    }
    let number = u64::from(epoch) / EPOCHS;
    let sql = format!(
        "SELECT COUNT(*) AS tables FROM pg_tables WHERE schemaname = 'indexer' AND tablename = 'receipts_{number}'"
    );
    let tables = fetch_one(&mut *transaction, "looking for a partition", sql, values![], |row| row.wide("tables"));
    if tables.await? != Some(0) {
        return Ok(());
    }
    // Made first and attached then, which readers of the others do not wait for.
    let (first, end) = (number * EPOCHS, (number + 1) * EPOCHS);
    let sql = format!(
        "CREATE TABLE receipts_{number} (LIKE receipts);
         ALTER TABLE receipts ATTACH PARTITION receipts_{number} FOR VALUES FROM ({first}) TO ({end})"
    );
    let Transaction::Postgres(connection) = transaction else { return Ok(()) };
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **connection).await.during("making a partition").map(drop)
}
