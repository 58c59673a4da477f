//! Bzky's price for `redemption`: the median of several sources, within
//! bounds, never stale, dated on chain (whitepaper 3.3; architecture.md,
//! redemption).
//!
//! Prices are integers from the first byte on: millionths of a minor unit of
//! the accounting currency for one Bzky. A source may lie, hang, or answer
//! rubbish; fewer than a quorum of sources that agree make no price, and the
//! sale of Time for Bzky closes by itself when the last price grows old.

mod decimal;
mod feed;
mod median;
mod source;

pub use decimal::{scaled, DecimalError};
pub use feed::{Clock, Feed, FeedConfig, FeedError, Published};
pub use median::{consensus, NoPrice, Quote, Rules};
pub use source::{BadSource, PriceSource, SourceFailure};
