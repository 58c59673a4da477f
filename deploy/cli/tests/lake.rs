//! `bizkey score` and `bizkey persona scan --lake` as somebody types them, over
//! a lake that an indexer wrote.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod made_up;

use bizkey_devchain::any_loopback_port;
use bizkey_indexer::{model, Store};
use bizkey_oracle::{
    report::{EpochReport, Network},
    scoring::Engine,
    source::{EpochFacts, EpochSource, IndexSource},
};
use bizkey_primitives::{
    receipt::{batch_hash, encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    Hash, Side,
};
use bizkey_tests::{party::Batch, Device, Shop, World};
use made_up::{deployment, index, write_lake, SHAPE};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

fn bizkey(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.args(arguments).current_dir(folder).env_remove("BIZKEY_INDEX").env_remove("BIZKEY_LAKE");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command says, which must succeed.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = bizkey(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The lines that say what the index alone leads to.
async fn scored_from_the_index(store: &Store) -> Vec<String> {
    let (source, mut engine, mut lines) = (IndexSource::new(store.clone()), Engine::new(), Vec::new());
    while let Some(EpochFacts { input, holdings }) = source.closed_epoch(engine.next_epoch()).await.unwrap() {
        let scores = engine.score(&input).unwrap();
        let report = EpochReport::build(&Network::from(&deployment()), scores, holdings).unwrap().report();
        let side = |side: Side| {
            let of_side = report.side(side);
            format!("{} {}s of root 0x{}", of_side.count, side.name(), hex::encode(of_side.root))
        };
        let (merchants, customers) = (side(Side::Merchant), side(Side::Customer));
        lines.push(format!("epoch {}: {} receipts, {merchants}, {customers}", input.epoch, input.receipts.len()));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roots_of_a_lake_are_those_of_the_index_and_scoring_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (data, lake) = (folder.path().join("data"), folder.path().join("lake"));
    fs::create_dir(&data).unwrap();
    deployment().save(data.join("deployment.json")).unwrap();
    let store = index(&format!("sqlite://{}", data.join("indexer.sqlite").display())).await;
    let epochs = write_lake(&store, &lake).await;
    let expected = scored_from_the_index(&store).await;
    assert_eq!((epochs, expected.len()), (SHAPE.epochs, SHAPE.epochs as usize));
    store.close().await;

    // As while the lake is still being written: the last three epochs are not there yet.
    let hidden = (epochs - 3..epochs).map(|epoch| lake.join(format!("manifests/epoch={epoch:06}.json")));
    let hidden: Vec<_> = hidden.map(|path| (path.with_extension("later"), path)).collect();
    hidden.iter().for_each(|(aside, path)| fs::rename(path, aside).unwrap());
    let score = ["score", "--data-dir", "data", "--lake", "lake", "--state", "state", "--partitions", "2"];
    let (first, rest) = expected.split_at(expected.len() - 3);
    let lines = said(folder.path(), &score);
    assert_eq!(lines.lines().take(first.len()).collect::<Vec<_>>(), first);
    assert!(lines.ends_with("epochs 0 to 6 are scored; the state is in state\n"), "{lines}");
    hidden.iter().for_each(|(aside, path)| fs::rename(aside, path).unwrap());
    let lines = said(folder.path(), &score);
    assert_eq!(lines.lines().take(rest.len()).collect::<Vec<_>>(), rest);
    assert!(said(folder.path(), &score).contains("no epoch from 10 on is closed and in the lake"));

    // Every part is looked at first, unless the lake is trusted.
    let parts = fs::read_dir(lake.join("receipts/epoch=000000")).unwrap();
    let part = parts.map(|entry| entry.unwrap().path()).next().expect("receipts of epoch 0");
    let mut bytes = fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&part, bytes).unwrap();
    let anew = ["score", "--data-dir", "data", "--lake", "lake", "--state", "anew"];
    let refused = bizkey(folder.path(), &anew);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("has another hash"), "{}", text(&refused.stderr));
}

/// A customer's basket in three receipts, half a minute apart.
async fn split_basket(world: &World, shop: &mut Shop, customer: u32) {
    let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: world.chain.now_ms() };
    let (channel, rail) = (Channel::InStore, Rail::Cash);
    let piece = |amount| Receipt { delta_seconds: 30, amount, customer, channel, rail, reference: [0; 16] };
    let payload = encode_payload(&header, &[401, 402, 403].map(piece));
    let Device { id: device, key, next_seq: seq } = shop.device.clone();
    let (genesis, contract) = (Hash::from(world.suite.client().genesis_hash()), world.suite.receipts().address());
    let signature = key.sign(&batch_hash(&genesis, contract.as_ref(), device, seq, 3, &payload));
    world.send(&Batch { device, seq, count: 3, payload, signature }).await.unwrap();
    shop.device.next_seq += 1;
}

/// A split basket of customer 1 at the first shop on each of seven days, and an
/// honest sale at the second.
async fn with_split_baskets() -> World {
    let world = World::new().await;
    let mut shops = world.shops(2).await;
    world.customers(2).await;
    for epoch in 0..7 {
        world.enter_epoch(epoch).await;
        split_basket(&world, &mut shops[0], 1).await;
        world.record(&mut shops[1], &[(2, 900)]).await;
    }
    world.enter_epoch(7).await;
    world
}

/// An index of a chain up to now.
async fn indexed(world: &World, url: &str) -> Store {
    let store = Store::open(url, &model::Network::from(world.suite.deployment())).await.unwrap();
    let (client, contracts) = (world.suite.client(), &world.suite.deployment().contracts);
    for number in store.network().first_block..=client.finalized_head().await.unwrap().number {
        let hash = client.block_hash(number).await.unwrap().unwrap();
        store.apply(&client.block(hash, contracts).await.unwrap().into()).await.unwrap();
    }
    store
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (text(entry.file_name().as_encoded_bytes()), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_a_lake_finds_the_fraud_that_a_scan_of_the_chain_finds() {
    let world = with_split_baskets().await;
    let folder = tempfile::tempdir().unwrap();
    let index = format!("sqlite://{}", folder.path().join("index.sqlite").display());
    let store = indexed(&world, &index).await;
    assert_eq!(write_lake(&store, &folder.path().join("lake")).await, 7);
    store.close().await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let chain = server.url();

    let by_chain = ["persona", "scan", "--chain", &chain, "--json", "chain.json", "--proposals", "out"];
    let of_chain = said(folder.path(), &by_chain);
    fs::rename(folder.path().join("out"), folder.path().join("by-chain")).unwrap();
    let by_lake = ["--index", &index, "--lake", "lake", "--json", "lake.json", "--proposals", "out"];
    let by_lake = [&["persona", "scan", "--chain", &chain][..], &by_lake].concat();
    assert_eq!(said(folder.path(), &by_lake), of_chain);
    let json = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()
    };
    assert_eq!(json("lake.json"), json("chain.json"));
    let proposals = files(&folder.path().join("out"));
    assert_eq!(proposals, files(&folder.path().join("by-chain")));
    assert_eq!(proposals.len(), 1, "{proposals:?}");

    let findings = json("lake.json");
    let split = |finding: &&serde_json::Value| finding["kind"] == "splitting";
    let split = findings.as_array().unwrap().iter().find(split).expect("the split baskets");
    assert_eq!(split["suspects"], serde_json::json!([{ "side": "merchant", "index": 1 }]));
    assert_eq!(split["receipts"].as_array().unwrap().len(), 21);

    // It is the lake that is read.
    fs::remove_file(folder.path().join("lake/manifests/epoch=000003.json")).unwrap();
    let refused = bizkey(folder.path(), &by_lake);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("epoch 3 is not in the lake"), "{}", text(&refused.stderr));
    server.stop().await;
}
