//! The program `bizkey` as a process.

use crate::Chain;
use anyhow::{bail, Context};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest time that the program may take to be ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program, built in the same target directory as this test.
///
/// # Panics
/// When it is not there: `cargo build --release` makes it, and
/// `cargo xtask test` runs that first.
#[must_use]
pub fn binary() -> PathBuf {
    // …/release/deps/TEST → …/release/bizkey
    let test = std::env::current_exe().unwrap_or_default();
    let path = test.parent().and_then(Path::parent).map(|directory| directory.join("bizkey")).unwrap_or_default();
    assert!(path.exists(), "{} is missing: run `cargo build --release` first", path.display());
    path
}

/// The program, which signs with no key but those that it is told.
fn command() -> Command {
    let mut command = Command::new(binary());
    command.env_remove("BIZKEY_SECRET").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What a finished run said.
#[derive(Debug)]
pub struct Output {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs the program to its end.
///
/// # Errors
/// When it cannot be started.
pub async fn run(arguments: &[&str]) -> anyhow::Result<Output> {
    let output = command().args(arguments).output().await?;
    Ok(Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A running `bizkey up` on free ports; killed when it is dropped.
pub struct Up {
    child: Child,
    urls: HashMap<String, String>,
    secret: String,
}

impl Up {
    /// Starts it on the embedded chain ([`Chain::up`] on others) and waits until
    /// it says that it is ready. Ports are chosen by the system; `arguments`
    /// come after those.
    ///
    /// # Errors
    /// When it ends, or is not ready in two minutes.
    pub async fn start(data_dir: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Self::spawn(data_dir, arguments)?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut urls = HashMap::new();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if line.starts_with("ready") {
                    return anyhow::Ok(());
                }
                if let Some((name, url)) = line.split_once(char::is_whitespace) {
                    urls.insert(name.to_owned(), url.trim().to_owned());
                }
            }
            bail!("bizkey up ended before it was ready")
        };
        tokio::time::timeout(PATIENCE, ready).await.context("bizkey up is not ready in time")??;
        // Read on to the end, so that the program can go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, urls, secret: "//Alice".to_owned() })
    }

    /// Notes which chain it was told to use.
    pub(crate) fn on(mut self, chain: &Chain) -> Self {
        if let Some(url) = chain.url() {
            self.urls.insert("chain".to_owned(), url.to_owned());
        }
        self.secret = chain.secret().to_owned();
        self
    }

    /// Secret URI that it was started with.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Starts it and kills it after a while, ready or not.
    ///
    /// # Errors
    /// When it cannot be started, or killed.
    pub async fn start_and_kill(data_dir: &Path, arguments: &[&str], after: Duration) -> anyhow::Result<()> {
        let mut child = Self::spawn(data_dir, arguments)?;
        tokio::time::sleep(after).await;
        child.kill().await.context("killing bizkey up")
    }

    fn spawn(data_dir: &Path, arguments: &[&str]) -> anyhow::Result<Child> {
        let mut command = command();
        command.arg("up").arg("--data-dir").arg(data_dir);
        for service in ["gateway", "indexer", "oracle", "rpc"] {
            command.args([&format!("--{service}"), "127.0.0.1:0"]);
        }
        command.args(arguments).stdout(Stdio::piped());
        command.spawn().context("starting bizkey up")
    }

    /// The address of a service: `gateway`, `indexer`, `oracle`, `chain`.
    ///
    /// # Panics
    /// When it did not say one.
    #[must_use]
    pub fn url(&self, service: &str) -> &str {
        self.urls.get(service).unwrap_or_else(|| panic!("no address of {service} was printed"))
    }

    /// Kills it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing bizkey up")
    }

    /// Asks it to stop, as Ctrl-C does, and waits.
    ///
    /// # Errors
    /// When it does not stop in two minutes, or not with success.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("it has stopped by itself")?;
        let sent = Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        anyhow::ensure!(sent.success(), "the signal was not sent");
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        anyhow::ensure!(status.success(), "it stopped with {status}");
        Ok(())
    }
}
