//! Reports of epochs on disk, beside the state: claims and proofs ask for them
//! long after their receipts were counted, and memory has not room for all.
//!
//! ```text
//! reports/epoch=000012/merchants.parquet  rows of merchants, and their holdings
//! reports/epoch=000012/customers.parquet  rows of customers
//! reports/epoch=000012/report.json        what both lead to, and their hashes
//! ```
//!
//! An epoch's report is written before its state is carried, so a state has
//! the reports of its epochs. Whoever reads one whole builds its trees anew and
//! compares what they lead to; a member signs nothing else. Hashes without a
//! key find accidents: who may write here could also replace the program.

use super::{
    error::{LakeError, Result},
    folder::{folder_of, Making},
    state::{halves, read_table, wide, write_table, Owner},
};
use crate::{
    book::{BookError, KeptReports, KEPT_EPOCHS},
    report::{EpochReport, Holding, Network},
    scoring::{Algorithm, CustomerRow, EpochScores, MerchantRow},
};
use bizkey_indexer::lake::Digest;
use bizkey_primitives::{
    bizpower::{Buyers, Counts},
    hash::blake2x256,
    party::HoldingIndex,
    report::Report,
    Epoch, MerchantIndex,
};
use codec::{DecodeAll as _, Encode as _};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Version of the files.
const FORMAT: u32 = 1;

const DESCRIPTION: &str = "report.json";
const MERCHANTS: &str = "merchants.parquet";
const CUSTOMERS: &str = "customers.parquet";

/// Columns of merchants: halves of wide numbers, the lower one first.
const MERCHANT_COLUMNS: [&str; 21] = [
    "merchant",
    "pl",
    "pm_low",
    "pm_high",
    "um",
    "un",
    "uo",
    "uom",
    "uon_low",
    "uon_high",
    "first",
    "repeat",
    "outside",
    "capital_low",
    "capital_high",
    "score_low",
    "score_high",
    "holding_low",
    "holding_high",
    "bzky",
    "pos_deposit",
];

/// Columns of customers, likewise.
const CUSTOMER_COLUMNS: [&str; 4] = ["customer", "sales_low", "sales_high", "is_rewarded"];

/// `report.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    format: u32,
    network: Owner,
    epoch: Epoch,
    invalid_receipts: u64,
    /// Of the rows of merchants.
    merchants: Digest,
    /// Of the rows of customers.
    customers: Digest,
    /// What a member reports, SCALE in hex.
    report: String,
    /// Blake2b-256 of the figures above that no tree notices.
    digest: Digest,
}

/// Ties invalid receipts, which are in no tree, to the rest.
fn digest(epoch: Epoch, invalid_receipts: u64, tables: [Digest; 2], report: &Report) -> Digest {
    Digest(blake2x256(&(epoch, invalid_receipts, tables.map(|table| table.0), report).encode()))
}

/// The reports of a state's epochs.
#[derive(Debug)]
pub(super) struct Reports {
    folder: PathBuf,
    network: Network,
}

impl Reports {
    /// Those beside the state of a folder, whose next epoch is `next`.
    ///
    /// # Errors
    /// [`LakeError::State`] when one is missing that claims may need.
    pub(super) fn open(state: &Path, network: Network, next: Epoch) -> Result<Self> {
        let reports = Self { folder: state.join("reports"), network };
        for epoch in next.saturating_sub(KEPT_EPOCHS)..next {
            let path = reports.description_of(epoch);
            if !path.is_file() {
                return Err(LakeError::state(&path, "it is missing, though the state is of a later epoch"));
            }
        }
        Ok(reports)
    }

    fn description_of(&self, epoch: Epoch) -> PathBuf {
        folder_of(&self.folder, epoch).join(DESCRIPTION)
    }

    /// Keeps a report, in the place of one of the same epoch.
    pub(super) fn write(&self, report: &EpochReport) -> Result<()> {
        let making = Making::begin(&self.folder)?;
        let EpochScores { epoch, invalid_receipts, merchants, customers, .. } = &report.scores;
        let rows: Vec<_> =
            merchants.iter().map(|row| merchant(row, report.holding(row.merchant).unwrap_or_default())).collect();
        let of_merchants = write_table(&making.file(MERCHANTS), MERCHANT_COLUMNS, &rows)?;
        drop(rows);
        let rows: Vec<_> = customers.iter().map(customer).collect();
        let of_customers = write_table(&making.file(CUSTOMERS), CUSTOMER_COLUMNS, &rows)?;
        drop(rows);
        let description = Description {
            format: FORMAT,
            network: Owner::from(&self.network),
            epoch: *epoch,
            invalid_receipts: *invalid_receipts,
            merchants: of_merchants,
            customers: of_customers,
            report: hex::encode(report.report().encode()),
            digest: digest(*epoch, *invalid_receipts, [of_merchants, of_customers], &report.report()),
        };
        making.publish(*epoch, DESCRIPTION, &description)?;
        // Until this epoch's state is carried, the one before still needs its oldest.
        if let Some(oldest) = epoch.checked_sub(KEPT_EPOCHS.saturating_add(1)) {
            // What cannot be removed only takes space.
            let _ = fs::remove_dir_all(folder_of(&self.folder, oldest));
        }
        Ok(())
    }

    /// Reads what an epoch's rows have to be and to lead to; `None` if there is
    /// no report of it.
    fn describe(&self, epoch: Epoch) -> Result<Option<(Description, Report)>> {
        let path = self.description_of(epoch);
        if !path.exists() {
            return Ok(None);
        }
        let altered = || LakeError::Altered { path: path.clone(), part: None };
        let text = fs::read(&path).map_err(|error| LakeError::state(&path, error))?;
        let read: Description = serde_json::from_slice(&text).map_err(|error| LakeError::state(&path, error))?;
        if read.format != FORMAT || read.epoch != epoch {
            return Err(LakeError::state(&path, "it is of another format or epoch"));
        }
        if read.network != Owner::from(&self.network) {
            return Err(LakeError::OtherNetwork { path, field: "genesis hash or address of `rewards`" });
        }
        let bytes = hex::decode(&read.report).map_err(|_| altered())?;
        let expected = Report::decode_all(&mut &*bytes).map_err(|_| altered())?;
        if digest(epoch, read.invalid_receipts, [read.merchants, read.customers], &expected) != read.digest {
            return Err(altered());
        }
        Ok(Some((read, expected)))
    }

    /// Reads the report of an epoch; `None` if there is none.
    fn read(&self, epoch: Epoch) -> Result<Option<EpochReport>> {
        let Some((read, expected)) = self.describe(epoch)? else { return Ok(None) };
        let (folder, path) = (folder_of(&self.folder, epoch), self.description_of(epoch));
        let altered = || LakeError::Altered { path: path.clone(), part: None };
        let algorithm = Algorithm::try_from(expected.algorithm_version).map_err(|_| altered())?;
        let mut holdings = BTreeMap::new();
        let mut merchants = Vec::new();
        for row in read_table(&folder.join(MERCHANTS), read.merchants)? {
            let (row, holding) = merchant_of(row);
            holdings.insert(row.merchant, holding);
            merchants.push(row);
        }
        let customers = read_table(&folder.join(CUSTOMERS), read.customers)?;
        let customers = customers.into_iter().map(customer_of).collect();
        let scores = EpochScores { epoch, algorithm, merchants, customers, invalid_receipts: read.invalid_receipts };
        let built = EpochReport::build(&self.network, scores, holdings)
            .map_err(|error| LakeError::state(&path, format!("its rows make no report: {error}")))?;
        if built.report() != expected {
            return Err(altered());
        }
        Ok(Some(built))
    }
}

impl KeptReports for Reports {
    fn report(&self, epoch: Epoch) -> Result<Option<EpochReport>, BookError> {
        Ok(self.read(epoch)?)
    }

    fn totals(&self, epoch: Epoch) -> Result<Option<Report>, BookError> {
        Ok(self.describe(epoch)?.map(|(_, report)| report))
    }
}

fn merchant(row: &MerchantRow, holding: Holding) -> [u64; 21] {
    let MerchantRow { merchant, counts, shares, capital, score } = *row;
    let Counts { pl, pm, um, un, uo, uom, uon } = counts;
    let Buyers { first, repeat, outside } = shares;
    let Holding { amount, index: HoldingIndex { bzky, pos_deposit } } = holding;
    let [[pm, pm_high], [uon, uon_high], [capital, capital_high], [score, score_high], [amount, amount_high]] =
        [pm, uon, capital, score, amount].map(halves);
    [
        merchant.into(),
        pl,
        pm,
        pm_high,
        um,
        un,
        uo,
        uom,
        uon,
        uon_high,
        first,
        repeat,
        outside,
        capital,
        capital_high,
        score,
        score_high,
        amount,
        amount_high,
        bzky.into(),
        pos_deposit.into(),
    ]
}

fn merchant_of(row: [u64; 21]) -> (MerchantRow, Holding) {
    let [merchant, pl, pm, pm_high, um, un, uo, uom, uon, uon_high, first, repeat, outside, rest @ ..] = row;
    let [capital, capital_high, score, score_high, amount, amount_high, bzky, pos_deposit] = rest;
    let counts = Counts { pl, pm: wide(pm, pm_high), um, un, uo, uom, uon: wide(uon, uon_high) };
    let row = MerchantRow {
        merchant: merchant as MerchantIndex,
        counts,
        shares: Buyers { first, repeat, outside },
        capital: wide(capital, capital_high),
        score: wide(score, score_high),
    };
    let index = HoldingIndex { bzky: bzky as u32, pos_deposit: pos_deposit as u32 };
    (row, Holding { amount: wide(amount, amount_high), index })
}

fn customer(row: &CustomerRow) -> [u64; 4] {
    let [low, high] = halves(row.sales);
    [row.customer.into(), low, high, row.is_rewarded.into()]
}

fn customer_of([customer, low, high, is_rewarded]: [u64; 4]) -> CustomerRow {
    CustomerRow { customer: customer as u32, sales: wide(low, high), is_rewarded: is_rewarded != 0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn empty(network: &Network, epoch: Epoch) -> EpochReport {
        let algorithm = Algorithm::Bizpower2;
        let scores =
            EpochScores { epoch, algorithm, merchants: Vec::new(), customers: Vec::new(), invalid_receipts: 0 };
        EpochReport::build(network, scores, BTreeMap::new()).unwrap()
    }

    #[test]
    fn a_report_whose_state_was_never_carried_takes_none_from_the_state_before() {
        let folder = tempfile::tempdir().unwrap();
        let network = Network { genesis: [1; 32].into(), rewards: [2; 32].into() };
        let reports = Reports::open(folder.path(), network, 0).unwrap();
        let next = KEPT_EPOCHS + 1;
        (0..=next).for_each(|epoch| reports.write(&empty(&network, epoch)).unwrap());
        // The process is killed here: the state is still that after the epoch before.
        let again = Reports::open(folder.path(), network, next).unwrap();
        let oldest = next - KEPT_EPOCHS;
        assert_eq!(again.totals(oldest).unwrap(), Some(empty(&network, oldest).report()));
        assert_eq!(again.totals(0).unwrap(), None, "one that nobody needs any more is gone");
    }
}
