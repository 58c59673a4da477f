//! The reference toolchain: Debian 12's packages, unpacked below the cache and
//! never installed, so that the machine's own Rust stays as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::packages;
use crate::process;
use crate::toolchain::{Distribution, Toolchain};

/// The version of the five Rust packages.
const RUST: &str = "1.85.0+dfsg3-1~deb12u3";
const RUST_PACKAGES: [&str; 5] =
    ["rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev", "libstd-rust-web-1.85"];

/// LLVM of the same version: `rustc` needs the library, and its linker does the
/// contracts' link-time optimisation, so its version decides their bytes too.
const LLVM: &str = "1:19.1.7-3~deb12u1";
const LLVM_PACKAGES: [&str; 2] = ["libllvm19", "lld-19"];

/// Libraries that cargo and LLVM link to and a small machine may not have; any
/// version does.
const LIBRARY_PACKAGES: [&str; 4] = ["libpcre3", "libhttp-parser2.9", "libssh2-1", "libz3-4"];

/// The unpacked toolchain, downloaded first if it is not there.
///
/// # Errors
/// If this is no Debian machine of the right kind, or its mirror no longer has
/// the packages.
pub fn find_or_install(cache: &Path) -> Result<Toolchain> {
    let prefix = cache.join(format!("rust-debian-{}", RUST.replace(['+', '~'], "-")));
    fs::create_dir_all(cache).map_err(Error::file("cannot create", cache))?;
    let lock = cache.join("toolchain.lock");
    // Held until the function returns: two runs must not unpack together.
    let _lock =
        File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(Error::file("cannot lock", &lock))?;
    if !prefix.is_dir() {
        install(&prefix)?;
    }
    Ok(Toolchain {
        distribution: Distribution::Debian,
        id: format!("debian {RUST} llvm {LLVM}"),
        programs: prefix.join("usr/bin"),
        libraries: ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|folder| prefix.join(folder)).to_vec(),
        linker: Some(prefix.join("usr/lib/llvm-19/bin/wasm-ld")),
    })
}

fn install(prefix: &Path) -> Result<()> {
    let architecture = process::capture(process::program("dpkg").arg("--print-architecture"))?;
    if architecture.trim() != "amd64" {
        return Err(Error::Missing {
            what: "an amd64 machine".to_owned(),
            remedy: format!("the reference toolchain is not built for {}", architecture.trim()),
        });
    }
    println!("unpacking Debian's Rust {RUST} into {}", prefix.display());
    let mut aside = prefix.as_os_str().to_owned();
    aside.push(".part");
    let aside = PathBuf::from(aside);
    let packages = aside.join("packages");
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(Error::file("cannot remove", &aside))?;
    }
    fs::create_dir_all(&packages).map_err(Error::file("cannot create", &packages))?;
    download(&packages)?;
    let files = fs::read_dir(&packages).map_err(Error::file("cannot list", &packages))?;
    for file in files {
        let file = file.map_err(Error::file("cannot list", &packages))?.path();
        process::capture(process::program("dpkg-deb").arg("-x").arg(&file).arg(&aside))?;
    }
    fs::remove_dir_all(&packages).map_err(Error::file("cannot remove", &packages))?;
    fs::rename(&aside, prefix).map_err(Error::file("cannot rename", &aside))
}

fn download(folder: &Path) -> Result<()> {
    let wanted = || -> Command {
        let mut command = process::program("apt-get");
        command
            .current_dir(folder)
            .args(["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download"])
            .args(RUST_PACKAGES.map(|name| format!("{name}={RUST}")))
            .args(LLVM_PACKAGES.map(|name| format!("{name}={LLVM}")))
            .args(LIBRARY_PACKAGES);
        command
    };
    match process::capture(&mut wanted()) {
        Err(Error::Failed { .. }) if packages::is_root() => {
            // The lists of packages may be missing or old.
            packages::update()?;
            process::capture(&mut wanted())?;
        }
        other => {
            other?;
        }
    }
    Ok(())
}
