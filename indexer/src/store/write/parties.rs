//! Merchants, customers, their standing and capital, deposits.

use super::{Place, Writer};
use crate::{
    store::{
        codes::{code, STATUSES},
        relations,
        sql::{execute, fetch_one, values},
    },
    Error, Result,
};
use bizkey_primitives::{
    events::{
        AccountChanged, CapitalAttested, DepositLocked, DepositReleased, DepositorChanged, DeviceTransferred,
        HoldPlaced, PartyRegistered, ReturnConfirmed, StatusChanged,
    },
    AccountId, Balance, DeviceId, Side,
};

impl Writer<'_> {
    pub(super) async fn party_registered(&mut self, event: &PartyRegistered) -> Result<()> {
        let sql = "INSERT INTO parties (side, party, account, commitment, stamp, block)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let block = self.block.number;
        let values = values![event.side, event.index, &event.account, &event.commitment, self.stamp, block];
        self.log.added(&relations::PARTIES, &values[..2]);
        execute(self.connection, "storing a party", sql, values).await?;
        self.enter_account(event.side, event.index, &event.account).await?;
        if let (Side::Customer, Some(customers)) = (event.side, &mut self.customers) {
            *customers = event.index.max(*customers);
        }
        Ok(())
    }

    pub(super) async fn account_changed(&mut self, event: &AccountChanged) -> Result<()> {
        self.log.changing(self.connection, &relations::PARTIES, values![event.side, event.index]).await?;
        let sql = "UPDATE parties SET account = $3 WHERE side = $1 AND party = $2";
        let values = values![event.side, event.index, &event.account];
        execute(self.connection, "storing a party's account", sql, values).await?;
        self.enter_account(event.side, event.index, &event.account).await
    }

    /// A party has this account from now on; within an epoch the last one
    /// counts (`registry`, `account_at`).
    async fn enter_account(&mut self, side: Side, index: u32, account: &AccountId) -> Result<()> {
        self.log.changing(self.connection, &relations::ACCOUNTS, values![side, index, self.stamp]).await?;
        let sql = "INSERT INTO accounts (side, party, stamp, account) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (side, party, stamp) DO UPDATE SET account = excluded.account";
        let values = values![side, index, self.stamp, account];
        execute(self.connection, "storing an account", sql, values).await.map(drop)
    }

    pub(super) async fn capital_attested(&mut self, place: Place, event: &CapitalAttested) -> Result<()> {
        let sql = "INSERT INTO capitals (merchant, from_epoch, block, event, area_m2, staff, rent_per_m2_month,
                                         wage_month)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let capital = &event.capital;
        let values = values![
            event.merchant,
            event.from_epoch,
            place.block,
            place.event,
            capital.area_m2,
            capital.staff,
            capital.rent_per_m2_month,
            capital.wage_month,
        ];
        self.log.added(&relations::CAPITALS, &values[..4]);
        execute(self.connection, "storing a capital", sql, values).await.map(drop)
    }

    pub(super) async fn status_changed(&mut self, place: Place, event: &StatusChanged) -> Result<()> {
        let sql = "INSERT INTO statuses (side, party, block, event, stamp, status, reason)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let status = code(&STATUSES, &event.status);
        let values = values![event.side, event.index, place.block, place.event, self.stamp, status, &event.reason];
        self.log.added(&relations::STATUSES, &values[..4]);
        execute(self.connection, "storing a status", sql, values).await.map(drop)
    }

    pub(super) async fn hold_placed(&mut self, place: Place, event: &HoldPlaced) -> Result<()> {
        let sql = "INSERT INTO holds (side, party, block, event, until_ms, reason) VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![event.side, event.index, place.block, place.event, event.until_ms, &event.reason];
        self.log.added(&relations::HOLDS, &values[..4]);
        execute(self.connection, "storing a hold", sql, values).await.map(drop)
    }

    pub(super) async fn deposit_locked(&mut self, place: Place, event: &DepositLocked) -> Result<()> {
        self.deposits.credit(place, self.stamp, &event.depositor, event.amount)?;
        self.add_deposit(place, event.device, &event.depositor, event.amount).await
    }

    pub(super) async fn return_confirmed(&mut self, event: &ReturnConfirmed) -> Result<()> {
        self.log.changing(self.connection, &relations::DEPOSITS, values![event.device]).await?;
        let sql = "UPDATE deposits SET releasable_ms = $2 WHERE device = $1";
        let values = values![event.device, event.releasable_ms];
        execute(self.connection, "storing a device's return", sql, values).await.map(drop)
    }

    pub(super) async fn deposit_released(&mut self, place: Place, event: &DepositReleased) -> Result<()> {
        self.deposits.debit(place, self.stamp, &event.depositor, event.amount)?;
        self.empty_deposit(event.device).await
    }

    /// Takes a part of a device's deposit: a penalty, or by the board.
    pub(super) async fn deposit_taken(
        &mut self,
        place: Place,
        device: DeviceId,
        depositor: &AccountId,
        amount: Balance,
    ) -> Result<()> {
        self.deposits.debit(place, self.stamp, depositor, amount)?;
        let left = self.locked(device).await?.checked_sub(amount).ok_or_else(|| Error::Inconsistent {
            number: place.block,
            event: place.event,
            what: format!("more was taken from the deposit of device {device} than was locked"),
        })?;
        self.log.changing(self.connection, &relations::DEPOSITS, values![device]).await?;
        let sql = "UPDATE deposits SET amount = $2 WHERE device = $1";
        execute(self.connection, "storing a deposit", sql, values![device, left]).await.map(drop)
    }

    /// A terminal gets another number: its deposit goes over to it, or is free
    /// from a moment on.
    pub(super) async fn device_transferred(&mut self, place: Place, event: &DeviceTransferred) -> Result<()> {
        if event.releasable_ms.is_some() {
            self.log.changing(self.connection, &relations::DEPOSITS, values![event.device]).await?;
            let sql = "UPDATE deposits SET releasable_ms = $2 WHERE device = $1";
            let values = values![event.device, event.releasable_ms];
            return execute(self.connection, "storing a transfer", sql, values).await.map(drop);
        }
        self.empty_deposit(event.device).await?;
        self.add_deposit(place, event.to, &event.depositor, event.amount).await
    }

    /// A deposit is credited to the account that its depositor has now.
    pub(super) async fn depositor_changed(&mut self, place: Place, event: &DepositorChanged) -> Result<()> {
        self.deposits.debit(place, self.stamp, &event.before, event.amount)?;
        self.deposits.credit(place, self.stamp, &event.account, event.amount)?;
        self.log.changing(self.connection, &relations::DEPOSITS, values![event.device]).await?;
        let sql = "UPDATE deposits SET depositor = $2 WHERE device = $1";
        execute(self.connection, "storing a depositor", sql, values![event.device, &event.account]).await.map(drop)
    }

    /// Adds to a device's deposit, which nobody has asked back.
    async fn add_deposit(
        &mut self,
        place: Place,
        device: DeviceId,
        depositor: &AccountId,
        amount: Balance,
    ) -> Result<()> {
        let amount = self.locked(device).await?.checked_add(amount).ok_or_else(|| Error::Inconsistent {
            number: place.block,
            event: place.event,
            what: format!("the deposit of device {device} would pass its type"),
        })?;
        self.log.changing(self.connection, &relations::DEPOSITS, values![device]).await?;
        let sql = "INSERT INTO deposits (device, depositor, amount) VALUES ($1, $2, $3)
                   ON CONFLICT (device) DO UPDATE
                   SET depositor = excluded.depositor, amount = excluded.amount, releasable_ms = NULL";
        let values = values![device, depositor, amount];
        execute(self.connection, "storing a deposit", sql, values).await.map(drop)
    }

    /// A device's deposit went back, or over to another device.
    async fn empty_deposit(&mut self, device: DeviceId) -> Result<()> {
        self.log.changing(self.connection, &relations::DEPOSITS, values![device]).await?;
        let sql = "UPDATE deposits SET amount = $2, releasable_ms = NULL WHERE device = $1";
        execute(self.connection, "storing a release", sql, values![device, 0u128]).await.map(drop)
    }

    /// What is locked for a device.
    async fn locked(&mut self, device: DeviceId) -> Result<Balance> {
        let sql = "SELECT amount FROM deposits WHERE device = $1";
        let locked =
            fetch_one(&mut *self.connection, "reading a deposit", sql, values![device], |row| row.amount("amount"));
        Ok(locked.await?.unwrap_or(0))
    }
}
