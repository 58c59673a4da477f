//! What the rows say.

pub(super) mod blocks;
mod devices;
mod disputes;
mod epochs;
mod foundation;
pub(crate) mod grades;
mod holdings;
mod merchants;
mod otc;
mod parties;
mod penalties;
mod receipts;
mod redemption;
mod references;
pub(crate) mod runs;
mod scores;
mod scoring;
mod search;
mod select;
mod texts;
mod time_sales;
mod voids;
