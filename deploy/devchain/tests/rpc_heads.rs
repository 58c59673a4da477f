//! The older subscriptions and range queries when the chain reorganises, over a
//! real WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{Reorg, RetractedTransactions, StorageChange};
use common::node::{hex, Events, Node};
use serde_json::{json, Value};
use sp_core::H256;
use std::collections::HashSet;

async fn heads(node: &Node, of: &str) -> Events {
    node.subscribe(&format!("chain_subscribe{of}"), json!([]), &format!("chain_unsubscribe{of}")).await
}

/// A header's hash.
async fn hash_of(node: &Node, header: &Value) -> H256 {
    // Only headers of the chain's blocks are looked up: by the child's parent
    // hash a block is known, and by number if it is on the best branch.
    let number = u32::from_str_radix(&header["number"].as_str().unwrap()[2..], 16).unwrap();
    let candidates = node.call("archive_v1_hashByHeight", json!([number])).await;
    for candidate in candidates.as_array().unwrap() {
        if node.call("chain_getHeader", json!([candidate])).await == *header {
            return common::node::hash(candidate);
        }
    }
    panic!("{header} is no header of the chain");
}

async fn next_hashes(node: &Node, events: &mut Events, count: usize) -> Vec<H256> {
    let mut hashes = Vec::new();
    for _ in 0..count {
        let header = events.next().await;
        hashes.push(hash_of(node, &header).await);
    }
    hashes
}

async fn seal(node: &Node, count: u32) -> Vec<H256> {
    node.chain.seal_blocks(count, 1).await.unwrap().iter().map(|block| block.hash).collect()
}

async fn reorg(node: &Node, depth: u32, blocks: u32) -> Vec<H256> {
    let reorg =
        Reorg { depth, blocks: Some(blocks), transactions: RetractedTransactions::default(), include: Vec::new() };
    node.chain.reorg(reorg).await.unwrap().iter().map(|block| block.hash).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reorganisation_new_heads_bring_the_whole_new_branch() {
    let node = Node::with_lag(20).await;
    let mut events = heads(&node, "NewHeads").await;
    assert_eq!(next_hashes(&node, &mut events, 1).await, [node.chain.genesis_hash()]);
    let old = seal(&node, 5).await;
    assert_eq!(next_hashes(&node, &mut events, 5).await, old);
    let new = reorg(&node, 3, 4).await;
    assert_eq!(next_hashes(&node, &mut events, 4).await, new);
    events.silent(&node.rpc, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn final_heads_come_once_and_in_order_whatever_happens_above() {
    let node = Node::with_lag(3).await;
    let mut events = heads(&node, "FinalizedHeads").await;
    assert_eq!(next_hashes(&node, &mut events, 1).await, [node.chain.genesis_hash()]);
    for depth in 1..=3 {
        seal(&node, 4).await;
        reorg(&node, depth, depth + 1).await;
    }
    node.chain.finalize(None).await.unwrap();
    let last = node.chain.best().header.number;
    let mut expected = Vec::new();
    for number in 1..=last {
        expected.push(node.chain.block_hash(number).await.unwrap().unwrap());
    }
    assert_eq!(next_hashes(&node, &mut events, expected.len()).await, expected);
    events.silent(&node.rpc, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_heads_bring_every_block_once() {
    let node = Node::with_lag(20).await;
    let mut events = heads(&node, "AllHeads").await;
    events.next().await;
    let mut made: Vec<H256> = seal(&node, 3).await;
    made.extend(reorg(&node, 2, 3).await);
    made.extend(reorg(&node, 1, 1).await);
    made.extend(seal(&node, 1).await);
    let told = next_hashes(&node, &mut events, made.len()).await;
    let (told, made): (HashSet<H256>, HashSet<H256>) = (told.into_iter().collect(), made.into_iter().collect());
    assert_eq!(told, made);
    events.silent(&node.rpc, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_start_anew_when_the_chain_is_set_back() {
    let node = Node::with_lag(0).await;
    seal(&node, 2).await;
    let snapshot = node.chain.snapshot().await.unwrap();
    let before = node.chain.best().hash;
    seal(&node, 3).await;
    let mut subscriptions = Vec::new();
    for of in ["NewHeads", "AllHeads", "FinalizedHeads"] {
        let mut events = heads(&node, of).await;
        assert_eq!(next_hashes(&node, &mut events, 1).await, [node.chain.best().hash]);
        subscriptions.push(events);
    }
    node.chain.revert(snapshot).await.unwrap();
    for events in &mut subscriptions {
        assert_eq!(next_hashes(&node, events, 1).await, [before]);
    }
    node.chain.set_clock(node.chain.clock().advanced(5_000));
    let new = seal(&node, 1).await;
    for events in &mut subscriptions {
        assert_eq!(next_hashes(&node, events, 1).await, new);
    }
}

async fn set(node: &Node, value: &str) -> H256 {
    let change = StorageChange { child: None, key: b"zz".to_vec(), value: Some(value.into()) };
    node.chain.set_storage(vec![change]).await.unwrap().hash
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_query_follows_the_ancestors_of_its_end() {
    let node = Node::with_lag(20).await;
    let first = set(&node, "1").await;
    let left = set(&node, "2").await;
    reorg(&node, 1, 2).await;
    let best = set(&node, "3").await;
    let key = hex("zz");
    let set_of = |block: H256, value: &str| json!({"block": block, "changes": [[key, hex(value)]]});
    let query = |from: H256, to: Value| json!([[key], from, to]);
    assert_eq!(
        node.call("state_queryStorage", query(first, json!(left))).await,
        json!([set_of(first, "1"), set_of(left, "2")])
    );
    let on_best = json!([set_of(first, "1"), set_of(best, "3")]);
    assert_eq!(node.call("state_queryStorage", query(first, Value::Null)).await, on_best);
    assert_eq!(node.call("state_queryStorage", query(first, json!(best))).await, on_best);
    // Neither beside nor behind.
    assert_eq!(node.error_code("state_queryStorage", query(left, json!(best))).await, 4001);
    assert_eq!(node.error_code("state_queryStorage", query(best, json!(first))).await, 4001);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_value_goes_back_with_the_chain() {
    let node = Node::with_lag(20).await;
    set(&node, "1").await;
    let key = hex("zz");
    let mut events = node.subscribe("state_subscribeStorage", json!([[key]]), "state_unsubscribeStorage").await;
    assert_eq!(events.next().await["changes"], json!([[key, hex("1")]]));
    let changed = set(&node, "2").await;
    assert_eq!(events.next().await, json!({"block": changed, "changes": [[key, hex("2")]]}));
    let new = reorg(&node, 1, 1).await;
    assert_eq!(events.next().await, json!({"block": new[0], "changes": [[key, hex("1")]]}));
    // Set back, everything is told again although nothing differs.
    let snapshot = node.chain.snapshot().await.unwrap();
    seal(&node, 1).await;
    node.chain.revert(snapshot).await.unwrap();
    assert_eq!(events.next().await, json!({"block": new[0], "changes": [[key, hex("1")]]}));
}
