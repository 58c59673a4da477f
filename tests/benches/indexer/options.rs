//! What is measured.

use crate::common::{
    load::Shape,
    options::{at_least_one, number},
};
use anyhow::{bail, Context as _};
use bizkey_primitives::receipt::MAX_BATCHES_PER_EPOCH;
use std::{path::PathBuf, time::Duration};

/// The arguments.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the figures are written as JSON.
    pub json: Option<PathBuf>,
    /// Blocks with receipts; other blocks come before them.
    pub blocks: u32,
    /// Receipts of all blocks together; rounded up to the same number in each.
    pub receipts: u64,
    /// Shops, each with one device.
    pub shops: u32,
    /// Registered customers.
    pub customers: u32,
    /// Epochs over which the blocks are spread.
    pub epochs: u32,
    /// Whether Subsquid's processor is measured.
    pub subsquid: bool,
    /// Whether SubQuery's node is measured.
    pub subquery: bool,
    /// Whether Subsquid's processor is also measured with SQL by hand in place
    /// of its own store; shown beside the peers.
    pub by_sql: bool,
    /// How long one peer may index; then it is stopped and judged by the prefix
    /// that it has stored.
    pub patience: Duration,
}

/// What the program says of itself.
const USAGE: &str = "\
options of `bench indexer`:
  --json FILE        write the figures to this file too
  --blocks N         blocks with receipts (20000)
  --receipts N       receipts in them (1000000)
  --shops N          shops with a device each (48)
  --customers N      registered customers (100)
  --epochs N         epochs over which the blocks are spread (4)
  --peer NAME        subsquid, subquery, all or none (all)
  --sql-by-hand      also Subsquid's processor without its own store
  --peer-seconds N   the longest that a peer may index (480)";

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Names the argument that is unknown or out of bounds.
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            json: None,
            blocks: 20_000,
            receipts: 1_000_000,
            shops: 48,
            customers: 100,
            epochs: 4,
            subsquid: true,
            subquery: true,
            by_sql: false,
            patience: Duration::from_secs(480),
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name.as_str() {
                // Cargo says this to every benchmark.
                "--bench" => {}
                "--json" => options.json = Some(value()?.into()),
                "--blocks" => options.blocks = number(&name, &value()?)?,
                "--receipts" => options.receipts = number(&name, &value()?)?,
                "--shops" => options.shops = number(&name, &value()?)?,
                "--customers" => options.customers = number(&name, &value()?)?,
                "--epochs" => options.epochs = number(&name, &value()?)?,
                "--sql-by-hand" => options.by_sql = true,
                "--peer-seconds" => options.patience = Duration::from_secs(number(&name, &value()?)?),
                "--peer" => {
                    (options.subsquid, options.subquery) = match value()?.as_str() {
                        "all" => (true, true),
                        "subsquid" => (true, false),
                        "subquery" => (false, true),
                        "none" => (false, false),
                        other => bail!("--peer {other}: subsquid, subquery, all or none\n{USAGE}"),
                    }
                }
                other => bail!("unknown argument `{other}`\n{USAGE}"),
            }
        }
        at_least_one([
            ("--blocks", u64::from(options.blocks)),
            ("--receipts", options.receipts),
            ("--shops", u64::from(options.shops)),
            ("--customers", u64::from(options.customers)),
            ("--epochs", u64::from(options.epochs)),
            ("--peer-seconds", options.patience.as_secs()),
        ])?;
        Ok(options)
    }

    /// The load: one batch a block.
    ///
    /// # Errors
    /// When a batch would hold too many receipts, or a device record too many
    /// batches.
    pub fn shape(&self) -> anyhow::Result<Shape> {
        let batch = self.receipts.div_ceil(u64::from(self.blocks));
        let batch = u16::try_from(batch).with_context(|| format!("{batch} receipts are too many for one block"))?;
        let receipts = u64::from(self.blocks) * u64::from(batch);
        let devices = u64::from(self.shops) * u64::from(self.epochs);
        if u64::from(self.blocks).div_ceil(devices) >= u64::from(MAX_BATCHES_PER_EPOCH) {
            bail!("{} blocks are too many for {} shops in {} epochs", self.blocks, self.shops, self.epochs);
        }
        // Blocks have room, and a device's first batch of a later epoch may need
        // more than the very first one.
        Ok(Shape { receipts, batch, shops: self.shops, customers: self.customers, gas_percent: 300 })
    }
}
