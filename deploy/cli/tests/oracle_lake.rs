//! `bizkey oracle --lake` as a process: it writes its lake, judges by it,
//! reports, and goes on after it was killed.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_devchain::any_loopback_port;
use bizkey_primitives::{events::Event, report::Report, AccountId, Epoch};
use bizkey_tests::World;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Longest time that a process may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running member; killed with the test.
struct Running {
    process: Child,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A member of the committee in a folder of its own, with its key there.
fn start(chain: &str, member: u32, folder: &Path, lake: Option<&Path>) -> Running {
    fs::create_dir_all(folder).unwrap();
    let key = folder.join("key");
    fs::write(&key, format!("//Committee/{member}")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.env_remove("BIZKEY_INDEX").env_remove("BIZKEY_LAKE");
    command.args(["oracle", "--chain", chain, "--listen", "127.0.0.1:0", "--every", "1"]);
    command.arg("--key").arg(format!("file:{}", key.display())).arg("--data-dir").arg(folder.join("data"));
    if let Some(lake) = lake {
        command.arg("--lake").arg(lake).args(["--engine", "in-process", "--partitions", "2"]);
    }
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.by_ref().map(Result::unwrap).find_map(|line| line.strip_prefix("oracle   ").map(str::to_owned));
    // What it says later is read, lest it waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Running { process, url: url.expect("its address") }
}

/// The member's reports of the epoch, by the chain's events.
async fn reports(world: &World, member: AccountId, epoch: Epoch) -> Vec<Report> {
    let suite = &world.suite;
    let head = suite.client().finalized_head().await.unwrap();
    let mut found = vec![];
    for number in suite.deployment().block + 1..=head.number {
        let hash = suite.client().block_hash(number).await.unwrap().unwrap();
        let block = suite.client().block(hash, &suite.deployment().contracts).await.unwrap();
        found.extend(block.events.iter().filter_map(|event| match &event.event {
            Event::ReportSubmitted(it) if it.member == member && it.epoch == epoch => Some(it.report),
            _ => None,
        }));
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

async fn proof(member: &Running, epoch: Epoch) -> Option<serde_json::Value> {
    let answer = reqwest::get(format!("{}/v1/proofs/merchant/{epoch}/1", member.url)).await.ok()?;
    let text = answer.error_for_status().ok()?.text().await.ok()?;
    serde_json::from_str(&text).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_a_lake_reports_what_one_without_does_also_after_it_was_killed() {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    world.customers(1).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(1, 500)]).await;
    world.enter_epoch(1).await;
    let server = world.chain.serve(any_loopback_port()).await.unwrap();
    let (chain, folder) = (server.url(), tempfile::tempdir().unwrap());
    let (lake, with, without) = (folder.path().join("lake"), folder.path().join("with"), folder.path().join("without"));
    let [first, second] = [0, 1].map(|member: usize| world.committee[member].account_id());

    let by_lake = start(&chain, 1, &with, Some(&lake));
    until("it reports", async || reports(&world, first, 0).await.len() == 1).await;
    assert!(lake.join("manifests/epoch=000000.json").is_file());
    let proven = proof(&by_lake, 0).await.expect("a proof of epoch 0");
    // Killed, at whatever it does.
    drop(by_lake);

    world.record(&mut shop, &[(1, 300)]).await;
    world.enter_epoch(2).await;
    let by_lake = start(&chain, 1, &with, Some(&lake));
    until("it goes on", async || reports(&world, first, 1).await.len() == 1).await;
    assert_eq!(proof(&by_lake, 0).await, Some(proven), "of an epoch that it judged before it was killed");
    assert_eq!(reports(&world, first, 0).await.len(), 1);

    let in_memory = start(&chain, 2, &without, None);
    for epoch in 0..2 {
        until("the other reports", async || reports(&world, second, epoch).await.len() == 1).await;
        assert_eq!(reports(&world, second, epoch).await, reports(&world, first, epoch).await);
        assert_eq!(proof(&in_memory, epoch).await, proof(&by_lake, epoch).await);
    }
    drop((by_lake, in_memory));
    server.stop().await;
}
