//! Which paths are measured: all that the served document names under `/v1`.

use crate::served::Served;
use anyhow::{ensure, Context as _};
use bizkey_tests::history::{History, LEFT_OUT};
use serde_json::Value;

/// The paths that answer GET, but for those that are left out for a reason.
///
/// # Errors
/// Names the paths for which no requests are made up.
pub async fn measured(served: &Served, history: &History) -> anyhow::Result<Vec<String>> {
    let document: Value = reqwest::get(served.url("/openapi.json")).await?.error_for_status()?.json().await?;
    let paths = document["paths"].as_object().context("the document names no paths")?;
    let rows = paths.iter().filter(|(path, item)| path.starts_with("/v1/") && item.get("get").is_some());
    let (mut measured, mut unknown, mut requests) = (Vec::new(), Vec::new(), history.requests(0));
    for (path, _) in rows {
        if let Some((_, why)) = LEFT_OUT.iter().find(|(left_out, _)| left_out == path) {
            println!("not measured: {path}, which {why}");
        } else if requests.of(path).is_some() {
            measured.push(path.clone());
        } else {
            unknown.push(path.as_str());
        }
    }
    ensure!(unknown.is_empty(), "tests/src/history/requests.rs has no requests for {}", unknown.join(", "));
    ensure!(!measured.is_empty(), "the document names no path to measure");
    Ok(measured)
}
