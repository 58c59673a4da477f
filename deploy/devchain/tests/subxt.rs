//! Unmodified subxt against the chain, over WebSocket and in process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{
    any_loopback_port,
    runtime::{Hashing, UNIT},
    Clock, Devchain, DevchainConfig, InProcessRpc, Sealing,
};
use common::play::{follows_blocks, transacts};
use serde_json::Value;
use sp_trie::StorageProof;
use std::{sync::Arc, time::Duration};
use subxt::{
    backend::{ArchiveBackend, ChainHeadBackend, CombinedBackend, LegacyBackend},
    dynamic, OnlineClient, PolkadotConfig,
};
use subxt_rpcs::client::{rpc_params, RpcClient};
use subxt_signer::sr25519::dev;

/// Everything a client does.
async fn play(api: OnlineClient<PolkadotConfig>) {
    let blocks = api.stream_blocks().await.unwrap();
    transacts(&api).await;
    follows_blocks(blocks).await;
}

fn open() -> Devchain {
    Devchain::open(DevchainConfig { clock: Clock::Manual(1_700_000_000_000), ..Default::default() }).unwrap()
}

async fn legacy(rpc: RpcClient) -> OnlineClient<PolkadotConfig> {
    let backend = LegacyBackend::<PolkadotConfig>::builder().build(rpc);
    OnlineClient::from_backend(Arc::new(backend)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legacy_backend_works_over_a_socket() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    play(legacy(RpcClient::from_insecure_url(server.url()).await.unwrap()).await).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_backend_works_over_a_socket() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    play(OnlineClient::from_insecure_url(server.url()).await.unwrap()).await;
    server.stop().await;
}

async fn chain_head(rpc: RpcClient) -> OnlineClient<PolkadotConfig> {
    let backend = ChainHeadBackend::<PolkadotConfig>::builder().build_with_background_driver(rpc);
    OnlineClient::from_backend(Arc::new(backend)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_head_backend_works_over_a_socket() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    play(chain_head(RpcClient::from_insecure_url(server.url()).await.unwrap()).await).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_head_backend_works_in_process() {
    let chain = open();
    play(chain_head(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_head_backend_works_when_finality_lags() {
    let chain = Devchain::open(DevchainConfig {
        clock: Clock::Manual(1_700_000_000_000),
        sealing: Sealing::Interval(Duration::from_millis(100)),
        finality_lag: 2,
        ..Default::default()
    })
    .unwrap();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let api = chain_head(RpcClient::from_insecure_url(server.url()).await.unwrap()).await;
    let mut blocks = api.stream_blocks().await.unwrap();
    let transfer =
        dynamic::transaction("Balances", "transfer_keep_alive", (dev::bob().public_key().to_address::<()>(), 3 * UNIT));
    let at = api.at_current_block().await.unwrap();
    let progress = at.transactions().sign_and_submit_then_watch_default(&transfer, &dev::alice()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), progress.wait_for_finalized_success()).await.unwrap().unwrap();
    // Final blocks come one by one.
    let first = blocks.next().await.unwrap().unwrap().number();
    for number in first + 1..first + 5 {
        assert_eq!(blocks.next().await.unwrap().unwrap().number(), number);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_backend_works_over_a_socket() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let rpc = RpcClient::from_insecure_url(server.url()).await.unwrap();
    let api = OnlineClient::from_backend(Arc::new(ArchiveBackend::<PolkadotConfig>::new(rpc))).await.unwrap();
    // It has no stream of blocks.
    transacts(&api).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_backends_work_together_without_the_old() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let rpc = RpcClient::from_insecure_url(server.url()).await.unwrap();
    let (chain_head, mut driver) = ChainHeadBackend::<PolkadotConfig>::builder().build(rpc.clone());
    tokio::spawn(async move { while futures::StreamExt::next(&mut driver).await.is_some() {} });
    let backend = CombinedBackend::<PolkadotConfig>::builder()
        .no_default_backends()
        .with_archive_backend(ArchiveBackend::new(rpc.clone()))
        .with_chainhead_backend(chain_head)
        .build_with_background_driver(rpc)
        .await
        .unwrap();
    play(OnlineClient::from_backend(Arc::new(backend)).await.unwrap()).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legacy_backend_works_in_process() {
    let chain = open();
    play(legacy(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_proof_leads_from_the_header_to_the_value() {
    let chain = open();
    chain.submit_and_wait(common::signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    let head = chain.best();
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    let key = common::account_key("//Zoe");
    let hex_key = format!("0x{}", hex::encode(&key));
    let answer: Value = rpc.request("state_getReadProof", rpc_params![vec![hex_key.clone()], head.hash]).await.unwrap();
    let nodes: Vec<Vec<u8>> = answer["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| hex::decode(&node.as_str().unwrap()[2..]).unwrap())
        .collect();
    let value: String = rpc.request("state_getStorage", rpc_params![hex_key, head.hash]).await.unwrap();
    let proven = sp_state_machine::read_proof_check::<Hashing, _>(
        head.header.state_root,
        StorageProof::new(nodes.clone()),
        [&key[..]],
    )
    .unwrap();
    assert_eq!(proven[&key].as_ref().unwrap(), &hex::decode(&value[2..]).unwrap());
    // The same nodes prove nothing about another state.
    assert!(sp_state_machine::read_proof_check::<Hashing, _>(
        chain.genesis_hash(),
        StorageProof::new(nodes),
        [&key[..]],
    )
    .is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_and_errors_have_the_forms_of_a_node() {
    let chain = open();
    let server = chain.serve(any_loopback_port()).await.unwrap();
    let rpc = RpcClient::from_insecure_url(server.url()).await.unwrap();

    let mut heads =
        rpc.subscribe::<Value>("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads").await.unwrap();
    for _ in 0..20 {
        let _: Value = rpc.request("dev_newBlock", rpc_params![]).await.unwrap();
    }
    for number in 0..=20 {
        let head = heads.next().await.unwrap().unwrap();
        assert_eq!(head["number"], format!("0x{number:x}"));
    }

    let missing = sp_core::H256::repeat_byte(9);
    let error = rpc.request::<Value>("state_getStorage", rpc_params!["0x00", missing]).await.unwrap_err().to_string();
    assert!(error.contains("not found"), "{error}");
    let none: Value = rpc.request("chain_getHeader", rpc_params![missing]).await.unwrap();
    assert_eq!(none, Value::Null);

    let forged = {
        let mut bytes = common::signed_transfer(&chain, "//Alice", 0, "//Bob", UNIT);
        *bytes.last_mut().unwrap() ^= 1;
        format!("0x{}", hex::encode(bytes))
    };
    let error = rpc.request::<Value>("author_submitExtrinsic", rpc_params![forged]).await.unwrap_err();
    let subxt_rpcs::Error::User(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code, 1010);
    assert_eq!(error.message, "Invalid Transaction");
    assert!(error.data.unwrap().get().contains("bad signature"));

    // Arguments that do not decode harm nothing.
    let error = rpc.request::<Value>("state_call", rpc_params!["ContractsApi_call", "0x01"]).await;
    assert!(error.is_err());
    let properties: Value = rpc.request("system_properties", rpc_params![]).await.unwrap();
    assert_eq!(properties["tokenDecimals"], 12);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_key_is_reported_when_it_changes() {
    let chain = open();
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    let key = format!("0x{}", hex::encode(common::account_key("//Zoe")));
    let mut changes = rpc
        .subscribe::<Value>("state_subscribeStorage", rpc_params![vec![key.clone()]], "state_unsubscribeStorage")
        .await
        .unwrap();
    let first = changes.next().await.unwrap().unwrap();
    assert_eq!(first["changes"][0][1], Value::Null);
    chain.seal_block().await.unwrap();
    chain.submit_and_wait(common::signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    let second = changes.next().await.unwrap().unwrap();
    assert_eq!(second["changes"][0][0], key);
    assert!(second["changes"][0][1].is_string());
    assert_eq!(second["block"], format!("{:?}", chain.best().hash));
}
