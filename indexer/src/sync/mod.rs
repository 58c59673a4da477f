//! Following a chain: backfill, then the tail, without a gap; best blocks are
//! undone when the chain turns away from them.

mod backfill;
mod backoff;
pub mod client;
mod follow;
mod plan;
pub mod progress;
mod rows;
pub mod source;

pub(crate) use backoff::Backoff;
pub use client::ClientSource;
pub use follow::{run, Config};
pub use progress::{Progress, Status, Work};
