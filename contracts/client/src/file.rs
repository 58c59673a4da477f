//! Files that are replaced whole.

use std::{fs::File, io::Write, path::Path};

/// Writes a file whole or not at all: a reader, or a crash, even of the
/// machine, sees the old one or the new one. It is made beside, as `….new`.
///
/// # Errors
/// Those of the file system; the old file is as it was, unless only the last
/// step failed, bringing the new name to the disk.
pub fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    // Before it has the name: else a power loss may leave the name without the bytes.
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    // The rename itself is durable once the directory is.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
