//! A provider that does what a test tells it to.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
    Router,
};
use bizkey_oracle::{
    fetch::{Bounds, Fetcher},
    persona::provider::{Provider, Service},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use url::Url;

/// What it does with one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Status 200 with this body.
    Says(Vec<u8>),
    /// Another status.
    Fails(u16),
    /// Nothing for so long; then the body.
    Sleeps(Duration, Vec<u8>),
}

impl Act {
    pub fn says(text: &str) -> Self {
        Act::Says(text.as_bytes().to_vec())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

struct Script {
    acts: Vec<Act>,
    asked: Mutex<Vec<Asked>>,
}

/// A real server on this machine.
pub struct Server {
    pub url: Url,
    script: Arc<Script>,
}

impl Server {
    /// Serves one act a request, the last one again and again.
    pub async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let script = Arc::new(Script { acts: acts.into_iter().collect(), asked: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/judge", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route("/judge", post(answer)).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    pub fn provider(&self, name: &str, service: Service) -> Provider {
        Provider::new(name, service, self.url.clone(), None, fetcher()).unwrap()
    }
}

async fn answer(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let number = {
        let mut asked = script.asked.lock().unwrap();
        asked.push(Asked { headers, body: String::from_utf8(body.to_vec()).unwrap() });
        asked.len()
    };
    match script.acts[number.min(script.acts.len()) - 1].clone() {
        Act::Says(body) => body.into_response(),
        Act::Fails(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Act::Sleeps(time, body) => {
            tokio::time::sleep(time).await;
            body.into_response()
        }
    }
}

/// Longest time for one attempt in these tests.
pub const ATTEMPT: Duration = Duration::from_millis(500);
pub const ATTEMPTS: u32 = 3;

/// Attempts that end soon.
pub fn fetcher() -> Fetcher {
    let bounds = Bounds {
        connect: ATTEMPT,
        attempt: ATTEMPT,
        attempts: ATTEMPTS,
        pause: Duration::from_millis(5),
        body: 8 * 1024,
    };
    Fetcher::new(bounds).unwrap()
}

/// An address at which nobody listens.
pub async fn nobody() -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    format!("http://{address}/judge").parse().unwrap()
}

/// An answer by the interface.
pub fn verdict(judgement: &str, score: u16) -> Act {
    Act::says(&format!(r#"{{"verdict":"{judgement}","score":{score},"reasons":["seen before"]}}"#))
}
