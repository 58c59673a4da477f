//! Starting the program as a user does, and talking to it.

mod postgres;
mod program;
pub mod steps;

pub use postgres::Postgres;
pub use program::{binary, run, Output, Up};

use anyhow::Context;
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
