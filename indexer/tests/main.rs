//! The indexer, on made-up chains and on the embedded one, in both databases.
//!
//! One binary for all subjects: each would link everything again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod blocks;
mod common;
mod databases;
mod devchain;
mod export;
mod follow;
mod grades;
mod kill;
mod lake;
mod lake_scores;
mod limits;
mod plans;
mod reorg;
mod rows;
mod scores;
mod scoring_rules;
mod search;
mod stream;
mod whole_model;
