//! What benchmarks share: signed batches of receipts, the indexer at work, the
//! figures that are written.
#![allow(dead_code)] // Each benchmark uses a part.

pub mod indexer;
pub mod load;
pub mod options;
pub mod report;
