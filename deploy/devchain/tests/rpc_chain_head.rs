//! The rules of the `chainHead_v1` group, over a real WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{Devchain, Reorg, RetractedTransactions};
use common::node::{blake2, call, error_code, hash, hashes, subscribe, Events, Node};
use serde_json::{json, Value};
use sp_core::H256;
use std::collections::HashSet;

const INVALID_PARAMS: i32 = -32602;
const REACHED_LIMITS: i32 = -32800;
const INVALID_BLOCK: i32 = -32801;
const INVALID_RUNTIME_CALL: i32 = -32802;
const INVALID_DUPLICATE_HASHES: i32 = -32804;

async fn follow(node: &Node, with_runtime: bool) -> Events {
    node.subscribe("chainHead_v1_follow", json!([with_runtime]), "chainHead_v1_unfollow").await
}

fn reorg(depth: u32, blocks: u32) -> Reorg {
    Reorg { depth, blocks: Some(blocks), transactions: RetractedTransactions::default(), include: Vec::new() }
}

/// Hashes of the events of one kind.
fn of(events: &[Value], name: &str, field: &str) -> Vec<H256> {
    events.iter().filter(|event| event["event"] == name).map(|event| hash(&event[field])).collect()
}

async fn hash_of(chain: &Devchain, number: u32) -> H256 {
    chain.block_hash(number).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_announced_then_best_then_final() {
    let node = Node::with_lag(0).await;
    let mut events = follow(&node, true).await;
    let first = events.next().await;
    assert_eq!(first["event"], "initialized");
    assert_eq!(hashes(&first["finalizedBlockHashes"]), [node.chain.genesis_hash()]);
    let runtime = &first["finalizedBlockRuntime"];
    assert_eq!(runtime["type"], "valid");
    let version = node.call("state_getRuntimeVersion", json!([])).await;
    for field in ["specName", "implName", "specVersion", "implVersion", "transactionVersion"] {
        assert_eq!(runtime["spec"][field], version[field], "{field}");
    }
    for api in version["apis"].as_array().unwrap() {
        assert_eq!(runtime["spec"]["apis"][api[0].as_str().unwrap()], api[1]);
    }

    for _ in 0..2 {
        let parent = node.chain.best().hash;
        let block = node.chain.seal_block().await.unwrap().hash;
        let new = events.next().await;
        assert_eq!(
            new,
            json!({"event": "newBlock", "blockHash": block, "parentBlockHash": parent, "newRuntime": null})
        );
        assert_eq!(events.next().await, json!({"event": "bestBlockChanged", "bestBlockHash": block}));
        assert_eq!(
            events.next().await,
            json!({"event": "finalized", "finalizedBlockHashes": [block], "prunedBlockHashes": []})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_runtimes_no_event_speaks_of_one() {
    let node = Node::with_lag(0).await;
    let mut events = follow(&node, false).await;
    let first = events.next().await;
    assert!(first.get("finalizedBlockRuntime").is_none());
    node.chain.seal_block().await.unwrap();
    assert!(events.next().await.get("newRuntime").is_none());
    let params = json!([events.id(), node.chain.best().hash, "Core_version", "0x"]);
    assert_eq!(node.error_code("chainHead_v1_call", params).await, INVALID_RUNTIME_CALL);
    assert_eq!(
        error_code(
            subscribe(&node.rpc, "chainHead_v1_follow", json!(["yes"]), "chainHead_v1_unfollow").await.map(|_| ())
        ),
        INVALID_PARAMS
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_follower_is_told_the_last_final_blocks_and_every_branch_above() {
    let node = Node::with_lag(4).await;
    node.chain.seal_blocks(30, 1).await.unwrap();
    let left = node.chain.best().hash;
    node.chain.reorg(reorg(1, 2)).await.unwrap();

    let mut events = follow(&node, false).await;
    let told = events.until_event("bestBlockChanged").await;
    let finalized = hashes(&told[0]["finalizedBlockHashes"]);
    assert_eq!(finalized.len(), 16);
    let last = node.chain.finalized().header.number;
    for (hash, number) in finalized.iter().zip(last - 15..) {
        assert_eq!(*hash, hash_of(&node.chain, number).await);
    }
    let mut known: HashSet<H256> = finalized.iter().copied().collect();
    for event in &told[1..told.len() - 1] {
        assert_eq!(event["event"], "newBlock");
        assert!(known.contains(&hash(&event["parentBlockHash"])), "parents come first");
        assert!(known.insert(hash(&event["blockHash"])), "and each block once");
    }
    assert!(known.contains(&left));
    assert_eq!(hash(&told.last().unwrap()["bestBlockHash"]), node.chain.best().hash);
    // Four blocks below the best one are not final, and the left one.
    assert_eq!(told.len(), 1 + 4 + 1 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_announces_the_new_branch_and_finality_prunes_the_old() {
    let node = Node::with_lag(100).await;
    let mut events = follow(&node, false).await;
    events.until_event("initialized").await;
    let old: Vec<H256> = node.chain.seal_blocks(3, 1).await.unwrap().iter().map(|block| block.hash).collect();
    let told = events.until(|event| event["bestBlockHash"] == json!(old[2])).await;
    assert_eq!(of(&told, "newBlock", "blockHash"), old);

    let new: Vec<H256> = node.chain.reorg(reorg(2, 3)).await.unwrap().iter().map(|block| block.hash).collect();
    let told = events.until_event("bestBlockChanged").await;
    assert_eq!(of(&told, "newBlock", "blockHash"), new);
    assert_eq!(of(&told, "newBlock", "parentBlockHash"), [old[0], new[0], new[1]]);
    assert_eq!(told.len(), 4);
    assert_eq!(hash(&told[3]["bestBlockHash"]), new[2]);

    // Final up to the new branch's first block: the second of the old branch can
    // no longer become final, nor what was built on it.
    node.chain.finalize(Some(new[0])).await.unwrap();
    let told = events.next().await;
    assert_eq!(told["event"], "finalized");
    assert_eq!(hashes(&told["finalizedBlockHashes"]), [old[0], new[0]]);
    let pruned: HashSet<H256> = hashes(&told["prunedBlockHashes"]).into_iter().collect();
    assert_eq!(pruned, HashSet::from([old[1], old[2]]));
    // Pruned blocks stay pinned until they are unpinned.
    assert!(node.call("chainHead_v1_header", json!([events.id(), old[2]])).await.is_string());
    node.call("chainHead_v1_unpin", json!([events.id(), [old[1], old[2]]])).await;

    node.chain.finalize(None).await.unwrap();
    let told = events.next().await;
    assert_eq!(hashes(&told["finalizedBlockHashes"]), [new[1], new[2]]);
    assert_eq!(told["prunedBlockHashes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_pinned_until_it_is_unpinned_once() {
    let node = Node::with_lag(0).await;
    let mut events = follow(&node, true).await;
    let block = node.chain.seal_block().await.unwrap().hash;
    events.until_event("finalized").await;
    let (id, genesis) = (events.id(), node.chain.genesis_hash());

    let header = node.call("chainHead_v1_header", json!([id, block])).await;
    assert_eq!(blake2(hex::decode(&header.as_str().unwrap()[2..]).unwrap()), block);
    let missing = H256::repeat_byte(7);
    assert_eq!(node.error_code("chainHead_v1_header", json!([id, missing])).await, INVALID_BLOCK);
    // All or none.
    let twice = json!([id, [block, block]]);
    assert_eq!(node.error_code("chainHead_v1_unpin", twice).await, INVALID_DUPLICATE_HASHES);
    assert_eq!(node.error_code("chainHead_v1_unpin", json!([id, [block, missing]])).await, INVALID_BLOCK);
    assert!(node.call("chainHead_v1_header", json!([id, block])).await.is_string());

    assert_eq!(node.call("chainHead_v1_unpin", json!([id, block])).await, Value::Null);
    for (method, params) in [
        ("chainHead_v1_unpin", json!([id, block])),
        ("chainHead_v1_header", json!([id, block])),
        ("chainHead_v1_body", json!([id, block])),
        ("chainHead_v1_call", json!([id, block, "Core_version", "0x"])),
        ("chainHead_v1_storage", json!([id, block, [{"key": "0x00", "type": "value"}], null])),
    ] {
        assert_eq!(node.error_code(method, params).await, INVALID_BLOCK, "{method}");
    }
    assert!(node.call("chainHead_v1_header", json!([id, genesis])).await.is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_belongs_to_its_connection_and_ends_with_unfollow() {
    let node = Node::with_lag(0).await;
    let events = follow(&node, true).await;
    let (id, genesis) = (events.id(), node.chain.genesis_hash());
    let other = node.connect().await;
    let is_unknown = |rpc, id: String| async move {
        assert_eq!(call(rpc, "chainHead_v1_header", json!([id, genesis])).await.unwrap(), Value::Null);
        let limit_reached = json!({"result": "limitReached"});
        assert_eq!(call(rpc, "chainHead_v1_body", json!([id, genesis])).await.unwrap(), limit_reached);
        let params = json!([id, genesis, "Core_version", "0x"]);
        assert_eq!(call(rpc, "chainHead_v1_call", params).await.unwrap(), limit_reached);
        assert_eq!(call(rpc, "chainHead_v1_storage", json!([id, genesis, [], null])).await.unwrap(), limit_reached);
        for (method, parameter) in [
            ("chainHead_v1_unpin", json!(genesis)),
            ("chainHead_v1_continue", json!("0")),
            ("chainHead_v1_stopOperation", json!("0")),
        ] {
            assert_eq!(call(rpc, method, json!([id, parameter])).await.unwrap(), Value::Null);
        }
    };
    is_unknown(&other, id.clone()).await;
    assert!(node.call("chainHead_v1_header", json!([id, genesis])).await.is_string());
    node.call("chainHead_v1_unfollow", json!([id])).await;
    for _ in 0..100 {
        if node.call("chainHead_v1_header", json!([id, genesis])).await.is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    is_unknown(&node.rpc, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_sixteen_followers() {
    let node = Node::with_lag(0).await;
    let mut followers = Vec::new();
    for _ in 0..16 {
        followers.push(follow(&node, false).await);
    }
    let one_more = subscribe(&node.rpc, "chainHead_v1_follow", json!([false]), "chainHead_v1_unfollow").await;
    assert_eq!(error_code(one_more.map(|_| ())), REACHED_LIMITS);
    let other = node.connect().await;
    subscribe(&other, "chainHead_v1_follow", json!([false]), "chainHead_v1_unfollow").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_is_stopped_when_the_chain_is_set_back() {
    let node = Node::with_lag(0).await;
    let snapshot = node.chain.snapshot().await.unwrap();
    node.chain.seal_blocks(2, 1).await.unwrap();
    let mut events = follow(&node, false).await;
    events.until_event("initialized").await;
    node.chain.revert(snapshot).await.unwrap();
    assert_eq!(events.next().await, json!({"event": "stop"}));
    let params = json!([events.id(), node.chain.genesis_hash()]);
    assert_eq!(node.call("chainHead_v1_body", params).await, json!({"result": "limitReached"}));

    let mut anew = follow(&node, false).await;
    assert_eq!(hashes(&anew.next().await["finalizedBlockHashes"]), [node.chain.genesis_hash()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_never_unpins_is_stopped_and_one_that_does_is_not() {
    let node = Node::with_lag(0).await;
    let mut careless = follow(&node, false).await;
    let tidy_rpc = node.connect().await;
    let mut tidy = subscribe(&tidy_rpc, "chainHead_v1_follow", json!([false]), "chainHead_v1_unfollow").await.unwrap();
    let tidy_id = tidy.id();
    let (mut stopped, mut last) = (false, H256::zero());
    for _ in 0..5 {
        node.chain.seal_blocks(500, 1).await.unwrap();
        let best = node.chain.best().hash;
        let told =
            tidy.until(|event| event["event"] == "finalized" && hashes(&event["finalizedBlockHashes"]).contains(&best));
        let told = told.await;
        assert!(!told.iter().any(|event| event["event"] == "stop"));
        let new = of(&told, "newBlock", "blockHash");
        call(&tidy_rpc, "chainHead_v1_unpin", json!([tidy_id, new])).await.unwrap();
        if !stopped {
            let told = careless.until(|event| {
                event["event"] == "stop"
                    || (event["event"] == "finalized" && hashes(&event["finalizedBlockHashes"]).contains(&best))
            });
            stopped = told.await.last().unwrap()["event"] == "stop";
        }
        last = best;
    }
    assert!(stopped, "2,500 blocks are more than may be pinned");
    let told = json!([careless.id(), last]);
    assert_eq!(node.call("chainHead_v1_header", told).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_does_not_read_is_stopped_without_a_gap_before() {
    let chain = Devchain::open(common::node::config()).unwrap();
    // Without a socket nothing but this buffer of one notification is between.
    let module = chain.rpc_module().unwrap();
    let mut events = module.subscribe("chainHead_v1_follow", [false], 1).await.unwrap();
    chain.seal_blocks(3_000, 1).await.unwrap();
    let mut last = chain.genesis_hash();
    loop {
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), events.next::<Value>()).await.unwrap();
        let (event, _) = next.expect("it ends with stop").unwrap();
        match event["event"].as_str().unwrap() {
            "newBlock" => {
                assert_eq!(hash(&event["parentBlockHash"]), last);
                last = hash(&event["blockHash"]);
            }
            "stop" => break,
            _ => {}
        }
    }
    assert_ne!(last, chain.best().hash, "it was told of every block");
}
