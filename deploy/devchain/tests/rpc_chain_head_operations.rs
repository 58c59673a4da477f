//! What a follower of the `chainHead_v1` group can ask about a pinned block, over
//! a real WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{runtime::AccountId, DevchainConfig};
use common::node::{account_hex, blake2, child_storage, config, hex, Events, Node};
use serde_json::{json, Value};

const INVALID_PARAMS: i32 = -32602;

async fn follow(node: &Node, with_runtime: bool) -> Events {
    node.subscribe("chainHead_v1_follow", json!([with_runtime]), "chainHead_v1_unfollow").await
}

/// Starts an operation that must be accepted; its name.
async fn started(node: &Node, method: &str, params: Value) -> String {
    let answer = node.call(method, params).await;
    assert_eq!(answer["result"], "started", "{answer}");
    answer["operationId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_calls_answer_by_notification() {
    let node = Node::with_lag(0).await;
    let mut events = follow(&node, true).await;
    node.chain
        .submit_and_wait(common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", 1_000_000_000_000))
        .await
        .unwrap();
    events.until_event("finalized").await;
    let (id, block) = (events.id(), node.chain.best().hash);

    let operation = started(&node, "chainHead_v1_body", json!([id, block])).await;
    let body = events.next().await;
    assert_eq!((&body["event"], &body["operationId"]), (&json!("operationBodyDone"), &json!(operation)));
    let legacy = node.call("chain_getBlock", json!([block])).await;
    assert_eq!(body["value"], legacy["block"]["extrinsics"]);
    assert_eq!(body["value"].as_array().unwrap().len(), 2);

    let alice = account_hex("//Alice");
    let operation =
        started(&node, "chainHead_v1_call", json!([id, block, "AccountNonceApi_account_nonce", alice])).await;
    let done = json!({"event": "operationCallDone", "operationId": operation, "output": "0x01000000"});
    assert_eq!(events.next().await, done);

    for (function, arguments) in [("No_function", "0x"), ("AccountNonceApi_account_nonce", "0x00")] {
        let operation = started(&node, "chainHead_v1_call", json!([id, block, function, arguments])).await;
        let error = events.next().await;
        assert_eq!((&error["event"], &error["operationId"]), (&json!("operationError"), &json!(operation)));
        assert!(!error["error"].as_str().unwrap().is_empty());
    }
    assert_eq!(node.error_code("chainHead_v1_call", json!([id, block, "Core_version", "zz"])).await, INVALID_PARAMS);
}

/// The items of a finished storage operation.
async fn items(node: &Node, events: &mut Events, queries: Value, child: Value) -> Vec<Value> {
    let operation =
        started(node, "chainHead_v1_storage", json!([events.id(), node.chain.best().hash, queries, child])).await;
    let mut items = Vec::new();
    loop {
        let event = events.next().await;
        assert_eq!(event["operationId"], json!(operation));
        match event["event"].as_str().unwrap() {
            "operationStorageItems" => items.extend(event["items"].as_array().unwrap().iter().cloned()),
            "operationStorageDone" => return items,
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_read_by_value_hash_and_merkle_value() {
    let node = Node::with_lag(0).await;
    child_storage(&node.chain).await;
    let mut events = follow(&node, false).await;
    events.until_event("initialized").await;
    let key = hex(common::account_key("//Alice"));
    let value = node.call("state_getStorage", json!([key])).await;
    let value_hash = node.call("state_getStorageHash", json!([key])).await;
    let queries = json!([
        {"key": key, "type": "value"},
        {"key": key, "type": "hash"},
        {"key": "0x0102030405", "type": "value"},
        {"key": "0x", "type": "closestDescendantMerkleValue"},
        {"key": "0x0102030405", "type": "closestDescendantMerkleValue"},
    ]);
    let found = items(&node, &mut events, queries, Value::Null).await;
    // What is not there has no item; the Merkle value of everything is the
    // state's root.
    let root = node.chain.best().header.state_root;
    assert_eq!(
        found,
        [
            json!({"key": key, "value": value}),
            json!({"key": key, "hash": value_hash}),
            json!({"key": "0x", "closestDescendantMerkleValue": root}),
        ]
    );

    let queries = json!([{"key": "0x61", "type": "descendantsValues"}, {"key": "0x6162", "type": "hash"}]);
    let found = items(&node, &mut events, queries, json!(hex("child"))).await;
    assert_eq!(found[0], json!({"key": hex("a"), "value": hex("1")}));
    assert_eq!(found[1], json!({"key": hex("ab"), "value": hex("2")}));
    assert_eq!(found[2], json!({"key": hex("ab"), "hash": hex(blake2(b"2"))}));
    assert_eq!(found.len(), 3);
    assert_eq!(
        items(&node, &mut events, json!([{"key": "0x", "type": "descendantsHashes"}]), json!(hex("none"))).await,
        [] as [Value; 0]
    );
}

async fn crowded() -> Node {
    let endowed = (0..600_u32)
        .map(|index| {
            let mut account = [9; 32];
            account[..4].copy_from_slice(&index.to_le_bytes());
            (AccountId::from(account), 1_000_000_000_000)
        })
        .collect();
    Node::open(DevchainConfig { endowed, ..config() }).await
}

fn accounts_prefix() -> String {
    hex(&common::account_key("//Alice")[..32])
}

#[tokio::test(flavor = "multi_thread")]
async fn many_descendants_come_page_by_page_when_asked_for() {
    let node = crowded().await;
    let mut events = follow(&node, false).await;
    let (id, block) = (events.id(), node.chain.best().hash);
    events.until_event("initialized").await;
    let mut expected = Vec::new();
    while {
        let start = expected.last().cloned().unwrap_or(Value::Null);
        let page = node.call("state_getKeysPaged", json!([accounts_prefix(), 500, start, block])).await;
        expected.extend(page.as_array().unwrap().iter().cloned());
        !page.as_array().unwrap().is_empty()
    } {}
    assert!(expected.len() > 600);

    let query = json!([{"key": accounts_prefix(), "type": "descendantsHashes"}]);
    let operation = started(&node, "chainHead_v1_storage", json!([id, block, query, null])).await;
    let (mut found, mut waits) = (Vec::new(), 0);
    loop {
        let event = events.next().await;
        assert_eq!(event["operationId"], json!(operation));
        match event["event"].as_str().unwrap() {
            "operationStorageItems" => {
                found.extend(event["items"].as_array().unwrap().iter().map(|item| item["key"].clone()));
            }
            "operationWaitingForContinue" => {
                waits += 1;
                if waits == 1 {
                    // Nothing more without being asked.
                    events.silent(&node.rpc, 3).await;
                }
                assert_eq!(node.call("chainHead_v1_continue", json!([id, operation])).await, Value::Null);
            }
            "operationStorageDone" => break,
            other => panic!("{other}"),
        }
    }
    assert_eq!(found, expected);
    assert!(waits >= 1);
    // It is over: no effect.
    assert_eq!(node.call("chainHead_v1_continue", json!([id, operation])).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_has_sixteen_operations_at_a_time() {
    let node = crowded().await;
    let mut events = follow(&node, true).await;
    let (id, block) = (events.id(), node.chain.best().hash);
    events.until_event("initialized").await;
    let query = json!({"key": accounts_prefix(), "type": "descendantsValues"});
    // Each query counts; what is too much is left out.
    let answer = node.call("chainHead_v1_storage", json!([id, block, vec![query.clone(); 10], null])).await;
    assert_eq!(answer["discardedItems"], 0);
    let first = answer["operationId"].clone();
    let answer = node.call("chainHead_v1_storage", json!([id, block, vec![query.clone(); 10], null])).await;
    assert_eq!(answer["discardedItems"], 4);
    for _ in 0..2 {
        events.until_event("operationWaitingForContinue").await;
    }
    let limit_reached = json!({"result": "limitReached"});
    assert_eq!(node.call("chainHead_v1_body", json!([id, block])).await, limit_reached);
    assert_eq!(node.call("chainHead_v1_call", json!([id, block, "Core_version", "0x"])).await, limit_reached);
    assert_eq!(node.call("chainHead_v1_storage", json!([id, block, [query], null])).await, limit_reached);

    // A stopped operation makes room and sends nothing more.
    assert_eq!(node.call("chainHead_v1_stopOperation", json!([id, first])).await, Value::Null);
    let mut answer = limit_reached.clone();
    for _ in 0..100 {
        answer = node.call("chainHead_v1_body", json!([id, block])).await;
        if answer != limit_reached {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let event = events.next().await;
    assert_eq!((&event["event"], &event["operationId"]), (&json!("operationBodyDone"), &answer["operationId"]));
    assert_eq!(node.call("chainHead_v1_continue", json!([id, first])).await, Value::Null);
    events.silent(&node.rpc, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_goes_on_when_its_block_is_unpinned() {
    let node = crowded().await;
    let mut events = follow(&node, false).await;
    let (id, block) = (events.id(), node.chain.best().hash);
    events.until_event("initialized").await;
    let query = json!([{"key": accounts_prefix(), "type": "descendantsValues"}]);
    let operation = started(&node, "chainHead_v1_storage", json!([id, block, query, null])).await;
    events.until_event("operationWaitingForContinue").await;
    node.call("chainHead_v1_unpin", json!([id, block])).await;
    assert_eq!(node.call("chainHead_v1_continue", json!([id, operation])).await, Value::Null);
    assert_eq!(events.next().await["event"], "operationStorageItems");
}
