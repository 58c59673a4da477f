//! One hash over everything that decides a bundle's bytes.

use std::path::Path;

use anyhow::Result;

use crate::manifest::{Contract, Workspace};
use crate::stage::{self, STATIC_BUFFER_SIZE, WAY_OF_BUILDING};

/// The builder's own lock pins contract-build and wasm-opt.
const BUILDER_LOCK: &str = include_str!("../Cargo.lock");

/// The hash, in hex, of a contract's sources, those of the members it depends
/// on, the lock files, the toolchain and the stage's path.
///
/// # Errors
/// Names a file that cannot be read.
pub fn hash(
    workspace: &Workspace,
    source: &Path,
    contract: &Contract,
    toolchain: &str,
    stage: &Path,
) -> Result<String> {
    let mut input = Vec::new();
    let mut add = |name: &str, contents: &[u8]| {
        for part in [name.as_bytes(), contents] {
            input.extend_from_slice(&(part.len() as u64).to_le_bytes());
            input.extend_from_slice(part);
        }
    };
    add("toolchain", toolchain.as_bytes());
    add("builder lock", BUILDER_LOCK.as_bytes());
    add("way of building", &WAY_OF_BUILDING.to_le_bytes());
    add("buffer size", &STATIC_BUFFER_SIZE.to_le_bytes());
    add("stage", stage.as_os_str().as_encoded_bytes());
    add("lock", &stage::read(&source.join("Cargo.lock"))?);
    for folder in workspace.path_closure(&contract.folder)? {
        add("manifest", toml::to_string(&workspace.standalone(&folder)?)?.as_bytes());
        for file in stage::files(&source.join(&folder))? {
            if file != Path::new("Cargo.toml") && !file.starts_with("tests") {
                let name = Path::new(&folder).join(&file);
                add(&name.to_string_lossy(), &stage::read(&source.join(&name))?);
            }
        }
    }
    Ok(contract_build::code_hash(&input).iter().map(|byte| format!("{byte:02x}")).collect())
}
