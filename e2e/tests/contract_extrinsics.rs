//! The library of cargo-contract 5.0.3, unmodified: uploads, removes, makes a
//! contract, calls it and reads it back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_e2e::{left_out, root, BareChain, Script};
use serde_json::{json, Value};

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const DAVE: &str = "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy";

fn bundle() -> Value {
    let path = root().join("contracts/artifacts/bzky.contract");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the bundle")).expect("JSON")
}

/// The names of a transaction's events, as cargo-contract shows them.
fn names(events: &Value) -> Vec<String> {
    let events = events.as_array().expect("events");
    let name = |event: &Value| {
        format!("{}.{}", event["pallet"].as_str().unwrap_or_default(), event["name"].as_str().unwrap_or_default())
    };
    events.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_contracts_library_uploads_removes_deploys_calls_and_reads() {
    let chain = BareChain::start().await.expect("a chain");
    let played = Script::contract_extrinsics(chain.url(), "bzky").expect("it starts").finish().await;
    let seen = match played {
        Err(error) if chain.is_given() && format!("{error:#}").contains("has this code already") => {
            return left_out("cargo-contract's library needs a chain that does not have the token's code");
        }
        played => played.expect("it plays"),
    };
    let bundle = bundle();
    let code_hash = &bundle["source"]["hash"];

    assert_eq!((&seen["upload"]["code_hash"], &seen["upload"]["expected"]), (code_hash, code_hash));
    assert_eq!(seen["removed"]["code_hash"], *code_hash);
    assert_eq!(seen["removed"]["deposit"], seen["upload"]["deposit"]);
    assert_eq!(seen["removed"]["remover"], ALICE);

    let instantiation = &seen["instantiation"];
    assert_eq!(instantiation["contract"], instantiation["foretold"]);
    assert_eq!(instantiation["code_hash"], *code_hash, "the code was there although it had been removed");
    assert_eq!(instantiation["result"], "Ok(Ok())");
    let born = names(&instantiation["events"]);
    for name in ["Contracts.CodeStored", "Contracts.Instantiated", "System.ExtrinsicSuccess"] {
        assert!(born.iter().any(|born| born == name), "{name} is not among {born:?}");
    }

    let call = &seen["call"];
    assert_eq!(call["before"], "Ok(0)");
    assert_eq!(call["after_the_dry_run"], "Ok(0)");
    assert_eq!(call["after"], "Ok(12345)");
    let events = call["events"].as_array().expect("events");
    let emitted = events.iter().find(|event| event["name"] == "ContractEmitted").expect("the contract's event");
    let some = |account| json!({ "Tuple": { "ident": "Some", "values": [{ "Literal": account }] } });
    let data = &emitted["fields"][1];
    let decoded = json!({ "Map": { "from": some(ALICE), "to": some(DAVE), "value": { "UInt": 12_345 } } });
    assert_eq!((&data["name"], &data["value"]), (&json!("data"), &decoded));

    let refused = &seen["refused"];
    assert!(refused["remove"].as_str().is_some_and(|text| text.contains("Contracts::CodeInUse")), "{refused}");
    assert!(refused["call"].as_str().is_some_and(|text| text.contains("Contracts::ContractReverted")), "{refused}");
    assert_eq!(refused["reason"], "Ok(Err(InsufficientBalance))");

    let read = &seen["read"];
    assert_eq!(read["info"]["code_hash"], *code_hash);
    assert_eq!(read["code"], bundle["source"]["wasm"]);
    assert_eq!(read["listed"], true);
    let raw = read["raw"].as_object().expect("the raw storage");
    assert_eq!(read["info"]["storage_items"], json!(raw.len()));
    assert!(read["cells"].to_string().contains("12345"), "{}", read["cells"]);
    if !chain.is_given() {
        assert_eq!(seen["token"], json!({ "decimals": 12, "symbol": "UNIT" }));
    }
    chain.stop().await;
}
