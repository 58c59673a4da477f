//! The peer: DuckDB's wheel from PyPI, on the same files, with as many threads.

use crate::{epoch::Lake, memory};
use anyhow::{bail, ensure, Context as _};
use bizkey_indexer::lake::Manifest;
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What both sides compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Totals {
    /// Merchants with a valid receipt.
    pub merchants: u128,
    /// In-store orders.
    pub orders: u128,
    /// In-store sales, minor units.
    pub sales: u128,
    /// Pairs of merchant and known customer with an in-store order.
    pub buyers: u128,
    /// Outside orders.
    pub outside_orders: u128,
    /// Outside sales, minor units.
    pub outside_sales: u128,
    /// Pairs of merchant and known customer with an outside order.
    pub outside_buyers: u128,
}

/// What it took.
#[derive(Debug, Deserialize)]
pub struct Measured {
    /// DuckDB's version.
    pub version: String,
    /// The query alone.
    pub seconds: f64,
    /// Most resident bytes.
    pub peak: u64,
    /// What came out.
    pub totals: Totals,
}

/// Runs it on an epoch.
///
/// # Errors
/// When it cannot be installed, or fails.
pub fn measure(lake: &Lake, epoch: &Manifest, threads: usize) -> anyhow::Result<Measured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/oracle");
    let python = python(&folder.join("requirements.txt"))?;
    let spill = tempfile::Builder::new().prefix("duckdb").tempdir_in(lake.folder())?;
    // Ours may have driven some of it out of the system's cache.
    lake.warm(epoch)?;
    println!("DuckDB ...");
    let output = Command::new(python)
        .arg(folder.join("peer.py"))
        .arg(lake.files(epoch.epoch))
        .arg(threads.to_string())
        .arg(spill.path())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("starting DuckDB")?;
    ensure!(output.status.success(), "DuckDB ended with {}", output.status);
    let measured: Measured = serde_json::from_slice(&output.stdout).context("reading what DuckDB says")?;
    println!("  {:<40} {:>8.2} s", "DuckDB", measured.seconds);
    println!("  {:<40} {:>8.2} GiB", "most memory", memory::gib(measured.peak));
    Ok(measured)
}

/// A Python that has the wheels, from a folder of its own.
fn python(requirements: &Path) -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle-peer");
    let python = folder.join("bin/python");
    let installed = folder.join("installed");
    let wanted = std::fs::read_to_string(requirements)?;
    if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    println!("installing {}", wanted.trim());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    run(Command::new(&python).args(install).arg("--requirement").arg(requirements))?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
