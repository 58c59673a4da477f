//! What one client may ask of the API, over a real listener.

use crate::common::Sqlite;
use bizkey_indexer::{router, ApiConfig, ApiState, Progress, Rate};
use reqwest::{Client, Response};
use serde_json::Value;
use std::{
    future::IntoFuture,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};
use tokio::task::JoinHandle;

struct Served {
    port: u16,
    server: JoinHandle<std::io::Result<()>>,
    _sqlite: Sqlite,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Served {
    async fn within(config: ApiConfig) -> Self {
        let sqlite = Sqlite::new();
        let state = ApiState::new(sqlite.open().await, Progress::default()).within(config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
        Self { port, server: tokio::spawn(axum::serve(listener, service).into_future()), _sqlite: sqlite }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn get(&self, client: &Client, path: &str) -> Response {
        client.get(self.url(path)).send().await.unwrap()
    }

    async fn get_for(&self, client: &Client, forwarded: &str) -> Response {
        client.get(self.url("/v1/epochs")).header("x-forwarded-for", forwarded).send().await.unwrap()
    }
}

/// A client that comes from an address of this machine.
fn from(address: [u8; 4]) -> Client {
    Client::builder().local_address(IpAddr::from(address)).build().unwrap()
}

fn rate(per_second: u32, burst: u32) -> Option<Rate> {
    let number = |number| NonZeroU32::new(number).unwrap();
    Some(Rate { per_second: number(per_second), burst: number(burst) })
}

fn header(answer: &Response, name: &str) -> u32 {
    let value = answer.headers().get(name).unwrap_or_else(|| panic!("{name} is missing: {answer:?}"));
    value.to_str().unwrap().parse().unwrap()
}

async fn problem(answer: Response) -> (u16, String) {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let (status, body): (_, Value) = (answer.status().as_u16(), answer.json().await.unwrap());
    assert_eq!(body["status"], status);
    (status, body["type"].as_str().unwrap().to_owned())
}

/// Asks again and again until an answer is 429; how many were not, and that answer.
async fn refused(mut ask: impl AsyncFnMut(u8) -> Response) -> (u8, Response) {
    for number in 0..200 {
        let answer = ask(number).await;
        if answer.status().as_u16() == 429 {
            return (number, answer);
        }
    }
    panic!("200 requests pass");
}

#[tokio::test]
async fn one_request_too_many_is_told_when_the_next_one_passes() {
    let served = Served::within(ApiConfig { rate: rate(1, 3), ..ApiConfig::default() }).await;
    let client = from([127, 0, 0, 1]);
    let (passed, refusal) = refused(async |_| {
        let answer = served.get(&client, "/v1/epochs").await;
        assert_eq!(header(&answer, "x-ratelimit-limit"), 3);
        assert!(header(&answer, "x-ratelimit-remaining") < 3);
        answer
    })
    .await;
    // One more for each second that this took.
    assert!((3..20).contains(&passed), "{passed}");
    assert_eq!(header(&refusal, "x-ratelimit-remaining"), 0);
    let wait = header(&refusal, "retry-after");
    assert_eq!(wait, 1);
    // A page of another origin may read it too.
    assert_eq!(refusal.headers()["access-control-allow-origin"], "*");
    assert_eq!(problem(refusal).await, (429, "urn:bizkey:problem:too-many-requests".to_owned()));
    tokio::time::sleep(Duration::from_secs(wait.into())).await;
    assert_eq!(served.get(&client, "/v1/epochs").await.status().as_u16(), 200);

    // What is not there costs as much as what is.
    refused(async |_| served.get(&client, "/nothing").await).await;
    // Another client is not affected, and who runs the server always gets an answer.
    assert_eq!(served.get(&from([127, 0, 0, 2]), "/v1/epochs").await.status().as_u16(), 200);
    for _ in 0..10 {
        assert_eq!(served.get(&client, "/health").await.status().as_u16(), 200);
        assert_eq!(served.get(&client, "/metrics").await.status().as_u16(), 200);
        assert_eq!(served.get(&client, "/ready").await.status().as_u16(), 503);
    }
    let metrics = served.get(&client, "/metrics").await.text().await.unwrap();
    assert!(metrics.contains("path=\"/v1/epochs\",status=\"429\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_forwarded_address_is_believed_of_trusted_proxies_only() {
    let (client, stranger) = (from([127, 0, 0, 1]), from([127, 0, 0, 2]));
    let config = ApiConfig { rate: rate(1, 2), ..ApiConfig::default() };
    let served = Served::within(config.clone()).await;
    refused(async |number| served.get_for(&client, &format!("192.0.2.{number}")).await).await;

    let served = Served::within(ApiConfig { trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()], ..config }).await;
    for number in 1..=50 {
        let answer = served.get_for(&client, &format!("192.0.2.{number}")).await;
        assert_eq!(answer.status().as_u16(), 200, "each is a client of its own");
    }
    // What a client wrote before its proxy did makes it no other client.
    refused(async |number| served.get_for(&client, &format!("203.0.113.{number}, 198.51.100.1")).await).await;
    // Who is not the proxy is not believed.
    refused(async |number| served.get_for(&stranger, &format!("192.0.2.{}", 50 + number)).await).await;
}

#[tokio::test]
async fn limits_can_be_switched_off_and_are_generous() {
    let served = Served::within(ApiConfig { rate: None, ..ApiConfig::default() }).await;
    let client = from([127, 0, 0, 1]);
    for _ in 0..50 {
        let answer = served.get(&client, "/v1/epochs").await;
        assert_eq!(answer.status().as_u16(), 200);
        assert!(!answer.headers().contains_key("x-ratelimit-limit"));
    }
    let served = Served::within(ApiConfig::default()).await;
    assert_eq!(header(&served.get(&client, "/v1/epochs").await, "x-ratelimit-limit"), 400);
}

#[tokio::test]
async fn streams_have_an_end_in_number() {
    let number = |number| NonZeroUsize::new(number).unwrap();
    let config = ApiConfig { streams: number(3), streams_per_client: number(2), ..ApiConfig::default() };
    let served = Served::within(config).await;
    let (one, other) = (from([127, 0, 0, 1]), from([127, 0, 0, 2]));
    let first = served.get(&one, "/v1/stream").await;
    let second = served.get(&one, "/v1/stream").await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let kind = "urn:bizkey:problem:too-many-streams".to_owned();
    assert_eq!(problem(served.get(&one, "/v1/stream").await).await, (429, kind.clone()));
    let third = served.get(&other, "/v1/stream").await;
    assert_eq!(third.status().as_u16(), 200);
    assert_eq!(problem(served.get(&other, "/v1/stream").await).await, (503, kind));
    // Only streams are closed to it.
    assert_eq!(served.get(&other, "/v1/epochs").await.status().as_u16(), 200);

    drop(first);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while served.get(&other, "/v1/stream").await.status().as_u16() != 200 {
        assert!(tokio::time::Instant::now() < deadline, "a stream that ended still counts");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop((second, third));
}

/// A page that follows the stream by `fetch` says from where.
#[tokio::test]
async fn a_page_of_another_origin_may_resume_a_stream() {
    let served = Served::within(ApiConfig::default()).await;
    let request = from([127, 0, 0, 1])
        .request(reqwest::Method::OPTIONS, served.url("/v1/stream"))
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "last-event-id");
    let answer = request.send().await.unwrap();
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
    assert!(answer.status().is_success() && (allowed == "*" || allowed.contains("last-event-id")), "{allowed}");
}
