//! The stream of events over a real listener, beside a chain that turns.

use crate::common::{
    fake::{FakeSource, View},
    random::{self, long_plan, Plan},
    running::{Running, PATIENCE},
    Chain, Sqlite,
};
use bizkey_indexer::{model::hex, router, ApiState, Config, Progress};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::{future::IntoFuture, sync::Arc};

/// One event as it comes over the wire.
#[derive(Clone, Debug, Default)]
struct Told {
    name: String,
    id: Option<String>,
    data: Value,
}

struct Reader {
    answer: reqwest::Response,
    buffer: String,
}

impl Reader {
    async fn open(url: &str, query: &str, last: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(format!("{url}/v1/stream{query}"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, buffer: String::new() }
    }

    async fn next(&mut self) -> Told {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let mut told = Told::default();
                for line in event.lines() {
                    match line.split_once(": ") {
                        Some(("event", name)) => told.name = name.into(),
                        Some(("id", id)) => told.id = Some(id.into()),
                        Some(("data", data)) => told.data = serde_json::from_str(data).unwrap(),
                        _ => {}
                    }
                }
                self.buffer = rest.into();
                if !told.name.is_empty() {
                    return told;
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("an event").unwrap().unwrap();
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Everything up to the head of a block.
    async fn until(&mut self, hash: &[u8; 32]) -> Vec<Told> {
        let mut all = Vec::new();
        loop {
            let told = self.next().await;
            let last = told.name == "head" && told.data["hash"] == hex(hash);
            all.push(told);
            if last {
                return all;
            }
        }
    }
}

/// What a client keeps that does as it is told: the hash and the number of
/// receipts of each block.
fn kept(told: &[Told], mut blocks: Vec<(u64, String, usize)>) -> Vec<(u64, String, usize)> {
    let mut receipts = 0;
    for told in told {
        match told.name.as_str() {
            "receipt" => receipts += 1,
            "head" => {
                let number = told.data["number"].as_u64().unwrap();
                blocks.push((number, told.data["hash"].as_str().unwrap().to_owned(), receipts));
                receipts = 0;
            }
            "rolled_back" => {
                let number = told.data["number"].as_u64().unwrap();
                blocks.retain(|block| block.0 <= number);
                receipts = 0;
            }
            "reward" => assert!(told.data["amount"].is_string() && told.data["side"].is_string()),
            other => panic!("{other}"),
        }
    }
    blocks
}

#[tokio::test]
async fn a_client_that_follows_the_stream_has_the_chain_whatever_it_does() {
    let plan = |blocks| long_plan(&mut TestRunner::deterministic(), blocks);
    let (old_plan, other) = (plan(30), plan(60)[40..].to_vec());
    let turned: Plan = old_plan[..26].iter().chain(&other[..7]).cloned().collect();
    let (old, new) = (random::chain_of(&old_plan), random::chain_of(&turned));
    let finalized = old.blocks[20].number;
    let source = Arc::new(FakeSource::viewed(View { chain: old.clone(), finalized }));
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let running = Running::start(Config::new(store.clone(), source.clone(), Progress::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router(ApiState::new(store.clone(), running.progress.clone()))).into_future());

    let last = |chain: &Chain| chain.blocks.last().unwrap().clone();
    let mut reader = Reader::open(&url, "?after=0", None).await;
    let first = reader.until(&last(&old).hash).await;
    let before = kept(&first, Vec::new());
    assert_eq!(before.len(), old.blocks.len());
    let told_of_old = first.iter().filter_map(|told| told.id.clone()).next_back().unwrap();

    source.show(View { chain: new.clone(), finalized });
    let after = kept(&reader.until(&last(&new).hash).await, before.clone());
    let expected: Vec<_> = new.blocks.iter().map(|block| hex(&block.hash)).collect();
    assert_eq!(after.iter().map(|block| block.1.clone()).collect::<Vec<_>>(), expected);

    // From the beginning, on the new chain alone, it is the same.
    let afresh = kept(&Reader::open(&url, "?after=0", None).await.until(&last(&new).hash).await, Vec::new());
    assert_eq!(after, afresh);
    assert!(after.iter().map(|block| block.2).sum::<usize>() > 20);

    // Who was away while the chain turned is told so; who was not goes on.
    let resumed = Reader::open(&url, "", Some(&told_of_old)).await.until(&last(&new).hash).await;
    assert_eq!(resumed[0].name, "rolled_back");
    assert_eq!(kept(&resumed, before), after);
    let whole = Reader::open(&url, "?after=0", None).await.until(&last(&new).hash).await;
    let ids: Vec<_> = whole.iter().filter_map(|told| told.id.clone()).collect();
    let some = ids.len() - 5;
    let rest = Reader::open(&url, "", Some(&ids[some - 1])).await.until(&last(&new).hash).await;
    assert_eq!(kept(&rest, after[..some].to_vec()), after);

    // Of one shop, nothing of another.
    let own = Reader::open(&url, "?after=0&merchant=2", None).await.until(&last(&new).hash).await;
    assert!(own.iter().filter(|told| told.name == "receipt").all(|told| told.data["merchant"] == 2));
    let refused = reqwest::Client::new().get(format!("{url}/v1/stream")).header("Last-Event-ID", "seven");
    assert_eq!(refused.send().await.unwrap().status().as_u16(), 400);
    running.end().await;
}
