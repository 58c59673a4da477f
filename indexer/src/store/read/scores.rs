//! Kept scores and candles.

use crate::{
    model::{page_size, MerchantScore, RankingFilter},
    scores::{candle, Candle, Interval},
    store::{
        codes::STATUSES,
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{bizpower::Counts, Epoch, MerchantIndex};

const COLUMNS: &str = "epoch, merchant, in_store_orders, in_store_sales, first_buyers, repeat_buyers, outside_buyers,
                       outside_orders, outside_sales, capital, score, status, trade, region";

/// The latest moment that a column holds, Unix milliseconds.
const LATEST_MS: u64 = i64::MAX as u64;

fn score(row: &Columns) -> Result<MerchantScore> {
    Ok(MerchantScore {
        epoch: row.integer("epoch")?,
        merchant: row.integer("merchant")?,
        counts: Counts {
            pl: row.wide("in_store_orders")?,
            pm: row.amount("in_store_sales")?,
            um: row.wide("first_buyers")?,
            un: row.wide("repeat_buyers")?,
            uo: row.wide("outside_buyers")?,
            uom: row.wide("outside_orders")?,
            uon: row.amount("outside_sales")?,
        },
        capital: row.amount("capital")?,
        score: row.amount("score")?,
        status: row.choice("status", &STATUSES)?,
        trade: row.optional("trade")?,
        region: row.optional("region")?,
    })
}

fn kept_candle(row: &Columns) -> Result<Candle> {
    Ok(Candle {
        start_ms: row.wide("start_ms")?,
        open: row.amount("open")?,
        high: row.amount("high")?,
        low: row.amount("low")?,
        close: row.amount("close")?,
    })
}

impl Store {
    /// A page of a shop's kept scores by epoch, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchant_scores(
        &self,
        merchant: MerchantIndex,
        after: Option<Epoch>,
        limit: u32,
    ) -> Result<Vec<MerchantScore>> {
        let sql =
            format!("SELECT {COLUMNS} FROM merchant_scores WHERE merchant = $1 AND epoch > $2 ORDER BY epoch LIMIT $3");
        let after = after.map_or(-1, i64::from);
        fetch(self.reader(), "reading a shop's scores", sql, values![merchant, after, page_size(limit)], score).await
    }

    /// A page of the shops of an epoch by rank: those in good standing first,
    /// then by score, then by index. `after` is the last shop of the page
    /// before.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn ranking(
        &self,
        epoch: Epoch,
        filter: RankingFilter,
        after: Option<MerchantIndex>,
        limit: u32,
    ) -> Result<Vec<MerchantScore>> {
        let mut values = values![epoch, page_size(limit)];
        // Both tables have the columns by which shops are ranked.
        let table = if filter.grade.is_some() { "merchant_grades" } else { "merchant_scores" };
        let mut wanted = "s.epoch = $1".to_owned();
        let grade = filter.grade.map(|grade| u16::from(grade.number()));
        for (column, value) in [("grade", grade), ("trade", filter.trade), ("region", filter.region)] {
            if let Some(value) = value {
                values.push(value.into());
                wanted.push_str(&format!(" AND s.{column} = ${}", values.len()));
            }
        }
        if let Some(after) = after {
            let Some(last) = self.merchant_score(epoch, after).await? else { return Ok(Vec::new()) };
            let first = values.len();
            values.extend(values![crate::store::codes::code(&STATUSES, &last.status), last.score, after]);
            let (status, score, merchant) = (first + 1, first + 2, first + 3);
            wanted.push_str(&format!(
                " AND (s.status > ${status} OR (s.status = ${status} AND (s.score < ${score}
                       OR (s.score = ${score} AND s.merchant > ${merchant}))))"
            ));
        }
        let order = "ORDER BY s.status, s.score DESC, s.merchant";
        let sql = match filter.grade {
            None => format!("SELECT {COLUMNS} FROM {table} s WHERE {wanted} {order} LIMIT $2"),
            // The page first, then what belongs to its shops.
            Some(_) => format!(
                "SELECT {COLUMNS} FROM (SELECT s.merchant AS shop FROM {table} s WHERE {wanted} {order} LIMIT $2) p
                 JOIN merchant_scores s ON s.epoch = $1 AND s.merchant = p.shop {order}"
            ),
        };
        fetch(self.reader(), "ranking shops", sql, values, score).await
    }

    /// A shop's kept score of an epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchant_score(&self, epoch: Epoch, merchant: MerchantIndex) -> Result<Option<MerchantScore>> {
        let sql = format!("SELECT {COLUMNS} FROM merchant_scores WHERE epoch = $1 AND merchant = $2");
        fetch_one(self.reader(), "reading a shop's score", sql, values![epoch, merchant], score).await
    }

    /// The candles of a shop in the buckets from the one of `from_ms` on,
    /// `count` of them, none after the last stored block: what is kept, then
    /// what is live. With `filled`, a bucket in which the score rests has one
    /// too.
    ///
    /// # Errors
    /// [`crate::Error::ScoresBehind`], [`crate::Error::UnknownAlgorithm`]; those
    /// of the database.
    pub async fn candles(
        &self,
        merchant: MerchantIndex,
        interval: Interval,
        from_ms: u64,
        count: u32,
        filled: bool,
    ) -> Result<Vec<Candle>> {
        let Some(live) = self.live(merchant).await? else { return Ok(Vec::new()) };
        let calendar = self.network().calendar;
        let kept = interval.kept();
        let from_ms = interval.start_of(&calendar, from_ms.min(LATEST_MS));
        let end_ms = from_ms.saturating_add(interval.ms().saturating_mul(u64::from(count)));
        // What is skipped makes the range of rows unknown: one row a bucket at
        // least, so that many are enough.
        let end_ms = if filled { end_ms.min(LATEST_MS) } else { LATEST_MS };
        // An epoch that was kept in between is among the live ones already: of
        // its kept candles only the one goes in that holds its start, and joins.
        let kept_end =
            live.kept.map_or(0, |epoch| kept.start_of(&calendar, calendar.end_ms(epoch)).saturating_add(kept.ms()));
        let rows = u64::from(count).saturating_add(1).saturating_mul(interval.ms() / kept.ms());
        let sql = "SELECT start_ms, open, high, low, close FROM candles
                   WHERE merchant = $1 AND length_ms = $2 AND start_ms >= $3 AND start_ms < $4
                   ORDER BY start_ms LIMIT $5";
        let values = values![merchant, kept.ms(), from_ms, end_ms.min(kept_end), rows];
        let mut changed = fetch(self.reader(), "reading candles", sql, values, kept_candle).await?;
        let sql = "SELECT close FROM candles WHERE merchant = $1 AND length_ms = $2 AND start_ms < $3
                   ORDER BY start_ms DESC LIMIT 1";
        let read = |row: &Columns| row.amount("close");
        let before = fetch_one(self.reader(), "reading candles", sql, values![merchant, kept.ms(), from_ms], read);
        let mut before = before.await?.unwrap_or(0);
        let running = live.runs.len();
        for (position, run) in live.runs.iter().enumerate() {
            let is_over = position + 1 < running;
            for candle in candle::candles(&calendar, kept, run, is_over) {
                if candle.start_ms < from_ms {
                    before = candle.close;
                } else if candle.start_ms < end_ms {
                    candle::append(&mut changed, &[candle]);
                }
            }
        }
        let changed = candle::widen(&calendar, interval, &changed);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if filled {
            return Ok(candle::fill(interval, &changed, from_ms, count, live.now.timestamp_ms, before));
        }
        Ok(changed.into_iter().take(count).collect())
    }
}
