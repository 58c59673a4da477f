//! Receipts of a network that is none yet: two files.

use crate::demo::input::Input;
use crate::system::DAY_MS;
use anyhow::Context;
use bizkey_oracle::{persona::Sale, scoring::ReceiptId};
use bizkey_primitives::{receipt::MAX_AMOUNT, Calendar};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Which files.
#[derive(Clone, Debug, clap::Args)]
pub struct FilesArgs {
    /// Receipts: CSV, plain or gzip, with receipt_id, store_id, household_id, at, amount_cents.
    #[arg(long)]
    pub receipts: PathBuf,
    /// Shops: CSV with store_id, area_m2, staff, rent_per_m2_month, wage_month.
    #[arg(long)]
    pub shops: PathBuf,
}

/// Receipts that are looked at, and how many are not.
#[derive(Clone, Debug)]
pub struct Receipts {
    /// Those that are, in the order of time.
    pub sales: Vec<Sale>,
    /// The file's ids: a receipt's `seq` is its place here.
    pub ids: Vec<String>,
    /// Days of the file.
    pub calendar: Calendar,
    /// Those that are not looked at, by reason.
    pub refused: Vec<(&'static str, usize)>,
}

impl FilesArgs {
    /// The receipts. Shops and customers have the numbers that the files give
    /// them; where some id is no number, they are numbered in the order of
    /// their ids.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self) -> anyhow::Result<Receipts> {
        read(&self.receipts, &self.shops)
    }
}

/// Numbers for ids.
fn numbered(ids: &[&str]) -> HashMap<String, u32> {
    let own: Option<HashMap<String, u32>> = ids
        .iter()
        // 0 is nobody; a number written in two ways would be two parties.
        .map(|id| Some(((*id).to_owned(), id.parse().ok().filter(|n: &u32| *n > 0 && n.to_string() == **id)?)))
        .collect();
    own.unwrap_or_else(|| (1..).zip(ids).map(|(number, id)| ((*id).to_owned(), number)).collect())
}

fn read(receipts: &Path, shops: &Path) -> anyhow::Result<Receipts> {
    let input = Input::read(receipts, shops, None)?;
    let shop_ids: Vec<&str> = input.shops.iter().map(|shop| shop.id.as_str()).collect();
    let merchants = numbered(&shop_ids);
    let customer_ids = input.customers();
    let customers = numbered(&customer_ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut sales = Vec::with_capacity(input.receipts.len());
    let (mut no_amount, mut no_shop, mut no_customer) = (0, 0, 0);
    for (seq, receipt) in (0u64..).zip(&input.receipts) {
        let Some(amount) = u64::try_from(receipt.amount).ok().filter(|amount| (1..=MAX_AMOUNT).contains(amount)) else {
            no_amount += 1;
            continue;
        };
        let Some(merchant) = merchants.get(&receipt.store_id).copied() else {
            no_shop += 1;
            continue;
        };
        let Some(customer) = customers.get(&receipt.household_id).copied() else {
            no_customer += 1;
            continue;
        };
        let epoch = u32::try_from((receipt.at_ms - input.launch_ms) / DAY_MS).context("a day beyond any calendar")?;
        let id = ReceiptId { device: merchant, seq, index: 0 };
        sales.push(Sale { id, merchant, customer, amount, at_ms: receipt.at_ms, epoch });
    }
    let calendar = Calendar { genesis_ms: input.launch_ms, epoch_ms: DAY_MS };
    let ids = input.receipts.iter().map(|receipt| receipt.id.clone()).collect();
    Ok(Receipts {
        sales,
        ids,
        calendar,
        refused: vec![
            ("the amount is 0, below, or too large", no_amount),
            ("the shop is not listed", no_shop),
            ("no customer is named", no_customer),
            ("the row cannot be read", input.rejected.len()),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_keep_the_numbers_that_they_have_or_all_get_others() {
        let own = numbered(&["7", "300"]);
        assert_eq!((own["7"], own["300"]), (7, 300));
        for other in ["0", "-1", "x", "01", "4294967296"] {
            let counted = numbered(&["7", other]);
            assert_eq!((counted["7"], counted[other]), (1, 2), "{other}");
        }
    }
}
