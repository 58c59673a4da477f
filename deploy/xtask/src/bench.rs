//! `cargo xtask bench NAME [--json FILE] [-- OPTION ...]`.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::packages;
use crate::place;
use crate::process;

/// A benchmark: prints its figures, and writes them to the file if one is
/// given. The other arguments are its own options.
type Bench = fn(Option<&Path>, &[String]) -> Result<()>;

/// The benchmarks by name.
const BENCHES: &[(&str, Bench)] = &[("api", api), ("chain", chain), ("indexer", indexer), ("oracle", oracle)];

/// How long answers of the REST API take, with millions of receipts in PostgreSQL.
fn api(json: Option<&Path>, options: &[String]) -> Result<()> {
    packages::postgresql()?;
    cargo("api", json, options)
}

/// Receipts a second on the embedded chain, and how fast a long chain opens.
fn chain(json: Option<&Path>, options: &[String]) -> Result<()> {
    packages::postgresql()?;
    cargo("chain", json, options)
}

/// Receipts a second into the index, beside Subsquid's and SubQuery's indexers.
fn indexer(json: Option<&Path>, options: &[String]) -> Result<()> {
    packages::postgresql()?;
    let peers = place::root().join("tests/benches/indexer/peers");
    for peer in ["subsquid", "subquery"] {
        packages::npm(&peers.join(peer))?;
    }
    cargo("indexer", json, options)
}

/// An epoch of a whole network from the lake's files to both roots, beside
/// DuckDB grouping the same files, and its proofs over HTTP.
fn oracle(json: Option<&Path>, options: &[String]) -> Result<()> {
    packages::python_environments()?;
    cargo("oracle", json, options)
}

/// Runs a benchmark of Cargo's with options of its own.
fn cargo(name: &str, json: Option<&Path>, options: &[String]) -> Result<()> {
    let mut command = process::cargo(&place::root());
    // The whole workspace, as the tests are built: nothing is compiled twice.
    command.args(["bench", "--workspace", "--bench", name, "--"]).args(options);
    if let Some(file) = json {
        // Cargo runs benchmarks in the folder of their package.
        command.arg("--json").arg(std::path::absolute(file).map_err(Error::file("cannot find", file))?);
    }
    process::run(&mut command)
}

/// Runs the benchmark that the arguments name.
///
/// # Errors
/// If the name is missing or unknown, or the benchmark fails.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut parts = arguments.splitn(2, |argument| argument == "--");
    let (name, json) = parse(parts.next().unwrap_or_default())?;
    let (_, bench) = BENCHES.iter().find(|(known, _)| *known == name).ok_or_else(|| Error::UnknownBench {
        name: name.to_owned(),
        known: BENCHES.iter().map(|(known, _)| *known).collect(),
    })?;
    bench(json.as_deref(), parts.next().unwrap_or_default())
}

fn parse(arguments: &[String]) -> Result<(&str, Option<PathBuf>)> {
    let (mut name, mut json) = (None, None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => {
                let file = arguments.next().ok_or_else(|| Error::Usage("`--json` needs a file".to_owned()))?;
                json = Some(PathBuf::from(file));
            }
            option if option.starts_with('-') => {
                return Err(Error::Usage(format!("unknown option `{option}` of `bench`")));
            }
            given if name.is_none() => name = Some(given),
            extra => return Err(Error::Usage(format!("one benchmark at a time, not `{extra}`"))),
        }
    }
    let name = name.ok_or_else(|| Error::Usage("`bench` needs a name".to_owned()))?;
    Ok((name, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_benchmark_is_named_in_the_error() {
        let arguments = ["nothing".to_owned(), "--json".to_owned(), "out.json".to_owned()];
        assert!(matches!(run(&arguments), Err(Error::UnknownBench { name, .. }) if name == "nothing"));
        assert!(matches!(run(&[]), Err(Error::Usage(_))));
    }
}
