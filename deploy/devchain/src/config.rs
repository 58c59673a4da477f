//! How a chain is set up.

use crate::{
    clock::Clock,
    pool::PoolLimits,
    runtime::{AccountId, Balance, Limits},
};
use std::{path::PathBuf, time::Duration};

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    /// As soon as a transaction is ready, until none is.
    #[default]
    Instant,
    /// Only when asked.
    Manual,
    /// Every so often, empty or not, as a chain with slots does.
    Interval(Duration),
}

/// The settings of a chain.
#[derive(Clone, Debug)]
pub struct DevchainConfig {
    /// Folder of the chain's data; `None` keeps everything in memory.
    pub path: Option<PathBuf>,
    /// Where block times come from.
    pub clock: Clock,
    /// When blocks are made.
    pub sealing: Sealing,
    /// Balances at genesis besides the development accounts', in the smallest
    /// unit (12 decimals). Part of the genesis hash.
    pub endowed: Vec<(AccountId, Balance)>,
    /// The name told to clients.
    pub chain_name: String,
    /// How much may wait for a block.
    pub pool: PoolLimits,
    /// How many blocks the finalised block stays behind the best one; 0 makes a
    /// block final at once.
    pub finality_lag: u32,
    /// Whether blocks, fees and deposits are a real chain's.
    pub limits: Limits,
    /// A chain to begin with, written by [`Devchain::dump`](crate::Devchain::dump);
    /// the data folder must then be empty.
    pub load: Option<PathBuf>,
    /// Threads that run the runtime for readers and check transactions.
    pub read_threads: usize,
}

impl Default for DevchainConfig {
    fn default() -> Self {
        Self {
            path: None,
            clock: Clock::System,
            sealing: Sealing::Instant,
            endowed: Vec::new(),
            chain_name: "Bizkey Development".into(),
            pool: PoolLimits::default(),
            finality_lag: 0,
            limits: Limits::RealChain,
            load: None,
            read_threads: std::thread::available_parallelism().map_or(2, |count| count.get()),
        }
    }
}
