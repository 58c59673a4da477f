//! `bizkey devchain`: started, used and stopped as a user does.

use anyhow::{bail, Context};
use bizkey_e2e::{binary, run};
use serde_json::{json, Value};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PATIENCE: Duration = Duration::from_secs(120);

/// A running `bizkey devchain` on a free port.
struct Devchain {
    child: Child,
    /// What it said before it was ready.
    introduction: Vec<String>,
    url: String,
}

impl Devchain {
    async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(binary())
            .args(["devchain", "--port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let mut introduction = Vec::new();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on ws://") {
                    return anyhow::Ok(format!("http://{url}"));
                }
                introduction.push(line);
            }
            bail!("it ended before it was ready")
        };
        let url = tokio::time::timeout(PATIENCE, ready).await.context("not ready in time")??;
        // Read on to the end, so that the program can go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, introduction, url })
    }

    async fn call(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let response = reqwest::Client::new().post(&self.url).timeout(PATIENCE).json(&request).send().await?;
        let answer: Value = response.json().await?;
        anyhow::ensure!(answer.get("error").is_none(), "{method}: {answer}");
        Ok(answer["result"].clone())
    }

    async fn best(&self) -> anyhow::Result<String> {
        let header = self.call("chain_getHeader", json!([])).await?;
        Ok(header["number"].as_str().context("no number")?.to_owned())
    }

    async fn signal(mut self, name: &str) -> anyhow::Result<ExitStatus> {
        let pid = self.child.id().context("it has stopped by itself")?;
        let sent = Command::new("kill").args([name, &pid.to_string()]).status().await?;
        anyhow::ensure!(sent.success(), "the signal was not sent");
        Ok(tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??)
    }

    fn says(&self, text: &str) -> bool {
        self.introduction.iter().any(|line| line.contains(text))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_introduces_itself_serves_and_stops_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let endowed = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty=12.5";
        let arguments = ["--ephemeral", "--endow", endowed, "--chain-name", "Trial", "--time", "2030-01-01"];
        let chain = Devchain::start(&arguments).await.expect("started");
        for text in [
            "//Alice    5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "with 12.5",
            "limits of a real chain",
            "as soon as a transaction is ready",
            "dev_* on",
            "2030-01-01T00:00:",
        ] {
            assert!(chain.says(text), "{text}: {:?}", chain.introduction);
        }
        let genesis = chain.call("chain_getBlockHash", json!([0])).await.expect("an answer");
        assert!(chain.says(genesis.as_str().expect("a hash")), "{:?}", chain.introduction);
        assert_eq!(chain.call("system_chain", json!([])).await.expect("an answer"), "Trial");
        let now = chain.call("dev_now", json!([])).await.expect("an answer");
        assert!(now.as_u64().is_some_and(|now| now >= 1_893_456_000_000), "{now}");
        chain.call("dev_newBlock", json!([])).await.expect("a block");
        assert_eq!(chain.best().await.expect("an answer"), "0x1");
        let status = chain.signal(signal).await.expect("stopped");
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_chain_goes_on_where_it_was() {
    let directory = tempfile::tempdir().expect("a folder");
    let data = directory.path().to_str().expect("a path of text");
    let arguments = ["--data-dir", data];
    let chain = Devchain::start(&arguments).await.expect("started");
    for _ in 0..5 {
        chain.call("dev_newBlock", json!([])).await.expect("a block");
    }
    let hash = chain.call("chain_getBlockHash", json!([5])).await.expect("a hash");
    // Two cannot have one chain.
    let second = run(&["devchain", "--port", "0", "--data-dir", data]).await.expect("the program starts");
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("in use by another"), "{second:?}");
    assert_eq!(chain.signal("-KILL").await.expect("killed").code(), None);

    let chain = Devchain::start(&arguments).await.expect("started again");
    assert_eq!(chain.best().await.expect("an answer"), "0x5");
    assert_eq!(chain.call("chain_getBlockHash", json!([5])).await.expect("a hash"), hash);
    assert_eq!(chain.signal("-TERM").await.expect("stopped").code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_written_at_the_end_and_loaded_at_the_start() {
    let directory = tempfile::tempdir().expect("a folder");
    let file = directory.path().join("chain.dump");
    let file = file.to_str().expect("a path of text");
    let chain = Devchain::start(&["--ephemeral", "--manual", "--dump", file]).await.expect("started");
    assert!(chain.says("only when dev_newBlock asks"));
    for _ in 0..3 {
        chain.call("dev_newBlock", json!([])).await.expect("a block");
    }
    let hash = chain.call("chain_getBlockHash", json!([3])).await.expect("a hash");
    assert_eq!(chain.signal("-TERM").await.expect("stopped").code(), Some(0));

    let chain = Devchain::start(&["--ephemeral", "--load", file]).await.expect("started from the dump");
    assert_eq!(chain.call("chain_getBlockHash", json!([3])).await.expect("a hash"), hash);
    assert_eq!(chain.signal("-TERM").await.expect("stopped").code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switches_do_what_they_say() {
    let arguments = ["--ephemeral", "--fast", "--block-time", "100", "--finality-lag", "2", "--controls", "off"];
    let limits = ["--max-connections", "7", "--max-subscriptions", "9", "--rpc-cors", "https://shop.example"];
    let chain = Devchain::start(&[&arguments[..], &limits[..]].concat()).await.expect("started");
    for text in
        ["FAST: limits lifted", "a block every 100 ms", "2 blocks behind", "dev_* off", "7 connections", "9 subs"]
    {
        assert!(chain.says(text), "{text}: {:?}", chain.introduction);
    }
    assert!(chain.call("dev_newBlock", json!([])).await.is_err());
    // Blocks come by themselves, and finality follows behind.
    let made = async {
        loop {
            let best = chain.best().await?;
            if u64::from_str_radix(best.trim_start_matches("0x"), 16)? >= 5 {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, made).await.expect("blocks in time").expect("answers");
    let status = chain.signal("-TERM").await.expect("stopped");
    assert_eq!(status.code(), Some(0));

    for arguments in [
        &["--manual", "--block-time", "5"][..],
        &["--block-time", "0"],
        &["--endow", "nobody=1"],
        &["--rpc-cors", "shop.example"],
        &["--time", "tomorrow"],
        &["--ephemeral", "--data-dir", "x"],
    ] {
        let refused = run(&[&["devchain", "--port", "0"], arguments].concat()).await.expect("the program starts");
        assert_eq!(refused.code, Some(2), "{arguments:?}: {refused:?}");
    }
}
