//! A chain served over a real WebSocket, and its notifications.

use bizkey_devchain::{any_loopback_port, runtime::Hashing, Clock, Devchain, DevchainConfig, ServerHandle};
use serde_json::{json, Value};
use sp_core::H256;
use sp_runtime::traits::Hash as _;
use std::time::Duration;
use subxt_rpcs::client::{RawValue, RpcClient, RpcSubscription};

/// A chain, its server and one connection.
pub struct Node {
    pub chain: Devchain,
    pub server: ServerHandle,
    pub rpc: RpcClient,
}

impl Node {
    /// A chain whose finality is `lag` blocks behind and whose clock stands.
    pub async fn with_lag(lag: u32) -> Self {
        Self::open(DevchainConfig { finality_lag: lag, ..config() }).await
    }

    pub async fn open(config: DevchainConfig) -> Self {
        let chain = Devchain::open(config).unwrap();
        let server = chain.serve(any_loopback_port()).await.unwrap();
        let rpc = RpcClient::from_insecure_url(server.url()).await.unwrap();
        Self { chain, server, rpc }
    }

    /// Another connection.
    pub async fn connect(&self) -> RpcClient {
        RpcClient::from_insecure_url(self.server.url()).await.unwrap()
    }

    pub async fn call(&self, method: &str, params: Value) -> Value {
        call(&self.rpc, method, params).await.unwrap()
    }

    /// The code of the error that the call fails with.
    pub async fn error_code(&self, method: &str, params: Value) -> i32 {
        error_code(call(&self.rpc, method, params).await)
    }

    pub async fn subscribe(&self, method: &str, params: Value, unsubscribe: &str) -> Events {
        subscribe(&self.rpc, method, params, unsubscribe).await.unwrap()
    }
}

pub fn config() -> DevchainConfig {
    DevchainConfig { clock: Clock::Manual(1_700_000_000_000), ..Default::default() }
}

fn raw(params: &Value) -> Option<Box<RawValue>> {
    Some(serde_json::value::to_raw_value(params).unwrap())
}

pub async fn call(rpc: &RpcClient, method: &str, params: Value) -> Result<Value, subxt_rpcs::Error> {
    let answer = tokio::time::timeout(Duration::from_secs(60), rpc.request_raw(method, raw(&params)));
    let answer = answer.await.expect("an answer came")?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

pub fn error_code<T: std::fmt::Debug>(result: Result<T, subxt_rpcs::Error>) -> i32 {
    match result {
        Err(subxt_rpcs::Error::User(error)) => error.code,
        other => panic!("{other:?} is no answer with an error"),
    }
}

pub async fn subscribe(
    rpc: &RpcClient,
    method: &str,
    params: Value,
    unsubscribe: &str,
) -> Result<Events, subxt_rpcs::Error> {
    let raw_subscription = rpc.subscribe_raw(method, raw(&params), unsubscribe).await?;
    Ok(Events(RpcSubscription::new(raw_subscription)))
}

/// The notifications of a subscription.
pub struct Events(RpcSubscription<Value>);

impl Events {
    pub fn id(&self) -> String {
        self.0.subscription_id().unwrap().to_owned()
    }

    /// The next one, or a failed test.
    pub async fn next(&mut self) -> Value {
        tokio::time::timeout(Duration::from_secs(60), self.0.next())
            .await
            .expect("a notification came")
            .expect("the subscription lasts")
            .unwrap()
    }

    /// Those up to the first of which `last` holds, and that one.
    pub async fn until(&mut self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            let end = last(&event);
            events.push(event);
            if end {
                return events;
            }
        }
    }

    /// Those up to the first with this `event` field, and that one.
    pub async fn until_event(&mut self, name: &str) -> Vec<Value> {
        self.until(|event| event["event"] == name).await
    }

    /// None comes while the connection answers `calls` other requests.
    pub async fn silent(&mut self, rpc: &RpcClient, calls: usize) {
        for _ in 0..calls {
            call(rpc, "system_health", json!([])).await.unwrap();
        }
        let next = tokio::time::timeout(Duration::from_millis(50), self.0.next()).await;
        if let Ok(Some(event)) = next {
            panic!("{event:?} was not expected");
        }
    }
}

pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

pub fn blake2(bytes: impl AsRef<[u8]>) -> H256 {
    Hashing::hash(bytes.as_ref())
}

pub fn account_hex(seed: &str) -> String {
    let account = super::account(seed);
    let bytes: &[u8] = account.as_ref();
    hex(bytes)
}

pub fn hash(value: &Value) -> H256 {
    serde_json::from_value(value.clone()).unwrap()
}

pub fn hashes(value: &Value) -> Vec<H256> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Writes `a`, `ab` and `b` into the child trie `child`, in a block of its own.
pub async fn child_storage(chain: &Devchain) {
    let child = sp_core::storage::ChildInfo::new_default(b"child");
    let changes = [("a", "1"), ("ab", "2"), ("b", "3")]
        .map(|(key, value)| bizkey_devchain::StorageChange {
            child: Some(child.clone()),
            key: key.into(),
            value: Some(value.into()),
        })
        .to_vec();
    chain.set_storage(changes).await.unwrap();
}
