//! What is measured.

use crate::common::options::{at_least_one, number};
use anyhow::{bail, Context as _};
use bizkey_tests::history::Shape;
use std::{path::PathBuf, time::Duration};

/// The arguments.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the figures are written as JSON.
    pub json: Option<PathBuf>,
    /// What the database holds.
    pub shape: Shape,
    /// A database to be used in place of a throw-away one: filled if it is
    /// empty, else taken to hold this very shape.
    pub database: Option<String>,
    /// Requests a second.
    pub rate: u32,
    /// How long they are counted.
    pub time: Duration,
    /// How long they are sent before that.
    pub warm_up: Duration,
}

/// What the program says of itself.
const USAGE: &str = "\
options of `bench api`:
  --json FILE       write the figures to this file too
  --receipts N      receipts in the database (10000000)
  --shops N         shops (20000)
  --customers N     customers (1000000)
  --epochs N        epochs that are over (120)
  --blocks N        blocks an epoch (1440)
  --database URL    a PostgreSQL database in place of a throw-away one: filled if
                    it is empty, else of an earlier run with the same figures
  --rate N          requests a second (500)
  --seconds N       seconds that count (60)
  --warm-up N       seconds before that (10)";

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Names the argument that is unknown or out of bounds.
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            json: None,
            shape: Shape {
                receipts: 10_000_000,
                shops: 20_000,
                customers: 1_000_000,
                epochs: 120,
                blocks: 1_440,
                others: 1,
            },
            database: None,
            rate: 500,
            time: Duration::from_secs(60),
            warm_up: Duration::from_secs(10),
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name.as_str() {
                // Cargo says this to every benchmark.
                "--bench" => {}
                "--json" => options.json = Some(value()?.into()),
                "--receipts" => options.shape.receipts = number(&name, &value()?)?,
                "--shops" => options.shape.shops = number(&name, &value()?)?,
                "--customers" => options.shape.customers = number(&name, &value()?)?,
                "--epochs" => options.shape.epochs = number(&name, &value()?)?,
                "--blocks" => options.shape.blocks = number(&name, &value()?)?,
                "--database" => options.database = Some(value()?),
                "--rate" => options.rate = number(&name, &value()?)?,
                "--seconds" => options.time = Duration::from_secs(number(&name, &value()?)?),
                "--warm-up" => options.warm_up = Duration::from_secs(number(&name, &value()?)?),
                other => bail!("unknown argument `{other}`\n{USAGE}"),
            }
        }
        let Shape { receipts, shops, customers, epochs, blocks, .. } = options.shape;
        at_least_one([
            ("--receipts", receipts),
            ("--shops", u64::from(shops)),
            ("--customers", u64::from(customers)),
            ("--epochs", u64::from(epochs)),
            ("--blocks", u64::from(blocks)),
            ("--rate", u64::from(options.rate)),
            ("--seconds", options.time.as_secs()),
            ("--warm-up", options.warm_up.as_secs()),
        ])?;
        Ok(options)
    }
}
