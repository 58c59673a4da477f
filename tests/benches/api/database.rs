//! The PostgreSQL that holds the rows.

use crate::options::Options;
use anyhow::Context as _;
use bizkey_e2e::Postgres;
use bizkey_indexer::model::{Contracts, Network};
use bizkey_tests::history::{Contract, CALENDAR, FIRST_BLOCK, GENESIS_HASH};
use sqlx::{postgres::PgPoolOptions, AssertSqlSafe, PgPool};

/// The server and its database, with every setting as it comes.
pub struct Database {
    url: String,
    pool: PgPool,
    /// Stopped and deleted with this value; `None` for one that was given.
    _server: Option<Postgres>,
}

impl Database {
    /// Starts a server, or takes the database that is given.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, does not start or does not answer.
    pub async fn open(options: &Options) -> anyhow::Result<Self> {
        let (url, server) = if let Some(url) = &options.database {
            (url.clone(), None)
        } else {
            let server = Postgres::start()?.context("PostgreSQL is not installed; `cargo xtask bench` installs it")?;
            (server.url(), Some(server))
        };
        let pool = PgPoolOptions::new().max_connections(1).connect(&url).await?;
        Ok(Self { url, pool, _server: server })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a statement, outside of transactions.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn run(&self, sql: &str) -> anyhow::Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await?;
        Ok(())
    }

    /// How large it is on disk, bytes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn bytes(&self) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&self.pool).await?)
    }
}

/// The network whose history it holds.
pub fn network() -> Network {
    Network {
        genesis_hash: GENESIS_HASH,
        calendar: CALENDAR,
        first_block: FIRST_BLOCK,
        contracts: Contracts {
            vault: Contract::Vault.address(),
            bzky: Contract::Bzky.address(),
            time: Contract::Time.address(),
            registry: Contract::Registry.address(),
            receipts: Contract::Receipts.address(),
            pos_deposit: Contract::PosDeposit.address(),
            rewards: Contract::Rewards.address(),
            redemption: Contract::Redemption.address(),
            vesting: Contract::Vesting.address(),
            foundation: Contract::Foundation.address(),
            otc: Contract::Otc.address(),
        },
    }
}
