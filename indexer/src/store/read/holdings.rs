//! Balances, and the lowest of an epoch with the position that proves it.

use super::select::Select;
use crate::{
    model::{all_pages, page_size, CheckpointKind, DayCheckpoint, Deposit, DepositFilter, Holding, Low, MAX_PAGE},
    store::{
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{calendar::stamp, checkpoint::Checkpoint, AccountId, Balance, DeviceId, Epoch, Side, Stamp};

/// As `Live::low_at` of the suite: the checkpoint that covers an epoch gives
/// its low if it is of that very epoch, else what it closed with.
fn low(row: &Columns, at: Stamp, names: [&'static str; 4]) -> Result<Low> {
    let [stamp, position, close, low] = names;
    let Some(found) = row.optional::<Stamp>(stamp)? else { return Ok(Low::default()) };
    let low = if found == at { row.amount(low)? } else { row.amount(close)? };
    Ok(Low { position: row.integer(position)?, low })
}

fn deposit(row: &Columns) -> Result<Deposit> {
    Ok(Deposit {
        device: row.integer("device")?,
        depositor: row.account("depositor")?,
        amount: row.amount("amount")?,
        releasable_ms: row.optional_wide("releasable_ms")?,
    })
}

const LOW: [&str; 4] = ["stamp", "position", "close", "low"];

impl Store {
    /// Lowest free Bzky of an account in an epoch, the opening balance
    /// included, and the index that `bzky.low_at` wants. Final once the epoch
    /// is over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn bzky_low(&self, account: &AccountId, epoch: Epoch) -> Result<Low> {
        let sql = "SELECT stamp, position, close, low FROM bzky_checkpoints WHERE account = $1 AND stamp <= $2
                   ORDER BY stamp DESC LIMIT 1";
        self.low(sql, account, epoch).await
    }

    /// Lowest deposit of an account in an epoch, and the index that
    /// `pos_deposit.lows_at` wants. Final once the epoch is over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deposit_low(&self, account: &AccountId, epoch: Epoch) -> Result<Low> {
        let sql = "SELECT stamp, position, close, low FROM deposit_checkpoints WHERE account = $1 AND stamp <= $2
                   ORDER BY stamp DESC LIMIT 1";
        self.low(sql, account, epoch).await
    }

    async fn low(&self, sql: &'static str, account: &AccountId, epoch: Epoch) -> Result<Low> {
        let at = stamp(epoch);
        let read = |row: &Columns| low(row, at, LOW);
        let found = fetch_one(self.reader(), "reading a lowest balance", sql, values![account, at], read).await?;
        Ok(found.unwrap_or_default())
    }

    /// What every merchant that had joined by the close of an epoch held in it,
    /// on the account that it had then (architecture.md, Rewards), by index.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn holdings_at(&self, epoch: Epoch) -> Result<Vec<Holding>> {
        all_pages(|after| self.holdings_after(epoch, after.unwrap_or(0), MAX_PAGE), |holding| holding.merchant).await
    }

    /// A page of [`Store::holdings_at`]: merchants after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn holdings_after(&self, epoch: Epoch, after: u32, limit: u32) -> Result<Vec<Holding>> {
        let sql = "SELECT a.party, a.account,
                          b.stamp AS bzky_stamp, b.position AS bzky_position, b.close AS bzky_close, b.low AS bzky_low,
                          d.stamp AS deposit_stamp, d.position AS deposit_position, d.close AS deposit_close,
                          d.low AS deposit_low
                   FROM accounts a
                   LEFT JOIN bzky_checkpoints b ON b.account = a.account AND b.stamp =
                       (SELECT MAX(m.stamp) FROM bzky_checkpoints m WHERE m.account = a.account AND m.stamp <= $2)
                   LEFT JOIN deposit_checkpoints d ON d.account = a.account AND d.stamp =
                       (SELECT MAX(m.stamp) FROM deposit_checkpoints m WHERE m.account = a.account AND m.stamp <= $2)
                   WHERE a.side = $1 AND a.party > $3 AND a.stamp =
                       (SELECT MAX(m.stamp) FROM accounts m
                        WHERE m.side = a.side AND m.party = a.party AND m.stamp <= $2)
                   ORDER BY a.party LIMIT $4";
        let at = stamp(epoch);
        let values = values![Side::Merchant, at, after, page_size(limit)];
        fetch(self.reader(), "reading holdings", sql, values, |row| {
            Ok(Holding {
                merchant: row.integer("party")?,
                account: row.account("account")?,
                bzky: low(row, at, ["bzky_stamp", "bzky_position", "bzky_close", "bzky_low"])?,
                deposit: low(row, at, ["deposit_stamp", "deposit_position", "deposit_close", "deposit_low"])?,
            })
        })
        .await
    }

    /// Free Bzky of an account at the checkpoint, smallest unit.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn bzky_balance(&self, account: &AccountId) -> Result<Balance> {
        let sql = "SELECT close AS balance FROM bzky_checkpoints WHERE account = $1 ORDER BY stamp DESC LIMIT 1";
        self.balance(sql, account).await
    }

    /// Deposits of an account at the checkpoint, smallest unit of Bzky.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deposit_balance(&self, account: &AccountId) -> Result<Balance> {
        let sql = "SELECT close AS balance FROM deposit_checkpoints WHERE account = $1 ORDER BY stamp DESC LIMIT 1";
        self.balance(sql, account).await
    }

    /// Time of an account at the checkpoint, smallest unit.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn time_balance(&self, account: &AccountId) -> Result<Balance> {
        self.balance("SELECT balance FROM time_balances WHERE account = $1", account).await
    }

    async fn balance(&self, sql: &'static str, account: &AccountId) -> Result<Balance> {
        let read = |row: &Columns| row.amount("balance");
        Ok(fetch_one(self.reader(), "reading a balance", sql, values![account], read).await?.unwrap_or(0))
    }

    /// The deposit for a device; amount 0 once released.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deposit(&self, device: DeviceId) -> Result<Option<Deposit>> {
        let sql = "SELECT device, depositor, amount, releasable_ms FROM deposits WHERE device = $1";
        fetch_one(self.reader(), "reading a deposit", sql, values![device], deposit).await
    }

    /// A page of deposits, by device, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deposits_after(&self, filter: DepositFilter, after: DeviceId, limit: u32) -> Result<Vec<Deposit>> {
        let sql = "SELECT device, depositor, amount, releasable_ms FROM deposits WHERE device > $1";
        let select = Select::new(sql, values![after]).equal("depositor", filter.depositor.as_ref());
        let (sql, values) = select.page("device", limit);
        fetch(self.reader(), "reading deposits", sql, values, deposit).await
    }

    /// A page of an account's day checkpoints, by stamp, from the stamp `from` on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoints_from(
        &self,
        kind: CheckpointKind,
        account: &AccountId,
        from: Stamp,
        limit: u32,
    ) -> Result<Vec<DayCheckpoint>> {
        let table = match kind {
            CheckpointKind::Bzky => "bzky_checkpoints",
            CheckpointKind::Deposit => "deposit_checkpoints",
        };
        let sql = format!(
            "SELECT stamp, position, close, low FROM {table} WHERE account = $1 AND stamp >= $2
             ORDER BY stamp LIMIT $3"
        );
        fetch(self.reader(), "reading day checkpoints", sql, values![account, from, page_size(limit)], |row| {
            let (stamp, close, low) = (row.integer("stamp")?, row.amount("close")?, row.amount("low")?);
            Ok(DayCheckpoint { position: row.integer("position")?, checkpoint: Checkpoint { stamp, close, low } })
        })
        .await
    }
}
