//! `bizkey oracle --lake` as a process: it writes its lake, judges by it,
//! reports, and goes on after it was killed.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod members;

use bizkey_devchain::any_loopback_port;
use bizkey_primitives::Epoch;
use bizkey_tests::World;
use members::{reports, run, trade, until, Running, MEMBERS};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// A member of the committee in a folder of its own, with its key there.
fn start(chain: &str, member: u32, folder: &Path, lake: Option<&Path>) -> Running {
    fs::create_dir_all(folder).unwrap();
    let key = folder.join("key");
    fs::write(&key, format!("{MEMBERS}{member}")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.env_remove("BIZKEY_INDEX").env_remove("BIZKEY_LAKE");
    command.args(["oracle", "--chain", chain, "--listen", "127.0.0.1:0", "--every", "1"]);
    command.arg("--key").arg(format!("file:{}", key.display())).arg("--data-dir").arg(folder.join("data"));
    if let Some(lake) = lake {
        command.arg("--lake").arg(lake).args(["--engine", "in-process", "--partitions", "2"]);
    }
    run(command)
}

async fn proof(member: &Running, epoch: Epoch) -> Option<serde_json::Value> {
    let answer = reqwest::get(format!("{}/v1/proofs/merchant/{epoch}/1", member.url)).await.ok()?;
    let text = answer.error_for_status().ok()?.text().await.ok()?;
    serde_json::from_str(&text).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_a_lake_reports_what_one_without_does_also_after_it_was_killed() {
    let world = World::new().await;
    let mut shop = trade(&world).await;
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
