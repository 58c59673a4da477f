//! Receipts into BizPower scores, epoch reports and proofs.
//!
//! | module | holds |
//! |---|---|
//! | [`scoring`] | the pure engine: receipts of an epoch into scores and sales |
//! | [`report`] | holdings, trees, claims and pushes of an epoch |
//! | [`source`] | where the facts of an epoch come from |
//! | [`book`] | reports of all epochs, judged as they close |
//! | [`committee`] | reporting, settling, paying |
//! | [`proofs`] | proofs over HTTP |
//! | [`chain`] | the network's state folded from blocks |
//! | [`verify`] | recomputing everything from the chain alone |
//! | [`rows`] | an epoch as rows for files |
#![forbid(unsafe_code)]

pub mod book;
pub mod chain;
pub mod committee;
pub mod proofs;
pub mod report;
pub mod rows;
pub mod scoring;
pub mod source;
pub mod verify;

pub use book::{Book, BookError};
