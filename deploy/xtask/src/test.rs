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
use crate::tally::Tally;

/// How much to test.
#[derive(Debug, Default)]
pub struct Options {
    /// Leave out the tests across processes and the check of the artifacts.
    pub quick: bool,
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
                other => return Err(Error::Usage(format!("`test` takes no `{other}`"))),
            }
        }
        Ok(options)
    }
}

/// Runs every step, even after one failed, and prints the sum of all tests. A
/// step that fails without a failed test counts as one failure.
///
/// # Errors
/// If what the tests need cannot be installed.
pub fn run(options: &Options) -> Result<ExitCode> {
    let root = place::root();
    let mut run = Run { started: Instant::now(), sum: Tally::default() };
    run.heading("install what the tests need");
    packages::postgresql()?;
    if !options.quick {
        packages::npm(&root.join("e2e/node"))?;
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
    run.heading("done");
    println!("{}", run.sum);
    Ok(if run.sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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

/// A run of the tests: its clock and its sum.
struct Run {
    started: Instant,
    sum: Tally,
}

impl Run {
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
        let (tally, result) = match command().and_then(|mut command| counted(&mut command)) {
            Ok(counted) => counted,
            Err(error) => (Tally::default(), Err(error)),
        };
        self.sum += tally;
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

/// Runs a test runner; its tally counts even if it failed.
fn counted(command: &mut Command) -> Result<(Tally, Result<()>)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start { command: process::show(command), source })?;
    let mut tally = Tally::default();
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
        }
    }
    let status = child.wait().map_err(|source| Error::Start { command: process::show(command), source })?;
    Ok((tally, process::check(command, status, String::new())))
}
