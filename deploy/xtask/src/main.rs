//! `cargo xtask`: the project's chores. Each command installs what it needs.

mod artifacts;
mod bench;
mod debian;
mod error;
mod lint;
mod openapi;
mod packages;
mod place;
mod process;
mod tally;
mod test;
mod toolchain;

use std::process::ExitCode;

use error::{Error, Result};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  artifacts [--check] [--force] [NAME ...]
      Build the contracts with the pinned toolchain (Rust 1.85.0, installed if
      it is missing) and write contracts/artifacts/NAME.contract.
      --check   rebuild from a second path and compare with the committed
                bundles instead of writing them
      --force   build even if a bundle made of the same input is kept
  test [--quick]
      Install what the tests need, build and run everything, check the
      artifacts, and end with what was left out and one line:
      N passed, N failed, N skipped.
      --quick   without the tests across processes and without the artifacts
  test distributed
      Build Ballista and test scoring on a cluster of processes; `test` leaves
      that out, because Ballista takes minutes to compile.
  lint
      Formatting and clippy, off chain and on chain.
  openapi
      Write indexer/openapi.json, as the indexer serves it, and the types of the
      TypeScript client that follow from it.
  bench NAME [--json FILE] [-- OPTION ...]
      Run one benchmark: api, chain, indexer or oracle. Its options follow after `--`.

Environment: BIZKEY_CACHE (else ~/.cache/bizkey) holds the toolchain and
everything built with it; BIZKEY_CONTRACT_TOOLCHAIN=debian|rustup picks one way
of getting the toolchain. SUBSTRATE_CONTRACTS_NODE (else PATH) names the real
node on which `test` runs the core scenarios too; BIZKEY_CHAIN=ws://HOST:PORT a
chain on which it runs all tests across processes instead.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(Error::Usage(problem)) => {
            eprintln!("xtask: {problem}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, arguments)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    match command.as_str() {
        "artifacts" => artifacts::run(&artifacts::Options::parse(arguments)?).map(|()| ExitCode::SUCCESS),
        "test" => test::run(&test::Options::parse(arguments)?),
        "lint" => lint::run(arguments).map(|()| ExitCode::SUCCESS),
        "openapi" => openapi::run(arguments).map(|()| ExitCode::SUCCESS),
        "bench" => bench::run(arguments).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Error::Usage(format!("unknown command `{other}`"))),
    }
}
