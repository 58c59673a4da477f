//! Scoring at the size of a network: the same rules as [`crate::scoring`], as
//! DataFusion plans over the lake's Parquet files.
//!
//! DataFusion reads, decodes and hands rows from partition to partition. The
//! rules are two operators of our own, because SQL's have none for them and
//! take several times as long:
//!
//! ```text
//! receipts (Parquet) -> MerchantTally -> CustomerSales -> rows of the report
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `judge` | [`LakeJudge`]: a network's epochs into reports |
//! | `reports` | reports of earlier epochs, on disk |
//! | `engine` | [`LakeEngine`]: an epoch of the lake into scores |
//! | `plan` | the plan of an epoch, and what it reads |
//! | `cluster` | running the plan in other processes |
//! | `wire` | operators as bytes, for those processes |
//! | `carried` | what later epochs need, as rows from those processes |
//! | `exchange` | rows by part, so that a part fits the cache |
//! | `operator` | operators over parts of rows |
//! | `merchants` | the operator that tallies each merchant's receipts |
//! | `tally` | the rules of one part of merchants |
//! | `customers` | the operator that adds up customers' sales |
//! | `figures` | rows between the operators |
//! | `voids` | receipts of earlier epochs that this epoch voids |
//! | `settle` | figures into rows of the report |
//! | `state` | what later epochs need to know, on disk |
//!
//! ## The same bits
//! [`crate::scoring::Engine`] says what is right; `tests/lake.rs` compares. No
//! result depends on the order in which rows arrive: sums are of integers,
//! the first of several equal references is the one with the lowest number,
//! and rows are sorted before they leave. So neither threads nor files nor
//! batches nor machines show in the report.
//!
//! ## Machines
//! In one process, threads share memory: each puts its rows into parts, and
//! whoever is free takes a part. Over several machines, the same operators
//! stand behind DataFusion's exchange by hash ([`Exchange::ByHash`]), and
//! [`Runner::Cluster`] runs them (`bizkey-oracle-distributed` is one). A
//! process there has the lake and the state's folder; it checks the state's
//! digest and writes nothing: what later epochs need comes back as rows, so a
//! part of the plan may run twice, or on another machine after the first died.
//! Rows that come twice or not at all are noticed, and the plan runs again.

mod carried;
mod cluster;
mod customers;
mod engine;
mod error;
mod exchange;
mod figures;
mod folder;
mod judge;
mod merchants;
mod operator;
mod plan;
mod reports;
mod settle;
mod state;
mod tally;
mod voids;
mod wire;

pub use cluster::{Cluster, LakeAddress, Runner};
pub use engine::{LakeEngine, Settings, Spent};
pub use error::{LakeError, Result};
pub use judge::{ClosedEpoch, LakeJudge, LakeTrust};
pub use plan::Exchange;
pub use state::State;
pub use wire::{decode_operator, encode_operator};
