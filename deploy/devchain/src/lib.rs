//! The embedded chain: the FRAME runtime with pallet-contracts compiled
//! natively, blocks on demand, a settable clock and its state on disk, used in
//! process or over the Substrate JSON-RPC.

mod block_builder;
mod chain;
mod clock;
mod config;
mod devchain;
mod error;
mod faults;
mod in_process;
mod metrics;
mod pool;
mod rpc;
pub mod runtime;
mod server;
mod state;
mod store;
mod workers;

pub use chain::{BlockInfo, Head, Heads, Reorg, RetractedTransactions, Route, Settings, StorageChange};
pub use clock::Clock;
pub use config::{DevchainConfig, Sealing};
pub use devchain::{Devchain, Inclusion};
pub use error::Error;
pub use faults::{Fate, Rule, TooManyRules, TransactionFault, TransactionFaults};
pub use in_process::InProcessRpc;
pub use metrics::{StageTime, Timings};
pub use pool::{PoolError, PoolLimits, Position, TransactionStatus};
pub use server::{any_loopback_port, Controls, Origins, OriginsError, ServerConfig, ServerHandle, ServerLimits};
