//! A chain alone, and the programs of other people that are its clients.

use crate::{chain, root};
use anyhow::{bail, ensure, Context};
use bizkey_devchain::{any_loopback_port, Devchain, DevchainConfig, ServerHandle};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// Longest time that a client may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// On a given chain one client at a time signs with its development accounts,
/// so that no two share a nonce.
static GIVEN: Mutex<()> = Mutex::const_new(());

/// A chain without the services, over a real socket: the embedded one, empty
/// but for the development accounts, or the one of `BIZKEY_CHAIN`.
pub struct BareChain {
    url: String,
    place: Place,
}

enum Place {
    Embedded(Devchain, ServerHandle),
    Given(#[allow(dead_code)] MutexGuard<'static, ()>),
}

impl BareChain {
    /// Starts the embedded one, or takes the given one for itself.
    ///
    /// # Errors
    /// When the embedded one does not start.
    pub async fn start() -> anyhow::Result<Self> {
        if let Some(url) = std::env::var(chain::CHAIN).ok().filter(|url| !url.is_empty()) {
            return Ok(Self { url, place: Place::Given(GIVEN.lock().await) });
        }
        let devchain = Devchain::open(DevchainConfig::default())?;
        let server = devchain.serve(any_loopback_port()).await?;
        Ok(Self { url: server.url(), place: Place::Embedded(devchain, server) })
    }

    /// Its address, `ws://…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is the one of `BIZKEY_CHAIN`, which may lack what ours has.
    #[must_use]
    pub fn is_given(&self) -> bool {
        matches!(self.place, Place::Given(_))
    }

    /// Stops the embedded one.
    pub async fn stop(self) {
        if let Place::Embedded(devchain, server) = self.place {
            server.stop().await;
            devchain.shutdown();
        }
    }
}

/// A running client, which prints lines of JSON; killed when it is dropped.
pub struct Script {
    name: String,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: JoinHandle<String>,
    last: Option<Value>,
}

impl Script {
    /// Starts a script of `e2e/node` on a chain.
    ///
    /// # Errors
    /// When its packages are not installed, or Node does not start.
    pub fn node(name: &str, arguments: &[&str], url: &str) -> anyhow::Result<Self> {
        let folder = with_packages("e2e/node")?;
        let mut command = Command::new("node");
        command.arg(name).args(arguments).current_dir(folder).env(chain::CHAIN, url);
        Self::start(name, command)
    }

    /// Starts the play of cargo-contract's library on a chain.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn contract_extrinsics(url: &str, bundle: &str) -> anyhow::Result<Self> {
        let program = contract_extrinsics()?;
        let mut command = Command::new(program);
        command.arg(url).arg(root().join("contracts/artifacts").join(format!("{bundle}.contract")));
        Self::start("contract-extrinsics-play", command)
    }

    fn start(name: &str, mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
        let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let mut stderr = child.stderr.take().context("no standard error")?;
        // Read beside the lines, so that neither pipe fills up.
        let errors = tokio::spawn(async move {
            let mut bytes = Vec::new();
            // What was read before a failure is still worth showing.
            let _ = stderr.read_to_end(&mut bytes).await;
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Ok(Self { name: name.to_owned(), child, lines, errors, last: None })
    }

    /// Reads until a line of JSON for which `wanted` holds; `false` if none
    /// came before the client's end.
    ///
    /// # Errors
    /// When none comes in three minutes.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<bool> {
        let read = async {
            while let Some(line) = self.lines.next_line().await? {
                // polkadot.js has something to say in plain words, too.
                if let Ok(value) = serde_json::from_str(&line) {
                    let found = wanted(&value);
                    self.last = Some(value);
                    if found {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        };
        let timeout = tokio::time::timeout(PATIENCE, read).await;
        timeout.with_context(|| format!("{} does not get on", self.name))?
    }

    /// Waits for its end and returns its last line.
    ///
    /// # Errors
    /// When it fails, with what it said, or printed nothing.
    pub async fn finish(mut self) -> anyhow::Result<Value> {
        self.until(|_| false).await?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not end")??;
        let errors = self.errors.await?;
        if !status.success() {
            bail!("{} ended with {status}:\n{errors}", self.name);
        }
        self.last.with_context(|| format!("{} printed no JSON:\n{errors}", self.name))
    }
}

/// A folder of the checkout with its npm packages.
///
/// # Errors
/// When they are not installed.
pub fn with_packages(folder: &str) -> anyhow::Result<PathBuf> {
    let folder = root().join(folder);
    ensure!(
        folder.join("node_modules").is_dir(),
        "npm packages are missing: `cargo xtask test` installs them, or `npm ci` in {}",
        folder.display()
    );
    Ok(folder)
}

/// The program of `e2e/contract-extrinsics`, where `cargo xtask test` builds it.
fn contract_extrinsics() -> anyhow::Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("BIZKEY_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/bizkey")));
    let target = cache.context("neither BIZKEY_CACHE nor HOME is set")?.join("contract-extrinsics-target");
    let program = target.join("release/contract-extrinsics-play");
    ensure!(
        program.is_file(),
        "{} is missing: `cargo xtask test` builds it, or `CARGO_TARGET_DIR={} cargo build --release --locked` \
         in e2e/contract-extrinsics",
        program.display(),
        target.display()
    );
    Ok(program)
}
