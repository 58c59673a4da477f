//! The suite on the chain's own runtime, without blocks: the real bundles are
//! run by pallet-contracts itself, one call at a time, on a state in memory.
//! A call costs a millisecond or two, so that thousands of them can be tried.
//! What needs blocks, fees or the client is tested in a [`crate::World`].

mod actor;
mod cells;
mod coverage;
mod network;
mod relaying;
mod reporting;
mod state;

pub use actor::{Actor, Party};
pub use cells::{Layouts, Snapshot};
pub use coverage::{bundle, Coverage};
pub use network::{Raw, Sandbox, DIRECTORS};
pub use state::{input, refused, Executed, State, GAS, PENALTY_WINDOW};
