//! Each fault that can be ordered comes as ordered, over a socket and in
//! process, and ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{
    any_loopback_port, runtime::UNIT, Clock, Devchain, DevchainConfig, Fate, InProcessRpc, Sealing, ServerHandle,
    TransactionStatus,
};
use common::signed_transfer;
use serde_json::{json, value::RawValue, Value};
use std::time::{Duration, Instant};
use subxt_rpcs::{
    client::{rpc_params, RpcClient},
    Error as RpcError, UserError,
};

const PATIENCE: Duration = Duration::from_secs(60);

fn open(sealing: Sealing) -> Devchain {
    let clock = Clock::Manual(1_700_000_000_000);
    Devchain::open(DevchainConfig { clock, sealing, ..Default::default() }).unwrap()
}

/// A client in process and one over a socket, with the server that it needs.
async fn clients(chain: &Devchain) -> ([RpcClient; 2], ServerHandle) {
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let remote = RpcClient::from_insecure_url(server.url()).await.unwrap();
    ([RpcClient::new(InProcessRpc::new(chain).unwrap()), remote], server)
}

async fn ask(rpc: &RpcClient, method: &str, parameters: Value) -> Result<Value, RpcError> {
    let parameters = match parameters {
        Value::Array(_) | Value::Object(_) => RawValue::from_string(parameters.to_string()).unwrap(),
        other => panic!("no parameters: {other}"),
    };
    let answer = tokio::time::timeout(PATIENCE, rpc.request_raw(method, Some(parameters))).await.expect("an answer");
    answer.map(|answer| serde_json::from_str(answer.get()).unwrap())
}

fn user(result: Result<Value, RpcError>) -> UserError {
    match result {
        Err(RpcError::User(error)) => error,
        other => panic!("no error of the server: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injected_error_comes_so_often_and_no_more() {
    let chain = open(Sealing::Manual);
    let (clients, _server) = clients(&chain).await;
    for rpc in clients {
        let fault = json!({ "method": "chain_getHeader", "code": -32042, "message": "out of order", "data": { "a": 1 }, "count": 2 });
        assert_eq!(ask(&rpc, "dev_injectError", fault).await.unwrap(), Value::Null);
        for _ in 0..2 {
            let error = user(ask(&rpc, "chain_getHeader", json!([])).await);
            assert_eq!((error.code, error.message.as_str()), (-32042, "out of order"));
            assert_eq!(error.data.unwrap().get(), r#"{"a":1}"#);
            assert!(ask(&rpc, "chain_getBlock", json!([])).await.is_ok(), "others are not concerned");
        }
        assert!(ask(&rpc, "chain_getHeader", json!([])).await.is_ok());
        let rules = ask(&rpc, "dev_faults", json!([])).await.unwrap();
        assert_eq!(rules["methods"][0]["method"], "chain_getHeader");
        assert_eq!((&rules["methods"][0]["used"], &rules["methods"][0]["remaining"]), (&json!(2), &json!(0)));
        ask(&rpc, "dev_clearFaults", json!([])).await.unwrap();
        assert_eq!(ask(&rpc, "dev_faults", json!([])).await.unwrap(), json!({ "methods": [], "transactions": [] }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_holds_until_it_is_cleared_and_spares_the_controls() {
    let chain = open(Sealing::Manual);
    let (clients, _server) = clients(&chain).await;
    for rpc in clients {
        // Parameters may also come in order, and in one object in a list.
        ask(&rpc, "dev_injectError", json!(["chain_*", 7, "no chain"])).await.unwrap();
        for method in ["chain_getHeader", "chain_getBlock", "chain_getFinalizedHead"] {
            assert_eq!(user(ask(&rpc, method, json!([])).await).code, 7, "{method}");
        }
        let subscribed =
            rpc.subscribe::<Value>("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads").await;
        assert!(subscribed.is_err(), "a subscription is begun by a call");
        assert!(ask(&rpc, "system_chain", json!([])).await.is_ok());
        ask(&rpc, "dev_injectError", json!([{ "method": "*", "code": 8, "message": "nothing" }])).await.unwrap();
        assert_eq!(user(ask(&rpc, "system_chain", json!([])).await).code, 8);
        assert_eq!(user(ask(&rpc, "chain_getHeader", json!([])).await).code, 7, "the earlier rule counts");
        ask(&rpc, "dev_injectError", json!({ "method": "dev_*", "code": 9, "message": "no controls" })).await.unwrap();
        assert_eq!(user(ask(&rpc, "dev_now", json!([])).await).code, 9);
        ask(&rpc, "dev_clearFaults", json!([])).await.unwrap();
        for method in ["chain_getHeader", "system_chain", "dev_now"] {
            assert!(ask(&rpc, method, json!([])).await.is_ok(), "{method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_go_on_while_calls_fail() {
    let chain = open(Sealing::Manual);
    let (clients, _server) = clients(&chain).await;
    for rpc in clients {
        let mut heads = rpc
            .subscribe::<Value>("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads")
            .await
            .unwrap();
        heads.next().await.unwrap().unwrap();
        ask(&rpc, "dev_injectError", json!({ "method": "*", "code": 1, "message": "nothing" })).await.unwrap();
        let sealed = chain.seal_block().await.unwrap();
        let head = tokio::time::timeout(PATIENCE, heads.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(head["number"], format!("0x{:x}", sealed.number));
        ask(&rpc, "dev_clearFaults", json!([])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_call_takes_its_time_and_others_do_not_wait_for_it() {
    let chain = open(Sealing::Manual);
    let (clients, _server) = clients(&chain).await;
    for rpc in clients {
        ask(&rpc, "dev_injectDelay", json!({ "method": "system_name", "ms": 1_500, "count": 1 })).await.unwrap();
        let began = Instant::now();
        let (slow, quick) = tokio::join!(
            async {
                let answer = ask(&rpc, "system_name", json!([])).await;
                (answer, Instant::now())
            },
            async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let answer = ask(&rpc, "system_chain", json!([])).await;
                (answer, Instant::now())
            }
        );
        assert!(slow.0.is_ok() && quick.0.is_ok());
        assert!(slow.1.duration_since(began) >= Duration::from_millis(1_500));
        assert!(quick.1 < slow.1, "the call that came later was answered first");
        // Both kinds together: late, and then an error.
        ask(&rpc, "dev_injectDelay", json!(["system_name", 300])).await.unwrap();
        ask(&rpc, "dev_injectError", json!(["system_name", 5, "late and wrong"])).await.unwrap();
        let began = Instant::now();
        assert_eq!(user(ask(&rpc, "system_name", json!([])).await).code, 5);
        assert!(began.elapsed() >= Duration::from_millis(300));
        ask(&rpc, "dev_clearFaults", json!([])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_batch_meet_the_faults_one_by_one() {
    let chain = open(Sealing::Manual);
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "system_chain", "params": [] },
        { "jsonrpc": "2.0", "id": 2, "method": "dev_injectError", "params": ["system_chain", 6, "now", null, 1] },
        { "jsonrpc": "2.0", "id": 3, "method": "system_chain", "params": [] },
        { "jsonrpc": "2.0", "id": 4, "method": "system_chain", "params": [] },
    ]);
    let answers = post(server.local_addr(), &batch).await;
    let codes: Vec<&Value> = answers.as_array().unwrap().iter().map(|answer| &answer["error"]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &Value::Null, &json!(6), &Value::Null], "{answers}");
}

/// An HTTP POST by hand, which can carry a batch.
async fn post(address: std::net::SocketAddr, body: &Value) -> Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = body.to_string();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_orders_are_refused() {
    let chain = open(Sealing::Manual);
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    for (method, parameters) in [
        ("dev_injectError", json!([])),
        ("dev_injectError", json!({ "method": "x", "code": "7", "message": "m" })),
        ("dev_injectError", json!({ "method": "x", "code": 7, "message": "m", "times": 3 })),
        ("dev_injectDelay", json!({ "method": "x", "ms": -1 })),
        ("dev_dropTransactions", json!([])),
        ("dev_delayTransactions", json!({ "count": 1, "blocks": 0 })),
    ] {
        assert_eq!(user(ask(&rpc, method, parameters.clone()).await).code, -32602, "{method} {parameters}");
    }
    for _ in 0..1_024 {
        ask(&rpc, "dev_injectDelay", json!(["x", 1])).await.unwrap();
    }
    let error = user(ask(&rpc, "dev_injectDelay", json!(["x", 1])).await);
    assert!(error.message.contains("dev_clearFaults"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_is_accepted_and_lost() {
    let chain = open(Sealing::Instant);
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    ask(&rpc, "dev_dropTransactions", json!({ "count": 1 })).await.unwrap();
    let transfer = signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT);
    let (_, mut statuses) = chain.submit_and_watch(transfer.clone()).await.unwrap();
    let mut last = None;
    while let Some(status) = tokio::time::timeout(PATIENCE, statuses.recv()).await.unwrap() {
        last = Some(status);
    }
    assert_eq!(last, Some(TransactionStatus::Dropped));
    assert_eq!((chain.pending(), chain.best().header.number), (0, 0));
    // Sent again it is taken: the loss left nothing behind.
    chain.submit_and_wait(transfer).await.unwrap();
    let rules = ask(&rpc, "dev_faults", json!([])).await.unwrap();
    assert_eq!(rules["transactions"], json!([{ "fate": { "drop": { "silent": false } }, "remaining": 0, "used": 1 }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silently_dropped_transaction_says_nothing_more() {
    let chain = open(Sealing::Instant);
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    ask(&rpc, "dev_dropTransactions", json!([1, true])).await.unwrap();
    let (_, mut statuses) = chain.submit_and_watch(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    // A later one of another account is included; nothing is heard of the first.
    chain.submit_and_wait(signed_transfer(&chain, "//Bob", 0, "//Zoe", UNIT)).await.unwrap();
    let mut heard = Vec::new();
    while let Ok(Some(status)) = tokio::time::timeout(Duration::from_millis(300), statuses.recv()).await {
        heard.push(status);
    }
    assert!(!heard.iter().any(TransactionStatus::is_last), "{heard:?}");
    assert!(!statuses.is_closed(), "its sender goes on waiting");
    assert_eq!(chain.best().header.number, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_transaction_comes_after_so_many_blocks() {
    let chain = open(Sealing::Manual);
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    ask(&rpc, "dev_delayTransactions", json!({ "count": 1, "blocks": 3 })).await.unwrap();
    let (_, mut statuses) = chain.submit_and_watch(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    assert_eq!(chain.pending(), 0, "it is held outside the pool");
    for _ in 0..3 {
        assert_eq!(chain.seal_block().await.unwrap().extrinsics, 1, "the time stamp only");
    }
    assert_eq!(chain.pending(), 1);
    assert_eq!(chain.seal_block().await.unwrap().extrinsics, 2);
    let mut last = None;
    while let Some(status) = tokio::time::timeout(PATIENCE, statuses.recv()).await.unwrap() {
        last = Some(status);
    }
    assert!(matches!(last, Some(TransactionStatus::Finalized(_))), "{last:?}");
}

#[tokio::test]
async fn rules_of_the_library_are_those_of_the_controls() {
    let chain = open(Sealing::Instant);
    chain.transaction_faults().add(Fate::Delay { blocks: 1 }, 1).unwrap();
    chain.submit(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    assert_eq!(chain.best().header.number, 0);
    // The block of another transaction lets it go.
    chain.submit_and_wait(signed_transfer(&chain, "//Bob", 0, "//Zoe", UNIT)).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while chain.best().header.number < 2 {
        assert!(Instant::now() < deadline, "the delayed transaction never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
