//! `bizkey oracle` as a process: killed, started again, started twice.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_devchain::any_loopback_port;
use bizkey_primitives::{events::Event, AccountId, Epoch};
use bizkey_tests::World;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Longest time that a process may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Key of the first member of the test networks' committee.
const MEMBER: &str = "//Committee/1";

/// A running member; stopped with the test.
struct Running {
    process: Child,
    /// Where it serves.
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(chain: &str, key: &Path, data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.args(["oracle", "--chain", chain, "--listen", "127.0.0.1:0", "--every", "1"]);
    command.arg("--key").arg(format!("file:{}", key.display())).arg("--data-dir").arg(data_dir);
    command
}

fn start(chain: &str, key: &Path, data_dir: &Path) -> Running {
    let mut process = command(chain, key, data_dir).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.by_ref().map(Result::unwrap).find_map(|line| {
        assert!(!line.contains(MEMBER), "its secret is on its output: {line}");
        line.strip_prefix("oracle   ").map(str::to_owned)
    });
    // What it says later is read, lest it waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Running { process, url: url.expect("its address") }
}

fn refused(chain: &str, key: &Path, data_dir: &Path) -> Output {
    command(chain, key, data_dir).output().unwrap()
}

/// How often the member has reported the epoch, by the chain's events.
async fn reports(world: &World, member: AccountId, epoch: Epoch) -> usize {
    let suite = &world.suite;
    let head = suite.client().finalized_head().await.unwrap();
    let mut found = 0;
    for number in suite.deployment().block + 1..=head.number {
        let hash = suite.client().block_hash(number).await.unwrap().unwrap();
        let block = suite.client().block(hash, &suite.deployment().contracts).await.unwrap();
        let ours =
            |event: &Event| matches!(event, Event::ReportSubmitted(it) if it.member == member && it.epoch == epoch);
        found += block.events.iter().filter(|event| ours(&event.event)).count();
    }
    found
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn is_ready(member: &Running) -> bool {
    reqwest::get(format!("{}/ready", member.url)).await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_killed_and_started_twice_reports_each_epoch_once() {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    world.customers(1).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(1, 500)]).await;
    world.enter_epoch(1).await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (chain, folder) = (server.url(), tempfile::tempdir().unwrap());
    let (key, data_dir) = (folder.path().join("key"), folder.path().join("data"));
    fs::write(&key, MEMBER).unwrap();
    let member = world.committee[0].account_id();

    // A key that others can read is refused, and not shown.
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let output = refused(&chain, &key, &data_dir);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("chmod 600") && !text.contains(MEMBER), "{text}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    let mut first = start(&chain, &key, &data_dir);
    until("it reports", async || reports(&world, member, 0).await == 1).await;
    until("it is ready", async || is_ready(&first).await).await;
    let metrics = reqwest::get(format!("{}/metrics", first.url)).await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("bizkey_oracle_next_epoch 1") && metrics.contains("bizkey_oracle_reported 1"),
        "{metrics}"
    );
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
    assert_eq!(reports(&world, member, 0).await, 1, "once, whoever started how often");
    world.enter_epoch(2).await;
    until("it goes on", async || reports(&world, member, 1).await == 1).await;
    drop(second);
    server.stop().await;
}
