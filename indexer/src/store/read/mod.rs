//! What the rows say.

pub(super) mod blocks;
mod epochs;
mod holdings;
mod parties;
mod receipts;
