//! `cargo xtask test`: everything that has to hold, and one closing line.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::artifacts;
use crate::error::{Error, Result};
use crate::lint;
use crate::packages;
use crate::place;
use crate::process;
use crate::tally::{self, Tally};

/// How much to test.
#[derive(Debug, Default)]
pub struct Options {
    /// Leave out the tests across processes and the check of the artifacts.
    pub quick: bool,
    /// Test scoring on a cluster, and nothing else.
    pub distributed: bool,
}

impl Options {
    /// Reads the arguments after `test`.
    ///
    /// # Errors
    /// Names an unknown argument.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "distributed" => options.distributed = true,
                other => return Err(Error::Usage(format!("`test` takes no `{other}`"))),
            }
        }
        if options.quick && options.distributed {
            return Err(Error::Usage("`test distributed` takes no `--quick`".to_owned()));
        }
        Ok(options)
    }
}

/// Runs every step, even after one failed, and prints what was left out and the
/// sum of all tests. A step that fails without a failed test counts as one
/// failure.
///
/// # Errors
/// If what the tests need cannot be installed.
pub fn run(options: &Options) -> Result<ExitCode> {
    let root = place::root();
    let mut run = Run::new();
    if options.distributed {
        run.distributed(&root);
        return Ok(run.end());
    }
    run.heading("install what the tests need");
    packages::postgresql()?;
    packages::software_token()?;
    if !options.quick {
        packages::npm(&root.join("e2e/node"))?;
        packages::npm(&root.join("indexer/typescript"))?;
    }
    run.step("formatting", || lint::format(&root));
    run.step("lint the contracts", || lint::contracts(&root));
    run.tests("test the contracts", || {
        let mut command = lint::in_contracts(&root)?;
        command.args(["test", "--release", "--workspace", "--no-fail-fast"]);
        Ok(command)
    });
    run.step("build", || {
        process::run(process::cargo(&root).args(["build", "--release", "--workspace", "--all-targets"]))
    });
    if !options.quick {
        run.step("build what plays cargo-contract's library", || build_contract_extrinsics(&root));
    }
    run.tests("test off chain", || {
        let mut command = process::cargo(&root);
        command.args(["test", "--release", "--workspace", "--no-fail-fast"]);
        if options.quick {
            command.args(["--exclude", "bizkey-e2e"]);
        }
        Ok(command)
    });
    if !options.quick {
        run.tests("test the contract builder", || builder_tests(&root));
        run.step("check the artifacts", || {
            artifacts::run(&artifacts::Options { check: true, ..artifacts::Options::default() })
        });
    }
    // Its engine alone compiles for twenty minutes.
    run.leave_out("scoring on a cluster of processes: cargo xtask test distributed");
    Ok(run.end())
}

fn builder_tests(root: &Path) -> Result<Command> {
    let mut command = process::cargo(&root.join("deploy/contract-builder"));
    command.env("CARGO_TARGET_DIR", place::cache()?.join("contract-builder-target")).args([
        "test",
        "--release",
        "--locked",
    ]);
    Ok(command)
}

/// Builds the program that a test across processes runs (`e2e/src/clients.rs`).
fn build_contract_extrinsics(root: &Path) -> Result<()> {
    let target = place::cache()?.join("contract-extrinsics-target");
    if !target.exists() {
        println!("its dependencies take minutes once");
    }
    packages::program("c++", "g++")?;
    process::run(process::cargo(&root.join("e2e/contract-extrinsics")).env("CARGO_TARGET_DIR", target).args([
        "build",
        "--quiet",
        "--release",
        "--locked",
    ]))
}

/// A run of the tests: its clock, its sum, and what this machine or chain
/// lacks for the tests that were left out.
struct Run {
    started: Instant,
    sum: Tally,
    left_out: Vec<String>,
}

impl Run {
    fn new() -> Self {
        Self { started: Instant::now(), sum: Tally::default(), left_out: Vec::new() }
    }

    /// A test that this command never starts; no runner has counted it.
    fn leave_out(&mut self, what: &str) {
        self.left_out.push(what.to_owned());
        self.sum += Tally { skipped: 1, ..Tally::default() };
    }

    /// Scoring on a cluster, as the crate of its own and in the program.
    fn distributed(&mut self, root: &Path) {
        self.tests("test on a cluster of processes", || {
            let mut command = process::cargo(root);
            command.args(["test", "--release", "--no-fail-fast", "--package", "bizkey-oracle-distributed"]);
            command.args(["--package", "bizkey", "--features", lint::DISTRIBUTED]);
            // Both have a test of this name: the engine's plans, and the options of `bizkey score`.
            command.args(["--lib", "--test", "cluster"]);
            Ok(command)
        });
    }

    /// What was left out, and the sum of all tests.
    fn end(&self) -> ExitCode {
        self.heading("done");
        for what in &self.left_out {
            println!("left out: {what}");
        }
        println!("{}", self.sum);
        if self.sum.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn heading(&self, title: &str) {
        println!("\n== {:7.1} s  {title}", self.started.elapsed().as_secs_f32());
    }

    /// A step without tests of its own.
    fn step(&mut self, title: &str, step: impl FnOnce() -> Result<()>) {
        self.heading(title);
        if let Err(error) = step() {
            self.fail(title, &error);
        }
    }

    /// A test runner, its output shown and its result lines summed.
    fn tests(&mut self, title: &str, command: impl FnOnce() -> Result<Command>) {
        self.heading(title);
        let counted = command().and_then(|mut command| counted(&mut command));
        let Counted { tally, left_out, result } = counted.unwrap_or_else(Counted::nothing);
        self.sum += tally;
        self.left_out.extend(left_out);
        if let Err(error) = result {
            if tally.failed == 0 {
                self.fail(title, &error);
            } else {
                println!("failed: {title}");
            }
        }
    }

    fn fail(&mut self, title: &str, error: &Error) {
        println!("failed: {title}: {error}");
        self.sum += Tally::FAILED_STEP;
    }
}

/// What a test runner printed and how it ended.
struct Counted {
    tally: Tally,
    left_out: Vec<String>,
    result: Result<()>,
}

impl Counted {
    /// Of a runner that was not started.
    fn nothing(error: Error) -> Self {
        Self { tally: Tally::default(), left_out: Vec::new(), result: Err(error) }
    }
}

/// Runs a test runner; its tally counts even if it failed.
fn counted(command: &mut Command) -> Result<Counted> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start { command: process::show(command), source })?;
    let (mut tally, mut left_out) = (Tally::default(), Vec::new());
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let Ok(line) = line else {
                break;
            };
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if let Some(counted) = Tally::of_line(&line) {
                tally += counted;
            }
            left_out.extend(tally::left_out(&line).map(str::to_owned));
        }
    }
    let status = child.wait().map_err(|source| Error::Start { command: process::show(command), source })?;
    tally.leave_out(u64::try_from(left_out.len()).unwrap_or(u64::MAX));
    Ok(Counted { tally, left_out, result: process::check(command, status, String::new()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_never_started_is_named_and_skipped_and_takes_no_passed_one() {
        let mut run = Run::new();
        run.sum += Tally { passed: 3, failed: 0, skipped: 1 };
        run.leave_out("a cluster: another command");
        assert_eq!(run.sum, Tally { passed: 3, failed: 0, skipped: 2 });
        assert_eq!(run.left_out, ["a cluster: another command"]);
    }
}
