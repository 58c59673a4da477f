//! `bizkey up`: payments by HTTP to receipts on chain and rewards, through
//! kill -9 at any moment.

use bizkey_e2e::{
    get, left_out, run,
    steps::{pay, settled, shop, verify},
    Chain, Postgres,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const EPOCH: &[&str] = &["--epoch-seconds", "6", "--window-seconds", "1"];

/// Payments through random kills: each accepted payment is on chain once, none
/// is there that was not accepted or asked for, and no epoch is paid twice
/// (verify recomputes every payment).
async fn survives_kills(scenario: &str, arguments: &[&str], kills: u32) {
    let Some(chain) = Chain::of(scenario, &[]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let mut options = EPOCH.to_vec();
    options.extend(arguments);
    let mut up = chain.up(&data_dir, &options).await.expect("up");
    let shop = shop(&up, &data_dir).await;
    let device = shop["device"].clone();

    // Amounts tell the payments apart.
    let mut asked: BTreeMap<u64, bool> = BTreeMap::new();
    let mut number = 0u64;
    for round in 0..kills {
        let killed_after = Duration::from_millis(150 + u64::from(round * 379 % 2_500));
        let started = Instant::now();
        while started.elapsed() < killed_after {
            number += 1;
            let amount = 1_000 + number;
            let body = json!({ "amount": amount, "method": "cash", "device": device });
            let accepted = pay(&up, &format!("payment-{number}"), &body).await;
            asked.insert(amount, accepted.is_ok_and(|(status, _)| status == 201));
        }
        up.kill().await.expect("killed");
        up = chain.up(&data_dir, &options).await.expect("up again");
        // A till that got no answer asks again under the same key.
        let unanswered: Vec<u64> =
            asked.iter().filter(|(_, accepted)| !**accepted).map(|(amount, _)| *amount).collect();
        for amount in unanswered {
            let body = json!({ "amount": amount, "method": "cash", "device": device });
            let (status, answer) = pay(&up, &format!("payment-{}", amount - 1_000), &body).await.expect("an answer");
            assert_eq!(status, 201, "{answer}");
            asked.insert(amount, true);
        }
    }
    let mut found: BTreeMap<u64, u32> = BTreeMap::new();
    for receipt in settled(&up, asked.len()).await {
        let amount = receipt["amount"].as_u64().or_else(|| receipt["amount"].as_str()?.parse().ok());
        *found.entry(amount.expect("an amount")).or_default() += 1;
    }
    let wanted: BTreeMap<u64, u32> = asked.keys().map(|amount| (*amount, 1)).collect();
    assert_eq!(found, wanted, "each payment's receipt is on chain exactly once");

    // An epoch becomes final and pays the shop.
    let deadline = Instant::now() + Duration::from_secs(180);
    let rewards = format!("{}/v1/merchants/{}/rewards", up.url("indexer"), shop["merchant"]);
    loop {
        let (status, page) = get(&rewards).await.expect("the index answers");
        assert_eq!(status, 200, "{page}");
        if page["items"].as_array().is_some_and(|rows| !rows.is_empty()) {
            break;
        }
        assert!(Instant::now() < deadline, "no reward in time: {page}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    up.stop().await.expect("a clean stop");
    verify(&chain, &data_dir).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let kills = std::env::var("BIZKEY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    survives_kills("kill -9", &[], kills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_kill_9_on_postgresql() {
    match Postgres::start().expect("PostgreSQL starts") {
        Some(postgres) => survives_kills("kill -9 on PostgreSQL", &["--database", &postgres.url()], 3).await,
        None => left_out("kill -9 on PostgreSQL needs PostgreSQL"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_answered_with_their_cause_and_change_nothing() {
    let Some(chain) = Chain::of("bad requests", &[]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let up = chain.up(&data_dir, &["--epoch-seconds", "3600"]).await.expect("up");
    let shop = shop(&up, &data_dir).await;
    let device = &shop["device"];
    let good = json!({ "amount": 1250, "method": "cash", "device": device });

    let cases = [
        (json!({ "amount": 0, "method": "cash", "device": device }), 422, "zero_amount"),
        (json!({ "amount": -5, "method": "cash", "device": device }), 422, "negative_amount"),
        (json!({ "amount": 1u64 << 48, "method": "cash", "device": device }), 422, "amount_too_large"),
        (json!({ "amount": 5, "method": "cash", "device": 77 }), 422, "unknown_device"),
        (json!({ "amount": 5, "method": "cash", "device": device, "customer": 9 }), 422, "unknown_customer"),
        (json!({ "amount": 5, "method": "cash", "device": device, "currency": "EUR" }), 422, "currency_not_accepted"),
        (json!({ "amount": 5, "method": "barter", "device": device }), 422, "malformed_request"),
        (json!({ "amount": 1.5, "method": "cash", "device": device }), 422, "malformed_request"),
        (json!({ "amount": 5, "method": "cash", "device": device, "tip": 1 }), 422, "malformed_request"),
    ];
    for (body, status, code) in cases {
        let answer = pay(&up, "a-key", &body).await.expect("an answer");
        assert_eq!(answer.0, status, "{body} -> {}", answer.1);
        assert_eq!(answer.1["type"], format!("/problems/{code}"), "{body} -> {}", answer.1);
        assert!(answer.1["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", answer.1);
    }
    assert_eq!(pay(&up, "", &good).await.expect("an answer").1["type"], "/problems/idempotency_key");

    let (status, first) = pay(&up, "the-key", &good).await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    let (status, again) = pay(&up, "the-key", &good).await.expect("an answer");
    assert_eq!((status, &again["id"]), (201, &first["id"]), "the stored answer is replayed");
    let other = json!({ "amount": 1251, "method": "cash", "device": device });
    let (status, refused) = pay(&up, "the-key", &other).await.expect("an answer");
    assert_eq!((status, &refused["type"]), (409, &json!("/problems/idempotency_key_reused")));

    let all = settled(&up, 1).await;
    assert_eq!(all.len(), 1, "one payment, one receipt: {all:?}");
    let (status, problem) = get(&format!("{}/v1/merchants/999", up.url("indexer"))).await.expect("an answer");
    assert_eq!(status, 404, "{problem}");
    for service in ["gateway", "indexer", "oracle"] {
        let ready = reqwest::get(format!("{}/ready", up.url(service))).await.expect("an answer");
        assert!(ready.status().is_success(), "{service}");
    }
    // A second process on the same data is refused and harms nothing.
    let data = data_dir.to_str().expect("a path of text");
    let second = run(&["up", "--data-dir", data]).await.expect("the program starts");
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("in use by another"), "{second:?}");
    up.stop().await.expect("a clean stop");
}
