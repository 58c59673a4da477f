//! Rules that hold across the contracts, on the real bundles.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod batches;
mod claims;
mod conservation;
mod deployment;
mod events;
mod governance;
mod pushes;
mod reports;
mod worked_examples;
