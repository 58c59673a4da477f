//! polkadot.js, unmodified: connects as Apps does, and deploys, reads and calls
//! a bundle by api-contract.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_e2e::{BareChain, Script};
use codec::Decode;
use serde_json::{json, Value};
use subxt::{
    rpcs::client::{rpc_params, RpcClient},
    utils::AccountId32,
    OnlineClient, PolkadotConfig,
};

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

/// The accounts and the amount of the one transfer of native coin in a block
/// that is no fee.
async fn transfer_in(url: &str, block: &str, payee: &AccountId32) -> Option<u128> {
    let api = OnlineClient::<PolkadotConfig>::from_insecure_url(url).await.expect("a client");
    let hash: subxt::utils::H256 = block.parse().expect("a hash");
    let at = api.at_block(hash).await.expect("the block");
    let events = at.events().fetch().await.expect("its events");
    let found = events
        .iter()
        .map(|event| event.expect("an event"))
        .filter(|event| (event.pallet_name(), event.event_name()) == ("Balances", "Transfer"))
        .map(|event| <(AccountId32, AccountId32, u128)>::decode(&mut event.field_bytes()).expect("a transfer"))
        .find(|(_, to, _)| to == payee);
    found.map(|(_, _, amount)| amount)
}

#[tokio::test(flavor = "multi_thread")]
async fn polkadot_js_connects_as_apps_does() {
    let chain = BareChain::start().await.expect("a chain");
    let seen = Script::node("apps.js", &[], chain.url()).expect("it starts").finish().await.expect("it plays");

    // What it saw is what the chain says to a client of another make.
    let rpc = RpcClient::from_insecure_url(chain.url()).await.expect("a connection");
    let name: String = rpc.request("system_chain", rpc_params![]).await.expect("a name");
    let genesis: String = rpc.request("chain_getBlockHash", rpc_params![0]).await.expect("a hash");
    assert_eq!((&seen["chain"], &seen["genesis"]), (&json!(name), &json!(genesis)));
    let payee: AccountId32 = seen["payee"].as_str().and_then(|payee| payee.parse().ok()).expect("an account");
    let amount = transfer_in(chain.url(), seen["block"].as_str().expect("a block"), &payee).await;
    assert_eq!(amount.map(|amount| json!(amount.to_string())).as_ref(), Some(&seen["amount"]));
    assert!(seen["refused"].as_str().is_some_and(|reason| reason.contains("FundsUnavailable")), "{seen}");
    if !chain.is_given() {
        let properties: Value = rpc.request("system_properties", rpc_params![]).await.expect("properties");
        assert_eq!(seen["token"], properties["tokenSymbol"]);
        assert_eq!(seen["decimals"], properties["tokenDecimals"]);
    }
    chain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polkadot_js_deploys_reads_and_calls_a_bundle() {
    let chain = BareChain::start().await.expect("a chain");
    let bundle = ["--bundle", "../../contracts/artifacts/bzky.contract"];
    let seen = Script::node("contracts.js", &bundle, chain.url()).expect("it starts").finish().await.expect("it plays");
    assert_ne!(seen["address"], seen["second"]);
    let transfer = json!([{ "name": "Transfer", "args": { "from": ALICE, "to": seen["payee"], "value": "12345" } }]);
    let calls = seen["calls"].as_array().expect("calls");
    assert_eq!(calls.iter().map(|call| &call["message"]).collect::<Vec<_>>(), ["psp22::transfer", "transferMany"]);
    assert!(calls.iter().all(|call| call["events"] == transfer), "{seen}");
    assert_eq!(seen["refused"], json!({ "reason": "InsufficientBalance", "error": "contracts.ContractReverted" }));
    chain.stop().await;
}
