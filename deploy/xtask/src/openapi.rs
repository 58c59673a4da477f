//! `cargo xtask openapi`: the API's document, and what is generated from it.

use crate::error::{Error, Result};
use crate::packages;
use crate::place;
use crate::process;

/// Writes `indexer/openapi.json` and the TypeScript client's `schema.d.ts`.
///
/// # Errors
/// If the document cannot be built, or npm is missing or fails.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        return Err(Error::Usage(format!("`openapi` takes no `{argument}`")));
    }
    let root = place::root();
    // The test that compares the file with what is served writes it instead.
    // The whole workspace, as the tests are built: nothing is compiled twice.
    let mut served = process::cargo(&root);
    process::run(served.env("BLESS", "1").args(["test", "--release", "--workspace", "--test", "openapi"]))?;
    let client = root.join("indexer/typescript");
    packages::npm(&client)?;
    process::run(process::program("npm").current_dir(&client).args(["run", "--silent", "generate"]))
}
