//! Starting the program as a user does, and talking to it.
//!
//! Scenarios run on the embedded chain, and the core ones on a real node too,
//! where `SUBSTRATE_CONTRACTS_NODE` or `PATH` names one. With
//! `BIZKEY_CHAIN=ws://…` all run on that chain instead, each with a network and
//! an account of its own, paid by the chain's Alice or by `BIZKEY_SECRET`; those
//! that need what such a chain does not give are left out and named
//! ([`chain::Needs`]). That chain has to keep the states of all blocks
//! (`--state-pruning archive`): `bizkey verify` reads them.

pub mod chain;
pub mod clients;
pub mod node;
mod postgres;
mod program;
pub mod steps;
pub mod token;

pub use chain::{Chain, Needs};
pub use clients::{BareChain, Script};
pub use postgres::Postgres;
pub use program::{binary, run, Output, Up};

use anyhow::Context;
use std::io::Write;
use std::path::PathBuf;

/// The folder of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    // This crate lies one below the root.
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A JSON answer, whatever its status.
///
/// # Errors
/// When there is no answer, or it is no JSON.
pub async fn get(url: &str) -> anyhow::Result<(u16, serde_json::Value)> {
    let response = reqwest::get(url).await.with_context(|| url.to_owned())?;
    let status = response.status().as_u16();
    Ok((status, response.json().await.with_context(|| format!("{url} answered no JSON"))?))
}

/// Says that the running test is left out in full, and why. `cargo xtask test`
/// lists these lines at its end and counts their tests as skipped.
pub fn left_out(what: &str) {
    // `println!` would be kept from whoever runs a test that passes.
    let _ = writeln!(std::io::stdout().lock(), "left out: {what}");
}
