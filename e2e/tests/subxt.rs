//! Unmodified subxt by each of its backends: deploys a bundle, calls it and
//! reads it back, its storage, its events and the stream of blocks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_e2e::{
    left_out,
    token::{Api, Token, POOL, SUPPLY},
    BareChain,
};
use codec::{Decode, Encode};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use subxt::{
    backend::{ArchiveBackend, ChainHeadBackend, CombinedBackend, LegacyBackend},
    dynamic,
    rpcs::client::{rpc_params, RpcClient},
    transactions::TransactionStatus,
    utils::AccountId32,
    OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

/// Longest wait for a block that was made already.
const PATIENCE: Duration = Duration::from_secs(60);

/// A token is deployed, sent, and read back in each way there is.
async fn play(api: &Api, streams: bool) {
    let mut blocks = if streams { Some(api.stream_blocks().await.expect("a stream")) } else { None };
    let (treasury, vault) = (dev::bob().public_key().0, dev::charlie().public_key().0);
    let token = Token::deploy(api, &dev::alice(), treasury, vault).await.expect("a deployed contract");

    let payee = dev::dave().public_key().0;
    let events = token.transfer(&dev::bob(), payee, 5).await.expect("a transfer");
    let emitted = events
        .iter()
        .map(|event| event.expect("an event"))
        .find(|event| (event.pallet_name(), event.event_name()) == ("Contracts", "ContractEmitted"))
        .map(|event| <(AccountId32, Vec<u8>)>::decode(&mut event.field_bytes()).expect("an event of a contract"));
    assert_eq!(emitted, Some((token.contract.clone(), (Some(treasury), Some(payee), 5u128).encode())));
    for (owner, balance) in [(treasury, SUPPLY - POOL - 5), (payee, 5), (vault, POOL)] {
        assert_eq!(token.balance(owner).await.expect("a balance"), balance);
    }

    reads(api, &token).await;
    statuses(api).await;
    if let Some(blocks) = &mut blocks {
        in_order(api, blocks).await;
    }
}

/// Single values, maps, constants, versions and refusals.
async fn reads(api: &Api, token: &Token) {
    let at = api.at_current_block().await.expect("a block");
    let storage = at.storage();
    let of = dynamic::storage::<(AccountId32,), dynamic::Value>("Contracts", "ContractInfoOf");
    let info = storage.fetch(&of, (token.contract.clone(),)).await.expect("the contract's record");
    let code_hash = token.code_hash();
    assert!(info.bytes().windows(32).any(|part| part == code_hash), "the record names another code");
    assert!(storage.try_fetch(&of, (AccountId32([9; 32]),)).await.expect("an answer").is_none());

    let mut contracts = storage.iter(&of, ()).await.expect("the map of contracts");
    let mut found = false;
    while let Some(entry) = contracts.next().await {
        let entry = entry.expect("an entry");
        found |= entry.key_bytes().ends_with(&token.contract.0);
    }
    assert!(found, "the map does not list the contract");

    let stamp = dynamic::storage::<(), u64>("Timestamp", "Now");
    assert!(storage.fetch(stamp, ()).await.expect("a value").decode().expect("a time") > 0);
    assert!(storage.storage_version("Contracts").await.expect("a version") > 0);
    let deposit = at.constants().entry(dynamic::constant::<u128>("Balances", "ExistentialDeposit"));
    assert!(deposit.expect("a constant") > 0);
    let nonce = dynamic::runtime_api_call::<_, u32>("AccountNonceApi", "account_nonce", (dev::bob().public_key().0,));
    assert!(at.runtime_apis().call(nonce).await.expect("a nonce") > 0);
}

/// Money moves; its transaction is in the best block before it is final, the
/// block holds it and knows its events, and its nonce is used up.
async fn statuses(api: &Api) {
    let payee = AccountId32(rand::random());
    let amount = 5_000_000_000_000u128;
    let address = subxt::utils::MultiAddress::<AccountId32, ()>::Id(payee.clone());
    let transfer = dynamic::transaction("Balances", "transfer_keep_alive", (address, amount));
    let at = api.at_current_block().await.expect("a block");
    let mut transactions = at.transactions();
    let signed = transactions.create_signed(&transfer, &dev::alice(), Default::default()).await.expect("signed");
    assert!(signed.validate().await.expect("an answer").is_valid());
    assert!(signed.partial_fee_estimate().await.expect("a quote") > 0);
    let mut progress = signed.submit_and_watch().await.expect("taken");
    let (mut best, mut last) = (None, None);
    while let Some(status) = progress.next().await {
        match status.expect("a status") {
            TransactionStatus::InBestBlock(block) => best = Some(block.block_hash()),
            TransactionStatus::InFinalizedBlock(block) => {
                last = Some(block);
                break;
            }
            TransactionStatus::Validated | TransactionStatus::Broadcasted | TransactionStatus::NoLongerInBestBlock => {}
            other => panic!("{other:?}"),
        }
    }
    let last = last.expect("a final block");
    // A block that was final at once need not be told of twice.
    assert!(best.is_none_or(|best| best == last.block_hash()));
    last.wait_for_success().await.expect("success");

    let at = last.at().await.expect("its block");
    let body = at.extrinsics().fetch().await.expect("a body");
    let names: Vec<String> = body
        .iter()
        .map(|extrinsic| extrinsic.expect("an extrinsic"))
        .map(|extrinsic| format!("{}.{}", extrinsic.pallet_name(), extrinsic.call_name()))
        .collect();
    assert_eq!(names.first().map(String::as_str), Some("Timestamp.set"));
    assert!(names.contains(&"Balances.transfer_keep_alive".to_owned()), "{names:?}");
    let events = at.events().fetch().await.expect("events");
    let moved = events.iter().map(|event| event.expect("an event")).any(|event| {
        (event.pallet_name(), event.event_name()) == ("Balances", "Transfer")
            && event.field_bytes() == (dev::alice().public_key().0, payee.0, amount).encode()
    });
    assert!(moved, "the block's events do not tell of the transfer");
    assert!(signed.submit().await.is_err(), "a nonce was used twice");
}

/// Finalised blocks come in order, none left out, each known by its hash.
async fn in_order(api: &Api, blocks: &mut subxt::client::Blocks<PolkadotConfig>) {
    let head = api.at_current_block().await.expect("a block").block_number();
    let mut before: Option<u64> = None;
    while before != Some(head) {
        let next = tokio::time::timeout(PATIENCE, blocks.next()).await.expect("a block in time");
        let block = next.expect("the stream goes on").expect("a block");
        if let Some(before) = before {
            assert_eq!(block.number(), before + 1);
        }
        let at = block.at().await.expect("the block is there");
        assert_eq!((at.block_number(), at.block_hash()), (block.number(), block.hash()));
        before = Some(block.number());
    }
}

/// Whether the chain has RPC methods that begin so. Ours has to.
async fn has(chain: &BareChain, rpc: &RpcClient, group: &str) -> bool {
    let answer: Value = rpc.request("rpc_methods", rpc_params![]).await.expect("its methods");
    let methods = answer["methods"].as_array().expect("a list");
    let has = methods.iter().any(|name| name.as_str().is_some_and(|name| name.starts_with(group)));
    assert!(has || chain.is_given(), "our chain has no {group}*");
    has
}

async fn connected() -> (BareChain, RpcClient) {
    let chain = BareChain::start().await.expect("a chain");
    let rpc = RpcClient::from_insecure_url(chain.url()).await.expect("a connection");
    (chain, rpc)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_client_plays() {
    let (chain, _) = connected().await;
    play(&OnlineClient::from_insecure_url(chain.url()).await.expect("a client"), true).await;
    chain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legacy_backend_plays() {
    let (chain, rpc) = connected().await;
    let backend = LegacyBackend::builder().build(rpc);
    play(&OnlineClient::from_backend(Arc::new(backend)).await.expect("a client"), true).await;
    chain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_head_backend_plays() {
    let (chain, rpc) = connected().await;
    if !has(&chain, &rpc, "chainHead_v1_").await {
        return left_out("the chainHead backend needs chainHead_v1_*");
    }
    let backend = ChainHeadBackend::builder().build_with_background_driver(rpc);
    play(&OnlineClient::from_backend(Arc::new(backend)).await.expect("a client"), true).await;
    chain.stop().await;
}

/// It has no streams: what it knows of the head it asks for.
#[tokio::test(flavor = "multi_thread")]
async fn the_archive_backend_plays() {
    let (chain, rpc) = connected().await;
    if !has(&chain, &rpc, "archive_v1_").await {
        return left_out("the archive backend needs archive_v1_*");
    }
    play(&OnlineClient::from_backend(Arc::new(ArchiveBackend::new(rpc))).await.expect("a client"), false).await;
    chain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_combined_backend_of_the_new_groups_plays() {
    let (chain, rpc) = connected().await;
    if !(has(&chain, &rpc, "chainHead_v1_").await && has(&chain, &rpc, "archive_v1_").await) {
        return left_out("the combined backend needs chainHead_v1_* and archive_v1_*");
    }
    // Without the legacy one, so that it cannot step in where they fail.
    let backend = CombinedBackend::builder()
        .no_default_backends()
        .with_chainhead_backend(ChainHeadBackend::builder().build_with_background_driver(rpc.clone()))
        .with_archive_backend(ArchiveBackend::new(rpc.clone()))
        .build_with_background_driver(rpc)
        .await
        .expect("a backend");
    play(&OnlineClient::from_backend(Arc::new(backend)).await.expect("a client"), true).await;
    chain.stop().await;
}
