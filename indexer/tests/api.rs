//! The REST API over a real listener.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_indexer::{router, run, ApiState, Config, Progress};
use common::{fake::FakeSource, random, Chain, Sqlite};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use std::{future::IntoFuture, sync::Arc};
use tokio_util::sync::CancellationToken;

struct Served {
    url: String,
    _sqlite: Sqlite,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Served {
    async fn start(chain: &Chain, follow: bool) -> Self {
        let sqlite = Sqlite::new();
        let store = sqlite.open().await;
        let progress = Progress::default();
        let stop = CancellationToken::new();
        if follow {
            let source = Arc::new(FakeSource::new(chain));
            tokio::spawn(run(Config::new(store.clone(), source, progress.clone()), stop.clone()));
            progress.reached(chain.blocks.last().unwrap().number).await;
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = axum::serve(listener, router(ApiState::new(store, progress)));
        tokio::spawn(server.with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
        Self { url, _sqlite: sqlite, stop }
    }

    /// The answer without its body.
    async fn ask(&self, path: &str, header: (&str, &str)) -> reqwest::Response {
        let client = reqwest::Client::new();
        client.get(format!("{}{path}", self.url)).header(header.0, header.1).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> (u16, String, Value) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind, answer.json().await.unwrap())
    }

    async fn ok(&self, path: &str) -> Value {
        let (status, kind, body) = self.get(path).await;
        assert_eq!((status, kind.as_str()), (200, "application/json"), "{path}: {body}");
        body
    }

    async fn problem(&self, path: &str) -> (u16, String) {
        let (status, kind, body) = self.get(path).await;
        assert_eq!(kind, "application/problem+json", "{path}: {body}");
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && body["detail"].is_string());
        (status, body["type"].as_str().unwrap().trim_start_matches("urn:bizkey:problem:").to_owned())
    }
}

fn chain() -> Chain {
    let mut runner = TestRunner::deterministic();
    let mut plan = Vec::new();
    while plan.len() < 60 {
        plan.extend(random::plan(20).new_tree(&mut runner).unwrap().current());
    }
    random::chain_of(&plan)
}

#[tokio::test]
async fn lists_are_paged_without_a_gap_or_a_repeat() {
    let served = Served::start(&chain(), true).await;
    for path in ["/v1/receipts?", "/v1/receipts?merchant=2&", "/v1/epochs?", "/v1/merchants/1/rewards?"] {
        let whole = served.ok(&format!("{path}limit=500")).await;
        let whole = whole["items"].as_array().unwrap().clone();
        assert!(whole.len() > 6, "{path}: too few items to page through");
        let mut pages = Vec::new();
        let mut after = String::new();
        loop {
            let page = served.ok(&format!("{path}limit=3{after}")).await;
            pages.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(pages[..whole.len().min(pages.len())], whole[..whole.len().min(pages.len())], "{path}");
        assert!(pages.len() >= whole.len());
    }
}

#[tokio::test]
async fn figures_that_can_pass_2_to_53_are_strings() {
    let served = Served::start(&chain(), true).await;
    let epochs = served.ok("/v1/epochs").await;
    let settled = epochs["items"].as_array().unwrap().iter().find(|epoch| epoch["state"] == "final").unwrap();
    assert_eq!(settled["merchants"]["sum_v1"], (u128::MAX - 1).to_string());
    assert_eq!(settled["merchants"]["paid"], "70");
    let receipts = served.ok("/v1/receipts?limit=500").await;
    let receipts = receipts["items"].as_array().unwrap();
    assert!(receipts.iter().all(|receipt| receipt["amount"].is_string() && receipt["id"].is_string()));
    let refused = receipts.iter().find(|receipt| receipt["valid"] == false).unwrap();
    assert!(refused["invalid_reason"].is_string());
    let merchant = served.ok("/v1/merchants/1").await;
    assert!(merchant["balance"].is_string() && merchant["account"].as_str().unwrap().starts_with('5'), "{merchant}");
    assert_eq!(merchant["registered_epoch"], Value::Null);
}

#[tokio::test]
async fn errors_are_problems_that_name_the_cause() {
    let served = Served::start(&chain(), true).await;
    let bad = |kind: &str| (400, kind.to_owned());
    assert_eq!(served.problem("/v1/receipts?limit=0").await, bad("invalid-parameter"));
    assert_eq!(served.problem("/v1/receipts?limit=501").await, bad("invalid-parameter"));
    assert_eq!(served.problem("/v1/receipts?merchant=x").await, bad("invalid-parameter"));
    assert_eq!(served.problem("/v1/receipts?shop=1").await, bad("invalid-parameter"));
    assert_eq!(served.problem("/v1/merchants/one").await, bad("invalid-parameter"));
    assert_eq!(served.problem("/v1/merchants/99").await, (404, "not-found".into()));
    assert_eq!(served.problem("/v1/merchants/99/rewards").await, (404, "not-found".into()));
    assert_eq!(served.problem("/nothing").await, (404, "not-found".into()));
    let posted = reqwest::Client::new().post(format!("{}/v1/epochs", served.url)).send().await.unwrap();
    assert_eq!(posted.status().as_u16(), 405);
    assert_eq!(posted.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn ready_only_once_caught_up() {
    let idle = Served::start(&chain(), false).await;
    assert_eq!(idle.problem("/ready").await, (503, "not-ready".into()));
    assert_eq!(idle.ok("/health").await["status"], "degraded");
    let served = Served::start(&chain(), true).await;
    assert_eq!(served.ok("/ready").await["lag_blocks"], 0);
    assert_eq!(served.ok("/health").await["status"], "ok");
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let served = Served::start(&chain(), true).await;
    let first = reqwest::get(format!("{}/v1/epochs", served.url)).await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = served.ask("/v1/epochs", ("if-none-match", &tag)).await;
    assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, tag.as_str()));
    let other = served.ask("/v1/epochs", ("if-none-match", "W/\"1-00\"")).await;
    assert_eq!(other.status().as_u16(), 200);
    // An error is no version of the rows.
    assert!(!served.ask("/v1/merchants/99", ("accept", "*/*")).await.headers().contains_key("etag"));
    let foreign = served.ask("/v1/epochs", ("origin", "https://shop.example")).await;
    assert_eq!(foreign.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn requests_and_progress_are_measured() {
    let served = Served::start(&chain(), true).await;
    served.ok("/v1/merchants/1").await;
    served.problem("/v1/merchants/99").await;
    let metrics = reqwest::get(format!("{}/metrics", served.url)).await.unwrap().text().await.unwrap();
    for line in [
        "bizkey_indexer_requests_total{path=\"/v1/merchants/{id}\",status=\"200\"} 1",
        "bizkey_indexer_requests_total{path=\"/v1/merchants/{id}\",status=\"404\"} 1",
        "bizkey_indexer_request_duration_seconds_count{path=\"/v1/merchants/{id}\"} 2",
        "bizkey_indexer_connected 1",
        "bizkey_indexer_lag_blocks 0",
        "bizkey_indexer_lag_seconds 0.0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
}

/// Every operation of the document, called with the examples that it gives.
#[tokio::test]
async fn the_document_tells_the_truth() {
    let served = Served::start(&chain(), true).await;
    let document = served.ok("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 6, "{:?}", paths.keys());
    for (path, item) in paths {
        let operation = &item["get"];
        let (mut called, mut query) = (path.clone(), Vec::new());
        for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
            let name = parameter["name"].as_str().unwrap();
            let example = &parameter["example"];
            match parameter["in"].as_str().unwrap() {
                "path" => called = called.replace(&format!("{{{name}}}"), &example.to_string()),
                _ if !example.is_null() => query.push(format!("{name}={example}")),
                _ => {}
            }
        }
        let answer = reqwest::get(format!("{}{called}?{}", served.url, query.join("&"))).await.unwrap();
        let documented = &operation["responses"][answer.status().as_str()]["content"];
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(answer.status().is_success() && !documented[&kind].is_null(), "{called}: {} {kind}", answer.status());
        if kind != "application/json" {
            continue;
        }
        let schema = resolved(&document, &documented[&kind]["schema"]);
        let body: Value = answer.json().await.unwrap();
        let known: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        let shown: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(known, shown, "{called}");
    }
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
