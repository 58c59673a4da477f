//! Unmodified subxt, and nothing of ours but the bundle's file: deploys
//! `bzky.contract` on the chain of `bizkey up`, calls it and reads it back.

use bizkey_e2e::{root, Up};
use codec::{Compact, Decode, Encode};
use subxt::{
    dynamic,
    rpcs::client::{rpc_params, RpcClient},
    utils::{AccountId32, MultiAddress},
    OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

/// Gas for one message or constructor: a tenth of a second, a megabyte of proof.
const GAS: (u64, u64) = (100_000_000_000, 1_000_000);
const SUPPLY: u128 = 10_000_000_000 * 1_000_000_000_000;
const POOL: u128 = 3_000_000_000 * 1_000_000_000_000;

struct Bundle {
    code: Vec<u8>,
    metadata: serde_json::Value,
}

impl Bundle {
    fn read(name: &str) -> Self {
        let path = root().join(format!("contracts/artifacts/{name}.contract"));
        let text = std::fs::read_to_string(path).expect("the bundle");
        let metadata: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let code = bytes(metadata["source"]["wasm"].as_str().expect("its code"));
        Self { code, metadata }
    }

    /// A selector as the metadata states it.
    fn selector(&self, kind: &str, label: &str) -> Vec<u8> {
        let all = self.metadata["spec"][kind].as_array().expect("a list");
        let found = all.iter().find(|entry| entry["label"] == label).expect("the label");
        bytes(found["selector"].as_str().expect("a selector"))
    }
}

fn bytes(hex_text: &str) -> Vec<u8> {
    hex::decode(hex_text.trim_start_matches("0x")).expect("hex")
}

/// The data that a read returned, out of the runtime API's answer.
fn returned(mut answer: &[u8]) -> Vec<u8> {
    type Weight = (Compact<u64>, Compact<u64>);
    // Gas consumed and required, the storage deposit, the debug message, then the outcome.
    let (_, _, _, _) = <(Weight, Weight, (u8, u128), Vec<u8>)>::decode(&mut answer).expect("the head of the answer");
    let (ok, flags, data) = <(u8, u32, Vec<u8>)>::decode(&mut answer).expect("the outcome");
    assert_eq!((ok, flags), (0, 0), "the message was refused");
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_subxt_deploys_and_calls_a_bundle() {
    let directory = tempfile::tempdir().expect("a folder");
    let up = Up::start(&directory.path().join("data"), &["--epoch-seconds", "3600"]).await.expect("up");
    let rpc = RpcClient::from_insecure_url(up.url("chain")).await.expect("a connection");
    let api = OnlineClient::<PolkadotConfig>::from_rpc_client(rpc.clone()).await.expect("a chain");

    let bundle = Bundle::read("bzky");
    let mut input = bundle.selector("constructors", "new");
    let (treasury, vault) = (dev::bob().public_key().0, dev::charlie().public_key().0);
    // Genesis hash, calendar, treasury, vault.
    ([7u8; 32], (1_000u64, 86_400_000u64), treasury, vault).encode_to(&mut input);
    let deploy = dynamic::transaction(
        "Contracts",
        "instantiate_with_code",
        (0u128, GAS, None::<u128>, bundle.code.clone(), input, b"plain subxt".to_vec()),
    );
    let at = api.at_current_block().await.expect("a block");
    let sent = at.transactions().sign_and_submit_then_watch_default(&deploy, &dev::alice()).await.expect("taken");
    let events = sent.wait_for_finalized_success().await.expect("a deployed contract");
    let contract = events
        .iter()
        .map(|event| event.expect("an event"))
        .find(|event| (event.pallet_name(), event.event_name()) == ("Contracts", "Instantiated"))
        .map(|event| <(AccountId32, AccountId32)>::decode(&mut event.field_bytes()).expect("two accounts").1)
        .expect("the event of its birth");

    let mut input = bundle.selector("messages", "PSP22::transfer");
    let payee = dev::dave().public_key().0;
    (payee, 5u128, Vec::<u8>::new()).encode_to(&mut input);
    let address: MultiAddress<AccountId32, ()> = MultiAddress::Id(contract.clone());
    let call = dynamic::transaction("Contracts", "call", (address, 0u128, GAS, None::<u128>, input));
    let at = api.at_current_block().await.expect("a block");
    let sent = at.transactions().sign_and_submit_then_watch_default(&call, &dev::bob()).await.expect("taken");
    let events = sent.wait_for_finalized_success().await.expect("a transfer");
    let emitted = events
        .iter()
        .map(|event| event.expect("an event"))
        .find(|event| (event.pallet_name(), event.event_name()) == ("Contracts", "ContractEmitted"))
        .map(|event| <(AccountId32, Vec<u8>)>::decode(&mut event.field_bytes()).expect("an event of a contract"))
        .expect("the contract's event");
    assert_eq!(emitted, (contract.clone(), (Some(treasury), Some(payee), 5u128).encode()));

    for (owner, balance) in [(treasury, SUPPLY - POOL - 5), (payee, 5), (vault, POOL)] {
        let mut input = bundle.selector("messages", "PSP22::balance_of");
        owner.encode_to(&mut input);
        let arguments =
            (&treasury, &contract, 0u128, None::<(Compact<u64>, Compact<u64>)>, None::<u128>, input).encode();
        let params = rpc_params!["ContractsApi_call", format!("0x{}", hex::encode(arguments))];
        let answer: String = rpc.request("state_call", params).await.expect("an answer");
        // ink! wraps what a message returns in a result of its own.
        assert_eq!(<(u8, u128)>::decode(&mut &*returned(&bytes(&answer))).expect("a balance"), (0, balance));
    }
    up.stop().await.expect("a clean stop");
}
