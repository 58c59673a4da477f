//! What the board decided of how epochs are scored.

use super::{
    parties::capital,
    runs::{listed, SHOPS_A_QUERY},
};
use crate::{
    model::{all_pages, page_size, AlgorithmFrom, CapitalFloorFrom, CashCapFrom, ClampFrom, ScoringRules, MAX_PAGE},
    scores::rules::Parameters,
    store::{
        sql::{fetch, fetch_one, placeholders, values, Columns, Value},
        Store,
    },
    Result,
};
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::Capital,
    report::BIZPOWER_1,
    Epoch, MerchantIndex,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// What the board's parameters of `bizpower-2` say of a shop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShopParameters {
    /// Between what a customer's total counts, if it is clamped.
    pub clamp: Option<Clamp>,
    /// Least capital, minor units a month; 0 if there is none.
    pub capital_floor: u128,
}

impl Store {
    /// The rules in force in an epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn scoring_rules(&self, epoch: Epoch) -> Result<ScoringRules> {
        let clamps = all_pages(|after| self.clamps_after(epoch, after, MAX_PAGE), |row: &ClampFrom| row.trade).await?;
        let floors = all_pages(
            |after| self.capital_floors_after(epoch, after, MAX_PAGE),
            |row: &CapitalFloorFrom| (row.trade, row.region),
        )
        .await?;
        Ok(ScoringRules {
            algorithm_version: self.algorithm_at(epoch).await?,
            parameters: Parameters {
                clamps: clamps.into_iter().map(|row| (row.trade, row.clamp)).collect(),
                capital_floors: floors.into_iter().map(|row| ((row.trade, row.region), row.floor)).collect(),
                cash_cap: self.cash_cap_at(epoch).await?.map(|row| row.cap),
            },
        })
    }

    /// The version of the algorithm that scores an epoch; 1 until the board
    /// sets another one (`rewards`, `algorithm_at`).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn algorithm_at(&self, epoch: Epoch) -> Result<u16> {
        let found = self.algorithms_at(epoch..=epoch).await?;
        Ok(found.first().map_or(BIZPOWER_1, |(_, version)| *version))
    }

    /// As [`Self::algorithm_at`], of each of some epochs, in order.
    pub(crate) async fn algorithms_at(&self, epochs: RangeInclusive<Epoch>) -> Result<Vec<(Epoch, u16)>> {
        let values: Vec<Value> = epochs.map(Value::from).collect();
        let sql = format!(
            "WITH wanted (epoch) AS (VALUES {})
             SELECT w.epoch, (SELECT a.version FROM algorithms a
                              WHERE a.from_epoch <= w.epoch AND a.replaced_block IS NULL
                              ORDER BY a.from_epoch DESC LIMIT 1) AS version
             FROM wanted w ORDER BY w.epoch",
            placeholders(values.len(), 1)
        );
        let read = |row: &Columns| Ok((row.integer("epoch")?, row.optional("version")?.unwrap_or(BIZPOWER_1)));
        fetch(self.reader(), "reading algorithms", sql, values, read).await
    }

    /// The shops with a receipt in an epoch, valid or not, by index. Reads
    /// batches alone, of which there are far fewer than receipts.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchants_with_receipts(&self, epoch: Epoch) -> Result<Vec<MerchantIndex>> {
        let page = |after: Option<MerchantIndex>| async move {
            // What does not decode is no receipt.
            let sql = "SELECT DISTINCT merchant FROM batches
                       WHERE epoch = $1 AND merchant > $2 AND announced > undecodable ORDER BY merchant LIMIT $3";
            let values = values![epoch, after.unwrap_or(0), MAX_PAGE];
            fetch(self.reader(), "reading shops with receipts", sql, values, |row| row.integer("merchant")).await
        };
        all_pages(page, |merchant| *merchant).await
    }

    /// The capital in force in an epoch of each of these shops that has any.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn capitals_in(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
    ) -> Result<BTreeMap<MerchantIndex, Capital>> {
        let mut capitals = BTreeMap::new();
        for some in merchants.chunks(SHOPS_A_QUERY) {
            let mut values = values![epoch];
            let sql = format!(
                "SELECT merchant, area_m2, staff, rent_per_m2_month, wage_month FROM capitals
                 WHERE from_epoch <= $1 AND merchant IN {} ORDER BY from_epoch, block, event",
                listed(some, &mut values)
            );
            let read = |row: &Columns| Ok((row.integer("merchant")?, capital(row)?));
            // The last one of each shop stays.
            capitals.extend(fetch(self.reader(), "reading shops' capital", sql, values, read).await?);
        }
        Ok(capitals)
    }

    /// The board's parameters for each of these shops, at most
    /// [`SHOPS_A_QUERY`], whose trade and region are attested.
    pub(super) async fn shop_parameters(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
    ) -> Result<BTreeMap<MerchantIndex, ShopParameters>> {
        let businesses = self.businesses_in(epoch, merchants).await?;
        let of = |business: &Business| (business.trade, business.region);
        let wanted: Vec<_> = businesses.values().map(of).collect::<BTreeSet<_>>().into_iter().collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Filled up with repeats, so that few different statements exist.
        let count = wanted.len().next_power_of_two();
        let wanted = wanted.iter().cycle().take(count);
        let mut values: Vec<Value> = wanted.flat_map(|(trade, region)| values![*trade, *region]).collect();
        values.push(epoch.into());
        let at = values.len();
        let sql = format!(
            "WITH wanted (trade, region) AS (VALUES {})
             SELECT w.trade, w.region, c.lo, c.hi, f.capital_floor FROM wanted w
             LEFT JOIN clamps c ON c.trade = w.trade AND c.replaced_block IS NULL AND c.from_epoch = (
                 SELECT MAX(l.from_epoch) FROM clamps l
                 WHERE l.trade = w.trade AND l.from_epoch <= ${at} AND l.replaced_block IS NULL)
             LEFT JOIN capital_floors f ON f.trade = w.trade AND f.region = w.region AND f.replaced_block IS NULL
                 AND f.from_epoch = (
                     SELECT MAX(l.from_epoch) FROM capital_floors l WHERE l.trade = w.trade AND l.region = w.region
                     AND l.from_epoch <= ${at} AND l.replaced_block IS NULL)",
            placeholders(count, 2)
        );
        let read = |row: &Columns| {
            let clamp = row.optional_wide("lo")?.zip(row.optional_wide("hi")?).map(|(lo, hi)| Clamp { lo, hi });
            let capital_floor = row.optional_amount("capital_floor")?.unwrap_or(0);
            Ok(((row.integer("trade")?, row.integer("region")?), ShopParameters { clamp, capital_floor }))
        };
        let found = fetch(self.reader(), "reading shops' scoring rules", sql, values, read).await?;
        let found: BTreeMap<(u16, u16), ShopParameters> = found.into_iter().collect();
        let parameters = |business| found.get(&of(business)).copied().unwrap_or_default();
        Ok(businesses.iter().map(|(merchant, business)| (*merchant, parameters(business))).collect())
    }

    /// A page of the algorithms, by the first epoch that each scores, those
    /// after `after`. One that was dropped before it began is none of them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn algorithms_after(&self, after: Option<Epoch>, limit: u32) -> Result<Vec<AlgorithmFrom>> {
        let sql = "SELECT from_epoch, version, block FROM algorithms
                   WHERE from_epoch > $1 AND replaced_block IS NULL ORDER BY from_epoch LIMIT $2";
        let values = values![after.map_or(-1, i64::from), page_size(limit)];
        fetch(self.reader(), "reading algorithms", sql, values, |row| {
            Ok(AlgorithmFrom {
                from_epoch: row.integer("from_epoch")?,
                version: row.integer("version")?,
                block: row.integer("block")?,
            })
        })
        .await
    }

    /// A page of the clamps in force in an epoch, by trade, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn clamps_after(&self, epoch: Epoch, after: Option<u16>, limit: u32) -> Result<Vec<ClampFrom>> {
        let sql = "SELECT c.trade, c.from_epoch, c.lo, c.hi FROM clamps c
                   WHERE c.trade > $1 AND c.from_epoch <= $2 AND c.replaced_block IS NULL AND NOT EXISTS (
                       SELECT 1 FROM clamps l WHERE l.trade = c.trade AND l.from_epoch > c.from_epoch
                       AND l.from_epoch <= $2 AND l.replaced_block IS NULL)
                   ORDER BY c.trade LIMIT $3";
        let values = values![after.map_or(-1, i64::from), epoch, page_size(limit)];
        fetch(self.reader(), "reading clamps", sql, values, |row| {
            Ok(ClampFrom {
                trade: row.integer("trade")?,
                clamp: Clamp { lo: row.wide("lo")?, hi: row.wide("hi")? },
                from_epoch: row.integer("from_epoch")?,
            })
        })
        .await
    }

    /// A page of the capital floors in force in an epoch, by trade and region,
    /// those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn capital_floors_after(
        &self,
        epoch: Epoch,
        after: Option<(u16, u16)>,
        limit: u32,
    ) -> Result<Vec<CapitalFloorFrom>> {
        let sql = "SELECT c.trade, c.region, c.from_epoch, c.capital_floor FROM capital_floors c
                   WHERE (c.trade, c.region) > ($1, $2) AND c.from_epoch <= $3 AND c.replaced_block IS NULL
                   AND NOT EXISTS (
                       SELECT 1 FROM capital_floors l WHERE l.trade = c.trade AND l.region = c.region
                       AND l.from_epoch > c.from_epoch AND l.from_epoch <= $3 AND l.replaced_block IS NULL)
                   ORDER BY c.trade, c.region LIMIT $4";
        let (trade, region) = after.map_or((-1, -1), |(trade, region)| (i64::from(trade), i64::from(region)));
        let values = values![trade, region, epoch, page_size(limit)];
        fetch(self.reader(), "reading capital floors", sql, values, |row| {
            Ok(CapitalFloorFrom {
                trade: row.integer("trade")?,
                region: row.integer("region")?,
                floor: row.amount("capital_floor")?,
                from_epoch: row.integer("from_epoch")?,
            })
        })
        .await
    }

    /// The cap on a customer's cash and external payments in an epoch; `None`
    /// if none is set.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cash_cap_at(&self, epoch: Epoch) -> Result<Option<CashCapFrom>> {
        let sql = "SELECT from_epoch, cap FROM cash_caps WHERE from_epoch <= $1 AND replaced_block IS NULL
                   ORDER BY from_epoch DESC LIMIT 1";
        fetch_one(self.reader(), "reading the cash cap", sql, values![epoch], |row| {
            Ok(CashCapFrom { cap: row.wide("cap")?, from_epoch: row.integer("from_epoch")? })
        })
        .await
    }
}
