//! Subsquid's substrate processor, unmodified, without a gateway: what it takes
//! from the chain is what the chain says of each block to another client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_e2e::{
    token::{Api, Token},
    BareChain, Script,
};
use codec::Decode;
use serde_json::{json, Value};
use subxt::{
    dynamic,
    events::Phase,
    utils::{AccountId32, MultiAddress},
    OnlineClient,
};
use subxt_signer::sr25519::dev;

/// Blocks that are made while the processor follows the head.
const LIVE: u64 = 6;

async fn height(api: &Api) -> u64 {
    api.at_current_block().await.expect("a block").block_number()
}

async fn pay(api: &Api, amount: u128) {
    let payee: MultiAddress<AccountId32, ()> = MultiAddress::Id(dev::eve().public_key().to_account_id());
    let transfer = dynamic::transaction("Balances", "transfer_keep_alive", (payee, amount));
    let at = api.at_current_block().await.expect("a block");
    let sent = at.transactions().sign_and_submit_then_watch_default(&transfer, &dev::alice()).await;
    sent.expect("taken").wait_for_finalized_success().await.expect("paid");
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// The blocks and the wanted events of a range as subxt reads them, in the form
/// that the script prints.
async fn as_the_chain_says(api: &Api, contract: &AccountId32, from: u64, to: u64) -> (Vec<Value>, Vec<Value>) {
    let (mut blocks, mut all) = (Vec::new(), Vec::new());
    for number in from..=to {
        let at = api.at_block(number).await.expect("a block");
        let header = at.block_header().await.expect("its header");
        let now = dynamic::storage::<(), u64>("Timestamp", "Now");
        let now = at.storage().try_fetch(now, ()).await.expect("an answer");
        let now = now.map_or(0, |now| now.decode().expect("a time"));
        let (hash, state_root) = (hex(at.block_hash()), hex(header.state_root));
        blocks.push(json!({ "height": number, "hash": hash, "timestamp": now, "stateRoot": state_root }));

        let body = at.extrinsics().fetch().await.expect("its body");
        let body: Vec<_> = body.iter().map(|extrinsic| extrinsic.expect("an extrinsic")).collect();
        let events = at.events().fetch().await.expect("its events");
        let events: Vec<_> = events.iter().map(|event| event.expect("an event")).collect();
        for event in &events {
            let args = match (event.pallet_name(), event.event_name()) {
                ("Contracts", "ContractEmitted") => {
                    let (emitter, data) = <(AccountId32, Vec<u8>)>::decode(&mut event.field_bytes()).expect("an event");
                    if emitter != *contract {
                        continue;
                    }
                    json!({ "contract": hex(emitter), "data": hex(data) })
                }
                ("Balances", "Transfer") => {
                    let moved = <(AccountId32, AccountId32, u128)>::decode(&mut event.field_bytes());
                    let (payer, payee, amount) = moved.expect("a transfer");
                    json!({ "from": hex(payer), "to": hex(payee), "amount": amount.to_string() })
                }
                _ => continue,
            };
            let Phase::ApplyExtrinsic(index) = event.phase() else { panic!("an event outside extrinsics") };
            let extrinsic = &body[usize::try_from(index).expect("an index")];
            let fee =
                events.iter().find(|fee| fee.phase() == event.phase() && fee.event_name() == "TransactionFeePaid");
            let fee = fee.map(|fee| <(AccountId32, u128, u128)>::decode(&mut fee.field_bytes()).expect("a fee").1);
            all.push(json!({
                "block": number,
                "index": event.index(),
                "name": format!("{}.{}", event.pallet_name(), event.event_name()),
                "args": args,
                "topics": event.topics().iter().map(hex).collect::<Vec<_>>(),
                "extrinsic": {
                    "index": index,
                    "hash": hex(extrinsic.hash()),
                    "success": true,
                    "fee": fee.map(|fee| fee.to_string()),
                    "call": format!("{}.{}", extrinsic.pallet_name(), extrinsic.call_name()),
                },
            }));
        }
    }
    (blocks, all)
}

/// Deploys a token on a chain and moves it about; the chain, its first block
/// that counts, and the token.
async fn stage() -> (BareChain, Api, u64, Token) {
    let chain = BareChain::start().await.expect("a chain");
    let api: Api = OnlineClient::from_insecure_url(chain.url()).await.expect("a client");
    let from = if chain.is_given() { height(&api).await } else { 0 };
    let (treasury, vault) = (dev::bob().public_key().0, dev::charlie().public_key().0);
    let token = Token::deploy(&api, &dev::alice(), treasury, vault).await.expect("a contract");
    token.transfer(&dev::bob(), dev::dave().public_key().0, 5).await.expect("a transfer");
    pay(&api, 7_000_000_000_000).await;
    (chain, api, from, token)
}

fn follow(chain: &BareChain, token: &Token, from: u64, end: &str, to: u64) -> Script {
    let (contract, from, to) = (hex(&token.contract), from.to_string(), to.to_string());
    let arguments = ["--contract", &contract, "--from", &from, end, &to];
    Script::node("squid.js", &arguments, chain.url()).expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn subsquid_takes_the_past_as_the_chain_says_it() {
    let (chain, api, from, token) = stage().await;
    // Another contract of the same code, whose events nobody asked for.
    let (treasury, vault) = (dev::bob().public_key().0, dev::charlie().public_key().0);
    let other = Token::deploy(&api, &dev::alice(), treasury, vault).await.expect("a contract");
    other.transfer(&dev::bob(), dev::dave().public_key().0, 6).await.expect("a transfer");
    let to = height(&api).await;

    let seen = follow(&chain, &token, from, "--to", to).finish().await.expect("it follows");
    let (blocks, events) = as_the_chain_says(&api, &token.contract, from, to).await;
    assert_eq!(seen["blocks"], json!(blocks));
    assert_eq!(seen["events"], json!(events));
    let of = |name: &str| events.iter().filter(|event| event["name"] == name).count();
    // Its birth tells of the two first balances.
    assert_eq!(of("Contracts.ContractEmitted"), 3);
    assert!(of("Balances.Transfer") > 0);
    chain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subsquid_follows_the_head_as_the_chain_grows() {
    let (chain, api, from, token) = stage().await;
    let past = height(&api).await;
    let to = past + LIVE;
    let mut script = follow(&chain, &token, from, "--until", to);
    let begun = script.until(|line| line["height"].as_u64().is_some_and(|height| height >= past)).await;
    assert!(begun.expect("it gets on"), "it ended before the last block was made");
    for amount in 1..=LIVE {
        token.transfer(&dev::bob(), dev::dave().public_key().0, u128::from(amount)).await.expect("a transfer");
    }

    let seen = script.finish().await.expect("it follows");
    let (blocks, events) = as_the_chain_says(&api, &token.contract, from, to).await;
    assert_eq!(seen["blocks"], json!(blocks));
    assert_eq!(seen["events"], json!(events));
    assert!(seen["hotBlocks"].as_u64().is_some_and(|count| count > 0), "no block was followed live");
    chain.stop().await;
}
