//! How long a long chain takes to open.

use crate::common::report::Row;
use bizkey_devchain::{Devchain, DevchainConfig, Sealing};
use std::{path::Path, time::Instant};

/// A folder in memory, on Linux.
const MEMORY: &str = "/dev/shm";

/// What was measured.
pub struct Measured {
    blocks: u32,
    building: f64,
    bytes: u64,
    /// Seconds until the chain was open.
    opening: f64,
    /// Seconds until it had sealed another block.
    working: f64,
}

fn open(path: &Path) -> Result<Devchain, bizkey_devchain::Error> {
    Devchain::open(DevchainConfig {
        path: Some(path.to_owned()),
        sealing: Sealing::Manual,
        ..DevchainConfig::default()
    })
}

/// Makes a chain of so many blocks, closes it and opens it again. The system's
/// page cache still holds the file then.
///
/// # Errors
/// When the chain does not open, or has not all of its blocks.
pub async fn measure(blocks: u32) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    println!("\na chain of {blocks} blocks is made ...");
    let started = Instant::now();
    // Made in memory where that can be, for a disk is asked twice a block; then
    // moved to the disk, on which it is opened.
    let workshop = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())?;
    let chain = open(workshop.path())?;
    for _ in 0..blocks {
        chain.seal_block().await?;
    }
    let head = chain.best();
    chain.shutdown();
    drop(chain);
    let mut bytes = 0;
    for file in std::fs::read_dir(workshop.path())? {
        let file = file?;
        let copy = folder.path().join(file.file_name());
        bytes += std::fs::copy(file.path(), &copy)?;
        // Else the chain, opening, would wait for the copy to reach the disk.
        std::fs::File::open(copy)?.sync_all()?;
    }
    drop(workshop);
    let building = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let chain = open(folder.path())?;
    let opening = started.elapsed().as_secs_f64();
    let next = chain.seal_block().await?;
    let working = started.elapsed().as_secs_f64();
    anyhow::ensure!(
        head.header.number == blocks && next.number == blocks.saturating_add(1),
        "the chain opened at block {} instead of {blocks}",
        next.number.saturating_sub(1)
    );
    chain.shutdown();
    Ok(Measured { blocks, building, bytes, opening, working })
}

impl Measured {
    /// Prints it.
    pub fn print(&self) {
        let Self { blocks, building, bytes, opening, working } = self;
        println!(
            "{blocks} blocks, {:.0} MB, made in {building:.0} s: open after {opening:.3} s, another block sealed after {working:.3} s",
            *bytes as f64 / 1e6,
        );
    }

    /// What is written.
    pub fn row(&self, promised: f64) -> Row {
        Row::less_is_better(&format!("chain/open/{} blocks", self.blocks), "s", self.opening, promised)
    }
}
