//! Which references have counted at a shop, and which receipts repeated one.
//!
//! Whether a reference counts depends on the epochs before, whose answer
//! depends on those before them. So each epoch's answer is kept, for as long
//! as a later one asks: reading it again from the receipts would have no end.

use super::runs::listed;
use crate::{
    model::hex,
    scores::{running::Sale, EpochRun},
    store::{
        sql::{fetch, placeholders, values, Columns, Value},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::{
    ticket::{Reference, REFERENCE_BYTES, REFERENCE_EPOCHS},
    Epoch, MerchantIndex,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Receipts looked up by one statement.
const RECEIPTS_A_QUERY: usize = 256;

/// References of epochs that are scored, but not kept yet.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    spent: HashMap<MerchantIndex, Vec<(Epoch, BTreeSet<Reference>)>>,
    repeated: HashSet<u64>,
}

impl References {
    /// An epoch is over.
    pub fn close(&mut self, merchant: MerchantIndex, run: &EpochRun) {
        let spent = run.spent();
        if !spent.is_empty() {
            self.spent.entry(merchant).or_default().push((run.epoch, spent));
        }
        self.repeated.extend(run.repeated());
    }

    /// Those that counted at a shop in an epoch from `first` on.
    fn since(&self, merchant: MerchantIndex, first: Epoch) -> impl Iterator<Item = &Reference> {
        let epochs = self.spent.get(&merchant).into_iter().flatten();
        epochs.filter(move |(epoch, _)| *epoch >= first).flat_map(|(_, spent)| spent)
    }
}

impl Store {
    /// Of the references of these sales, those that counted at their shop in
    /// one of the seven epochs before. Every one of these must be kept or
    /// `carried`.
    pub(super) async fn spent_before<'s>(
        &self,
        epoch: Epoch,
        sales: impl Iterator<Item = (MerchantIndex, &'s Sale)>,
        carried: &References,
    ) -> Result<HashMap<MerchantIndex, HashSet<Reference>>> {
        let mut wanted: HashMap<MerchantIndex, HashSet<Reference>> = HashMap::new();
        for (merchant, sale) in sales.filter(|(_, sale)| sale.has_ticket()) {
            wanted.entry(merchant).or_default().insert(sale.reference);
        }
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let first = epoch.saturating_sub(REFERENCE_EPOCHS - 1);
        let mut merchants: Vec<_> = wanted.keys().copied().collect();
        merchants.sort_unstable();
        let mut values = values![first, epoch];
        let sql = format!(
            "SELECT merchant, spent FROM spent_references WHERE epoch >= $1 AND epoch < $2 AND merchant IN {}",
            listed(&merchants, &mut values)
        );
        let read = |row: &Columns| {
            let (merchant, bytes) = (row.integer("merchant")?, row.blob("spent")?);
            let (spent, rest) = bytes.as_chunks::<REFERENCE_BYTES>();
            if !rest.is_empty() {
                return Err(Error::Altered { column: "spent", value: hex(bytes) });
            }
            let is_wanted = |reference: &&Reference| wanted.get(&merchant).is_some_and(|all| all.contains(*reference));
            Ok((merchant, spent.iter().filter(is_wanted).copied().collect::<Vec<_>>()))
        };
        let mut found: HashMap<MerchantIndex, HashSet<Reference>> = HashMap::new();
        for (merchant, spent) in fetch(self.reader(), "reading spent references", sql, values, read).await? {
            found.entry(merchant).or_default().extend(spent);
        }
        for (merchant, wanted) in &wanted {
            let spent = carried.since(*merchant, first).filter(|reference| wanted.contains(*reference));
            found.entry(*merchant).or_default().extend(spent);
        }
        Ok(found)
    }

    /// Of these receipts of earlier epochs, those whose reference had counted
    /// before.
    pub(super) async fn repeated_among(
        &self,
        receipts: impl Iterator<Item = u64>,
        carried: &References,
    ) -> Result<HashSet<u64>> {
        let (carried, kept): (Vec<u64>, Vec<u64>) = receipts.partition(|receipt| carried.repeated.contains(receipt));
        let mut found: HashSet<u64> = carried.into_iter().collect();
        for some in kept.chunks(RECEIPTS_A_QUERY) {
            let count = some.len().next_power_of_two();
            let values: Vec<Value> = some.iter().cycle().take(count).map(|receipt| Value::from(*receipt)).collect();
            let sql = format!(
                "WITH wanted (receipt) AS (VALUES {})
                 SELECT r.receipt FROM wanted w JOIN repeated_references r ON r.receipt = w.receipt",
                placeholders(count, 1)
            );
            let read = |row: &Columns| row.wide("receipt");
            found.extend(fetch(self.reader(), "reading repeated references", sql, values, read).await?);
        }
        Ok(found)
    }
}
