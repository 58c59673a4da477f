//! What tests do with a running network.
//!
//! # Panics
//! Where a step fails: these are for tests.
#![allow(clippy::expect_used)]

use crate::{get, run, Chain, Up};
use serde_json::{json, Value};
use std::path::Path;
use std::time::{Duration, Instant};

/// Asks the gateway for a payment.
///
/// # Errors
/// When there is no answer.
pub async fn pay(up: &Up, key: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
    let request = reqwest::Client::new()
        .post(format!("{}/v1/payments", up.url("gateway")))
        .timeout(Duration::from_secs(10))
        .header("Idempotency-Key", key)
        .json(body);
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

/// Runs `bizkey register` and returns what it says.
pub async fn register(up: &Up, data_dir: &Path, arguments: &[&str]) -> Value {
    let data_dir = data_dir.to_str().expect("a path of text");
    let mut all = vec!["register"];
    all.extend(arguments);
    all.extend(["--data-dir", data_dir, "--chain", up.url("chain"), "--secret", up.secret()]);
    let output = run(&all).await.expect("the program starts");
    assert_eq!(output.code, Some(0), "{output:?}");
    serde_json::from_str(output.stdout.trim()).expect("JSON")
}

/// Registers a shop with a device.
pub async fn shop(up: &Up, data_dir: &Path) -> Value {
    register(up, data_dir, &["shop", "--area", "50", "--staff", "3", "--rent", "2000", "--wage", "300000"]).await
}

/// All receipts of the index, page by page.
///
/// # Errors
/// When the index does not answer.
pub async fn receipts(up: &Up) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let (status, page) = get(&format!("{}/v1/receipts?limit=100{after}", up.url("indexer"))).await?;
        anyhow::ensure!(status == 200, "{page}");
        let data = page["items"].as_array().cloned().unwrap_or_default();
        all.extend(data);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

/// Registers a customer, whose account is Bob's of every development chain.
pub async fn customer(up: &Up, data_dir: &Path) -> Value {
    let account = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
    register(up, data_dir, &["customer", "--account", account]).await["customer"].clone()
}

/// Takes a payment in cash from a customer, or from nobody known.
pub async fn sell(up: &Up, key: &str, device: &Value, customer: &Value, amount: u64) -> Value {
    let body = json!({ "amount": amount, "method": "cash", "device": device, "customer": customer });
    let (status, answer) = pay(up, key, &body).await.expect("an answer");
    assert_eq!(status, 201, "{answer}");
    answer
}

/// Waits until `count` receipts are indexed, then a while longer, so that a
/// doubled one would show.
pub async fn settled(up: &Up, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(90);
    while Instant::now() < deadline {
        if receipts(up).await.is_ok_and(|all| all.len() >= count) {
            tokio::time::sleep(Duration::from_secs(4)).await;
            return receipts(up).await.expect("the index answers");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{} of {count} receipts in time", receipts(up).await.map_or(0, |all| all.len()));
}

/// `bizkey verify` of the network of a data directory that nobody uses: it
/// agrees, and the verdict says with how much.
pub async fn verify(chain: &Chain, data_dir: &Path) -> String {
    let mut arguments = vec!["verify", "--data-dir", data_dir.to_str().expect("a path of text")];
    if let Some(url) = chain.url() {
        arguments.extend(["--chain", url]);
    }
    let verdict = run(&arguments).await.expect("the program starts");
    assert_eq!(verdict.code, Some(0), "{verdict:?}");
    verdict.stdout
}
