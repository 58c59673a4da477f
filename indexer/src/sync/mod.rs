//! Following a chain: backfill, then the tail, without a gap; best blocks are
//! undone when the chain turns away from them.

mod backoff;
pub mod client;
mod follow;
mod plan;
pub mod progress;
pub mod source;

pub use client::ClientSource;
pub use follow::{run, Config};
pub use progress::{Progress, Status, Work};
