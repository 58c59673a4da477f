//! Starting other programs.

use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::error::{Error, Result};

/// Variables that cargo sets for the program it runs. Nested cargo runs must
/// not see them: build scripts that watch one would run again.
const SET_BY_CARGO: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "RUST_RECURSION_COUNT",
];

/// A program, with the environment that the user had before `cargo xtask`.
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if SET_BY_CARGO.contains(&name.as_ref()) || name.starts_with("CARGO_PKG_") {
            command.env_remove(&variable);
        }
    }
    match original_library_path() {
        Some(path) => command.env("LD_LIBRARY_PATH", path),
        None => command.env_remove("LD_LIBRARY_PATH"),
    };
    command
}

/// The cargo that runs us, in the clone's top folder.
pub fn cargo(root: &Path) -> Command {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    if is_ci() {
        command.env("CARGO_TERM_PROGRESS_WHEN", "never");
    }
    command
}

/// Whether a CI run started us: then there are no progress bars.
pub fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

/// Runs a command to its end, its output shown.
///
/// # Errors
/// If it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    // What we printed so far comes before what it prints.
    let _ = std::io::stdout().flush();
    let status = command.status().map_err(|source| Error::Start { command: show(command), source })?;
    check(command, status, String::new())
}

/// Runs a command to its end and returns what it printed to standard output.
///
/// # Errors
/// If it cannot be started or fails; then with its standard error.
pub fn capture(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| Error::Start { command: show(command), source })?;
    let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    check(command, output.status, errors)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first file of this name that can be run, in the folders of `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The command line, for messages.
pub fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// An error unless the command succeeded.
pub fn check(command: &Command, status: ExitStatus, output: String) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { command: show(command), status: status.to_string(), output })
}

/// `LD_LIBRARY_PATH` without what cargo added to it.
fn original_library_path() -> Option<OsString> {
    let path = env::var_os("LD_LIBRARY_PATH")?;
    let executable = env::current_exe().ok()?;
    let target = executable.parent()?;
    let kept: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| !folder.starts_with(target) && !folder.join("rustlib").is_dir())
        .collect();
    if kept.is_empty() {
        return None;
    }
    env::join_paths(kept).ok()
}
