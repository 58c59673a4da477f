//! Epochs of the lake scored on a cluster: DataFusion's own distributed engine,
//! Ballista, runs the plan of [`bizkey_oracle::lake`] in several processes, on
//! one machine or many. The scores have the same bits.
//!
//! | module | holds |
//! |---|---|
//! | `cluster` | [`Ballista`]: whoever scores has a cluster run its plans |
//! | `codec` | plans as bytes, with operators of ours in them |
//! | `scheduler` | the process that cuts plans into stages and hands out tasks |
//! | `executor` | the processes that run tasks |
//! | `stores` | the lake's object store, where an executor finds it |
//! | `program` | both as commands |
//! | `address` | `ballista://HOST:PORT` |
//!
//! Executors need two things beside the scheduler: the lake, at the address
//! that whoever scores gives, and the state's folder, under the same path (on
//! several machines, a network file system). They write to neither.
//!
//! Ballista knows no passwords: whoever reaches a scheduler or an executor can
//! have it run plans and read files. Addresses are on loopback unless told
//! otherwise; elsewhere, a private network is needed.
#![cfg(feature = "distributed")]
#![forbid(unsafe_code)]

mod address;
mod cluster;
mod codec;
mod error;
mod executor;
mod program;
mod scheduler;
mod stores;

pub use address::SchedulerAddress;
pub use cluster::Ballista;
pub use error::{Error, Result};
pub use executor::ExecutorArgs;
pub use program::EngineCommand;
pub use scheduler::SchedulerArgs;

/// Most bytes of a message between the processes: a plan has the rules of its
/// epoch, some bytes for each merchant with rules of its own.
const MESSAGE_BYTES: u32 = 1 << 28;
