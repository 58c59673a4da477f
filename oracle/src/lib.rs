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
//! | [`grades`] | rewards of shops that reach a grade, as Bizkey's tasks |
//! | [`lake`] | epochs of the size of a network, from the lake's files |
//! | [`scoring_rules`] | the board's figures of bizpower-2, proposed from trade |
//! | [`simulation`] | years of the token economy, and attacks on a town |
//! | [`verify`] | recomputing everything from the chain alone |
//! | [`explain`] | a shop's or customer's epoch line by line, receipts to reward |
//! | [`persona`] | who behaves as no honest shop or customer does, and what is proposed about it |
//! | [`price`] | Bzky's price for `redemption`, out of several sources |
//! | [`fetch`] | small answers over HTTP, within bounds |
//! | [`rows`] | an epoch as rows for files |
#![forbid(unsafe_code)]

pub mod book;
pub mod chain;
pub mod committee;
pub mod explain;
pub mod fetch;
pub mod grades;
pub mod lake;
mod lines;
pub mod persona;
pub mod price;
pub mod proofs;
pub mod report;
pub mod rows;
pub mod scoring;
pub mod scoring_rules;
pub mod simulation;
pub mod source;
pub mod verify;

pub use book::{Book, BookError};
