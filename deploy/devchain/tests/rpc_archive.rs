//! The rules of the `archive_v1` and `chainSpec_v1` groups, over a real
//! WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{runtime::UNIT, Reorg, RetractedTransactions, StorageChange};
use common::node::{account_hex, blake2, child_storage, error_code, hex, subscribe, Node};
use serde_json::{json, Value};
use sp_core::H256;

const INVALID_PARAMS: i32 = -32602;

async fn storage(node: &Node, params: Value) -> Vec<Value> {
    let mut events = node.subscribe("archive_v1_storage", params, "archive_v1_stopStorage").await;
    events.until(|event| event["event"] != "storage").await
}

async fn diff(node: &Node, params: Value) -> Vec<Value> {
    let mut events = node.subscribe("archive_v1_storageDiff", params, "archive_v1_stopStorageDiff").await;
    events.until(|event| event["event"] != "storageDiff").await
}

fn change(key: &str, value: Option<&str>) -> StorageChange {
    StorageChange { child: None, key: key.into(), value: value.map(Into::into) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_named_alike_everywhere() {
    let node = Node::with_lag(0).await;
    let genesis = json!(node.chain.genesis_hash());
    assert_eq!(node.call("archive_v1_genesisHash", json!([])).await, genesis);
    assert_eq!(node.call("chainSpec_v1_genesisHash", json!([])).await, genesis);
    let name = node.call("system_chain", json!([])).await;
    assert_eq!(node.call("chainSpec_v1_chainName", json!([])).await, name);
    let properties = node.call("system_properties", json!([])).await;
    assert_eq!(node.call("chainSpec_v1_properties", json!([])).await, properties);
    let methods = node.call("rpc_methods", json!([])).await;
    let methods: Vec<&str> = methods["methods"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in [
        "archive_v1_body",
        "archive_v1_call",
        "archive_v1_finalizedHeight",
        "archive_v1_genesisHash",
        "archive_v1_hashByHeight",
        "archive_v1_header",
        "archive_v1_stopStorage",
        "archive_v1_stopStorageDiff",
        "archive_v1_storage",
        "archive_v1_storageDiff",
        "chainHead_v1_body",
        "chainHead_v1_call",
        "chainHead_v1_continue",
        "chainHead_v1_follow",
        "chainHead_v1_header",
        "chainHead_v1_stopOperation",
        "chainHead_v1_storage",
        "chainHead_v1_unfollow",
        "chainHead_v1_unpin",
        "chainSpec_v1_chainName",
        "chainSpec_v1_genesisHash",
        "chainSpec_v1_properties",
        "transactionWatch_v1_submitAndWatch",
        "transactionWatch_v1_unwatch",
        "transaction_v1_broadcast",
        "transaction_v1_stop",
    ] {
        assert!(methods.contains(&name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_read_by_its_hash_even_after_it_left_the_chain() {
    let node = Node::with_lag(10).await;
    node.chain.submit(common::signed_transfer(&node.chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    let mut heads = node.chain.follow();
    tokio::time::timeout(std::time::Duration::from_secs(60), heads.wait_for(|heads| heads.best.header.number == 1))
        .await
        .unwrap()
        .unwrap();
    let left = node.chain.best();
    let key = hex(common::account_key("//Zoe"));
    node.chain
        .reorg(Reorg { depth: 1, blocks: Some(2), transactions: RetractedTransactions::Drop, include: Vec::new() })
        .await
        .unwrap();

    let header = node.call("archive_v1_header", json!([left.hash])).await;
    assert_eq!(blake2(hex::decode(&header.as_str().unwrap()[2..]).unwrap()), left.hash);
    let body = node.call("archive_v1_body", json!([left.hash])).await;
    assert_eq!(body, node.call("chain_getBlock", json!([left.hash])).await["block"]["extrinsics"]);
    assert_eq!(body.as_array().unwrap().len(), 2);
    let query = json!([{"key": key, "type": "value"}]);
    assert_eq!(storage(&node, json!([left.hash, query, null])).await.len(), 2);
    assert_eq!(storage(&node, json!([node.chain.best().hash, query, null])).await.len(), 1);

    let missing = H256::repeat_byte(3);
    for method in ["archive_v1_header", "archive_v1_body"] {
        assert_eq!(node.call(method, json!([missing])).await, Value::Null);
        assert_eq!(node.error_code(method, json!(["0x12"])).await, INVALID_PARAMS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_height_has_every_block_that_may_become_final() {
    let node = Node::with_lag(2).await;
    node.chain.seal_blocks(5, 1).await.unwrap();
    let left = node.chain.best().hash;
    let reorg =
        Reorg { depth: 1, blocks: Some(1), transactions: RetractedTransactions::default(), include: Vec::new() };
    node.chain.reorg(reorg).await.unwrap();
    let best = node.chain.best().hash;
    assert_eq!(node.call("archive_v1_finalizedHeight", json!([])).await, 3);
    for number in 0..=4_u32 {
        let block = node.chain.block_hash(number).await.unwrap().unwrap();
        assert_eq!(node.call("archive_v1_hashByHeight", json!([number])).await, json!([block]));
    }
    assert_eq!(node.call("archive_v1_hashByHeight", json!([5])).await, json!([best, left]));
    assert_eq!(node.call("archive_v1_hashByHeight", json!([6])).await, json!([]));
    assert_eq!(node.call("archive_v1_hashByHeight", json!([u64::MAX])).await, json!([]));
    assert_eq!(node.error_code("archive_v1_hashByHeight", json!([-1])).await, INVALID_PARAMS);
    // Once a height is final only its final block is there.
    node.chain.finalize(None).await.unwrap();
    assert_eq!(node.call("archive_v1_hashByHeight", json!([5])).await, json!([best]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_succeeds_fails_or_has_no_block() {
    let node = Node::with_lag(0).await;
    let genesis = node.chain.genesis_hash();
    let alice = account_hex("//Alice");
    let called = node.call("archive_v1_call", json!([genesis, "AccountNonceApi_account_nonce", alice])).await;
    assert_eq!(called, json!({"success": true, "value": "0x00000000"}));
    for (function, arguments) in [("No_function", "0x"), ("AccountNonceApi_account_nonce", "0x01")] {
        let called = node.call("archive_v1_call", json!([genesis, function, arguments])).await;
        assert_eq!(called["success"], false);
        assert!(called["error"].is_string());
    }
    let missing = H256::repeat_byte(3);
    assert_eq!(node.call("archive_v1_call", json!([missing, "Core_version", "0x"])).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_comes_item_by_item_and_ends_with_done() {
    let node = Node::with_lag(0).await;
    child_storage(&node.chain).await;
    node.chain
        .set_storage(vec![change("zza", Some("1")), change("zzb", Some("2")), change("zzc", Some("3"))])
        .await
        .unwrap();
    let block = node.chain.best().hash;
    let done = json!({"event": "storageDone"});
    let item = |key: &str, field: &str, value: String| json!({"event": "storage", "key": hex(key), field: value});
    let queries = json!([
        {"key": hex("zza"), "type": "value"},
        {"key": hex("zzz"), "type": "value"},
        {"key": hex("zzb"), "type": "hash"},
        {"key": hex("zz"), "type": "descendantsValues", "paginationStartKey": hex("zza")},
        {"key": hex("zz"), "type": "descendantsHashes", "paginationStartKey": hex("zzb")},
        {"key": "0x", "type": "closestDescendantMerkleValue"},
    ]);
    let root = node.chain.best().header.state_root;
    assert_eq!(
        storage(&node, json!([block, queries, null])).await,
        [
            item("zza", "value", hex("1")),
            item("zzb", "hash", hex(blake2(b"2"))),
            // The start key itself is left out.
            item("zzb", "value", hex("2")),
            item("zzc", "value", hex("3")),
            item("zzc", "hash", hex(blake2(b"3"))),
            item("", "closestDescendantMerkleValue", hex(root)),
            done.clone(),
        ]
    );
    let mut child = item("b", "value", hex("3"));
    child["childTrieKey"] = json!(hex("child"));
    let query = json!([{"key": hex("b"), "type": "value"}]);
    assert_eq!(storage(&node, json!([block, query, hex("child")])).await, [child, done.clone()]);
    assert_eq!(storage(&node, json!([block, query, hex("none")])).await, [done.clone()]);
    assert_eq!(storage(&node, json!([block, []])).await, [done]);

    let missing = storage(&node, json!([H256::repeat_byte(3), query, null])).await;
    assert_eq!(missing[0]["event"], "storageError");
    let refused = json!([block, [{"key": "0x", "type": "value", "paginationStartKey": "0x"}], null]);
    let refused = subscribe(&node.rpc, "archive_v1_storage", refused, "archive_v1_stopStorage").await;
    assert_eq!(error_code(refused.map(|_| ())), INVALID_PARAMS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_tells_what_was_added_modified_and_deleted() {
    let node = Node::with_lag(10).await;
    node.chain
        .set_storage(vec![change("zza", Some("1")), change("zzb", Some("2")), change("zzc", Some("3"))])
        .await
        .unwrap();
    let first = node.chain.best().hash;
    node.chain
        .set_storage(vec![change("zza", None), change("zzb", Some("5")), change("zzd", Some("4"))])
        .await
        .unwrap();
    let second = node.chain.best().hash;
    let done = json!({"event": "storageDiffDone"});
    let told = |key: &str, kind: &str, value: &str| json!({"event": "storageDiff", "key": hex(key), "value": hex(value), "type": kind});
    let query = json!([{"key": hex("zz"), "returnType": "value"}]);
    assert_eq!(
        diff(&node, json!([second, query])).await,
        [told("zza", "deleted", "1"), told("zzb", "modified", "5"), told("zzd", "added", "4"), done.clone()]
    );
    // Against an earlier block.
    assert_eq!(
        diff(&node, json!([second, query, node.chain.genesis_hash()])).await,
        [told("zzb", "added", "5"), told("zzc", "added", "3"), told("zzd", "added", "4"), done.clone()]
    );
    assert_eq!(diff(&node, json!([second, query, second])).await, [done.clone()]);
    // By hash, and covered queries once.
    let queries = json!([{"key": hex("zzb"), "returnType": "hash"}, {"key": hex("zzb"), "returnType": "hash"}]);
    let by_hash = json!({"event": "storageDiff", "key": hex("zzb"), "hash": hex(blake2(b"5")), "type": "modified"});
    assert_eq!(diff(&node, json!([second, queries])).await, [by_hash, done.clone()]);

    // Without queries everything of the main trie: what was set and what every
    // block changes.
    let all = diff(&node, json!([second, []])).await;
    let keys: Vec<&str> = all.iter().filter_map(|event| event["key"].as_str()).collect();
    assert!(keys.contains(&hex("zza").as_str()) && keys.len() > 3, "{keys:?}");
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "in order");
    assert_eq!(diff(&node, json!([second])).await, all);

    child_storage(&node.chain).await;
    let query = json!([{"returnType": "value", "childTrieKey": hex("child"), "key": hex("b")}]);
    let mut in_child = told("b", "added", "3");
    in_child["childTrieKey"] = json!(hex("child"));
    assert_eq!(diff(&node, json!([node.chain.best().hash, query])).await, [in_child, done]);

    // Only ancestors can be compared with, and genesis has none.
    for params in
        [json!([first, [], second]), json!([node.chain.genesis_hash(), []]), json!([H256::repeat_byte(3), []])]
    {
        assert_eq!(diff(&node, params.clone()).await[0]["event"], "storageDiffError", "{params}");
    }
}
