//! Following a chain's finalised blocks: backfill, then the tail, without a gap.

mod backoff;
pub mod client;
mod follow;
pub mod progress;
pub mod source;

pub use client::ClientSource;
pub use follow::{run, Config};
pub use progress::{Progress, Status, Work};
