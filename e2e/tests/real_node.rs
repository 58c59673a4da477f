//! The core of the whole line on a real node: deployed, sold, recorded,
//! indexed, judged, reported, paid and verified, through kill -9 of the
//! services and of the node.
#![allow(clippy::expect_used)]

use bizkey_client::{parse_account, Client, Deployment, Signer, Suite};
use bizkey_e2e::{
    get, run,
    steps::{customer, pay, sell, settled, shop, verify},
    Chain, Needs, Up,
};
use bizkey_gateway::keys::DeviceKeys;
use bizkey_primitives::{receipt::void_hash, ticket::Ticket, AccountId, Calendar, Hash};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use subxt_signer::sr25519::dev;

/// Scored by version 1, since sales without a ticket and a shop without a
/// deposit are paid at once.
const EPOCH: &[&str] = &["--epoch-seconds", "6", "--window-seconds", "1", "--algorithm-version", "1"];
/// Longest wait for an epoch to be over, reported, final and paid.
const PATIENCE: Duration = Duration::from_secs(120);

fn deployment(data_dir: &Path) -> Deployment {
    Deployment::load(data_dir.join("deployment.json")).expect("deployed")
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("before the year 584 million")
}

/// A shop is scored from the epoch after its capital was attested.
async fn next_epoch(calendar: &Calendar) {
    let now = now_ms();
    let epoch = calendar.epoch_at(now).expect("after genesis");
    // The chain's clock may be a little behind.
    tokio::time::sleep(Duration::from_millis(calendar.end_ms(epoch) - now + 500)).await;
}

/// All epochs of the index that have a receipt.
async fn epochs(up: &Up) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let url = format!("{}/v1/epochs?limit=100{after}", up.url("indexer"));
        let (status, page) = get(&url).await.expect("the index answers");
        assert_eq!(status, 200, "{page}");
        all.extend(page["items"].as_array().into_iter().flatten().filter(|item| item["receipts"] != 0).cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// Waits until every epoch with a receipt is final, and paid on each side that
/// has anything to pay.
async fn paid(up: &Up) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = epochs(up).await;
        let is_paid = |side: &Value| side["reserved"] == "0" || side["paid"] != "0";
        let done =
            |epoch: &Value| epoch["state"] == "final" && is_paid(&epoch["merchants"]) && is_paid(&epoch["customers"]);
        if !all.is_empty() && all.iter().all(done) {
            return all;
        }
        assert!(Instant::now() < deadline, "not final and paid in time: {all:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What the index says that a shop was paid, checked against its balance there
/// and on chain: it has no other income.
async fn earned(up: &Up, suite: &Suite, merchant: &Value) -> u128 {
    let number = |value: &Value| value.as_str().expect("a decimal string").parse::<u128>().expect("a number");
    let url = format!("{}/v1/merchants/{merchant}", up.url("indexer"));
    let (status, shop) = get(&url).await.expect("the index answers");
    assert_eq!(status, 200, "{shop}");
    let (status, rewards) = get(&format!("{url}/rewards")).await.expect("the index answers");
    assert_eq!(status, 200, "{rewards}");
    let sum = rewards["items"].as_array().expect("a list").iter().map(|row| number(&row["amount"])).sum();
    assert_eq!(number(&shop["balance"]), sum, "{shop} {rewards}");
    let account = parse_account(shop["account"].as_str().expect("an address")).expect("an address");
    assert_eq!(suite.bzky().balance_of(account, None).await.expect("a balance"), sum);
    sum
}

/// Waits until a service says that it is level with the chain.
async fn ready(up: &Up, service: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = reqwest::get(format!("{}/ready", up.url(service))).await.expect("an answer");
        if answer.status().is_success() {
            return;
        }
        assert!(Instant::now() < deadline, "{service}: {:?}", answer.text().await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Amounts of indexed receipts, each with how often it is there.
fn amounts(receipts: &[Value]) -> BTreeMap<u64, u32> {
    let mut found = BTreeMap::new();
    for receipt in receipts {
        let amount = receipt["amount"].as_str().and_then(|text| text.parse().ok()).expect("an amount");
        *found.entry(amount).or_default() += 1;
    }
    found
}

/// A sale with the word of the customer's wallet, Bob's, so that it counts for
/// the customer too.
async fn sell_with_ticket(up: &Up, shop: &Value, customer: &Value, amount: u64, deployment: &Deployment) {
    let number = |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok()).expect("an index");
    let ticket = Ticket {
        genesis: Hash::from(deployment.genesis_hash),
        contract: *deployment.contracts.receipts.as_ref(),
        merchant: number(&shop["merchant"]),
        customer: number(customer),
        nonce: 7,
        amount,
        expiry: deployment.calendar.epoch_at(now_ms()).expect("after genesis") + 4,
    };
    let signature = dev::bob().sign(&ticket.signed_bytes()).0;
    let body = json!({
        "amount": amount, "method": "external", "channel": "outside",
        "device": shop["device"], "customer": customer,
        "ticket": { "nonce": ticket.nonce, "expiry": ticket.expiry, "signature": hex::encode(signature) },
    });
    let (status, answer) = pay(up, "with-a-ticket", &body).await.expect("an answer");
    assert_eq!(status, 201, "{answer}");
}

/// `bizkey deploy`, then `bizkey up`; sales on every rail that needs no other
/// system; kill -9 of the services; a voided receipt; epochs final and paid;
/// balances; `bizkey verify`.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_lives_on_a_real_node_and_its_services_may_die() {
    let scenario = "a network on a real node";
    let Some(chain) = Chain::real(scenario, &[]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let mut arguments = vec!["deploy", "--data-dir", data_dir.to_str().expect("a path of text")];
    arguments.extend(chain.arguments());
    arguments.extend(EPOCH);
    let deployed = run(&arguments).await.expect("the program starts");
    assert_eq!(deployed.code, Some(0), "{deployed:?}");
    assert!(deployed.stdout.contains("the deployer has no power left"), "{deployed:?}");
    let deployment = deployment(&data_dir);
    assert_eq!(deployment.calendar.epoch_ms, 6_000);

    let up = chain.up(&data_dir, &[]).await.expect("up");
    let client = Client::connect(chain.url().expect("a node")).await.expect("a connection");
    let suite = Suite::new(client, deployment.clone()).expect("the network");
    let shop = shop(&up, &data_dir).await;
    let customer = customer(&up, &data_dir).await;
    next_epoch(&deployment.calendar).await;
    sell(&up, "known", &shop["device"], &customer, 1_001).await;
    sell(&up, "unknown", &shop["device"], &Value::Null, 1_002).await;
    sell_with_ticket(&up, &shop, &customer, 1_003, &deployment).await;
    // Nobody waits: the batch may be anywhere between till and chain.
    up.kill().await.expect("killed");
    let up = chain.up(&data_dir, &[]).await.expect("up again");
    sell(&up, "unknown", &shop["device"], &Value::Null, 1_002).await;
    sell(&up, "afterwards", &shop["device"], &customer, 1_004).await;
    let receipts = settled(&up, 4).await;
    assert_eq!(amounts(&receipts), (1_001..=1_004).map(|amount| (amount, 1)).collect(), "{receipts:#?}");
    assert!(receipts.iter().all(|receipt| receipt["valid"] == true), "{receipts:#?}");

    let mistaken = receipts.iter().find(|receipt| receipt["amount"] == "1002").expect("it is there");
    let device = u32::try_from(mistaken["device"].as_u64().expect("a device")).expect("a device");
    let seq: u64 = mistaken["seq"].as_str().expect("a number").parse().expect("a number");
    let index = u16::try_from(mistaken["position"].as_u64().expect("a position")).expect("a position");
    let contract = deployment.contracts.receipts;
    let hash = void_hash(&Hash::from(deployment.genesis_hash), contract.as_ref(), device, seq, index);
    let keys = DeviceKeys::open(&data_dir.join("device.seed")).expect("the devices' keys");
    let payer = Signer::from_uri(chain.secret()).expect("a key");
    let void = suite.receipts().void_receipt(device, seq, index, keys.sign(device, &hash));
    let voided = void.send(&payer).await.expect("voided");

    let epochs = paid(&up).await;
    assert!(epochs.iter().any(|epoch| epoch["customers"]["paid"] != "0"), "the ticket earns Time: {epochs:#?}");
    assert!(earned(&up, &suite, &shop["merchant"]).await > 0);
    let bob = AccountId::from(dev::bob().public_key().0);
    let paid_time = epochs.iter().map(|epoch| epoch["customers"]["paid"].as_str().expect("text")).map(str::parse);
    let paid_time: u128 = paid_time.map(|amount: Result<u128, _>| amount.expect("a number")).sum();
    let time = suite.time().balance_of(bob, None).await.expect("a balance");
    assert_eq!(time, paid_time, "the customer's wallet holds what was paid");
    let receipts = settled(&up, 4).await;
    let mistaken = receipts.iter().find(|receipt| receipt["amount"] == "1002").expect("it is there");
    assert!(mistaken["voided_epoch"].is_u64(), "voided in block {}: {mistaken}", voided.block.number);
    let epoch = &receipts.last().expect("four")["epoch"];
    let proof = format!("{}/v1/proofs/merchant/{epoch}/{}", up.url("oracle"), shop["merchant"]);
    let (status, proof) = get(&proof).await.expect("the oracle answers");
    assert_eq!((status, &proof["leaf"]["account"]), (200, &shop["merchant"]), "{proof}");
    up.stop().await.expect("a clean stop");
    let verdict = verify(&chain, &data_dir).await;
    assert!(verdict.contains("epochs agree"), "{verdict}");
}

/// The node is killed under running services. They take payments meanwhile,
/// find the node again by themselves, and record, judge and pay on.
#[tokio::test(flavor = "multi_thread")]
async fn services_outlive_a_killed_node() {
    let scenario = "services that outlive a killed node";
    let Some(mut chain) = Chain::real(scenario, &[Needs::Restart]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let up = chain.up(&data_dir, EPOCH).await.expect("up");
    let deployment = deployment(&data_dir);
    let shop = shop(&up, &data_dir).await;
    let customer = customer(&up, &data_dir).await;
    next_epoch(&deployment.calendar).await;
    sell(&up, "before", &shop["device"], &customer, 2_001).await;
    settled(&up, 1).await;
    sell(&up, "under-way", &shop["device"], &customer, 2_002).await;
    chain.kill().await.expect("killed");
    // Known devices and customers need no chain to be sold to.
    sell(&up, "meanwhile", &shop["device"], &customer, 2_003).await;
    chain.restart().await.expect("the node starts again");
    sell(&up, "afterwards", &shop["device"], &customer, 2_004).await;
    let receipts = settled(&up, 4).await;
    assert_eq!(amounts(&receipts), (2_001..=2_004).map(|amount| (amount, 1)).collect(), "{receipts:#?}");

    paid(&up).await;
    let client = Client::connect(chain.url().expect("a node")).await.expect("a connection");
    let suite = Suite::new(client, deployment).expect("the network");
    assert!(earned(&up, &suite, &shop["merchant"]).await > 0);
    for service in ["gateway", "indexer", "oracle"] {
        ready(&up, service).await;
    }
    up.stop().await.expect("a clean stop");
    verify(&chain, &data_dir).await;
}
