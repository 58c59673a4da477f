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
        let server = axum::serve(listener, router(ApiState { store, progress }));
        tokio::spawn(server.with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
        Self { url, _sqlite: sqlite, stop }
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
