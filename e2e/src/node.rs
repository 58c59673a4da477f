//! A real node as a process: `substrate-contracts-node`, a development chain
//! that seals a block for each transaction.

use anyhow::{bail, Context};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Says where the node's program is.
pub const PROGRAM_VARIABLE: &str = "SUBSTRATE_CONTRACTS_NODE";
/// Its name in `PATH`.
const PROGRAM: &str = "substrate-contracts-node";
/// How long it may take to answer: it compiles its runtime first.
const START: Duration = Duration::from_secs(120);

/// The node's program, if `SUBSTRATE_CONTRACTS_NODE` or `PATH` names one.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let named = std::env::var_os(PROGRAM_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
    })
}

/// A running node; killed, and its data deleted, when it is dropped.
pub struct Node {
    program: PathBuf,
    folder: tempfile::TempDir,
    /// Kept over restarts, so that whoever is connected finds it again.
    address: String,
    child: Child,
}

impl Node {
    /// Starts one on free ports, with an empty chain that keeps all states.
    ///
    /// # Errors
    /// When it does not start; the text holds its log.
    pub async fn start(program: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (child, address) = spawn(program, folder.path(), "0").await?;
        Ok(Self { program: program.to_owned(), folder, address, child })
    }

    /// Its address, `ws://…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.address
    }

    /// Kills it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing the node")
    }

    /// Starts it again on its data and its port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let port = self.address.rsplit(':').next().context("an address without a port")?.to_owned();
        let (child, address) = spawn(&self.program, self.folder.path(), &port).await?;
        self.child = child;
        anyhow::ensure!(address == self.address, "the node moved from {} to {address}", self.address);
        Ok(())
    }
}

/// Starts the program and reads its address from its log.
async fn spawn(program: &Path, folder: &Path, port: &str) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(program)
        .args(["--dev", "--base-path"])
        .arg(folder)
        .args(["--rpc-port", port, "--port", "0"])
        // `verify` reads the state of every block.
        .args(["--state-pruning", "archive", "--blocks-pruning", "archive"])
        // A delay of finality would only make waiting longer.
        .args(["--finalize-delay-sec", "0"])
        .args(["--no-telemetry", "--no-prometheus", "--no-hardware-benchmarks"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let mut lines = BufReader::new(child.stderr.take().context("no standard error")?).lines();
    let listening = async {
        let mut log = String::new();
        while let Some(line) = lines.next_line().await? {
            // `Running JSON-RPC server: addr=127.0.0.1:9944,[::1]:9944`
            let address = line.split("addr=").nth(1).and_then(|rest| rest.split([',', ' ']).next());
            if let Some(address) = address {
                return Ok(format!("ws://{address}"));
            }
            log.push_str(&line);
            log.push('\n');
        }
        bail!("the node ended:\n{log}")
    };
    let address = tokio::time::timeout(START, listening).await.context("the node does not answer in time")??;
    // Read on to the end, so that the node can go on writing.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, address))
}
