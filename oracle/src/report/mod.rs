//! The report of an epoch: two trees and everything a claim needs.

mod epoch;
mod hashing;
mod tree;

pub use epoch::{Claim, EpochReport, Holding, Network, Push, ReportError};
pub use tree::EpochTree;
