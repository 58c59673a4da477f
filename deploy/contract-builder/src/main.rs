//! Builds the contracts of `contracts/` into `.contract` bundles with
//! contract-build, or rebuilds them and compares with the committed ones.
//! `cargo xtask artifacts` starts it with the pinned toolchain in `CARGO` and
//! `RUSTC`; it is a program of its own because contract-build brings a large
//! C++ library.

mod build;
mod difference;
mod input;
mod manifest;
mod options;
mod stage;
mod wrapper;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use build::Builder;
use options::{Command, Options};

fn main() -> ExitCode {
    if wrapper::stands_in() {
        let Err(error) = wrapper::become_rustc(std::env::args_os().skip(1)) else {
            return ExitCode::SUCCESS;
        };
        eprintln!("contract-builder: {error:#}");
        return ExitCode::FAILURE;
    }
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("contract-builder: {error:#}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("contract-builder: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds or checks what was asked for; false if a bundle differs and that is
/// a failure.
fn run(options: &Options) -> Result<bool> {
    let workspace = manifest::Workspace::read(&options.source)?;
    let contracts = workspace.select(&options.names)?;
    let builder = Builder::open(options, &workspace)?;
    match options.command {
        Command::Build => {
            builder.build(&contracts, |name, bundle| difference::write(&options.artifacts, name, bundle))?;
            Ok(true)
        }
        Command::Check => check(options, &workspace, &builder, &contracts),
    }
}

fn check(
    options: &Options,
    workspace: &manifest::Workspace,
    builder: &Builder<'_>,
    contracts: &[&manifest::Contract],
) -> Result<bool> {
    let mut differences = Vec::new();
    if options.names.is_empty() {
        differences.extend(difference::leftovers(&options.artifacts, workspace)?);
    }
    builder.build(contracts, |name, bundle| {
        differences.extend(difference::with_committed(&options.artifacts, name, bundle)?);
        Ok(())
    })?;
    for difference in &differences {
        println!("differs: {difference}");
    }
    if differences.is_empty() {
        println!("{} bundles are byte for byte the committed ones", contracts.len());
        return Ok(true);
    }
    if options.report_only {
        println!("reported only: {} is not the reference distribution of the toolchain", options.toolchain);
        return Ok(true);
    }
    println!("run `cargo xtask artifacts` and commit {}", show(&options.artifacts));
    Ok(false)
}

fn show(path: &Path) -> std::path::Display<'_> {
    path.display()
}
