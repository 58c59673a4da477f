//! `cargo xtask artifacts`: the contracts' bundles, built or checked.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::packages;
use crate::place;
use crate::process;
use crate::toolchain::{Distribution, Toolchain};

/// What to do with which contracts.
#[derive(Debug, Default)]
pub struct Options {
    /// Compare with the committed bundles instead of writing them.
    pub check: bool,
    /// Build even if a bundle of the same input is kept.
    pub force: bool,
    /// The contracts; empty for all.
    pub names: Vec<String>,
}

impl Options {
    /// Reads the arguments after `artifacts`.
    ///
    /// # Errors
    /// Names an unknown option.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--check" => options.check = true,
                "--force" => options.force = true,
                option if option.starts_with('-') => {
                    return Err(Error::Usage(format!("unknown option `{option}` of `artifacts`")));
                }
                name => options.names.push(name.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Builds the contracts, or checks the committed bundles.
///
/// # Errors
/// If the toolchain cannot be had, a build fails, or a bundle differs.
pub fn run(options: &Options) -> Result<()> {
    let (root, cache) = (place::root(), place::cache()?);
    let toolchain = Toolchain::find_or_install(&cache)?;
    println!("contracts' toolchain: {}", toolchain.id);
    let builder = compile_builder(&root, &cache)?;
    let contracts = root.join("contracts");
    // The stage's path takes part in the build (crate hashes hold it), so it
    // is apart from the clone; the check uses another one, to show that it
    // does not reach the bytes.
    let stage = if options.check { "contract-source-b" } else { "contract-source-a" };
    let mut command = toolchain.command(&builder, &shims(&cache)?)?;
    command
        .arg(if options.check { "check" } else { "build" })
        .arg("--source")
        .arg(&contracts)
        .arg("--stage")
        .arg(cache.join(stage))
        .arg("--results")
        .arg(cache.join("contract-results"))
        .arg("--artifacts")
        .arg(contracts.join("artifacts"))
        .arg("--toolchain")
        .arg(&toolchain.id);
    if options.force {
        command.arg("--force");
    }
    if toolchain.distribution != Distribution::Debian {
        command.arg("--report-only");
    }
    process::run(command.args(&options.names))
}

/// Compiles the program that links contract-build; its C++ parts take minutes
/// the first time.
fn compile_builder(root: &Path, cache: &Path) -> Result<PathBuf> {
    let target = cache.join("contract-builder-target");
    let folder = root.join("deploy/contract-builder");
    if !target.exists() {
        println!("compiling the contract builder; its Wasm optimiser takes minutes once");
    }
    packages::program("c++", "g++")?;
    process::run(process::cargo(&folder).env("CARGO_TARGET_DIR", &target).args([
        "build",
        "--quiet",
        "--release",
        "--locked",
    ]))?;
    Ok(target.join("release/contract-builder"))
}

/// A folder with a `cargo-clippy` that does nothing: contract-build lints each
/// contract before it builds it, with a clippy that has to fit the pinned
/// toolchain, while `cargo xtask lint` runs the same lints once on all.
fn shims(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("contract-shims");
    let clippy = folder.join("cargo-clippy");
    fs::create_dir_all(&folder).map_err(Error::file("cannot create", &folder))?;
    fs::write(&clippy, "#!/bin/sh\nexit 0\n").map_err(Error::file("cannot write", &clippy))?;
    fs::set_permissions(&clippy, fs::Permissions::from_mode(0o755))
        .map_err(Error::file("cannot make executable", &clippy))?;
    Ok(folder)
}
