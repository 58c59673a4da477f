//! Where things are: the clone, and the cache outside it.

use std::env;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The clone's top folder.
pub fn root() -> PathBuf {
    // Cargo sets the variable for what it runs; the compiled-in path serves a
    // binary that is started by hand.
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).map_or_else(|| here.clone(), PathBuf::from)
}

/// The folder that keeps the toolchain and what is built with it between runs:
/// `$BIZKEY_CACHE`, else `~/.cache/bizkey`.
///
/// # Errors
/// If neither `BIZKEY_CACHE` nor `HOME` is set.
pub fn cache() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("BIZKEY_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/bizkey"))).ok_or_else(|| Error::Missing {
        what: "a folder for the cache".to_owned(),
        remedy: "set BIZKEY_CACHE to a folder outside the clone".to_owned(),
    })
}
