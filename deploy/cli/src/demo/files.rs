//! The files that the demo leaves.

use super::input::Rejected;
use bizkey_primitives::{bizpower::Counts, Side};
use std::fs::File;
use std::path::Path;

/// A merchant's day.
#[derive(Clone, Debug)]
pub struct MerchantRow {
    /// The file's id.
    pub store_id: String,
    /// What the score was made from.
    pub counts: Counts,
    /// BizPower, scale 10^18.
    pub score: u128,
    /// Holding in the smallest unit of Bzky.
    pub holding: u128,
    /// Paid, smallest unit of Bzky.
    pub reward: u128,
}

/// A customer's day.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// The file's id.
    pub household_id: String,
    /// Minor units.
    pub sales: u128,
    /// Paid, smallest unit of Time.
    pub reward: u128,
}

/// One side of an epoch.
#[derive(Clone, Debug)]
pub struct EpochRow {
    /// Number of the epoch.
    pub epoch: u32,
    /// Merchants or customers.
    pub side: Side,
    /// Root of the tree; zero for an empty one.
    pub root: [u8; 32],
    /// Leaves.
    pub count: u32,
    /// Sum of scores or sales.
    pub sum_v1: u128,
    /// Sum of holdings.
    pub sum_v2: u128,
    /// E, smallest unit.
    pub emission: u128,
    /// Paid, smallest unit.
    pub paid: u128,
}

/// The three files that grow by a day.
pub struct Files {
    merchants: csv::Writer<File>,
    customers: csv::Writer<File>,
    epochs: csv::Writer<File>,
}

fn create(directory: &Path, name: &str, header: &[&str]) -> csv::Result<csv::Writer<File>> {
    let mut writer = csv::Writer::from_path(directory.join(name))?;
    writer.write_record(header)?;
    Ok(writer)
}

impl Files {
    /// Creates the files, with their headers, in `directory`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn create(directory: &Path) -> csv::Result<Self> {
        Ok(Self {
            merchants: create(
                directory,
                "merchants.csv",
                &["day", "store_id", "pl", "pm", "um", "un", "uo", "uom", "uon", "score", "holding", "reward"],
            )?,
            customers: create(directory, "customers.csv", &["day", "household_id", "sales", "reward"])?,
            epochs: create(
                directory,
                "epochs.csv",
                &["day", "epoch", "side", "root", "count", "sum_v1", "sum_v2", "emission", "paid"],
            )?,
        })
    }

    /// Adds a day.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn day(
        &mut self,
        day: &str,
        merchants: &[MerchantRow],
        customers: &[CustomerRow],
        epochs: &[EpochRow],
    ) -> csv::Result<()> {
        for row in merchants {
            let Counts { pl, pm, um, un, uo, uom, uon } = row.counts;
            self.merchants.serialize((
                day,
                &row.store_id,
                pl,
                pm,
                um,
                un,
                uo,
                uom,
                uon,
                row.score,
                row.holding,
                row.reward,
            ))?;
        }
        for row in customers {
            self.customers.serialize((day, &row.household_id, row.sales, row.reward))?;
        }
        for row in epochs {
            let root = format!("0x{}", hex::encode(row.root));
            self.epochs.serialize((
                day,
                row.epoch,
                row.side.name(),
                root,
                row.count,
                row.sum_v1,
                row.sum_v2,
                row.emission,
                row.paid,
            ))?;
        }
        Ok(())
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.merchants.flush()?;
        self.customers.flush()?;
        self.epochs.flush()
    }
}

/// Writes the receipts that were refused.
///
/// # Errors
/// When the file cannot be written.
pub fn write_rejected(directory: &Path, rejected: &[Rejected]) -> csv::Result<()> {
    let mut writer = create(directory, "rejected.csv", &["receipt_id", "reason"])?;
    for row in rejected {
        writer.serialize((&row.receipt_id, &row.reason))?;
    }
    writer.flush()?;
    Ok(())
}
