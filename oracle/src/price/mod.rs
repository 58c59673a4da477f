//! Bzky's price for `redemption`: the median of several sources, within
//! bounds, never stale, dated on chain (whitepaper 3.3; architecture.md,
//! redemption).
//!
//! Prices are integers from the first byte on: millionths of a minor unit of
//! the accounting currency for one Bzky. A source may lie, hang, or answer
//! rubbish; fewer than a quorum of sources that agree make no price, and the
//! sale of Time for Bzky closes by itself when the last price grows old.
//!
//! No two sources are of one server ([`Sources`]). One that gives no date is
//! taken for alive while its digits move ([`Sightings`]).

mod decimal;
mod feed;
mod median;
mod source;
mod sources;
mod unchanged;

pub use decimal::{scaled, DecimalError};
pub use feed::{Clock, Feed, FeedConfig, FeedError, Published};
pub use median::{consensus, NoPrice, Quote, Rules};
pub use source::{BadSource, PriceSource, SourceFailure};
pub use sources::{SameAuthority, Sources};
pub use unchanged::Sightings;
