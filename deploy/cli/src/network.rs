//! Where a network is and how it begins: the options that `bizkey up` and
//! `bizkey deploy` share.

use crate::system::{now_ms, ChainChoice, SystemConfig, DAY_MS};
use anyhow::Context;
use bizkey_client::{DEFAULT_ALGORITHM_VERSION, DEFAULT_CASH_CAP};
use bizkey_devchain::Clock;
use bizkey_primitives::Calendar;
use std::path::PathBuf;

/// Options that say which network, and how it begins if it is not deployed yet.
#[derive(Clone, Debug, clap::Args)]
pub struct NetworkArgs {
    /// Chain, databases, deployment.json, device seed.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// A node, ws://…; without it the embedded chain runs in the data directory.
    #[arg(long)]
    pub chain: Option<String>,
    /// Another node of the same chain, ws://…, which the indexer follows when
    /// the one before it fails or stalls; may be given several times.
    #[arg(long = "fallback", value_name = "URL", requires = "chain")]
    pub fallbacks: Vec<String>,
    /// Length of an epoch in seconds, when the contracts are deployed.
    #[arg(long, default_value_t = 86_400)]
    pub epoch_seconds: u64,
    /// Challenge window of a report in seconds, when the contracts are deployed.
    #[arg(long, default_value_t = 7_200)]
    pub window_seconds: u64,
    /// Algorithm that scores the epochs which have not begun when the contracts
    /// are deployed: 1, the whitepaper to the letter, or 2, hardened. The board
    /// can set another one later.
    #[arg(long, default_value_t = DEFAULT_ALGORITHM_VERSION, value_parser = clap::value_parser!(u16).range(1..=2))]
    pub algorithm_version: u16,
    /// How much of a customer's cash and external payments counts in an epoch
    /// under algorithm 2, minor units, when the contracts are deployed. The
    /// board can set another one later.
    #[arg(long, default_value_t = DEFAULT_CASH_CAP)]
    pub cash_cap: u64,
    /// Secret URI of the deployer, from which this machine's other keys are
    /// derived. The default is known to everybody: for trials only.
    #[arg(long, env = "BIZKEY_SECRET", default_value = "//Alice", hide_env_values = true)]
    pub secret: String,
}

impl NetworkArgs {
    /// The system that these options ask for. Days begin at midnight UTC,
    /// other epochs now.
    ///
    /// # Errors
    /// When an epoch is shorter than a second or longer than 366 days.
    pub fn config(&self, database: Option<String>) -> anyhow::Result<SystemConfig> {
        let epoch_ms = self.epoch_seconds.saturating_mul(1000);
        let genesis_ms = if epoch_ms == DAY_MS { now_ms() / DAY_MS * DAY_MS } else { now_ms() };
        Ok(SystemConfig {
            data_dir: self.data_dir.clone(),
            chain: match &self.chain {
                Some(url) => ChainChoice::Node(url.clone()),
                None => ChainChoice::Embedded { clock: Clock::System },
            },
            fallbacks: self.fallbacks.clone(),
            database,
            calendar: Calendar::new(genesis_ms, epoch_ms).context("--epoch-seconds: from 1 second to 366 days")?,
            window_ms: self.window_seconds.saturating_mul(1000),
            algorithm_version: self.algorithm_version,
            cash_cap: Some(self.cash_cap),
            secret: self.secret.clone(),
        })
    }
}
