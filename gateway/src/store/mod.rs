//! Payments and batches in the database: SQLite or PostgreSQL, by URL.
//!
//! The two speak the same SQL here; only the column types of the migrations
//! differ.

mod batches;
mod payments;

pub use batches::Draft;
pub use payments::Stored;

use sqlx::any::AnyPoolOptions;
use sqlx::AnyPool;
use std::time::Duration;

/// The gateway's database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens the database and brings its tables up to date. `url` is
    /// `sqlite://PATH` (made if it is missing) or `postgres://…`.
    ///
    /// # Errors
    /// When the database does not answer or a migration fails.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let url = if sqlite && !url.contains('?') { format!("{url}?mode=rwc") } else { url.to_owned() };
        let pool = AnyPoolOptions::new()
            // SQLite has one writer; a second connection would only wait for it.
            .max_connections(if sqlite { 1 } else { 8 })
            .acquire_timeout(Duration::from_secs(30))
            .connect(&url)
            .await?;
        if sqlite {
            // A write-ahead log survives the process at any point; FULL also survives the machine.
            for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"] {
                sqlx::query(pragma).execute(&pool).await?;
            }
            sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        } else {
            sqlx::migrate!("migrations/postgres").run(&pool).await?;
        }
        Ok(Self { pool })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(|_| ())
    }
}

/// A number as the database keeps it. Every number stored here is below 2^63:
/// amounts below 2^48, times in milliseconds, indices and sequence numbers.
fn signed(value: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(value).map_err(|_| sqlx::Error::Encode("a number passes 2^63 - 1".into()))
}

/// A number as it was stored; a negative one means a damaged row.
fn unsigned(value: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(value).map_err(|_| sqlx::Error::Decode("a stored number is negative".into()))
}

/// [`unsigned`] for what fits 32 bits.
fn unsigned32(value: i64) -> Result<u32, sqlx::Error> {
    u32::try_from(value).map_err(|_| sqlx::Error::Decode("a stored number passes 32 bits".into()))
}
