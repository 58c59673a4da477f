//! The REST API over a real listener.

use crate::common::{
    account,
    fake::FakeSource,
    random::{self, Step},
    sale, Chain, Sqlite,
};
use bizkey_indexer::{router, run, scores::keep_epoch, ApiState, Config, Progress, Store};
use bizkey_primitives::{
    events::{Event, TaskCreated},
    hash::blake2x256,
    redemption::TaskTerms,
};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::{future::IntoFuture, sync::Arc};
use tokio_util::sync::CancellationToken;

/// A server, with the database that it reads.
pub struct Served {
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
    /// An index that has followed the chain, or is yet to.
    pub async fn start(chain: &Chain, follow: bool) -> Self {
        let sqlite = Sqlite::new();
        let store = sqlite.open().await;
        let progress = Progress::default();
        let stop = CancellationToken::new();
        if follow {
            let source = Arc::new(FakeSource::new(chain));
            tokio::spawn(run(Config::new(store.clone(), source, progress.clone()), stop.clone()));
            progress.reached(chain.blocks.last().unwrap().number).await;
            progress.finalized(chain.blocks.last().unwrap().number).await;
            while keep_epoch(&store).await.unwrap().is_some() {}
        }
        Self::serve(store, sqlite, progress, stop).await
    }

    /// An index as it is.
    pub async fn of(store: Store, sqlite: Sqlite) -> Self {
        Self::serve(store, sqlite, Progress::default(), CancellationToken::new()).await
    }

    async fn serve(store: Store, sqlite: Sqlite, progress: Progress, stop: CancellationToken) -> Self {
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

    pub async fn ok(&self, path: &str) -> Value {
        let (status, kind, body) = self.get(path).await;
        assert_eq!((status, kind.as_str()), (200, "application/json"), "{path}: {body}");
        body
    }

    pub async fn problem(&self, path: &str) -> (u16, String) {
        let (status, kind, body) = self.get(path).await;
        assert_eq!(kind, "application/problem+json", "{path}: {body}");
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && body["detail"].is_string());
        (status, body["type"].as_str().unwrap().trim_start_matches("urn:bizkey:problem:").to_owned())
    }
}

/// What the document's examples name is there for sure.
fn chain() -> Chain {
    let batch = Step::Batch { device: 1, receipts: vec![sale(5, 1)], cut: None };
    let mut plan = vec![(0, vec![Step::Customer, batch])];
    plan.extend(random::long_plan(&mut TestRunner::deterministic(), 60));
    let mut chain = random::chain_of(&plan);
    let conditions = blake2x256(b"Stand in the queue for ten minutes and tell us how it was.").into();
    let terms = TaskTerms { conditions, reward: 1, stock: 1, expires_ms: u64::MAX >> 1 };
    chain.push_in(0, vec![Event::TaskCreated(TaskCreated { task: 1_000, merchant: 1, terms })]);
    chain
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

/// Lists of which something is certain to be made, by their paths' first parts.
const FILLED: [&str; 14] = [
    "/v1/merchants",
    "/v1/merchants/{id}/devices",
    "/v1/merchants/{id}/rewards",
    "/v1/epochs",
    "/v1/epochs/{epoch}/reports",
    "/v1/receipts",
    "/v1/deposits",
    "/v1/accounts/{account}/checkpoints",
    "/v1/agents",
    "/v1/tasks",
    "/v1/privileges",
    "/v1/offers",
    "/v1/directors",
    "/v1/resolutions",
];

/// The lists of the document, each with a limit and a cursor.
#[tokio::test]
async fn every_list_goes_on_after_its_cursor() {
    let served = Served::start(&chain(), true).await;
    let document = served.ok("/openapi.json").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let named = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        let asks_more = parameters.iter().any(|parameter| parameter["in"] == "query" && parameter["required"] == true);
        if !named("after") || !named("limit") || asks_more {
            continue;
        }
        let mut called = path.clone();
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "path") {
            let name = parameter["name"].as_str().unwrap();
            called = called.replace(&format!("{{{name}}}"), &text(&parameter["example"]));
        }
        // A search is for something.
        let called = called + if path == "/v1/search" { "?trade=1&" } else { "?" };
        let whole = served.ok(&format!("{called}limit=500")).await;
        let whole = whole["items"].as_array().unwrap().clone();
        assert!(!whole.is_empty() || !FILLED.contains(&path.as_str()), "{path} is empty");
        let size = whole.len() / 6 + 1;
        let (mut pages, mut after) = (Vec::new(), String::new());
        while pages.len() < whole.len() {
            let page = served.ok(&format!("{called}limit={size}{after}")).await;
            pages.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        pages.truncate(whole.len());
        assert_eq!(pages, whole, "{path}");
    }
}

/// A parameter's example as it stands in an address.
fn text(example: &Value) -> String {
    example.as_str().map_or_else(|| example.to_string(), str::to_owned)
}

#[tokio::test]
async fn filters_are_read_and_refused() {
    let served = Served::start(&chain(), true).await;
    let account = bizkey_client::ss58(&account(1));
    for path in [
        "/v1/debts?side=merchant&after=customer-3".to_owned(),
        "/v1/demands?state=failed".into(),
        "/v1/resolutions?state=open".into(),
        "/v1/vesting-releases?line=early_supporters&after=3-1".into(),
        "/v1/offers?currency=USDT-TRON&open=true".into(),
        format!("/v1/offers?maker={account}"),
        format!("/v1/reservations?trader={account}&offer=1"),
        format!("/v1/penalties?account={account}"),
        "/v1/penalties?account=0x0101010101010101010101010101010101010101010101010101010101010101".into(),
        "/v1/debt-changes?party=merchant-2".into(),
        "/v1/tasks?merchant=0&open=false".into(),
        "/v1/epochs/0/rewards?side=customer".into(),
    ] {
        served.ok(&path).await;
    }
    for path in [
        "/v1/debts?side=shop",
        "/v1/debts?after=7",
        "/v1/voids?after=7",
        "/v1/demands?state=lost",
        "/v1/offers?currency=usd",
        "/v1/offers?currency=ABCDEFGHIJKLM",
        "/v1/offers?maker=me",
        "/v1/accounts/me/balances",
        "/v1/receipts/1/0/x",
    ] {
        assert_eq!(served.problem(path).await, (400, "invalid-parameter".into()), "{path}");
    }
    for path in
        ["/v1/customers/999", "/v1/devices/999", "/v1/resolutions/999", "/v1/epochs/999", "/v1/receipts/1/999/0"]
    {
        assert_eq!(served.problem(path).await, (404, "not-found".into()), "{path}");
    }
}

#[tokio::test]
async fn figures_that_can_pass_2_to_53_are_strings() {
    let chain = chain();
    let served = Served::start(&chain, true).await;
    let epochs = served.ok("/v1/epochs").await;
    let settled = epochs["items"].as_array().unwrap().iter().find(|epoch| epoch["state"] == "final").unwrap();
    assert_eq!(settled["merchants"]["sum_v1"], (u128::MAX - 1).to_string());
    let opened = chain.blocks.iter().flat_map(|block| &block.events).filter_map(|event| match &event.event {
        Event::DeferredRewardPaid(paid) if settled["epoch"] == paid.epoch => Some(paid.amount),
        _ => None,
    });
    assert_eq!(settled["merchants"]["paid"], (70 + opened.sum::<u128>()).to_string());
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
    let operations = paths.values().flat_map(|item| ["put", "get"].map(|method| &item[method]["operationId"]));
    let names: Vec<_> = operations.filter_map(Value::as_str).collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "two operations have one name: {names:?}");
    // What is written is there to be read.
    let operations = paths.iter().flat_map(|(path, item)| ["put", "get"].map(|method| (path, method, &item[method])));
    for (path, method, operation) in operations.filter(|(.., operation)| !operation.is_null()) {
        let (mut called, mut query) = (path.clone(), Vec::new());
        for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
            let name = parameter["name"].as_str().unwrap();
            let example = &parameter["example"];
            // Words stand without the quotation marks of JSON.
            let word = text(example);
            match parameter["in"].as_str().unwrap() {
                "path" => called = called.replace(&format!("{{{name}}}"), &word),
                _ if !example.is_null() => query.push(format!("{name}={word}")),
                _ => {}
            }
        }
        let url = format!("{}{called}?{}", served.url, query.join("&"));
        if method == "put" {
            let body = text(&operation["requestBody"]["content"]["text/plain"]["example"]);
            let put = reqwest::Client::new().put(url).header("content-type", "text/plain").body(body);
            let status = put.send().await.unwrap().status();
            assert!(status.is_success() && !operation["responses"][status.as_str()].is_null(), "{called}: {status}");
            continue;
        }
        let answer = reqwest::get(url).await.unwrap();
        let documented = &operation["responses"][answer.status().as_str()]["content"];
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(answer.status().is_success() && !documented[&kind].is_null(), "{called}: {} {kind}", answer.status());
        if kind != "application/json" {
            // A stream has no end; a file does.
            if kind != "text/event-stream" {
                assert!(!answer.bytes().await.unwrap().is_empty(), "{called}");
            }
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
