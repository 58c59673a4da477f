//! `bizkey persona` as somebody types it, on files and on a network in this
//! process.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use axum::{http::HeaderMap, routing::post, Router};
use bizkey_devchain::any_loopback_port;
use bizkey_indexer::{model, Store};
use bizkey_primitives::{
    hash::blake2x256,
    opening::Evidence,
    receipt::{batch_hash, encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    DeviceId, Hash, Side, Status,
};
use bizkey_tests::{party::Batch, World};
use codec::Decode;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

fn persona(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.arg("persona").args(arguments).current_dir(folder).env_remove("BIZKEY_INDEX");
    command.env("BIZKEY_PROVIDER_KEY_CHEATS", KEY).output().expect("the program starts")
}

/// What the provider `cheats` wants to see.
const KEY: &str = "a secret";

/// What a command says, which must succeed.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = persona(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const FILES: [&str; 4] = ["--receipts", "receipts.csv", "--shops", "shops.csv"];

/// Shop 7 sells honestly; shop 41 rings up a basket of customer 900 in three
/// receipts on each of eight days.
fn write(folder: &Path) {
    let shops = "store_id,area_m2,staff,rent_per_m2_month,wage_month\n7,10,1,100,1000\n41,10,1,100,1000\n";
    let mut receipts = "receipt_id,store_id,household_id,at,amount_cents\n".to_owned();
    for day in 1..=28 {
        writeln!(receipts, "a{day},7,{},2024-02-{day:02}T10:00:00,1500", 100 + day % 5).unwrap();
        if day <= 8 {
            for piece in 1..=3 {
                writeln!(receipts, "s{day}-{piece},41,900,2024-02-{day:02}T12:00:{piece}0,500").unwrap();
            }
        }
    }
    std::fs::write(folder.join("shops.csv"), shops).unwrap();
    std::fs::write(folder.join("receipts.csv"), receipts).unwrap();
}

#[test]
fn a_scan_of_files_tells_reasons_and_receipts_by_the_files_own_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let output = persona(folder.path(), &[&["scan-files", "--json", "out.json"], &FILES[..]].concat());
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(said.contains("52 receipts of 6 customers at 2 shops in epochs 0 to 27. Findings: 1."), "{said}");
    assert!(said.contains("splitting, score ") && said.contains("suspected: shop 41\n"), "{said}");
    assert!(said.contains("receipts: s1-1, s1-2, s1-3, s2-1, s2-2 and 19 more"), "{said}");
    assert!(said.contains("speaks from 5, since "), "{said}");
    // Frequency, spread over shops, spread of the amounts, hours, distance.
    for part in [
        "habits: In the 28 days looked at, ",
        "had 24 receipts on 8 days",
        "bought in 1 shops",
        "0 per mille of their mean apart",
        "in the hours 12",
        "1 buy nowhere else",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }

    let json = parsed(&folder.path().join("out.json"));
    let [finding] = &json.as_array().unwrap()[..] else { panic!("{json}") };
    assert_eq!((&finding["kind"], &finding["merchants"]), (&"splitting".into(), &serde_json::json!([41])));
    assert_eq!(finding["receipts"].as_array().unwrap().len(), 24);
    assert_eq!(finding["suspects"], serde_json::json!([{ "side": "merchant", "index": 41 }]));
    let always = |number: u64| json!({ "least": number, "middle": number, "most": number });
    let habits = json!({
        "epochs": 28, "pairs": 1, "receipts": always(24), "days": always(8), "shops": always(1),
        "amount_spread": always(0), "hours": always(1), "hours_of_day": [12],
        "distance": { "neighbour": 0, "two_steps": 0, "far": 0, "nowhere_else": 1 },
    });
    assert_eq!(finding["habits"], habits);

    let strict = persona(folder.path(), &[&["scan-files", "--least-score", "1000"], &FILES[..]].concat());
    assert!(text(&strict.stdout).contains("Findings: 0."), "{}", text(&strict.stdout));
}

#[test]
fn owners_come_from_a_file_and_a_shop_has_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let run = |owners: &str| {
        std::fs::write(folder.path().join("owners.csv"), owners).unwrap();
        persona(folder.path(), &[&["scan-files", "--owners", "owners.csv"], &FILES[..]].concat())
    };
    let output = run("merchant,customer\n41,900\n41,900\n");
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("The owner of shop 41 is customer 900"), "{}", text(&output.stdout));
    for wrong in ["merchant,customer\n41,900\n41,901\n", "merchant,customer\n41,x\n", "shop,owner\n41,900\n"] {
        let output = run(wrong);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains("owners.csv, line"), "{}", text(&output.stderr));
    }
}

#[test]
fn an_evaluation_needs_two_months_and_is_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let short = persona(folder.path(), &[&["evaluate"], &FILES[..]].concat());
    assert!(!short.status.success());
    assert!(text(&short.stderr).contains("at least 60 are needed"), "{}", text(&short.stderr));

    let mut receipts = "receipt_id,store_id,household_id,at,amount_cents\n".to_owned();
    for number in 0..9_000u32 {
        let (month, day) = (1 + number % 3, 1 + number / 3 % 28);
        let (shop, household) = ([7, 41][number as usize % 2], number % 97 + 1);
        let (hour, minute) = (8 + number % 11, number % 59);
        let amount = 100 + number * 37 % 5_000;
        writeln!(receipts, "r{number},{shop},{household},2024-{month:02}-{day:02}T{hour:02}:{minute:02}:00,{amount}")
            .unwrap();
    }
    std::fs::write(folder.path().join("receipts.csv"), receipts).unwrap();
    let run = |seed: &str| {
        let arguments = ["evaluate", "--runs", "3", "--fraud-per-mille", "100", "--out", "table.csv", "--seed", seed];
        let output = persona(folder.path(), &[&arguments[..], &FILES[..]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), std::fs::read_to_string(folder.path().join("table.csv")).unwrap())
    };
    let (said, table) = run("1");
    for column in ["kind", "precision", "recall", "without fraud", "collusion", "self-dealing", "any"] {
        assert!(said.contains(column), "{column}: {said}");
    }
    assert_eq!(table.lines().count(), 8, "six kinds, all of them, and a header");
    assert_eq!(run("1"), (said.clone(), table.clone()));
    assert_ne!(run("2").1, table);
}

#[test]
fn who_asks_says_whom_about_whom_and_where_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let chain = ["--chain", "ws://127.0.0.1:1"];
    let provider = ["--anti-cheat", "one=http://127.0.0.1:1/"];
    for (arguments, missing) in [
        (vec!["ask", "--merchant", "1", "--record", "r"], "--anti-cheat"),
        (vec!["ask", "--record", "r", provider[0], provider[1]], "--merchant"),
        (vec!["ask", "--merchant", "1", provider[0], provider[1]], "--record"),
        (vec!["scan", provider[0], provider[1]], "--record"),
        (vec!["scan", "--lake", "there"], "--index"),
    ] {
        let output = persona(folder.path(), &[&arguments[..], &chain].concat());
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(missing), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = persona(folder.path(), &["scan"]);
    assert!(text(&output.stderr).contains("--chain"), "{}", text(&output.stderr));
}

/// A network in which customer 1 has its basket in three receipts at the first
/// shop, half a minute apart, on each of seven days; with that shop's device.
async fn with_split_baskets() -> (World, DeviceId) {
    let world = World::new().await;
    let mut shops = world.shops(2).await;
    world.customers(2).await;
    let device = shops[0].device.clone();
    let (genesis, contract) = (Hash::from(world.suite.client().genesis_hash()), world.suite.receipts().address());
    for seq in 0..7 {
        world.enter_epoch(seq).await;
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: world.chain.now_ms() };
        let (channel, rail) = (Channel::InStore, Rail::Cash);
        let piece = |amount| Receipt { delta_seconds: 30, amount, customer: 1, channel, rail, reference: [0; 16] };
        let payload = encode_payload(&header, &[401, 402, 403].map(piece));
        let hash = batch_hash(&genesis, contract.as_ref(), device.id, seq.into(), 3, &payload);
        let signature = device.key.sign(&hash);
        world.send(&Batch { device: device.id, seq: seq.into(), count: 3, payload, signature }).await.unwrap();
        world.record(&mut shops[1], &[(2, 900)]).await;
    }
    world.enter_epoch(7).await;
    (world, device.id)
}

const FORGED: &str = r#"{"verdict":"forged","score":900,"reasons":["seen elsewhere"]}"#;
const SUSPICIOUS: &str = r#"{"verdict":"suspicious","score":600}"#;

/// Requests as they came.
type Asked = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// Somebody who judges receipts and identities at one address.
async fn provider() -> (String, Asked) {
    let asked = Asked::default();
    let heard = asked.clone();
    let judge = move |headers: HeaderMap, body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        heard.lock().unwrap().push((headers, body));
        async move {
            if request["service"] == "identity" {
                SUSPICIOUS
            } else {
                FORGED
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/judge", listener.local_addr().unwrap());
    let router = Router::new().route("/judge", post(judge));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, asked)
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (text(entry.file_name().as_encoded_bytes()), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

fn hexed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn unhexed(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_providers_say_is_recorded_and_proposed_with_the_receipts_and_their_proofs() {
    let (world, device) = with_split_baskets().await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (folder, chain) = (tempfile::tempdir().unwrap(), server.url());
    let (url, asked) = provider().await;
    let (cheats, papers) = (format!("cheats={url}"), format!("papers={url}"));
    let asking = ["--chain", &chain, "--anti-cheat", &cheats, "--identity", &papers, "--record", "verdicts.jsonl"];
    let scan = |proposals: &str| said(folder.path(), &[&["scan", "--proposals", proposals][..], &asking].concat());
    let words = [
        "provider cheats (anti-cheat) says forged of merchant 1, 900 of 1000: seen elsewhere\n",
        "provider papers (identity) says suspicious of merchant 1, 600 of 1000: without reasons\n",
    ];
    let told = scan("first");
    assert!(words.iter().all(|line| told.contains(line)), "{told}");

    // Asked by the interface, each for what it judges; kept to the letter.
    let requests = asked.lock().unwrap().clone();
    let record = fs::read_to_string(folder.path().join("verdicts.jsonl")).unwrap();
    let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((requests.len(), lines.len()), (2, 2));
    let line_of = |provider: &str| lines.iter().find(|line| line["provider"] == provider).expect("its verdict");
    for (provider, service, raw, receipts) in
        [("cheats", "anti-cheat", FORGED, 21), ("papers", "identity", SUSPICIOUS, 0)]
    {
        let of_service = |(_, body): &&(HeaderMap, String)| body.contains(&format!("\"service\":\"{service}\""));
        let (headers, body) = requests.iter().find(of_service).expect("a request");
        let request: Value = serde_json::from_str(body).unwrap();
        assert_eq!(request["receipts"].as_array().unwrap().len(), receipts);
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let hash = blake2x256(body.as_bytes());
        assert_eq!(header("idempotency-key"), Some(hex::encode(hash)));
        assert_eq!(header("authorization"), (provider == "cheats").then(|| format!("Bearer {KEY}")));
        let line = line_of(provider);
        assert_eq!((&line["service"], &line["side"], &line["index"]), (&json!(service), &json!("merchant"), &json!(1)));
        assert_eq!((&line["raw"], &line["request_hash"]), (&json!(raw), &json!(hexed(&hash))));
        for epoch in ["first_epoch", "last_epoch"] {
            assert_eq!(line[epoch], request[epoch]);
        }
        assert!(line["asked_ms"].as_u64() > Some(0));
    }
    assert!(!record.contains(KEY));

    // One proposal, with the finding's receipts, both verdicts, and a proof of each batch.
    let proposals = files(&folder.path().join("first"));
    assert_eq!(proposals.len(), 1, "{proposals:?}");
    let proposal: Value = serde_json::from_str(proposals.values().next().unwrap()).unwrap();
    let evidence = &proposal["evidence"];
    assert_eq!((&proposal["side"], &proposal["index"]), (&json!("merchant"), &json!(1)));
    assert_eq!(proposal["calls"][0]["does"], "registry.set_status");
    let [finding] = &evidence["findings"].as_array().unwrap()[..] else { panic!("{evidence}") };
    let position = |seq: u64| (0..3).map(move |index: u16| json!({ "device": device, "seq": seq, "index": index }));
    assert_eq!(finding["receipts"], json!((0..7).flat_map(position).collect::<Vec<_>>()));
    assert!(finding["reason"].as_str().unwrap().contains("per mille of their mean apart"), "{finding}");
    let verdicts = evidence["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 2);
    for verdict in verdicts {
        let line = line_of(verdict["provider"].as_str().unwrap());
        for field in ["provider", "service", "asked_ms", "request_hash", "raw"] {
            assert_eq!(verdict[field], line[field], "{field}");
        }
    }
    let receipts = world.suite.receipts();
    let genesis = Hash::from(world.suite.client().genesis_hash());
    let proofs = evidence["proofs"].as_array().unwrap();
    assert_eq!(proofs.len(), 7);
    for bytes in proofs {
        let proof = Evidence::decode(&mut &unhexed(bytes)[..]).unwrap();
        let Evidence { device, epoch, seq, count, payload, .. } = &proof;
        let hash = batch_hash(&genesis, receipts.address().as_ref(), *device, *seq, *count, payload);
        assert_eq!(receipts.head(*device, *epoch, None).await.unwrap(), Some(Hash::from(proof.head(&hash))));
    }
    let hashed = [&b"bizkey/persona/1"[..], &unhexed(&proposal["evidence_scale"])].concat();
    assert_eq!(proposal["reason"], hexed(&blake2x256(&hashed)));

    // Asked again, the record answers: the proposal stays the same, and nothing is done by itself.
    scan("second");
    assert_eq!(files(&folder.path().join("second")), proposals);
    let told = said(folder.path(), &[&["ask", "--merchant", "1"][..], &asking].concat());
    assert_eq!(told, words.concat());
    assert_eq!(asked.lock().unwrap().len(), 2);
    let status = world.suite.registry().status_of(Side::Merchant, 1, None).await.unwrap();
    assert_eq!(status, Some(Status::Active));
    server.stop().await;
}

/// An index of a chain up to now.
async fn indexed(world: &World, url: &str) {
    let store = Store::open(url, &model::Network::from(world.suite.deployment())).await.unwrap();
    let (client, contracts) = (world.suite.client(), &world.suite.deployment().contracts);
    for number in store.network().first_block..=client.finalized_head().await.unwrap().number {
        let hash = client.block_hash(number).await.unwrap().unwrap();
        store.apply(&client.block(hash, contracts).await.unwrap().into()).await.unwrap();
    }
    store.close().await;
}

/// The seed for epochs up to `last`, from all blocks.
async fn seed(world: &World, last: u32) -> [u8; 32] {
    let (client, deployment) = (world.suite.client(), world.suite.deployment());
    for number in deployment.block + 1.. {
        let hash = client.block_hash(number).await.unwrap().expect("a block of a later epoch");
        let block = client.block(hash, &deployment.contracts).await.unwrap();
        if deployment.calendar.epoch_at(block.timestamp_ms).is_some_and(|epoch| epoch >= last + 2) {
            return blake2x256(&[&client.genesis_hash()[..], &last.to_le_bytes(), &hash].concat());
        }
    }
    unreachable!("the loop ends with a block or fails without one")
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_draws_the_same_lot_and_nobody_before_its_time() {
    let world = World::new().await;
    let mut shops = world.shops(3).await;
    world.customers(2).await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (folder, chain) = (tempfile::tempdir().unwrap(), server.url());
    let refused = |arguments: &[&str]| {
        let output = persona(folder.path(), &[&["lot", "--chain", &chain][..], arguments].concat());
        assert!(!output.status.success(), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    for epoch in 0..4 {
        world.enter_epoch(epoch).await;
        for shop in &mut shops {
            world.record(shop, &[(1, 100), (2, 200), (2, 300)]).await;
        }
        if epoch == 1 {
            let error = refused(&[]);
            assert!(error.contains("drawn by the first final block of epoch 2, so that nobody knows it"), "{error}");
        }
    }
    let error = refused(&["--through", "2"]);
    assert!(error.contains("block of epoch 4") && error.contains("can be drawn is 1"), "{error}");

    let all =
        ["--percent", "100", "--percent-small", "100", "--receipts", "4", "--json", "lot.json", "--csv", "lot.csv"];
    let draw = |more: &[&str]| {
        let told = said(folder.path(), &[&["lot", "--chain", &chain][..], &all, more].concat());
        (told, parsed(&folder.path().join("lot.json")), fs::read_to_string(folder.path().join("lot.csv")).unwrap())
    };
    let drawn = draw(&[]);
    let (told, lot, table) = &drawn;
    assert!(told.starts_with("Lot of epochs 0 to 1, by block ") && told.contains("--through 1 --epochs 2"), "{told}");
    assert!(told.ends_with("Drawn: 3 of 3 shops with receipts. Not drawn: 0.\n"), "{told}");
    assert_eq!(lot["seed"], hexed(&seed(&world, 1).await));
    assert_eq!((lot["shops"].as_array().unwrap().len(), table.lines().count()), (3, 4));
    for (shop, drawn) in shops.iter().zip(lot["shops"].as_array().unwrap()) {
        let expected = json!([shop.index, "2.00", 6, true]);
        assert_eq!(json!([drawn["merchant"], drawn["buyers_a_day"], drawn["receipts"], drawn["drawn"]]), expected);
        let look_at: BTreeSet<&str> =
            drawn["look_at"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(look_at.len(), 4, "each once");
        // Of its device, and of the two batches of epochs 0 and 1.
        let its_own = |id: &&str| ["0", "1"].iter().any(|seq| id.starts_with(&format!("{}-{seq}-", shop.device.id)));
        assert!(look_at.iter().all(its_own), "{look_at:?}");
        assert!(look_at.iter().all(|id| told.contains(id) && table.contains(id)), "{told}\n{table}");
    }

    // Whoever has an index draws the same, and so does everybody later.
    let index = format!("sqlite://{}", folder.path().join("index.sqlite").display());
    indexed(&world, &index).await;
    assert_eq!(draw(&["--index", &index]), drawn);
    world.enter_epoch(4).await;
    assert_eq!(draw(&["--through", "1"]), drawn);
    assert_ne!(draw(&[]).1["seed"], lot["seed"]);
    let none = said(folder.path(), &["lot", "--chain", &chain, "--percent", "0", "--percent-small", "0"]);
    assert!(none.ends_with("Drawn: 0 of 3 shops with receipts. Not drawn: 3.\n"), "{none}");
    server.stop().await;
}
