//! The stored receipts of each contender, and whether they are the same.

use anyhow::Context as _;
use bizkey_e2e::Postgres;
use serde::Serialize;
use sqlx::{postgres::PgPoolOptions, AssertSqlSafe, PgPool};

/// The server with a database for each contender. As it comes: every commit is
/// written to the disk.
pub struct Server {
    postgres: Postgres,
    pool: PgPool,
}

/// Where a contender keeps the receipts.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// With its schema.
    pub name: &'static str,
}

/// Receipts as PostgreSQL sums them up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// How many.
    pub receipts: u64,
    /// MD5 of all of them in the order of device, seq and position, over
    /// [`COLUMNS`]; of nothing, if there are none.
    pub md5: String,
}

/// What is compared of a receipt. All contenders name it alike; what is a
/// BIGINT for one and NUMERIC for the other reads the same as text.
const COLUMNS: &str = "device, seq, position, block, epoch, merchant, coalesce(customer, 0), channel, rail, amount, \
                       encode(reference, 'hex'), at_ms";

impl Server {
    /// Starts one.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let postgres = Postgres::start()?.context("PostgreSQL is not installed; `cargo xtask bench` installs it")?;
        let pool = connect(&postgres.url()).await?;
        Ok(Self { postgres, pool })
    }

    /// Makes a database; its URL.
    ///
    /// # Errors
    /// When it exists already.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&self.pool).await?;
        // What contenders before it left to write is written before it starts.
        sqlx::raw_sql("CHECKPOINT").execute(&self.pool).await?;
        let url = self.postgres.url();
        let (server, _) = url.rsplit_once('/').context("a URL without a database")?;
        Ok(format!("{server}/{name}"))
    }
}

/// One connection, made when it is needed.
pub async fn connect(url: &str) -> anyhow::Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(1).connect(url).await?)
}

impl Table {
    /// Sums up the receipts of the blocks up to `block`.
    ///
    /// # Errors
    /// When the table is missing or lacks a column.
    pub async fn digest(&self, pool: &PgPool, block: u32) -> anyhow::Result<Digest> {
        let sql = format!(
            "SELECT count(*), coalesce(md5(string_agg(md5(concat_ws('|', {COLUMNS})), '' \
             ORDER BY device, seq, position)), '') FROM {} WHERE block <= $1",
            self.name
        );
        let (receipts, md5): (i64, String) =
            sqlx::query_as(AssertSqlSafe(sql)).bind(i64::from(block)).fetch_one(pool).await?;
        Ok(Digest { receipts: u64::try_from(receipts)?, md5 })
    }
}
