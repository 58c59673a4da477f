//! Opening a database.

use super::sql::{execute, fetch_one, values};
use crate::{
    error::During,
    model::{Contracts, Network},
    Error, Result,
};
use bizkey_primitives::Calendar;
use sqlx::{any::AnyPoolOptions, AnyConnection, AnyPool};
use std::{sync::Arc, time::Duration};

/// How long to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that answer reads at the same time.
const READERS: u32 = 8;

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// The indexer's database. Cheap to clone. One connection writes, others read.
#[derive(Clone, Debug)]
pub struct Store {
    dialect: Dialect,
    writer: AnyPool,
    reader: AnyPool,
    network: Arc<Network>,
}

impl Store {
    /// Opens `sqlite://PATH` (created if missing) or `postgres://…` (tables in
    /// the schema `indexer`), brings its tables up to date, and ties it to
    /// `network`, or checks that it is tied to it.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`], [`Error::Database`], [`Error::Migration`],
    /// [`Error::OtherNetwork`].
    pub async fn open(url: &str, network: &Network) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (dialect, url) = dialect_of(url)?;
        let pool = |connections: u32| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .after_connect(move |connection, _| Box::pin(prepare(connection, dialect)))
                .connect_lazy(&url)
                .during("reading the database's URL")
        };
        let store = Self { dialect, writer: pool(1)?, reader: pool(READERS)?, network: Arc::new(network.clone()) };
        store.migrate().await?;
        store.tie_to_network().await?;
        Ok(store)
    }

    /// The network that the rows are of.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Closes all connections once their work is done.
    pub async fn close(&self) {
        self.writer.close().await;
        self.reader.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Database`] if not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.reader).await.during("a ping").map(drop)
    }

    pub(super) fn reader(&self) -> &AnyPool {
        &self.reader
    }

    /// A transaction of the one writer.
    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>> {
        // SQLite: taken for writing at once, so that it cannot fail half-way for
        // a snapshot that is too old.
        let statement = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        self.writer.begin_with(statement).await.during("beginning a transaction")
    }

    async fn migrate(&self) -> Result<()> {
        match self.dialect {
            Dialect::Sqlite => sqlx::migrate!("./migrations/sqlite").run(&self.writer).await?,
            Dialect::Postgres => sqlx::migrate!("./migrations/postgres").run(&self.writer).await?,
        }
        Ok(())
    }

    async fn tie_to_network(&self) -> Result<()> {
        let mut transaction = self.begin().await?;
        match stored_network(&mut transaction).await? {
            None => insert_network(&mut transaction, &self.network).await?,
            Some(stored) => {
                if let Some(field) = first_difference(&stored, &self.network) {
                    return Err(Error::OtherNetwork { field });
                }
            }
        }
        transaction.commit().await.during("storing the network")
    }
}

fn dialect_of(url: &str) -> Result<(Dialect, String)> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((Dialect::Postgres, url.to_owned()));
    }
    if url.starts_with("sqlite:") {
        // Without a mode in the URL, a missing file is created.
        let created = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
        return Ok((Dialect::Sqlite, created));
    }
    // Credentials stay out of messages: only the scheme is named.
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    Err(Error::UnknownDatabase(scheme.to_owned()))
}

async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<()> {
    let statements: &[&'static str] = match dialect {
        // A commit that a power cut undoes is read from the chain again, so the
        // log need not reach the disk at every block.
        Dialect::Sqlite => &[
            "PRAGMA busy_timeout = 10000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA cache_size = -65536",
        ],
        // A schema of its own: another service may share the database.
        Dialect::Postgres => &["CREATE SCHEMA IF NOT EXISTS indexer", "SET search_path TO indexer"],
    };
    for statement in statements {
        sqlx::raw_sql(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn stored_network(connection: &mut AnyConnection) -> Result<Option<Network>> {
    let sql = "SELECT genesis_hash, genesis_ms, epoch_ms, first_block, vault, bzky, time, registry, receipts,
                      pos_deposit, rewards FROM network";
    fetch_one(connection, "reading the network", sql, values![], |row| {
        Ok(Network {
            genesis_hash: row.bytes("genesis_hash")?,
            calendar: Calendar { genesis_ms: row.wide("genesis_ms")?, epoch_ms: row.wide("epoch_ms")? },
            first_block: row.integer("first_block")?,
            contracts: Contracts {
                vault: row.account("vault")?,
                bzky: row.account("bzky")?,
                time: row.account("time")?,
                registry: row.account("registry")?,
                receipts: row.account("receipts")?,
                pos_deposit: row.account("pos_deposit")?,
                rewards: row.account("rewards")?,
            },
        })
    })
    .await
}

async fn insert_network(connection: &mut AnyConnection, network: &Network) -> Result<()> {
    let sql = "INSERT INTO network (id, genesis_hash, genesis_ms, epoch_ms, first_block, vault, bzky, time, registry,
                                    receipts, pos_deposit, rewards)
               VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let contracts = &network.contracts;
    let values = values![
        &network.genesis_hash[..],
        network.calendar.genesis_ms,
        network.calendar.epoch_ms,
        network.first_block,
        &contracts.vault,
        &contracts.bzky,
        &contracts.time,
        &contracts.registry,
        &contracts.receipts,
        &contracts.pos_deposit,
        &contracts.rewards,
    ];
    execute(connection, "storing the network", sql, values).await.map(drop)
}

fn first_difference(stored: &Network, given: &Network) -> Option<&'static str> {
    let differences = [
        ("genesis hash", stored.genesis_hash != given.genesis_hash),
        ("calendar", stored.calendar != given.calendar),
        ("first block", stored.first_block != given.first_block),
        ("set of contracts", stored.contracts != given.contracts),
    ];
    differences.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}
