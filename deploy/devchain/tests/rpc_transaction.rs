//! The rules of the `transaction_v1` and `transactionWatch_v1` groups, over a
//! real WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{runtime::UNIT, DevchainConfig, Fate, Reorg, RetractedTransactions, Sealing};
use common::node::{account_hex, call, config, error_code, hex, Events, Node};
use serde_json::{json, Value};
use std::time::Duration;

const INVALID_PARAMS: i32 = -32602;

async fn watch(node: &Node, transaction: &[u8]) -> Events {
    node.subscribe("transactionWatch_v1_submitAndWatch", json!([hex(transaction)]), "transactionWatch_v1_unwatch").await
}

async fn manual(lag: u32) -> Node {
    Node::open(DevchainConfig { sealing: Sealing::Manual, finality_lag: lag, ..config() }).await
}

fn included(block: Value) -> Value {
    json!({"event": "bestChainBlockIncluded", "block": block})
}

fn reorg(transactions: RetractedTransactions) -> Reorg {
    Reorg { depth: 1, blocks: Some(2), transactions, include: Vec::new() }
}

/// Waits until the account's nonce is `nonce`.
async fn nonce_becomes(node: &Node, seed: &str, nonce: u32) -> bool {
    let account = account_hex(seed);
    let expected = json!(hex(nonce.to_le_bytes()));
    for _ in 0..500 {
        if node.call("state_call", json!(["AccountNonceApi_account_nonce", account])).await == expected {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_validated_included_and_final() {
    let node = manual(1).await;
    let transfer = common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT);
    let mut events = watch(&node, &transfer).await;
    assert_eq!(events.next().await, json!({"event": "validated"}));
    let block = node.chain.seal_block().await.unwrap().hash;
    let place = json!({"hash": block, "index": 1});
    assert_eq!(events.next().await, included(place.clone()));
    let body = node.call("archive_v1_body", json!([block])).await;
    assert_eq!(body[1], hex(&transfer));
    node.chain.seal_block().await.unwrap();
    assert_eq!(events.next().await, json!({"event": "finalized", "block": place}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_for_another_is_validated_once() {
    let node = manual(0).await;
    let mut second = watch(&node, &common::signed_transfer(&node.chain, "//Alice", 1, "//Zoe", UNIT)).await;
    assert_eq!(second.next().await, json!({"event": "validated"}));
    node.chain.submit(common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    node.chain.seal_block().await.unwrap();
    assert_eq!(second.next().await["event"], "bestChainBlockIncluded");
    assert_eq!(second.next().await["event"], "finalized");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reorganisation_a_transaction_is_in_no_block_until_another_takes_it() {
    let node = manual(10).await;
    let mut events = watch(&node, &common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await;
    events.until_event("validated").await;
    node.chain.seal_block().await.unwrap();
    events.until_event("bestChainBlockIncluded").await;
    node.chain.reorg(reorg(RetractedTransactions::Return)).await.unwrap();
    assert_eq!(events.next().await, included(Value::Null));
    let block = node.chain.seal_block().await.unwrap().hash;
    let place = json!({"hash": block, "index": 1});
    assert_eq!(events.next().await, included(place.clone()));
    node.chain.finalize(None).await.unwrap();
    assert_eq!(events.next().await, json!({"event": "finalized", "block": place}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_that_takes_the_transaction_along_tells_its_new_block() {
    let node = manual(10).await;
    let mut events = watch(&node, &common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await;
    node.chain.seal_block().await.unwrap();
    events.until_event("bestChainBlockIncluded").await;
    let new = node.chain.reorg(reorg(RetractedTransactions::Include)).await.unwrap();
    let place = json!({"hash": new[0].hash, "index": 1});
    let told = events.until(|event| *event == included(place.clone())).await;
    assert!(told[..told.len() - 1].iter().all(|event| *event == included(Value::Null)), "{told:?}");
    node.chain.finalize(None).await.unwrap();
    assert_eq!(events.next().await, json!({"event": "finalized", "block": place}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_transaction_is_dropped() {
    let node = manual(10).await;
    let mut events = watch(&node, &common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await;
    node.chain.seal_block().await.unwrap();
    events.until_event("bestChainBlockIncluded").await;
    node.chain.reorg(reorg(RetractedTransactions::Drop)).await.unwrap();
    let told = events.until_event("dropped").await;
    assert!(told.last().unwrap()["error"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_notification() {
    let node = Node::with_lag(0).await;
    node.chain.submit_and_wait(common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    let stale = common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT);
    let mut forged = common::signed_transfer(&node.chain, "//Alice", 1, "//Zoe", UNIT);
    *forged.last_mut().unwrap() ^= 1;
    for transaction in [stale, forged, vec![1, 2, 3], Vec::new()] {
        let event = watch(&node, &transaction).await.next().await;
        assert_eq!(event["event"], "invalid", "{event}");
        assert!(event["error"].is_string());
    }
    let call = call(&node.rpc, "transactionWatch_v1_submitAndWatch", json!([7])).await;
    assert_eq!(error_code(call), INVALID_PARAMS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_ends_with_its_final_block() {
    let node = Node::with_lag(0).await;
    let remark = |nonce| json!([hex(common::signed_remark(&node.chain, "//Alice", nonce, vec![1]))]);
    let mut operations = Vec::new();
    for nonce in 0..16 {
        operations.push(node.call("transaction_v1_broadcast", remark(nonce)).await);
    }
    assert!(nonce_becomes(&node, "//Alice", 16).await);
    // Nobody said stop, and yet there is room for sixteen more.
    for nonce in 100..116 {
        let mut accepted = Value::Null;
        for _ in 0..500 {
            accepted = node.call("transaction_v1_broadcast", remark(nonce)).await;
            if accepted.is_string() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(accepted.is_string());
    }
    for operation in operations {
        assert_eq!(node.error_code("transaction_v1_stop", json!([operation])).await, INVALID_PARAMS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_is_tried_again_until_it_is_stopped() {
    let node = manual(0).await;
    // Neither can pay yet.
    let yes = common::signed_remark(&node.chain, "//Yes", 0, vec![1]);
    let no = common::signed_remark(&node.chain, "//No", 0, vec![2]);
    node.call("transaction_v1_broadcast", json!([hex(yes)])).await;
    let stopped = node.call("transaction_v1_broadcast", json!([hex(no)])).await;
    assert_eq!(node.call("transaction_v1_stop", json!([stopped])).await, Value::Null);
    assert_eq!(node.error_code("transaction_v1_stop", json!([stopped])).await, INVALID_PARAMS);
    assert_eq!(node.chain.pending(), 0);
    for seed in ["//Yes", "//No"] {
        node.chain.set_balance(common::account(seed), 10 * UNIT).await.unwrap();
    }
    for _ in 0..500 {
        if node.chain.pending() > 0 {
            break;
        }
        node.chain.seal_block().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(nonce_becomes_after_sealing(&node, "//Yes").await);
    let account = account_hex("//No");
    let nonce = node.call("state_call", json!(["AccountNonceApi_account_nonce", account])).await;
    assert_eq!(nonce, "0x00000000");
}

async fn nonce_becomes_after_sealing(node: &Node, seed: &str) -> bool {
    node.chain.seal_block().await.unwrap();
    nonce_becomes(node, seed, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_broadcast_is_offered_again() {
    let node = manual(0).await;
    node.chain.transaction_faults().add(Fate::Drop { silent: false }, 1).unwrap();
    let remark = common::signed_remark(&node.chain, "//Alice", 0, vec![1]);
    node.call("transaction_v1_broadcast", json!([hex(remark)])).await;
    for _ in 0..500 {
        if node.chain.pending() > 0 {
            break;
        }
        node.chain.seal_block().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(nonce_becomes_after_sealing(&node, "//Alice").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcasts_are_counted_and_belong_to_their_connection() {
    let node = manual(0).await;
    let mut operations = Vec::new();
    for nonce in 0..16 {
        let remark = common::signed_remark(&node.chain, "//Alice", nonce, vec![1]);
        operations.push(node.call("transaction_v1_broadcast", json!([hex(remark)])).await);
    }
    assert!(operations.iter().all(Value::is_string));
    let one_more = json!([hex(common::signed_remark(&node.chain, "//Alice", 16, vec![1]))]);
    assert_eq!(node.call("transaction_v1_broadcast", one_more.clone()).await, Value::Null);
    let other = node.connect().await;
    assert!(call(&other, "transaction_v1_broadcast", one_more.clone()).await.unwrap().is_string());
    let foreign = call(&other, "transaction_v1_stop", json!([operations[0]])).await;
    assert_eq!(error_code(foreign), INVALID_PARAMS);
    assert_eq!(node.call("transaction_v1_stop", json!([operations[0]])).await, Value::Null);
    assert!(node.call("transaction_v1_broadcast", one_more).await.is_string());
}
