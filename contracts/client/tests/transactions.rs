//! Transactions and blocks on the in-process chain, over connections that
//! fail in the ways connections do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{Client, ClientError, RpcClient, Signer};
use bizkey_devchain::{any_loopback_port, Devchain, DevchainConfig, InProcessRpc, Sealing};
use bizkey_primitives::AccountId;
use futures::{future::join_all, stream, StreamExt};
use std::sync::{
    atomic::{AtomicU32, Ordering},
    Arc,
};
use subxt::rpcs::{
    client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT},
    Error as RpcError,
};

const COIN: u128 = 1_000_000_000_000;

fn chain(sealing: Sealing) -> Devchain {
    Devchain::open(DevchainConfig { sealing, ..DevchainConfig::default() }).unwrap()
}

async fn client(chain: &Devchain) -> Client {
    Client::from_rpc(RpcClient::new(InProcessRpc::new(chain).unwrap())).await.unwrap()
}

fn signer(uri: &str) -> Signer {
    Signer::from_uri(uri).unwrap()
}

fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

/// What goes wrong with the next submissions, by their number.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// The connection breaks before the request arrives.
    BeforeRequest,
    /// The chain takes it, and its answer is lost.
    BeforeAnswer,
    /// The subscription ends after its first word.
    AfterAnswer,
    /// The node watches no more transactions.
    Unwatched,
}

/// A connection to a chain in process that fails at submissions.
struct Faulty {
    rpc: InProcessRpc,
    fault: Fault,
    /// Submissions that still fail.
    left: Arc<AtomicU32>,
}

impl RpcClientT for Faulty {
    fn request_raw<'a>(&'a self, method: &'a str, params: Option<Box<RawValue>>) -> RawRpcFuture<'a, Box<RawValue>> {
        self.rpc.request_raw(method, params)
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        let fails = sub == "author_submitAndWatchExtrinsic"
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if !fails {
            return self.rpc.subscribe_raw(sub, params, unsub);
        }
        Box::pin(async move {
            if self.fault == Fault::BeforeRequest {
                return Err(RpcError::Client("connection reset".into()));
            }
            if self.fault == Fault::Unwatched {
                let error = r#"{"code":-32006,"message":"Too many subscriptions on the connection"}"#;
                return Err(RpcError::User(serde_json::from_str(error).unwrap()));
            }
            let mut subscription = self.rpc.subscribe_raw(sub, params, unsub).await?;
            if self.fault == Fault::BeforeAnswer {
                return Err(RpcError::DisconnectedWillReconnect("gone".into()));
            }
            let first = subscription.stream.next().await;
            let lost = Err(RpcError::DisconnectedWillReconnect("gone".into()));
            subscription.stream = Box::pin(stream::iter(first).chain(stream::iter([lost])));
            Ok(subscription)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_enters_once_over_a_failing_connection() {
    for fault in [Fault::BeforeRequest, Fault::BeforeAnswer, Fault::AfterAnswer, Fault::Unwatched] {
        for failures in 1..=3 {
            let chain = chain(Sealing::Instant);
            let left = Arc::new(AtomicU32::new(failures));
            let rpc = Faulty { rpc: InProcessRpc::new(&chain).unwrap(), fault, left: left.clone() };
            let client = Client::from_rpc(RpcClient::new(rpc)).await.unwrap();
            for n in 1..=3 {
                let pending = client.transfer_native(&signer("//Alice"), &account(7), COIN).await.unwrap();
                let hash = pending.hash();
                assert_eq!(pending.finalized().await.unwrap().hash, hash);
                assert_eq!(client.account(&account(7)).await.unwrap().free, n * COIN);
            }
            assert_eq!(client.account(&signer("//Alice").account_id()).await.unwrap().nonce, 3);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_transactions_of_one_key_are_under_way_at_once() {
    let chain = chain(Sealing::Instant);
    let client = client(&chain).await;
    let (alice, clone) = (signer("//Alice"), signer("//Alice"));
    let transfers = (0..300u128).map(|n| {
        let (client, signer) = (&client, if n % 2 == 0 { &alice } else { &clone });
        async move {
            let to = account((n % 5) as u8 + 1);
            client.transfer_native(signer, &to, COIN + n).await.unwrap().finalized().await.unwrap()
        }
    });
    let done = join_all(transfers).await;
    assert!(done.iter().all(|submitted| submitted.extrinsic > 0));
    let mut total = 0;
    for n in 1..=5 {
        total += client.account(&account(n)).await.unwrap().free;
    }
    assert_eq!(total, 300 * COIN + 299 * 300 / 2);
    assert_eq!(client.account(&alice.account_id()).await.unwrap().nonce, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_used_elsewhere_is_read_again() {
    let chain = chain(Sealing::Instant);
    let (one, other) = (client(&chain).await, client(&chain).await);
    for _ in 0..3 {
        for client in [&one, &other] {
            let pending = client.transfer_native(&signer("//Alice"), &account(9), COIN).await.unwrap();
            pending.finalized().await.unwrap();
        }
    }
    assert_eq!(one.account(&account(9)).await.unwrap().free, 6 * COIN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transaction_leaves_no_gap() {
    let chain = chain(Sealing::Instant);
    let client = client(&chain).await;
    let poor = signer("//Nobody/knows");
    let refused = client.transfer_native(&poor, &account(1), 1).await.unwrap_err();
    assert!(matches!(&refused, ClientError::Invalid { reason, .. } if reason.contains("fees")), "{refused:?}");

    let alice = signer("//Alice");
    let funds = client.account(&alice.account_id()).await.unwrap().free;
    let failing = client.transfer_native(&alice, &account(1), funds).await.unwrap().finalized().await.unwrap_err();
    assert!(matches!(&failing, ClientError::Dispatch { call: "transfer_keep_alive", .. }), "{failing:?}");
    client.transfer_native(&alice, &account(1), COIN).await.unwrap().finalized().await.unwrap();
    assert_eq!(client.account(&alice.account_id()).await.unwrap().nonce, 2);

    client.transfer_native(&alice, &poor.account_id(), COIN).await.unwrap().finalized().await.unwrap();
    client.transfer_native(&poor, &account(2), COIN / 10).await.unwrap().finalized().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn final_blocks_come_each_once_also_across_a_restart_of_the_server() {
    let chain = chain(Sealing::Manual);
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let address = server.local_addr();
    let client = Client::connect(&server.url()).await.unwrap();
    let mut blocks = client.finalized_from(0);
    for _ in 0..3 {
        chain.seal_block().await.unwrap();
    }
    let mut expected = 0;
    while expected <= 3 {
        let block = blocks.next().await.unwrap().unwrap();
        assert_eq!(block.number, expected);
        assert_eq!(client.block_hash(expected).await.unwrap(), Some(block.hash));
        expected += 1;
    }
    server.stop().await;
    for _ in 0..2 {
        chain.seal_block().await.unwrap();
    }
    let server = chain.serve(address).await.unwrap();
    chain.seal_block().await.unwrap();
    while expected <= 6 {
        // Errors tell that the connection is down; the stream goes on.
        if let Ok(block) = blocks.next().await.unwrap() {
            assert_eq!(block.number, expected);
            expected += 1;
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_survives_a_restart_of_the_server() {
    let chain = chain(Sealing::Manual);
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let address = server.local_addr();
    let client = Client::connect(&server.url()).await.unwrap();
    let pending = client.transfer_native(&signer("//Alice"), &account(3), COIN).await.unwrap();
    let waiting = tokio::spawn(pending.finalized());
    server.stop().await;
    let block = chain.seal_block().await.unwrap();
    let server = chain.serve(address).await.unwrap();
    let submitted = waiting.await.unwrap().unwrap();
    assert_eq!(submitted.block.number, block.number);
    assert_eq!(client.account(&account(3)).await.unwrap().free, COIN);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_node_is_a_connection_error() {
    let limits = bizkey_client::Limits { request: std::time::Duration::from_millis(300), ..Default::default() };
    let error = Client::connect_with("ws://127.0.0.1:1", limits).await.unwrap_err();
    assert!(matches!(error, ClientError::Connection(_)), "{error:?}");
}
