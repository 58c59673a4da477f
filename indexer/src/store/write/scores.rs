//! Scores of epochs that are over, kept.

use crate::{
    model::Checkpoint,
    scores::{candle, Candle, EpochRun, Interval},
    store::{
        codes::{code, STATUSES},
        insert::Insert,
        sql::{execute, values, Value},
        Store,
    },
    Result,
};
use bizkey_primitives::{ticket::REFERENCE_EPOCHS, Epoch, MerchantIndex};
use std::collections::BTreeMap;

const SCORES: Insert = Insert {
    table: "merchant_scores",
    columns: "epoch, merchant, in_store_orders, in_store_sales, first_buyers, repeat_buyers, outside_buyers, \
              outside_orders, outside_sales, capital, score, status, trade, region",
    tail: "ON CONFLICT (epoch, merchant) DO NOTHING",
};

const CUSTOMERS: Insert = Insert {
    table: "merchant_customers",
    columns: "merchant, customer, first_epoch",
    tail: "ON CONFLICT (merchant, customer) DO NOTHING",
};

const SPENT: Insert = Insert {
    table: "spent_references",
    columns: "merchant, epoch, spent",
    tail: "ON CONFLICT (merchant, epoch) DO NOTHING",
};

const REPEATED: Insert =
    Insert { table: "repeated_references", columns: "receipt", tail: "ON CONFLICT (receipt) DO NOTHING" };

const CANDLES: Insert = Insert {
    table: "candles",
    columns: "merchant, length_ms, start_ms, open, high, low, close",
    tail: "ON CONFLICT (merchant, length_ms, start_ms) DO UPDATE SET
               high = CASE WHEN excluded.high > candles.high THEN excluded.high ELSE candles.high END,
               low = CASE WHEN excluded.low < candles.low THEN excluded.low ELSE candles.low END,
               close = excluded.close",
};

/// The scores of an epoch, as each shop's last.
const SCORES_OF_EPOCH: &str = "
    INSERT INTO ranked_shops (merchant, trade, region, scored_epoch, score)
    SELECT s.merchant, s.trade, s.region, s.epoch, s.score FROM merchant_scores s WHERE s.epoch = $1
    ON CONFLICT (merchant) DO UPDATE SET scored_epoch = excluded.scored_epoch, score = excluded.score";

/// The trades and regions that begin to hold in an epoch. Of two that name the
/// same epoch the later one counts.
const BUSINESSES_OF_EPOCH: &str = "
    INSERT INTO ranked_shops (merchant, trade, region, score)
    SELECT b.merchant, b.trade, b.region, $2 FROM businesses b
    WHERE b.from_epoch = $1
      AND NOT EXISTS (SELECT 1 FROM businesses l WHERE l.merchant = b.merchant AND l.from_epoch = $1
                      AND (l.block, l.event) > (b.block, b.event))
    ON CONFLICT (merchant) DO UPDATE SET trade = excluded.trade, region = excluded.region";

impl Store {
    /// Keeps the epoch of some shops. Keeping it again changes nothing, so a
    /// process that was killed half-way begins the epoch again.
    pub(crate) async fn keep_runs(&self, runs: &BTreeMap<MerchantIndex, EpochRun>) -> Result<()> {
        let (mut scores, mut customers, mut candles) = (Vec::new(), Vec::new(), Vec::new());
        let (mut spent, mut repeated) = (Vec::new(), Vec::new());
        let Some(epoch) = runs.values().next().map(|run| run.epoch) else { return Ok(()) };
        let merchants: Vec<_> = runs.keys().copied().collect();
        let businesses = self.businesses_in(epoch, &merchants).await?;
        for (merchant, run) in runs {
            if run.has_leaf() {
                let counts = run.counts();
                let business = businesses.get(merchant);
                scores.extend(values![
                    run.epoch,
                    *merchant,
                    counts.pl,
                    counts.pm,
                    counts.um,
                    counts.un,
                    counts.uo,
                    counts.uom,
                    counts.uon,
                    run.opening.capital,
                    run.score(),
                    code(&STATUSES, &run.status()),
                    business.map(|business| business.trade),
                    business.map(|business| business.region),
                ]);
            }
            for customer in run.buyers() {
                customers.extend(values![*merchant, customer, run.epoch]);
            }
            let references: Vec<u8> = run.spent().into_iter().flatten().collect();
            if !references.is_empty() {
                spent.extend(values![*merchant, run.epoch, references]);
            }
            repeated.extend(run.repeated().into_iter().map(Value::from));
            for interval in Interval::KEPT {
                for candle in candle::candles(&self.network().calendar, interval, run, true) {
                    let Candle { start_ms, open, high, low, close } = candle;
                    candles.extend(values![*merchant, interval.ms(), start_ms, open, high, low, close]);
                }
            }
        }
        let mut transaction = self.begin().await?;
        SCORES.run(&mut transaction, "keeping scores", scores).await?;
        CUSTOMERS.run(&mut transaction, "keeping shops' customers", customers).await?;
        SPENT.run(&mut transaction, "keeping references", spent).await?;
        REPEATED.run(&mut transaction, "keeping repeated references", repeated).await?;
        CANDLES.run(&mut transaction, "keeping candles", candles).await?;
        transaction.commit("committing scores").await
    }

    /// The epoch is kept whole, as it was after block `closed_by`.
    pub(crate) async fn keep_epoch(&self, epoch: Epoch, closed_by: &Checkpoint) -> Result<()> {
        let mut transaction = self.begin().await?;
        execute(&mut transaction, "ranking shops", SCORES_OF_EPOCH, values![epoch]).await?;
        execute(&mut transaction, "ranking shops", BUSINESSES_OF_EPOCH, values![epoch, 0u128]).await?;
        let sql = "INSERT INTO scored_epochs (epoch, block) VALUES ($1, $2) ON CONFLICT (epoch) DO NOTHING";
        execute(&mut transaction, "storing that an epoch is scored", sql, values![epoch, closed_by.number]).await?;
        // The next epoch asks for those of seven epochs, and a reader that has
        // not seen yet that this one is kept, for one more.
        let first = epoch.saturating_sub(REFERENCE_EPOCHS - 1);
        let sql = "DELETE FROM spent_references WHERE epoch < $1";
        execute(&mut transaction, "forgetting old references", sql, values![first]).await?;
        transaction.commit("committing that an epoch is scored").await
    }
}
