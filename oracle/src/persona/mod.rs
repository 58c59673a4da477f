//! Persona: who behaves as no honest shop or customer does, and what is
//! proposed about it (whitepaper 3.5, "Against forged receipts").
//!
//! | module | holds |
//! |---|---|
//! | [`features`] | what is measured of pairs, customers, shops and the network over a window of epochs |
//! | [`rules`] | explainable rules: a kind, measures with thresholds, reasons, evidence |
//! | [`observe`] | where receipts come from: the chain, an index, the lake |
//! | [`provider`] | anti-cheat and identity services of others, behind one HTTP interface |
//! | [`proposal`] | findings and verdicts as proposals of penalties, for the board to decide |
//! | [`lot`] | which shops are audited whom no rule suspects, drawn by everybody alike |
//! | [`evaluate`] | injected fraud: what the rules find of it, and what they accuse wrongly |
//!
//! Nothing here decides anything. Scoring reads none of it: a suspected receipt
//! counts until the board has moved its party on the ladder of `registry`,
//! where the party can appeal. Two machines that look at the same receipts say
//! the same: there are only integers, and everything is in a fixed order.

pub mod evaluate;
pub mod features;
pub mod lot;
pub mod observe;
pub mod proposal;
pub mod provider;
pub mod rules;

pub use features::{Facts, Features, FeaturesError, Sale, Window};
pub use proposal::{propose, suspects, Proposal, Severity};
pub use rules::{find, Finding, Kind, Measure};
