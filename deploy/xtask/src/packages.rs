//! Packages that the chores need, installed when they are missing.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::process;

/// Makes sure that PostgreSQL's server programs are here; tests start
/// throw-away clusters with them.
///
/// # Errors
/// If they are missing and cannot be installed.
pub fn postgresql() -> Result<()> {
    let installed = fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|versions| versions.flatten().any(|version| version.path().join("bin/initdb").is_file()));
    if installed || process::find("initdb").is_some() {
        return Ok(());
    }
    install("postgresql")
}

/// Makes sure that the software token is here, a PKCS#11 library; a test keeps
/// a key in it.
///
/// # Errors
/// If it is missing and cannot be installed.
pub fn software_token() -> Result<()> {
    program("softhsm2-util", "softhsm2")
}

/// Makes sure that Python is here and can make environments of its own; a peer of
/// a benchmark runs in one.
///
/// # Errors
/// If it is missing and cannot be installed.
pub fn python_environments() -> Result<()> {
    if process::capture(process::program("python3").args(["-c", "import ensurepip, venv"])).is_ok() {
        return Ok(());
    }
    install("python3-venv")
}

/// Makes sure that a program is here, else installs the Debian package.
///
/// # Errors
/// If it is missing and cannot be installed.
pub fn program(name: &str, package: &str) -> Result<()> {
    if process::find(name).is_some() {
        return Ok(());
    }
    install(package)
}

/// Installs the npm packages of a folder, exactly those of its lock file; does
/// nothing if the folder has no `package.json` or has them already.
///
/// # Errors
/// If npm is missing or fails.
pub fn npm(folder: &Path) -> Result<()> {
    if !folder.join("package.json").is_file() {
        return Ok(());
    }
    let modified = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified());
    if let (Ok(lock), Ok(installed)) = (modified("package-lock.json"), modified("node_modules/.package-lock.json")) {
        if installed >= lock {
            return Ok(());
        }
    }
    program("npm", "npm")?;
    process::run(process::program("npm").current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--no-progress"]))
}

/// Whether we may install Debian packages.
pub fn is_root() -> bool {
    process::capture(process::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Renews the lists of Debian packages.
///
/// # Errors
/// If `apt-get` fails.
pub fn update() -> Result<()> {
    process::capture(process::program("apt-get").args(["-o", "Acquire::Retries=3", "update"])).map(drop)
}

fn install(package: &str) -> Result<()> {
    if process::find("apt-get").is_none() || !is_root() {
        return Err(Error::Missing {
            what: format!("`{package}`"),
            remedy: format!("install it, on Debian as root with `apt-get install {package}`"),
        });
    }
    println!("installing the Debian package {package}");
    update()?;
    process::capture(process::program("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
        "install",
        "--yes",
        "--no-install-recommends",
        package,
    ]))
    .map(drop)
}
