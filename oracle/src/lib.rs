//! Receipts into BizPower scores, epoch reports and proofs.
//!
//! | module | holds |
//! |---|---|
//! | [`scoring`] | the pure engine: receipts of an epoch into scores and sales |
//! | [`report`] | holdings, trees, claims and pushes of an epoch |

pub mod report;
pub mod scoring;
