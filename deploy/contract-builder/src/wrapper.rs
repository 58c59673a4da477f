//! What cargo starts instead of `rustc`, to keep paths out of the bytes.
//!
//! Cargo names a crate towards `rustc` by a hash (`-C metadata`) that holds the
//! paths of path dependencies and of the standard library's sources. It becomes
//! part of every symbol's name, names decide the order of functions, and so a
//! contract's bytes would follow the folder it was built in. Here the hash is
//! taken over what the crate is, not over where it lies.
//!
//! It also builds what runs on this machine, macros and the program that prints
//! a contract's metadata, without optimisation: contract-build asks for the
//! most, which costs minutes and gains nothing.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{anyhow, Context, Result};

/// Holds the stage's path where this program stands in for `rustc`.
const STAGE: &str = "CONTRACT_BUILDER_STAGE";

/// Options whose values tell two builds of one crate apart.
const TELLING: [&str; 4] = ["--crate-name", "--crate-type", "--cfg", "--target"];

/// Makes cargo start this program instead of `rustc`, in this process's
/// environment.
///
/// # Errors
/// If the system does not say where this program lies.
pub fn stand_in(stage: &Path) -> Result<()> {
    let program = env::current_exe().context("cannot find this program's own path")?;
    env::set_var("RUSTC_WRAPPER", program);
    env::set_var(STAGE, stage);
    Ok(())
}

/// Whether cargo started this program in the place of `rustc`.
pub fn stands_in() -> bool {
    env::var_os(STAGE).is_some()
}

/// Becomes the `rustc` named by the first argument, with its arguments changed.
///
/// # Errors
/// If there is no such argument or it cannot be started.
pub fn become_rustc(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let rustc = arguments.next().ok_or_else(|| anyhow!("cargo named no rustc"))?;
    let given: Vec<OsString> = arguments.collect();
    let mut command = Command::new(&rustc);
    if given.iter().any(|argument| argument == "--crate-name") {
        let package = ["CARGO_PKG_NAME", "CARGO_PKG_VERSION"].map(|name| env::var(name).unwrap_or_default());
        command.args(unoptimised_here(placeless(&given, &package)));
        for (path, name) in folders() {
            command.arg(format!("--remap-path-prefix={path}={name}"));
        }
    } else {
        command.args(&given);
    }
    // Returns only if it fails.
    Err(command.exec()).with_context(|| format!("cannot start {}", rustc.to_string_lossy()))
}

/// The arguments with a crate hash that knows no paths.
fn placeless(given: &[OsString], package: &[String]) -> Vec<OsString> {
    let mut told: Vec<u8> = Vec::new();
    let mut tell = |part: &[u8]| {
        told.extend_from_slice(&(part.len() as u64).to_le_bytes());
        told.extend_from_slice(part);
    };
    for part in package {
        tell(part.as_bytes());
    }
    for pair in given.windows(2) {
        if let [option, value] = pair {
            if TELLING.iter().any(|telling| option == telling) {
                tell(option.as_encoded_bytes());
                tell(value.as_encoded_bytes());
            }
        }
    }
    let hash: String = contract_build::code_hash(&told).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    given
        .iter()
        .map(|argument| {
            if argument.as_encoded_bytes().starts_with(b"metadata=") {
                OsString::from(format!("metadata={hash}"))
            } else {
                argument.clone()
            }
        })
        .collect()
}

/// The arguments without optimisation, if they are for this machine and not for
/// the chain.
fn unoptimised_here(given: Vec<OsString>) -> Vec<OsString> {
    if given.iter().any(|argument| argument == "--target") {
        return given;
    }
    let mut changed: Vec<OsString> = given
        .into_iter()
        .map(|argument| {
            let bytes = argument.as_encoded_bytes();
            if bytes.starts_with(b"opt-level=") {
                OsString::from("opt-level=0")
            } else if bytes.starts_with(b"lto") {
                OsString::from("lto=off")
            } else if bytes.starts_with(b"linker-plugin-lto") {
                OsString::from("linker-plugin-lto=off")
            } else {
                argument
            }
        })
        .collect();
    // What rustc would turn on without optimisation.
    changed.extend(["-C", "debug-assertions=off", "-C", "overflow-checks=off"].map(Into::into));
    changed
}

/// The folders whose paths could reach the bytes, and the names they get.
fn folders() -> Vec<(String, &'static str)> {
    let path = |name: &str| env::var(name).ok().filter(|path| !path.is_empty());
    let registry = path("CARGO_HOME").or_else(|| path("HOME").map(|home| home + "/.cargo"));
    // The toolchain's folder is two above `bin/rustc`.
    let toolchain = path("RUSTC").and_then(|rustc| {
        let folder = Path::new(&rustc).parent()?.parent()?;
        Some(folder.to_string_lossy().into_owned())
    });
    [(registry, "/cargo"), (toolchain, "/rust"), (path(STAGE), "/stage")]
        .into_iter()
        .filter_map(|(path, name)| Some((path?, name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rustc(path: &str, feature: &str, hash: &str) -> Vec<OsString> {
        let line = format!(
            "--crate-name shared {path}/lib.rs --crate-type lib --cfg {feature} \
             -C metadata={hash} -C extra-filename=-{hash}"
        );
        line.split(' ').map(OsString::from).collect()
    }

    fn hash(arguments: &[OsString]) -> String {
        placeless(arguments, &["shared".to_owned(), "0.1.0".to_owned()])
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .find(|argument| argument.starts_with("metadata="))
            .unwrap_or_default()
    }

    #[test]
    fn a_crates_hash_knows_what_it_is_and_not_where() {
        let here = hash(&rustc("/here", "one", "aa"));
        assert_eq!(here, hash(&rustc("/there", "one", "bb")));
        assert_ne!(here, hash(&rustc("/here", "two", "aa")));
    }

    #[test]
    fn only_what_runs_here_is_left_unoptimised() {
        let line = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let chain = line("--crate-name bzky --target wasm32-unknown-unknown -C opt-level=z -C lto");
        assert_eq!(unoptimised_here(chain.clone()), chain);
        assert_eq!(
            unoptimised_here(line("--crate-name metadata_gen -C opt-level=3 -C lto=thin")),
            line(
                "--crate-name metadata_gen -C opt-level=0 -C lto=off \
                 -C debug-assertions=off -C overflow-checks=off"
            )
        );
    }

    #[test]
    fn all_else_is_passed_on_unchanged() {
        let given = rustc("/here", "one", "aa");
        let changed = placeless(&given, &[]);
        assert_eq!(changed.len(), given.len());
        let differing = given.iter().zip(&changed).filter(|(given, changed)| given != changed);
        assert_eq!(differing.count(), 1);
    }
}
