//! How a chain is set up.

use crate::{
    clock::Clock,
    pool::PoolLimits,
    runtime::{AccountId, Balance},
};
use std::path::PathBuf;

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    /// As soon as a transaction is ready, until none is.
    #[default]
    Instant,
    /// Only when asked.
    Manual,
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
            read_threads: std::thread::available_parallelism().map_or(2, |count| count.get()),
        }
    }
}
