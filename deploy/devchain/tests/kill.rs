//! A chain killed at any moment keeps every block it announced.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{runtime::UNIT, Clock, Devchain, DevchainConfig};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

const FOLDER: &str = "DEVCHAIN_KILL_TEST_FOLDER";
const ROUNDS: u64 = 4;

fn open(path: PathBuf) -> Devchain {
    Devchain::open(DevchainConfig { path: Some(path), clock: Clock::Manual(1), ..Default::default() }).unwrap()
}

/// The victim, started by the test below in a process of its own: announces
/// each final block on standard output until it is killed.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let chain = open(folder.into());
    // One transaction a block, so the height is the nonce.
    for nonce in chain.best().header.number.. {
        chain.submit_and_wait(common::signed_transfer(&chain, "//Alice", nonce, "//Zoe", UNIT)).await.unwrap();
        let best = chain.best();
        println!("\nfinal {} {:?}", best.header.number, best.hash);
    }
}

#[tokio::test]
async fn a_killed_chain_keeps_what_it_announced() {
    let folder = tempfile::tempdir().unwrap();
    let mut announced = Vec::new();
    for round in 0..ROUNDS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(victim.stdout.take().unwrap());
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(700 + 130 * round));
            victim.kill().unwrap();
            victim.wait().unwrap();
        });
        for line in output.lines() {
            let line = line.unwrap();
            let mut words = line.split(' ');
            if let (Some("final"), Some(number), Some(hash)) = (words.next(), words.next(), words.next()) {
                announced.push((number.parse::<u32>().unwrap(), hash.to_owned()));
            }
        }
        killer.join().unwrap();
    }
    assert!(announced.len() > 10, "too few blocks to say anything");

    let chain = open(folder.path().to_path_buf());
    for (number, hash) in &announced {
        let kept = chain.block_hash(*number).await.unwrap().unwrap();
        assert_eq!(&format!("{kept:?}"), hash, "block {number}");
    }
    let best = chain.best().header.number;
    assert_eq!(
        common::free_balance(&chain, chain.best().hash, "//Zoe").await,
        u128::from(best) * UNIT,
        "each block holds one transfer, so state and height agree"
    );
}

/// Killed as soon as anything of it is on disk, and a little later each round.
#[tokio::test]
async fn a_chain_killed_while_it_is_being_made_can_be_started_again() {
    let has_files = |folder: &Path| folder.read_dir().unwrap().next().is_some();
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !has_files(folder.path()) {
            assert!(victim.try_wait().unwrap().is_none(), "it ended before it wrote anything");
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_micros(250 * round));
        victim.kill().unwrap();
        victim.wait().unwrap();
        // Panics if it cannot be opened.
        drop(open(folder.path().to_path_buf()));
    }
}
