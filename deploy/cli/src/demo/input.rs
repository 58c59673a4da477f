//! Reading shops and receipts: every row is either played or refused with a
//! reason.

use crate::system::DAY_MS;
use bizkey_gateway::payment::SaleChannel;
use bizkey_primitives::party::Capital;
use chrono::{NaiveDate, NaiveDateTime};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Why the files cannot be played at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file cannot be opened.
    #[error("{path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The header lacks a column.
    #[error("{path}: the header has no column `{column}`; it needs {needed}")]
    Column {
        /// The file.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
        /// All it needs.
        needed: String,
    },
    /// A shop's row is unusable. Shops decide everybody's reward, so nothing is guessed.
    #[error("{path}, line {line}: {reason}")]
    Shop {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// No row has a date.
    #[error("{0}: no receipt has a readable date, so there is no first day")]
    NoDays(PathBuf),
}

/// A shop to register.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The file's id.
    pub id: String,
    /// What its place and people cost.
    pub capital: Capital,
}

/// A receipt to play.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    /// The file's id.
    pub id: String,
    /// The shop's id.
    pub store_id: String,
    /// The customer's id; empty for an unknown one.
    pub household_id: String,
    /// Local time read as if it were UTC, Unix milliseconds.
    pub at_ms: u64,
    /// Minor units.
    pub amount: i64,
    /// Where the sale was made.
    pub channel: SaleChannel,
}

/// A receipt that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// When the sale was made, where that could be read.
    pub at_ms: Option<u64>,
    /// The file's id, as far as it could be read.
    pub receipt_id: String,
    /// A stable name for the cause.
    pub reason: String,
}

/// Everything the demo plays.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Shops, in the order of their ids.
    pub shops: Vec<Shop>,
    /// Receipts, in the order of their times.
    pub receipts: Vec<ReceiptRow>,
    /// Rows that could not be read.
    pub rejected: Vec<Rejected>,
    /// Midnight before the first receipt, Unix milliseconds.
    pub launch_ms: u64,
    /// Calendar days from the first receipt to the last.
    pub days: u32,
}

impl Input {
    /// Reads both files and keeps the first `days` calendar days.
    ///
    /// # Errors
    /// See [`InputError`]; a bad receipt is no error, it is refused.
    pub fn read(receipts: &Path, shops: &Path, days: Option<u32>) -> Result<Self, InputError> {
        let mut input = Self { shops: read_shops(shops)?, ..Self::default() };
        let first_day = input.read_receipts(receipts)?;
        let first_day = first_day.ok_or_else(|| InputError::NoDays(receipts.to_owned()))?;
        input.close(first_day, days);
        Ok(input)
    }

    /// Sorts, counts the days and cuts what lies after the last one played.
    /// `all_days` are the first and last calendar day of the file, as days
    /// since 1970.
    pub fn close(&mut self, all_days: (u64, u64), days: Option<u32>) {
        let (first, last) = all_days;
        self.launch_ms = first * DAY_MS;
        let in_file = u32::try_from(last - first + 1).unwrap_or(u32::MAX);
        self.days = days.unwrap_or(in_file).min(in_file);
        let end = self.launch_ms + u64::from(self.days) * DAY_MS;
        self.receipts.retain(|receipt| receipt.at_ms < end);
        // A row without a date belongs to no day, and is never dropped in silence.
        self.rejected.retain(|row| row.at_ms.is_none_or(|at_ms| at_ms < end));
        self.receipts.sort_by_key(|receipt| receipt.at_ms);
        self.shops.sort_by_key(|shop| natural(&shop.id));
    }

    /// The customers of the days played, in the order of their ids.
    #[must_use]
    pub fn customers(&self) -> Vec<String> {
        let ids: BTreeMap<_, _> = self
            .receipts
            .iter()
            .filter(|receipt| !receipt.household_id.is_empty())
            .map(|receipt| (natural(&receipt.household_id), &receipt.household_id))
            .collect();
        ids.into_values().cloned().collect()
    }

    /// Reads the rows; returns the first and last day of all that have a date.
    fn read_receipts(&mut self, path: &Path) -> Result<Option<(u64, u64)>, InputError> {
        let mut reader = open_csv(path)?;
        let column = columns(path, &mut reader, &["receipt_id", "store_id", "household_id", "at", "amount_cents"])?;
        let channel_column = reader.headers().ok().and_then(|h| h.iter().position(|name| name.trim() == "channel"));
        let mut days: Option<(u64, u64)> = None;
        for record in reader.byte_records() {
            let Ok(record) = record else {
                self.reject(None, String::new());
                continue;
            };
            let field = |index: usize| record.get(index).map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
            let id = field(column[0]).unwrap_or_default();
            let Some(at_ms) = field(column[3]).and_then(|text| parse_time(&text)) else {
                self.reject(None, id);
                continue;
            };
            let day = at_ms / DAY_MS;
            days = Some(days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
            let channel = match channel_column.and_then(field).as_deref() {
                None | Some("" | "in_store") => Some(SaleChannel::InStore),
                Some("outside") => Some(SaleChannel::Outside),
                Some(_) => None,
            };
            let amount = field(column[4]).and_then(|text| text.parse::<i128>().ok());
            let (Some(store_id), Some(household_id), Some(amount), Some(channel), false) =
                (field(column[1]), field(column[2]), amount, channel, id.is_empty())
            else {
                self.reject(Some(at_ms), id);
                continue;
            };
            // Beyond 64 bits it is refused as too large all the same.
            let amount = i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX });
            self.receipts.push(ReceiptRow { id, store_id, household_id, at_ms, amount, channel });
        }
        Ok(days)
    }

    fn reject(&mut self, at_ms: Option<u64>, receipt_id: String) {
        self.rejected.push(Rejected { at_ms, receipt_id, reason: "malformed_row".to_owned() });
    }
}

/// A key that puts numbers in the order of their value and before all else.
fn natural(id: &str) -> (bool, u64, String) {
    match id.parse::<u64>() {
        Ok(number) => (false, number, id.to_owned()),
        Err(_) => (true, 0, id.to_owned()),
    }
}

/// Days since 1970 as `YYYY-MM-DD`.
#[must_use]
pub fn day_name(day_since_1970: u64) -> String {
    let epoch = NaiveDate::default();
    epoch
        .checked_add_days(chrono::Days::new(day_since_1970))
        .map_or_else(|| format!("day {day_since_1970}"), |date| date.format("%Y-%m-%d").to_string())
}

fn parse_time(text: &str) -> Option<u64> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    u64::try_from(time.and_utc().timestamp_millis()).ok()
}

type CsvReader = csv::Reader<Box<dyn Read>>;

/// Opens a CSV, plain or gzip, told apart by its first bytes.
fn open_csv(path: &Path) -> Result<CsvReader, InputError> {
    let failed = |source| InputError::Open { path: path.to_owned(), source };
    let mut file = std::io::BufReader::new(std::fs::File::open(path).map_err(failed)?);
    let gzip = std::io::BufRead::fill_buf(&mut file).map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read> =
        if gzip { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(csv::ReaderBuilder::new().flexible(true).from_reader(reader))
}

fn columns(path: &Path, reader: &mut CsvReader, names: &[&'static str]) -> Result<Vec<usize>, InputError> {
    let headers = reader
        .headers()
        .map_err(|error| InputError::Open { path: path.to_owned(), source: std::io::Error::other(error) })?
        .clone();
    names
        .iter()
        .map(|name| {
            headers
                .iter()
                .position(|header| header.trim().trim_start_matches('\u{feff}') == *name)
                .ok_or_else(|| InputError::Column { path: path.to_owned(), column: name, needed: names.join(", ") })
        })
        .collect()
}

#[derive(Deserialize)]
struct ShopRow {
    store_id: String,
    area_m2: u32,
    staff: u32,
    rent_per_m2_month: u64,
    wage_month: u64,
}

fn read_shops(path: &Path) -> Result<Vec<Shop>, InputError> {
    let mut reader = open_csv(path)?;
    columns(path, &mut reader, &["store_id", "area_m2", "staff", "rent_per_m2_month", "wage_month"])?;
    let mut shops: BTreeMap<String, Shop> = BTreeMap::new();
    for (line, row) in (2u64..).zip(reader.deserialize::<ShopRow>()) {
        let refused = |reason: String| InputError::Shop { path: path.to_owned(), line, reason };
        let row = row.map_err(|error| refused(error.to_string()))?;
        if row.store_id.is_empty() {
            return Err(refused("the shop has no id".to_owned()));
        }
        let capital = Capital {
            area_m2: row.area_m2,
            staff: row.staff,
            rent_per_m2_month: row.rent_per_m2_month,
            wage_month: row.wage_month,
        };
        let shop = Shop { id: row.store_id.clone(), capital };
        if shops.insert(row.store_id, shop).is_some() {
            return Err(refused("the shop was listed before".to_owned()));
        }
    }
    Ok(shops.into_values().collect())
}
