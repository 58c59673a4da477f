//! What is measured.

use crate::common::options::{at_least_one, number};
use anyhow::{bail, Context as _};
use bizkey_oracle::scoring::Algorithm;
use bizkey_primitives::Epoch;
use std::{num::NonZeroUsize, path::PathBuf};

/// Receipts, merchants and customers of which the project promises something.
pub const PROMISED: [u64; 3] = [100_000_000, 2_000_000, 20_000_000];

/// The arguments.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the figures are written as JSON.
    pub json: Option<PathBuf>,
    /// Receipts of an epoch.
    pub receipts: u64,
    /// Merchants, each with a receipt in every epoch.
    pub merchants: u32,
    /// Customers, each with a receipt in every epoch.
    pub customers: u32,
    /// Threads of ours and of DuckDB's.
    pub threads: NonZeroUsize,
    /// The algorithm that scores every epoch.
    pub algorithm: Algorithm,
    /// Epochs, of which each is scored over what those before have left.
    pub epochs: Epoch,
    /// Where the epochs are, or are made and stay.
    pub data: Option<PathBuf>,
}

/// What the program says of itself.
const USAGE: &str = "\
options of `bench oracle`:
  --json FILE       write the figures to this file too
  --receipts N      receipts of an epoch (100000000)
  --merchants N     merchants, each with a receipt (2000000)
  --customers N     customers, each with a receipt (20000000)
  --threads N       threads of either side (as many as the machine has cores)
  --algorithm V     version of the algorithm, 1 or 2 (1): DuckDB's query counts
                    what version 1 counts, so under 2 fewer totals are compared
  --epochs N        epochs (1); DuckDB groups the first one, those after it show
                    what it costs to have a history
  --data DIR        a folder in which the epochs stay, to be used again; each
                    takes some 45 bytes a receipt";

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Names the argument that is unknown or out of bounds.
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            json: None,
            receipts: 100_000_000,
            merchants: 2_000_000,
            customers: 20_000_000,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            algorithm: Algorithm::Bizpower1,
            epochs: 1,
            data: None,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name.as_str() {
                // Cargo says this to every benchmark.
                "--bench" => {}
                "--json" => options.json = Some(value()?.into()),
                "--receipts" => options.receipts = number(&name, &value()?)?,
                "--merchants" => options.merchants = number(&name, &value()?)?,
                "--customers" => options.customers = number(&name, &value()?)?,
                "--threads" => options.threads = number(&name, &value()?)?,
                "--algorithm" => options.algorithm = Algorithm::try_from(number::<u16>(&name, &value()?)?)?,
                "--epochs" => options.epochs = number(&name, &value()?)?,
                "--data" => options.data = Some(value()?.into()),
                other => bail!("unknown argument `{other}`\n{USAGE}"),
            }
        }
        at_least_one([
            ("--receipts", options.receipts),
            ("--merchants", options.merchants.into()),
            ("--customers", options.customers.into()),
            ("--epochs", options.epochs.into()),
        ])?;
        if u64::from(options.customers.max(options.merchants)) > options.receipts {
            bail!("--receipts must be at least as many as merchants and as customers: each has one");
        }
        Ok(options)
    }

    /// Receipts, merchants and customers.
    pub fn size(&self) -> [u64; 3] {
        [self.receipts, self.merchants.into(), self.customers.into()]
    }
}
