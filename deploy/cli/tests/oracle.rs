//! `bizkey oracle` as a process: killed, started again, started twice; with a
//! key in a token; with peers that show it on which leaf it is alone.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod members;

use bizkey_client::Signer;
use bizkey_devchain::{any_loopback_port, DevchainConfig};
use bizkey_indexer::{model, Store};
use bizkey_oracle::{
    committee::{report_hash, LeafDifference},
    report::{EpochReport, Network},
    scoring::Engine,
    source::{EpochFacts, EpochSource, IndexSource},
};
use bizkey_primitives::{
    events::Event,
    party::Capital,
    receipt::{decode_payload, encode_payload, Payload},
    report::EpochState,
    Hash, Side,
};
use bizkey_tests::{
    token::{secret_file, Token, CONFIGURATION, PIN},
    world, World,
};
use members::{reports, run, trade, until, Running, MEMBERS, PATIENCE};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};
use subxt_signer::ecdsa;

/// Key of the first member of the test networks' committee.
const MEMBER: &str = "//Committee/1";
/// The variable that a member's key may be in.
const VARIABLE: &str = "BIZKEY_TEST_MEMBER";
/// Native coin of a member, smallest unit.
const FUNDS: u128 = 1_000_000 * 1_000_000_000_000;

fn command(chain: &str, key: &str, data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.args(["oracle", "--chain", chain, "--listen", "127.0.0.1:0", "--every", "1", "--key", key]);
    command.arg("--data-dir").arg(data_dir);
    command
}

/// A member of the committee, by its number from 1, whose key is in its
/// environment alone.
fn by_environment(chain: &str, member: u32, data_dir: &Path) -> Command {
    let mut command = command(chain, &format!("env:{VARIABLE}"), data_dir);
    command.env(VARIABLE, format!("{MEMBERS}{member}"));
    command
}

fn start(chain: &str, key: &str, data_dir: &Path) -> Running {
    run(command(chain, key, data_dir))
}

/// The next line with `part` in it that a member says.
async fn hear(member: &mut Running, part: &str) -> String {
    let hearing = async {
        loop {
            let line = member.said.recv().await.expect("it runs on");
            if line.contains(part) {
                return line;
            }
        }
    };
    tokio::time::timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("it never said {part:?}"))
}

fn refused(chain: &str, key: &str, data_dir: &Path) -> Output {
    command(chain, key, data_dir).output().unwrap()
}

async fn is_ready(member: &Running) -> bool {
    reqwest::get(format!("{}/ready", member.url)).await.is_ok_and(|answer| answer.status() == 200)
}

async fn metrics(member: &Running) -> String {
    reqwest::get(format!("{}/metrics", member.url)).await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_killed_and_started_twice_reports_each_epoch_once() {
    let world = World::new().await;
    trade(&world).await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (chain, folder) = (server.url(), tempfile::tempdir().unwrap());
    let (file, data_dir) = (folder.path().join("key"), folder.path().join("data"));
    let key = format!("file:{}", file.display());
    fs::write(&file, MEMBER).unwrap();
    let member = world.committee[0].account_id();

    // A key that others can read is refused, and not shown.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let output = refused(&chain, &key, &data_dir);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("chmod 600") && !text.contains(MEMBER), "{text}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

    let mut first = start(&chain, &key, &data_dir);
    until("it reports", async || reports(&world, member, 0).await.len() == 1).await;
    // The chain knows of the report before the member, which waits until it is final.
    until("its metrics tell of the report", async || {
        let metrics = metrics(&first).await;
        metrics.contains("bizkey_oracle_next_epoch 1") && metrics.contains("bizkey_oracle_reported 1")
    })
    .await;
    assert!(is_ready(&first).await);
    let proof = reqwest::get(format!("{}/v1/proofs/merchant/0/1", first.url)).await.unwrap();
    assert_eq!(proof.status(), 200);

    // A second one with the same key on this machine.
    let output = refused(&chain, &key, &data_dir);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("is in use"), "{text}");
    // On another machine, the chain's own word holds.
    let elsewhere = start(&chain, &key, &folder.path().join("elsewhere"));
    until("it is ready", async || is_ready(&elsewhere).await).await;
    drop(elsewhere);

    first.process.kill().unwrap();
    first.process.wait().unwrap();
    let second = start(&chain, &key, &data_dir);
    until("it is ready again", async || is_ready(&second).await).await;
    assert_eq!(reports(&world, member, 0).await.len(), 1, "once, whoever started how often");
    world.enter_epoch(2).await;
    until("it goes on", async || reports(&world, member, 1).await.len() == 1).await;
    drop(second);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_key_is_in_a_token_reports_and_its_report_becomes_the_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let Some(token) = Token::new(folder.path()) else { return };
    let secret = [7; 32];
    token.import("member", &secret);
    let member = Signer::ecdsa(ecdsa::Keypair::from_secret_key(secret).unwrap()).account_id();

    // The token's key takes the first member's place.
    let mut rules = world::config();
    rules.committee[0] = member;
    let funds = ((*AsRef::<[u8; 32]>::as_ref(&member)).into(), FUNDS);
    let settings = DevchainConfig { endowed: vec![funds], ..DevchainConfig::default() };
    let world = World::deployed(settings, &rules).await;
    trade(&world).await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();

    let pin = folder.path().join("pin");
    secret_file(&pin, PIN);
    let mut with_token = command(&server.url(), &token.source("member", &pin), &folder.path().join("token-data"));
    with_token.env(CONFIGURATION, &token.configuration);
    let first = run(with_token);
    until("the token's member reports", async || reports(&world, member, 0).await.len() == 1).await;
    let report = reports(&world, member, 0).await[0];
    let vote = world.suite.rewards().vote_of(0, 0, member, None).await.unwrap();
    assert_eq!(vote, Some(Hash::from(report_hash(&report))));

    // A second member, with a key of another kind, agrees: that is a majority of three.
    let second = run(by_environment(&server.url(), 2, &folder.path().join("data")));
    let agreed = async || world.suite.rewards().epoch(0, None).await.unwrap().is_some();
    until("a majority agrees", agreed).await;
    let record = world.record_of(0).await;
    assert_eq!((record.state, record.report), (EpochState::Pending, report));
    assert_eq!(report.merchants.count, 1, "the shop with its sale");
    drop((first, second));
    server.stop().await;
}

/// An index of the chain up to now, closed again. Every sale in it is `more`
/// minor units larger than on the chain. With it, what it leads to for epoch 0.
async fn indexed(world: &World, url: &str, more: u64) -> EpochReport {
    let (client, deployment) = (world.suite.client(), world.suite.deployment());
    let store = Store::open(url, &model::Network::from(deployment)).await.unwrap();
    for number in store.network().first_block..=client.finalized_head().await.unwrap().number {
        let hash = client.block_hash(number).await.unwrap().unwrap();
        let mut block = client.block(hash, &deployment.contracts).await.unwrap();
        for event in &mut block.events {
            if let Event::BatchRecorded(batch) = &mut event.event {
                let Payload { header, mut receipts, .. } = decode_payload(batch.count, &batch.payload).unwrap();
                receipts.iter_mut().for_each(|receipt| receipt.amount += more);
                batch.payload = encode_payload(&header, &receipts);
            }
        }
        store.apply(&block.into()).await.unwrap();
    }
    let facts = IndexSource::new(store.clone()).closed_epoch(0).await.unwrap();
    let EpochFacts { input, holdings } = facts.expect("a closed epoch");
    store.close().await;
    let scores = Engine::new().score(&input).unwrap();
    EpochReport::build(&Network::from(deployment), scores, holdings).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_an_altered_index_and_peers_names_the_leaf_on_which_it_is_alone() {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    world.customers(1).await;
    let capital = Capital { area_m2: 10, staff: 2, rent_per_m2_month: 1_000, wage_month: 50_000 };
    for attestor in &world.attestors {
        world.suite.registry().attest_capital(shop.index, capital).send(attestor).await.unwrap();
    }
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(1, 500)]).await;
    world.enter_epoch(1).await;
    let folder = tempfile::tempdir().unwrap();
    let index = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let (right, altered) = (index("right.sqlite"), index("altered.sqlite"));
    let (theirs, ours) = (indexed(&world, &right, 0).await, indexed(&world, &altered, 200).await);
    let leaf = |report: &EpochReport| report.tree(Side::Merchant).leaves()[0];
    assert_ne!(leaf(&ours).v1, leaf(&theirs).v1);

    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (chain, data_dir) = (server.url(), |member: u32| folder.path().join(format!("data-{member}")));
    let honest = [1, 2].map(|member| run(by_environment(&chain, member, &data_dir(member))));
    let agreed = async || world.suite.rewards().epoch(0, None).await.unwrap().is_some();
    until("two of three agree", agreed).await;
    assert_eq!(world.record_of(0).await.report, theirs.report());

    let mut command = by_environment(&chain, 3, &data_dir(3));
    command.args(["--index", &altered, "--peers", &format!("{},{}", honest[0].url, honest[1].url)]);
    let mut alone = run(command);
    let line = hear(&mut alone, "epoch 0, merchant ").await;
    let difference = LeafDifference {
        epoch: 0,
        side: Side::Merchant,
        account: shop.index,
        ours: Some(leaf(&ours)),
        theirs: Some(leaf(&theirs)),
    };
    let peer = honest[0].url.strip_prefix("http://").unwrap();
    let expected = format!(" {difference} (proved by {peer}; the first that differs)");
    assert!(line.ends_with(&expected), "{line}\n{expected}");
    for (member, disagreements) in [(&honest[0], 0), (&honest[1], 0), (&alone, 1)] {
        let metrics = metrics(member).await;
        assert!(metrics.contains(&format!("bizkey_oracle_disagreements {disagreements}\n")), "{metrics}");
    }
    assert_eq!(reports(&world, world.committee[2].account_id(), 0).await, [], "it is too late for its report");
    drop((honest, alone));
    server.stop().await;
}
