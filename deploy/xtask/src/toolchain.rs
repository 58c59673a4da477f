//! The toolchain that builds the contracts: Rust 1.85.0 with the sources of
//! its standard library (environment.md, Contract toolchain).

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::error::{Error, Result};
use crate::process;

/// contract-build passes std a feature that newer Rust no longer has.
pub const RUST_VERSION: &str = "1.85.0";

/// Who built the toolchain. The same version of Rust from another builder may
/// give other bytes, so one of them is the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Debian 12's packages: the reference, which the committed bundles are
    /// built with.
    Debian,
    /// The Rust project's own build, through rustup.
    Rustup,
}

/// A toolchain that is ready to build contracts.
#[derive(Debug)]
pub struct Toolchain {
    /// Who built it.
    pub distribution: Distribution,
    /// Distribution and version in one line.
    pub id: String,
    /// The folder of its `rustc` and `cargo`.
    pub programs: PathBuf,
    /// Folders with the shared libraries that it needs.
    pub libraries: Vec<PathBuf>,
    /// The linker for Wasm, unless the toolchain brings its own.
    pub linker: Option<PathBuf>,
}

impl Toolchain {
    /// Finds the toolchain, or installs it below `cache`: Debian's, else
    /// rustup's. `BIZKEY_CONTRACT_TOOLCHAIN` picks one.
    ///
    /// # Errors
    /// Why neither way works.
    pub fn find_or_install(cache: &Path) -> Result<Self> {
        let ways: &[Distribution] = match env::var("BIZKEY_CONTRACT_TOOLCHAIN").as_deref() {
            Ok("debian") => &[Distribution::Debian],
            Ok("rustup") => &[Distribution::Rustup],
            Ok("") | Err(_) => &[Distribution::Debian, Distribution::Rustup],
            Ok(other) => {
                return Err(Error::Usage(format!("BIZKEY_CONTRACT_TOOLCHAIN is `{other}`, not `debian` or `rustup`")));
            }
        };
        let mut reasons = Vec::new();
        for way in ways {
            let found = match way {
                Distribution::Debian => debian::find_or_install(cache),
                Distribution::Rustup => rustup(),
            };
            match found.and_then(Self::tried) {
                Ok(toolchain) => return Ok(toolchain),
                Err(error) => reasons.push(format!("{way:?}: {error}")),
            }
        }
        Err(Error::NoToolchain(reasons))
    }

    /// A command with this toolchain in its environment, and nothing of the
    /// user's that could change what is built.
    pub fn command(&self, name: &Path, shims: &Path) -> Result<Command> {
        let mut command = process::program(name);
        for (variable, _) in env::vars_os() {
            if reaches_the_build(&variable.to_string_lossy()) {
                command.env_remove(&variable);
            }
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [shims.to_owned(), self.programs.clone()]
            .into_iter()
            .chain(env::split_paths(&path))
            // Cargo would put its own folder first if it were not named.
            .chain(cargo_programs());
        let path = env::join_paths(folders)
            .map_err(|error| Error::Missing { what: "a usable PATH".to_owned(), remedy: error.to_string() })?;
        command.env("PATH", path).env("CARGO", self.programs.join("cargo")).env("RUSTC", self.programs.join("rustc"));
        if !self.libraries.is_empty() {
            let libraries = env::join_paths(&self.libraries).map_err(|error| Error::Missing {
                what: "a usable LD_LIBRARY_PATH".to_owned(),
                remedy: error.to_string(),
            })?;
            command.env("LD_LIBRARY_PATH", libraries);
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        Ok(command)
    }

    /// The toolchain, if its programs start, are of the right version and have
    /// the sources of the standard library.
    fn tried(self) -> Result<Self> {
        let here = Path::new(".");
        process::capture(self.command(&self.programs.join("cargo"), here)?.arg("-V"))?;
        let rustc = self.programs.join("rustc");
        let version = process::capture(self.command(&rustc, here)?.arg("-vV"))?;
        if !version.lines().any(|line| line.trim() == format!("release: {RUST_VERSION}")) {
            return Err(Error::Missing {
                what: format!("Rust {RUST_VERSION}"),
                remedy: format!("{} says {version}", rustc.display()),
            });
        }
        let sysroot = process::capture(self.command(&rustc, here)?.args(["--print", "sysroot"]))?;
        let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock");
        if sources.is_file() {
            return Ok(self);
        }
        Err(Error::Missing { what: sources.display().to_string(), remedy: "install the component rust-src".to_owned() })
    }
}

/// Whether a variable of the user's could change the contracts' bytes or lead
/// to another toolchain. How cargo reaches its registry is left alone.
fn reaches_the_build(variable: &str) -> bool {
    const KEPT: [&str; 7] =
        ["CARGO_HOME", "CARGO_HTTP", "CARGO_NET", "CARGO_REGISTR", "CARGO_SOURCE", "CARGO_TERM", "RUSTUP_HOME"];
    let build = ["CARGO", "RUST", "INK_"].iter().any(|prefix| variable.starts_with(prefix));
    build && !KEPT.iter().any(|kept| variable.starts_with(kept))
}

fn cargo_programs() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))?;
    Some(home.join("bin"))
}

/// The toolchain from rustup, installed if rustup can download it.
fn rustup() -> Result<Toolchain> {
    let Some(rustup) = process::find("rustup") else {
        return Err(Error::Missing { what: "rustup".to_owned(), remedy: "it is not in PATH".to_owned() });
    };
    let print = ["run", RUST_VERSION, "rustc", "--print", "sysroot"];
    let sysroot = match process::capture(process::program(&rustup).args(print)) {
        Ok(sysroot) => sysroot,
        Err(_) => {
            println!("installing Rust {RUST_VERSION} through rustup");
            process::capture(process::program(&rustup).args([
                "toolchain",
                "install",
                RUST_VERSION,
                "--profile",
                "minimal",
                "--component",
                "rust-src",
                "--target",
                "wasm32-unknown-unknown",
                "--no-self-update",
            ]))?;
            process::capture(process::program(&rustup).args(print))?
        }
    };
    let sysroot = PathBuf::from(sysroot.trim());
    if !sysroot.join("lib/rustlib/src/rust/library").is_dir() {
        process::capture(process::program(&rustup).args([
            "component",
            "add",
            "rust-src",
            "--toolchain",
            RUST_VERSION,
        ]))?;
    }
    Ok(Toolchain {
        distribution: Distribution::Rustup,
        id: format!("rustup {RUST_VERSION}"),
        programs: sysroot.join("bin"),
        libraries: Vec::new(),
        linker: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_change_the_bytes_is_passed_on() {
        for variable in [
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "RUSTUP_TOOLCHAIN",
            "INK_STATIC_BUFFER_SIZE",
        ] {
            assert!(reaches_the_build(variable), "{variable}");
        }
        for variable in ["CARGO_HOME", "CARGO_HTTP_PROXY", "RUSTUP_HOME", "PATH", "HOME"] {
            assert!(!reaches_the_build(variable), "{variable}");
        }
    }
}
