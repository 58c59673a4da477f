//! What is measured.

use crate::common::{
    load::Shape,
    options::{at_least_one, number},
};
use anyhow::{bail, Context as _};
use std::path::PathBuf;

/// Which databases the index is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Databases {
    /// Each that is there.
    All,
    /// PostgreSQL alone.
    Postgres,
    /// SQLite alone.
    Sqlite,
}

/// The arguments.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the figures are written as JSON.
    pub json: Option<PathBuf>,
    /// Receipts sent; rounded up to whole batches. 0 leaves the part out.
    pub receipts: u64,
    /// Receipts in a batch.
    pub batch: u16,
    /// Shops, each with one device.
    pub shops: u32,
    /// Registered customers.
    pub customers: u32,
    /// Keys that pay and send, as so many gateways.
    pub relayers: u32,
    /// Batches of all relayers that are sent and not final.
    pub in_flight: u32,
    /// Whether sender and indexer use a WebSocket each, as with a node, and not
    /// calls in the process, as `bizkey up` does.
    pub socket: bool,
    /// Databases.
    pub databases: Databases,
    /// Blocks of the chain that is opened; 0 leaves the part out.
    pub start_blocks: u32,
}

/// What the program says of itself.
const USAGE: &str = "\
options of `bench chain`:
  --json FILE        write the figures to this file too
  --receipts N       receipts to send, 0 for none (600000)
  --batch N          receipts a batch (300)
  --shops N          shops with a device each (48)
  --customers N      registered customers (100)
  --relayers N       keys that send (4)
  --in-flight N      batches sent and not final (256)
  --socket           over WebSockets instead of in the process
  --database NAME    postgres, sqlite or all that are there (all)
  --start-blocks N   length of the chain to open, 0 for none (100000)";

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Names the argument that is unknown or out of bounds.
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            json: None,
            receipts: 600_000,
            batch: 300,
            shops: 48,
            customers: 100,
            relayers: 4,
            in_flight: 256,
            socket: false,
            databases: Databases::All,
            start_blocks: 100_000,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name.as_str() {
                // Cargo says this to every benchmark.
                "--bench" => {}
                "--json" => options.json = Some(value()?.into()),
                "--receipts" => options.receipts = number(&name, &value()?)?,
                "--batch" => options.batch = number(&name, &value()?)?,
                "--shops" => options.shops = number(&name, &value()?)?,
                "--customers" => options.customers = number(&name, &value()?)?,
                "--relayers" => options.relayers = number(&name, &value()?)?,
                "--in-flight" => options.in_flight = number(&name, &value()?)?,
                "--socket" => options.socket = true,
                "--database" => {
                    options.databases = match value()?.as_str() {
                        "all" => Databases::All,
                        "postgres" => Databases::Postgres,
                        "sqlite" => Databases::Sqlite,
                        other => bail!("--database {other}: postgres, sqlite or all\n{USAGE}"),
                    }
                }
                "--start-blocks" => options.start_blocks = number(&name, &value()?)?,
                other => bail!("unknown argument `{other}`\n{USAGE}"),
            }
        }
        at_least_one([
            ("--batch", u64::from(options.batch)),
            ("--shops", u64::from(options.shops)),
            ("--customers", u64::from(options.customers)),
            ("--relayers", u64::from(options.relayers)),
            ("--in-flight", u64::from(options.in_flight)),
        ])?;
        Ok(options)
    }

    /// The load.
    pub fn shape(&self) -> Shape {
        let Self { receipts, batch, shops, customers, .. } = *self;
        // A margin as the client would give.
        Shape { receipts, batch, shops, customers, gas_percent: 120 }
    }
}
