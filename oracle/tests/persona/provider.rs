//! Providers that are slow, fail, answer nonsense, answer twice or not at all.

use crate::server::{fetcher, nobody, verdict, Act, Server, ATTEMPT, ATTEMPTS};
use bizkey_oracle::{
    fetch::FetchError,
    persona::provider::{
        Case, CaseReceipt, Judgement, MalformedAnswer, Opinion, Panel, Provider, ProviderError, Record, Service,
        MAX_RECEIPTS, MOST_FAILURES,
    },
};
use bizkey_primitives::{hash::blake2x256, Hash, Side};
use std::time::{Duration, Instant};

fn receipt(seq: u64) -> CaseReceipt {
    CaseReceipt { device: 4, seq, index: 2, amount: 1_250, at_ms: 1_700_000_000_000 }
}

fn case() -> Case {
    Case {
        genesis: Hash::from([0xab; 32]),
        side: Side::Merchant,
        index: 12,
        commitment: Some(Hash::from([0xcd; 32])),
        epochs: (3, 65),
        receipts: vec![receipt(7)],
    }
}

async fn judge(server: &Server) -> Result<Judgement, ProviderError> {
    let provider = server.provider("cheats", Service::AntiCheat);
    provider.judge(&case(), 99).await.map(|verdict| verdict.judgement)
}

#[tokio::test]
async fn a_provider_is_asked_by_the_interface_and_answers_to_the_letter() {
    let server = Server::start([verdict("suspicious", 640)]).await;
    let key = Some("a secret");
    let provider = Provider::new("cheats", Service::AntiCheat, server.url.clone(), key, fetcher()).unwrap();
    assert!(!format!("{provider:?}").contains("secret"), "its key is in its debug form");
    let said = provider.judge(&case(), 99).await.unwrap();
    assert_eq!((said.judgement, said.score, said.asked_ms), (Judgement::Suspicious, 640, 99));
    assert_eq!((said.side, said.index, said.epochs), (Side::Merchant, 12, (3, 65)));
    assert_eq!(said.reasons, ["seen before"]);
    assert_eq!(said.raw, r#"{"verdict":"suspicious","score":640,"reasons":["seen before"]}"#);

    let [asked] = &server.asked()[..] else { panic!("asked once") };
    let json: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let expected = serde_json::json!({
        "version": 1, "service": "anti-cheat", "genesis": format!("0x{}", "ab".repeat(32)),
        "side": "merchant", "index": 12, "commitment": format!("0x{}", "cd".repeat(32)),
        "first_epoch": 3, "last_epoch": 65,
        "receipts": [{ "device": 4, "seq": 7, "index": 2, "amount": 1250, "at_ms": 1_700_000_000_000_u64 }],
    });
    assert_eq!(json, expected);
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("authorization"), Some("Bearer a secret"));
    let hash = blake2x256(asked.body.as_bytes());
    assert_eq!(asked.header("idempotency-key"), Some(hex::encode(hash).as_str()));
    assert_eq!(said.request_hash, hash);
}

#[tokio::test]
async fn an_identity_is_asked_for_once_a_month_and_without_receipts() {
    let asked_in = |last| {
        let case = Case { epochs: (3, last), ..case() };
        (case.request_hash(Service::Identity), case.request_hash(Service::AntiCheat))
    };
    // Epochs 60 to 89 are a month.
    assert_eq!(asked_in(60).0, asked_in(89).0);
    assert_ne!(asked_in(59).0, asked_in(60).0);
    assert_ne!(asked_in(89).0, asked_in(90).0);
    assert_ne!(asked_in(60).1, asked_in(61).1);
    let json: serde_json::Value = serde_json::from_str(&case().request(Service::Identity)).unwrap();
    assert_eq!(
        (&json["first_epoch"], &json["last_epoch"], &json["receipts"]),
        (&60.into(), &89.into(), &serde_json::json!([]))
    );
}

#[test]
fn of_very_many_receipts_the_last_ones_are_sent() {
    let receipts = (0..MAX_RECEIPTS as u64 + 5).map(receipt).collect();
    let json: serde_json::Value =
        serde_json::from_str(&Case { receipts, ..case() }.request(Service::AntiCheat)).unwrap();
    let sent = json["receipts"].as_array().unwrap();
    assert_eq!((sent.len(), &sent[0]["seq"]), (MAX_RECEIPTS, &5.into()));
}

#[tokio::test]
async fn a_slow_provider_is_given_up_in_bounded_time() {
    let server = Server::start([Act::Sleeps(Duration::from_secs(60), b"{}".to_vec())]).await;
    let started = Instant::now();
    let error = judge(&server).await.unwrap_err();
    assert!(
        matches!(error, ProviderError::Fetch { error: FetchError::Timeout(time), .. } if time == ATTEMPT),
        "{error}"
    );
    // Three attempts, and patience with a busy machine.
    assert!(started.elapsed() < ATTEMPT * ATTEMPTS + Duration::from_secs(5));
    assert_eq!(server.asked().len(), ATTEMPTS as usize);
}

#[tokio::test]
async fn a_failing_provider_is_asked_again_the_same_and_no_more_often_than_it_may() {
    let server = Server::start([Act::Fails(500), Act::Fails(429), verdict("forged", 900)]).await;
    assert_eq!(judge(&server).await, Ok(Judgement::Forged));
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    for again in &asked[1..] {
        assert_eq!(again.body, asked[0].body);
        assert_eq!(again.header("idempotency-key"), asked[0].header("idempotency-key"));
    }
    let down = Server::start([Act::Fails(503)]).await;
    let error = judge(&down).await.unwrap_err();
    assert!(matches!(error, ProviderError::Fetch { error: FetchError::Status(503), .. }), "{error}");
    assert_eq!(down.asked().len(), ATTEMPTS as usize);
    // What was refused is refused again: once is enough. Nor is anybody followed elsewhere.
    for status in [400, 401, 307] {
        let server = Server::start([Act::Fails(status)]).await;
        assert!(judge(&server).await.is_err());
        assert_eq!(server.asked().len(), 1, "status {status}");
    }
}

#[tokio::test]
async fn nonsense_is_no_verdict() {
    let long = "x".repeat(501);
    let many = vec![r#""x""#; 17].join(",");
    let nonsense = [
        "".to_owned(),
        "<html>".to_owned(),
        "{}".to_owned(),
        r#"{"verdict":"guilty","score":1}"#.to_owned(),
        r#"{"verdict":"forged","score":-1}"#.to_owned(),
        r#"{"verdict":"forged","score":1001}"#.to_owned(),
        r#"{"verdict":"forged","score":900.5}"#.to_owned(),
        r#"{"verdict":"forged"}"#.to_owned(),
        format!(r#"{{"verdict":"forged","score":1,"reasons":["{long}"]}}"#),
        format!(r#"{{"verdict":"forged","score":1,"reasons":[{many}]}}"#),
        // Two answers in one.
        r#"{"verdict":"forged","score":1}{"verdict":"genuine","score":1}"#.to_owned(),
    ];
    for body in nonsense {
        let server = Server::start([Act::says(&body)]).await;
        let error = judge(&server).await.unwrap_err();
        assert!(matches!(error, ProviderError::Malformed { .. }), "{body}: {error}");
        assert_eq!(server.asked().len(), 1, "asking again makes no sense of {body}");
    }
    let server = Server::start([Act::Says(vec![0xff, 0xfe])]).await;
    let error = judge(&server).await.unwrap_err();
    assert!(matches!(error, ProviderError::Malformed { error: MalformedAnswer::NoText, .. }), "{error}");
    let endless = Server::start([Act::Says(vec![b' '; 9 * 1024])]).await;
    let error = judge(&endless).await.unwrap_err();
    assert!(matches!(error, ProviderError::Fetch { error: FetchError::TooLong(_), .. }), "{error}");
}

/// A record in a folder that goes away with the test.
fn record() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/verdicts.jsonl");
    (folder, path)
}

#[tokio::test]
async fn an_answer_that_comes_late_and_again_is_one_verdict() {
    // The first attempt is given up; the provider answers it all the same, to nobody.
    let slow = Act::Sleeps(ATTEMPT * 2, br#"{"verdict":"genuine","score":0}"#.to_vec());
    let server = Server::start([slow, verdict("forged", 900)]).await;
    let (_folder, path) = record();
    let mut panel = Panel::new(vec![server.provider("cheats", Service::AntiCheat)], Record::open(&path).unwrap());
    let opinions = panel.judge(&case(), 1).await.unwrap();
    assert_eq!(opinions[0].verdict().unwrap().judgement, Judgement::Forged);
    tokio::time::sleep(ATTEMPT * 3).await;
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("idempotency-key"), asked[1].header("idempotency-key"));
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_provider_that_changes_its_mind_is_held_to_what_it_said_first() {
    let server = Server::start([verdict("genuine", 100), verdict("forged", 1_000)]).await;
    let (_folder, path) = record();
    let provider = || vec![server.provider("cheats", Service::AntiCheat)];
    let first = {
        let mut panel = Panel::new(provider(), Record::open(&path).unwrap());
        let first = panel.judge(&case(), 1).await.unwrap();
        assert_eq!(panel.judge(&case(), 2).await.unwrap(), first);
        first
    };
    // After a restart too.
    let mut panel = Panel::new(provider(), Record::open(&path).unwrap());
    assert_eq!(panel.judge(&case(), 3).await.unwrap(), first);
    assert_eq!(server.asked().len(), 1);
    // Another case is another question.
    let other = Case { index: 13, ..case() };
    assert_eq!(panel.judge(&other, 4).await.unwrap()[0].verdict().unwrap().judgement, Judgement::Forged);
    assert_eq!(panel.record().verdicts().count(), 2);
}

#[tokio::test]
async fn a_provider_that_is_down_holds_up_nobody_and_says_nothing() {
    let down = Provider::new("down", Service::AntiCheat, nobody().await, None, fetcher()).unwrap();
    let well = Server::start([verdict("suspicious", 700)]).await;
    let (_folder, path) = record();
    let providers = vec![down, well.provider("well", Service::Identity)];
    let mut panel = Panel::new(providers, Record::open(&path).unwrap());
    for index in 1..=MOST_FAILURES + 2 {
        let opinions = panel.judge(&Case { index, ..case() }, 1).await.unwrap();
        assert_eq!(opinions[1].verdict().unwrap().judgement, Judgement::Suspicious);
        let left_out = matches!(&opinions[0], Opinion::LeftOut { provider } if provider == "down");
        assert_eq!(left_out, index > MOST_FAILURES, "{index}: {:?}", opinions[0]);
        assert_eq!(opinions[0].verdict(), None);
    }
    assert!(panel.record().verdicts().all(|verdict| verdict.provider == "well"));
}

#[tokio::test]
async fn a_provider_that_comes_back_in_time_is_asked_on() {
    let fails = (0..2 * ATTEMPTS).map(|_| Act::Fails(500));
    let server = Server::start(fails.chain([verdict("genuine", 0), Act::Fails(400), verdict("genuine", 0)])).await;
    let (_folder, path) = record();
    let mut panel = Panel::new(vec![server.provider("cheats", Service::AntiCheat)], Record::open(&path).unwrap());
    let mut verdicts = vec![];
    for index in 1..=5 {
        let opinions = panel.judge(&Case { index, ..case() }, 1).await.unwrap();
        verdicts.push(opinions[0].verdict().is_some());
    }
    assert_eq!(verdicts, [false, false, true, false, true]);
}

#[test]
fn a_key_that_no_header_takes_is_refused_without_being_told() {
    let url = "http://127.0.0.1:1/".parse().unwrap();
    let refused = Provider::new("cheats", Service::AntiCheat, url, Some("line\nbreak"), fetcher()).unwrap_err();
    assert_eq!(refused, ProviderError::Key("cheats".to_owned()));
    assert!(!refused.to_string().contains("break"));
}
