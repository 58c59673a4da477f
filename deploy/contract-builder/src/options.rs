//! The command line. Only `cargo xtask artifacts` writes it, so it is strict
//! and has no short forms.

use std::path::PathBuf;

use anyhow::{anyhow, bail, Result};

/// Shown when the command line is wrong.
pub const USAGE: &str = "\
usage: contract-builder build|check --source DIR --stage DIR --results DIR
           --artifacts DIR --toolchain ID [--force] [--report-only] [NAME ...]";

/// What to do with the bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write them into the artifacts directory.
    Build,
    /// Compare them with those in the artifacts directory.
    Check,
}

/// The command line, read.
#[derive(Debug)]
pub struct Options {
    /// What to do with the bundles.
    pub command: Command,
    /// The contracts' workspace.
    pub source: PathBuf,
    /// Where the sources are copied to and built; the path takes part in the
    /// build, so it must not depend on where the clone is.
    pub stage: PathBuf,
    /// Where finished bundles are kept by the hash of what they were made of.
    pub results: PathBuf,
    /// The committed bundles.
    pub artifacts: PathBuf,
    /// Names distribution and version of the toolchain in `RUSTC`.
    pub toolchain: String,
    /// Build even if a bundle of the same input is kept.
    pub force: bool,
    /// A difference found by `check` is no failure.
    pub report_only: bool,
    /// The contracts to build; empty for all.
    pub names: Vec<String>,
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// Says which argument is missing or unknown.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = arguments;
        let command = match arguments.next().as_deref() {
            Some("build") => Command::Build,
            Some("check") => Command::Check,
            Some(other) => bail!("unknown command `{other}`"),
            None => bail!("no command given"),
        };
        let (mut source, mut stage, mut results, mut artifacts) = (None, None, None, None);
        let (mut toolchain, mut force, mut report_only) = (None, false, false);
        let mut names = Vec::new();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| anyhow!("`{argument}` needs a value"));
            match argument.as_str() {
                "--source" => source = Some(PathBuf::from(value()?)),
                "--stage" => stage = Some(PathBuf::from(value()?)),
                "--results" => results = Some(PathBuf::from(value()?)),
                "--artifacts" => artifacts = Some(PathBuf::from(value()?)),
                "--toolchain" => toolchain = Some(value()?),
                "--force" => force = true,
                "--report-only" => report_only = true,
                option if option.starts_with('-') => bail!("unknown option `{option}`"),
                name => names.push(name.to_owned()),
            }
        }
        Ok(Self {
            command,
            source: source.ok_or_else(|| anyhow!("--source is missing"))?,
            stage: stage.ok_or_else(|| anyhow!("--stage is missing"))?,
            results: results.ok_or_else(|| anyhow!("--results is missing"))?,
            artifacts: artifacts.ok_or_else(|| anyhow!("--artifacts is missing"))?,
            toolchain: toolchain.ok_or_else(|| anyhow!("--toolchain is missing"))?,
            force,
            report_only,
            names,
        })
    }
}
