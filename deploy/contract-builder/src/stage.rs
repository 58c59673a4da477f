//! The copy of the contracts' sources that is built. Its path is fixed by the
//! caller, so where the clone lies cannot reach a contract's bytes; files that
//! did not change are left alone, so that a second build is short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};

use crate::manifest::Workspace;

/// ink!'s buffer for one call's data, in bytes; a batch's payload of up to
/// 16 KiB has to fit with its event (architecture.md, Receipts). ink_env reads
/// it from the environment when it is compiled.
pub const STATIC_BUFFER_SIZE: u32 = 65_536;

/// Raised when the way of building changes, so that nothing built the old way
/// is taken for the new.
pub const WAY_OF_BUILDING: u32 = 3;

/// Folders below a member that are not sources.
const NOT_SOURCES: [&str; 2] = ["target", ".git"];

/// A folder that holds what is built.
#[derive(Debug)]
pub struct Stage {
    path: PathBuf,
}

impl Stage {
    /// Makes `path` hold the sources of `source`, each member standing alone
    /// with the workspace's lock beside it, and cargo's configuration.
    ///
    /// # Errors
    /// Names the file that cannot be read or written.
    pub fn fill(path: &Path, source: &Path, workspace: &Workspace) -> Result<Self> {
        let stage = Self { path: path.to_owned() };
        let sources = path.join("contracts");
        let mut kept = BTreeSet::new();
        let lock = fs::read(source.join("Cargo.lock"))
            .with_context(|| format!("cannot read {}/Cargo.lock, which pins what is built", source.display()))?;
        for member in &workspace.members {
            for file in files(&source.join(member))? {
                let name = Path::new(member).join(&file);
                if file == Path::new("Cargo.toml") || file == Path::new("Cargo.lock") {
                    continue;
                }
                let contents = read(&source.join(&name))?;
                put(&sources.join(&name), &contents)?;
                kept.insert(name);
            }
            let manifest = toml::to_string(&workspace.standalone(member)?)?;
            for (name, contents) in [("Cargo.toml", manifest.as_bytes()), ("Cargo.lock", lock.as_slice())] {
                let name = Path::new(member).join(name);
                put(&sources.join(&name), contents)?;
                kept.insert(name);
            }
        }
        for file in files(&sources)? {
            if !kept.contains(&file) {
                let file = sources.join(file);
                fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        stage.configure()?;
        Ok(stage)
    }

    /// The stage's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest of a member.
    pub fn manifest(&self, folder: &str) -> PathBuf {
        self.path.join("contracts").join(folder).join("Cargo.toml")
    }

    /// Where contract-build's temporary workspaces lie: below the stage, so
    /// that cargo finds the stage's configuration from there.
    pub fn temporary(&self) -> PathBuf {
        self.path.join("temporary")
    }

    /// Cargo's target directory, one for all contracts: the crates they share
    /// are compiled once.
    pub fn target(&self) -> PathBuf {
        self.path.join("target")
    }

    /// Sets the buffer size through cargo's configuration and not through the
    /// environment: contract-build answers the variable with `cargo clean`
    /// before each contract. A changed configuration cleans here, since rustc
    /// does not track what ink_env's macro reads.
    fn configure(&self) -> Result<()> {
        let configuration = format!(
            "# way of building: {WAY_OF_BUILDING}\n\
             [env]\nINK_STATIC_BUFFER_SIZE = \"{STATIC_BUFFER_SIZE}\"\n"
        );
        let path = self.path.join(".cargo/config.toml");
        if fs::read(&path).ok().as_deref() != Some(configuration.as_bytes()) {
            remove_folder(&self.target())?;
        }
        put(&path, configuration.as_bytes())?;
        remove_folder(&self.temporary())?;
        let temporary = self.temporary();
        fs::create_dir_all(&temporary).with_context(|| format!("cannot create {}", temporary.display()))
    }
}

/// The source files below a folder, as paths relative to it, sorted.
///
/// # Errors
/// Names the folder that cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let path = folder.join(&below);
        if !path.exists() {
            continue;
        }
        for entry in fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))? {
            let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
            let name = entry.file_name();
            let entry_path = below.join(&name);
            if entry.path().is_dir() {
                if !NOT_SOURCES.iter().any(|skipped| name == *skipped) {
                    folders.push(entry_path);
                }
            } else {
                found.push(entry_path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file.
///
/// # Errors
/// Names the file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file and its folders, unless it holds that already.
///
/// # Errors
/// Names the file.
pub fn put(path: &Path, contents: &[u8]) -> Result<()> {
    if fs::read(path).ok().as_deref() == Some(contents) {
        return Ok(());
    }
    let folder = path.parent().ok_or_else(|| anyhow!("{} has no folder", path.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    // Written aside and renamed, so that a killed run leaves no half file.
    let mut aside = path.as_os_str().to_owned();
    aside.push(".part");
    fs::write(&aside, contents)
        .and_then(|()| fs::rename(&aside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_follows_the_sources_and_leaves_unchanged_files_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (source, path) = (folder.path().join("source"), folder.path().join("stage"));
        for (file, text) in [
            ("Cargo.toml", "[workspace]\nmembers = [\"bzky\"]\n"),
            ("Cargo.lock", "version = 4\n"),
            ("bzky/Cargo.toml", "[package]\nname = \"bzky\"\n"),
            ("bzky/src/lib.rs", "// kept\n"),
            ("bzky/src/old.rs", "// removed\n"),
            ("bzky/target/junk", "not a source\n"),
        ] {
            put(&source.join(file), text.as_bytes())?;
        }
        let workspace = Workspace::read(&source)?;
        Stage::fill(&path, &source, &workspace)?;
        let library = path.join("contracts/bzky/src/lib.rs");
        let before = fs::metadata(&library)?.modified()?;
        fs::remove_file(source.join("bzky/src/old.rs"))?;
        let stage = Stage::fill(&path, &source, &workspace)?;
        assert_eq!(fs::metadata(&library)?.modified()?, before);
        assert_eq!(
            files(&path.join("contracts"))?,
            ["bzky/Cargo.lock", "bzky/Cargo.toml", "bzky/src/lib.rs"].map(PathBuf::from)
        );
        assert!(fs::read_to_string(stage.manifest("bzky"))?.contains("[workspace]"));
        Ok(())
    }
}
