//! Opening a database.

use super::{
    database::Pool,
    sql::{execute, fetch_one, values, Columns, Transaction},
};
use crate::{
    error::During,
    model::{Contracts, Network},
    scores::Remembered,
    Error, Result,
};
use bizkey_primitives::Calendar;
use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    AssertSqlSafe,
};
use std::{str::FromStr, sync::Arc, time::Duration};

/// How long to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take: nobody waits longer, and whoever gave up must
/// not keep a connection busy.
const READ_TIMEOUT: &str = "30s";
/// Connections that answer reads at the same time.
const READERS: u32 = 8;
/// The migration from which on every event that an answer needs has its rows.
/// Blocks that an earlier version indexed lack the rows of those that came
/// later.
const WHOLE_MODEL: i64 = 10;
/// The last migration that may be made before it is known whether there are
/// such blocks: it makes the tables that tell, and what it leaves can be gone
/// on with.
const FIRST_MODEL: i64 = 5;

/// The indexer's database. Cheap to clone. One connection writes, others read.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Pool,
    reader: Pool,
    network: Arc<Network>,
    remembered: Arc<Remembered>,
}

impl Store {
    /// Opens `sqlite://PATH` (created if missing) or `postgres://…` (tables in
    /// the schema `indexer`), brings its tables up to date, and ties it to
    /// `network`, or checks that it is tied to it.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`], [`Error::Database`], [`Error::Migration`],
    /// [`Error::OtherNetwork`]; [`Error::Incomplete`] for a database in which an
    /// earlier version that kept less of each block stored some.
    pub async fn open(url: &str, network: &Network) -> Result<Self> {
        let store = Self {
            writer: pool(url, 1, "0")?,
            reader: pool(url, READERS, READ_TIMEOUT)?,
            network: Arc::new(network.clone()),
            remembered: Arc::default(),
        };
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
        fetch_one(self.reader(), "a ping", "SELECT 1", values![], |_| Ok(())).await.map(drop)
    }

    pub(super) fn reader(&self) -> &Pool {
        &self.reader
    }

    /// Live scores that were asked for last.
    pub(crate) fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// A transaction of the one writer.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        self.writer.begin().await
    }

    async fn migrate(&self) -> Result<()> {
        match &self.writer {
            Pool::Sqlite(writer) => {
                let migrator = sqlx::migrate!("./migrations/sqlite");
                migrator.run_to(FIRST_MODEL, writer).await?;
                self.check_whole().await?;
                migrator.run(writer).await?;
            }
            Pool::Postgres(writer) => {
                let migrator = sqlx::migrate!("./migrations/postgres");
                migrator.run_to(FIRST_MODEL, writer).await?;
                self.check_whole().await?;
                migrator.run(writer).await?;
            }
        }
        Ok(())
    }

    /// Refuses blocks from before [`WHOLE_MODEL`] while the tables are still
    /// those of the version that stored them, so that it can go on with them.
    async fn check_whole(&self) -> Result<()> {
        let sql = "SELECT MAX(number) AS number FROM blocks
                   WHERE NOT EXISTS (SELECT 1 FROM _sqlx_migrations WHERE version >= $1)";
        let read = |row: &Columns| row.optional("number");
        let number =
            fetch_one(self.reader(), "reading which version stored the blocks", sql, values![WHOLE_MODEL], read);
        number.await?.flatten().map_or(Ok(()), |number| Err(Error::Incomplete { number }))
    }

    async fn tie_to_network(&self) -> Result<()> {
        let mut transaction = self.begin().await?;
        complete_network(&mut transaction, &self.network).await?;
        match stored_network(&mut transaction).await? {
            None => insert_network(&mut transaction, &self.network).await?,
            Some(stored) => {
                if let Some(field) = first_difference(&stored, &self.network) {
                    return Err(Error::OtherNetwork { field });
                }
            }
        }
        transaction.commit("storing the network").await
    }
}

/// Connections to the database at `url`, none of which is opened yet, on which
/// PostgreSQL ends a statement after `timeout`; "0" is never.
fn pool(url: &str, connections: u32, timeout: &'static str) -> Result<Pool> {
    let reading = "reading the database's URL";
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let options = PgConnectOptions::from_str(url).during(reading)?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A ping before each query would double the way there and back. A
            // connection that broke is found by the query that it fails.
            .test_before_acquire(false);
        let pool = pool.after_connect(move |connection, _| {
            Box::pin(async move {
                let timeout = format!("SET statement_timeout TO '{timeout}'");
                let statements = [
                    timeout.as_str(),
                    // A schema of its own: another service may share the database.
                    "CREATE SCHEMA IF NOT EXISTS indexer",
                    "SET search_path TO indexer",
                    // A commit that a crash of the database undoes is read
                    // from the chain again, so it need not reach the disk.
                    "SET synchronous_commit TO off",
                ];
                for statement in statements {
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
                }
                Ok(())
            })
        });
        return Ok(Pool::Postgres(pool.connect_lazy_with(options)));
    }
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url)
            .during(reading)?
            // Without a mode in the URL, a missing file is created.
            .create_if_missing(!url.contains('?') || url.contains("mode=rwc"))
            .busy_timeout(ACQUIRE_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that a power cut undoes is read from the chain again, so
            // the log need not reach the disk at every block.
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", "-65536");
        let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
        return Ok(Pool::Sqlite(pool.connect_lazy_with(options)));
    }
    // Credentials stay out of messages: only the scheme is named.
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    Err(Error::UnknownDatabase(scheme.to_owned()))
}

/// Gives a network from before these contracts were kept their addresses. The
/// database holds no block then.
async fn complete_network(connection: &mut Transaction, network: &Network) -> Result<()> {
    let sql = "UPDATE network SET redemption = $1, vesting = $2, foundation = $3, otc = $4 WHERE redemption IS NULL";
    let Contracts { redemption, vesting, foundation, otc, .. } = &network.contracts;
    let values = values![redemption, vesting, foundation, otc];
    execute(connection, "storing the network's contracts", sql, values).await.map(drop)
}

async fn stored_network(connection: &mut Transaction) -> Result<Option<Network>> {
    let sql = "SELECT genesis_hash, genesis_ms, epoch_ms, first_block, vault, bzky, time, registry, receipts,
                      pos_deposit, rewards, redemption, vesting, foundation, otc FROM network";
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
                redemption: row.account("redemption")?,
                vesting: row.account("vesting")?,
                foundation: row.account("foundation")?,
                otc: row.account("otc")?,
            },
        })
    })
    .await
}

async fn insert_network(connection: &mut Transaction, network: &Network) -> Result<()> {
    let sql = "INSERT INTO network (id, genesis_hash, genesis_ms, epoch_ms, first_block, vault, bzky, time, registry,
                                    receipts, pos_deposit, rewards, redemption, vesting, foundation, otc)
               VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
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
        &contracts.redemption,
        &contracts.vesting,
        &contracts.foundation,
        &contracts.otc,
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
