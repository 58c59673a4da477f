//! `cargo xtask lint`: formatting and clippy, off chain and on chain.

use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::place;
use crate::process;

/// What cargo-contract denies in every contract: with overflow checks off in
/// the contracts' profile, clippy is what finds unchecked arithmetic
/// (environment.md, Contract toolchain).
const CONTRACT_LINTS: [&str; 4] = [
    "-Dclippy::arithmetic_side_effects",
    "-Dclippy::cast_possible_truncation",
    "-Dclippy::cast_possible_wrap",
    "-Dclippy::cast_sign_loss",
];

/// The features that bring Ballista: what has them compiles for minutes more.
pub const DISTRIBUTED: &str = "bizkey/distributed,bizkey-oracle-distributed/distributed";

/// Runs every lint; all must hold.
///
/// # Errors
/// The first lint that fails.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        return Err(Error::Usage(format!("`lint` takes no `{argument}`")));
    }
    let root = place::root();
    format(&root)?;
    process::run(process::cargo(&root).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        DISTRIBUTED,
        "--",
        "-Dwarnings",
    ]))?;
    contracts(&root)
}

/// Checks the formatting of every workspace.
///
/// # Errors
/// Names the workspace that is not formatted.
pub fn format(root: &Path) -> Result<()> {
    for folder in ["", "contracts", "deploy/contract-builder", "e2e/contract-extrinsics"] {
        let folder = root.join(folder);
        process::run(process::cargo(&folder).args(["fmt", "--all", "--check"]))?;
    }
    Ok(())
}

/// Runs on the contracts the lints that contract-build would run on each.
///
/// # Errors
/// If a lint fires.
pub fn contracts(root: &Path) -> Result<()> {
    process::run(in_contracts(root)?.args(["clippy", "--release", "--workspace", "--"]).args(CONTRACT_LINTS))
}

/// Cargo in the contracts' workspace, with a target folder of its own.
///
/// # Errors
/// If there is no folder for the cache.
pub fn in_contracts(root: &Path) -> Result<Command> {
    let mut command = process::cargo(&root.join("contracts"));
    command.env("CARGO_TARGET_DIR", place::cache()?.join("contracts-target"));
    Ok(command)
}
