//! Merchants, customers, standing, capital, devices.

use crate::{
    model::{all_pages, page_size, CapitalFrom, Party, StatusChange, MAX_PAGE},
    store::{
        codes::{SIDES, STATUSES},
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{
    calendar::stamp,
    party::{Capital, Status},
    AccountId, Epoch, MerchantIndex, Side,
};

pub(super) fn party(row: &Columns) -> Result<Party> {
    Ok(Party {
        side: row.choice("side", &SIDES)?,
        index: row.integer("party")?,
        account: row.account("account")?,
        commitment: row.hash("commitment")?,
        stamp: row.integer("stamp")?,
    })
}

pub(super) fn capital(row: &Columns) -> Result<Capital> {
    Ok(Capital {
        area_m2: row.integer("area_m2")?,
        staff: row.integer("staff")?,
        rent_per_m2_month: row.wide("rent_per_m2_month")?,
        wage_month: row.wide("wage_month")?,
    })
}

impl Store {
    /// A merchant or customer by its index.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn party(&self, side: Side, index: u32) -> Result<Option<Party>> {
        let sql = "SELECT side, party, account, commitment, stamp FROM parties WHERE side = $1 AND party = $2";
        fetch_one(self.reader(), "reading a party", sql, values![side, index], party).await
    }

    /// The merchant or customer of an account.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn party_of(&self, account: &AccountId) -> Result<Option<Party>> {
        let sql = "SELECT side, party, account, commitment, stamp FROM parties WHERE account = $1
                   ORDER BY side, party LIMIT 1";
        fetch_one(self.reader(), "reading an account's party", sql, values![account], party).await
    }

    /// A page of the parties of one side, by index, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn parties_after(&self, side: Side, after: u32, limit: u32) -> Result<Vec<Party>> {
        let sql = "SELECT side, party, account, commitment, stamp FROM parties WHERE side = $1 AND party > $2
                   ORDER BY party LIMIT $3";
        fetch(self.reader(), "reading parties", sql, values![side, after, page_size(limit)], party).await
    }

    /// All parties of one side, by index.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn parties(&self, side: Side) -> Result<Vec<Party>> {
        all_pages(|after| self.parties_after(side, after.unwrap_or(0), MAX_PAGE), |party| party.index).await
    }

    /// Every capital of a shop, by the first epoch it scores. Of two with the
    /// same first epoch, the later one holds.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn capital_history(&self, merchant: MerchantIndex) -> Result<Vec<CapitalFrom>> {
        let page = |after: Option<(CapitalFrom, (u32, u32))>| async move {
            let (epoch, (block, event)) = after.map_or((0, (0, 0)), |(from, place)| (from.from_epoch, place));
            let sql = "SELECT from_epoch, block, event, area_m2, staff, rent_per_m2_month, wage_month FROM capitals
                       WHERE merchant = $1 AND (from_epoch, block, event) > ($2, $3, $4)
                       ORDER BY from_epoch, block, event LIMIT $5";
            let values = values![merchant, epoch, block, event, MAX_PAGE];
            fetch(self.reader(), "reading a shop's capital", sql, values, |row| {
                let from = CapitalFrom { from_epoch: row.integer("from_epoch")?, capital: capital(row)? };
                Ok((from, (row.integer("block")?, row.integer("event")?)))
            })
            .await
        };
        Ok(all_pages(page, |row| *row).await?.into_iter().map(|(from, _)| from).collect())
    }

    /// A shop's capital in an epoch; `None` before its first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn capital_at(&self, merchant: MerchantIndex, epoch: Epoch) -> Result<Option<Capital>> {
        let sql = "SELECT area_m2, staff, rent_per_m2_month, wage_month FROM capitals
                   WHERE merchant = $1 AND from_epoch <= $2 ORDER BY from_epoch DESC, block DESC, event DESC LIMIT 1";
        fetch_one(self.reader(), "reading a shop's capital", sql, values![merchant, epoch], capital).await
    }

    /// Every change of a party's standing, in chain order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn status_history(&self, side: Side, index: u32) -> Result<Vec<StatusChange>> {
        let page = |after: Option<(u32, u32)>| async move {
            let (block, event) = after.unwrap_or((0, 0));
            let sql = "SELECT block, event, stamp, status, reason FROM statuses
                       WHERE side = $1 AND party = $2 AND (block, event) > ($3, $4) ORDER BY block, event LIMIT $5";
            fetch(self.reader(), "reading a standing", sql, values![side, index, block, event, MAX_PAGE], |row| {
                let change = StatusChange {
                    stamp: row.integer("stamp")?,
                    block: row.integer("block")?,
                    status: row.choice("status", &STATUSES)?,
                    reason: row.hash("reason")?,
                };
                Ok((change, row.integer::<u32>("event")?))
            })
            .await
        };
        let changes = all_pages(page, |(change, event)| (change.block, *event)).await?;
        Ok(changes.into_iter().map(|(change, _)| change).collect())
    }

    /// A party's standing at the close of an epoch; for an epoch that is not
    /// over, its standing now. `Active` until a change says otherwise.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn status_at(&self, side: Side, index: u32, epoch: Epoch) -> Result<Status> {
        let sql = "SELECT status FROM statuses WHERE side = $1 AND party = $2 AND stamp <= $3
                   ORDER BY block DESC, event DESC LIMIT 1";
        let read = |row: &Columns| row.choice("status", &STATUSES);
        let found = fetch_one(self.reader(), "reading a standing", sql, values![side, index, stamp(epoch)], read);
        Ok(found.await?.unwrap_or_default())
    }

    /// The parties of one side whose standing at the close of an epoch is not
    /// active, by index.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn statuses_at(&self, side: Side, epoch: Epoch) -> Result<Vec<(u32, Status)>> {
        let page = |after: Option<u32>| async move {
            let sql = "SELECT c.party, (SELECT s.status FROM statuses s
                                        WHERE s.side = $1 AND s.party = c.party AND s.stamp <= $2
                                        ORDER BY s.block DESC, s.event DESC LIMIT 1) AS status
                       FROM (SELECT DISTINCT party FROM statuses WHERE side = $1 AND stamp <= $2 AND party > $3) c
                       ORDER BY c.party LIMIT $4";
            fetch(
                self.reader(),
                "reading standings",
                sql,
                values![side, stamp(epoch), after.unwrap_or(0), MAX_PAGE],
                |row| Ok((row.integer::<u32>("party")?, row.choice("status", &STATUSES)?)),
            )
            .await
        };
        let mut changed = all_pages(page, |(party, _)| *party).await?;
        changed.retain(|(_, status)| *status != Status::Active);
        Ok(changed)
    }
}
