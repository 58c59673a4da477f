//! Receipts into BizPower scores, epoch reports and proofs.
//!
//! | module | holds |
//! |---|---|
//! | [`scoring`] | the pure engine: receipts of an epoch into scores and sales |

pub mod scoring;
