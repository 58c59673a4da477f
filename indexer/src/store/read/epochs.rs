//! Epochs, reports, rewards, committees.

use super::select::{position, Select};
use crate::{
    model::{all_pages, page_size, Committee, EpochSummary, Position, Reward, SubmittedReport, MAX_PAGE},
    store::{
        codes::{SIDES, STATES},
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::{report::Payout, AccountId, Epoch, Side};

fn epoch(row: &Columns) -> Result<EpochSummary> {
    Ok(EpochSummary {
        epoch: row.integer("epoch")?,
        batches: row.wide("batches")?,
        announced: row.wide("announced")?,
        receipts: row.wide("receipts")?,
        state: row.choice("state", &STATES)?,
        round: row.integer("round")?,
        since_ms: row.wide("since_ms")?,
        since_block: row.integer("since_block")?,
        report: row.optional_scale("report")?,
        merchants: Payout {
            emission: row.amount("merchants_emission")?,
            reserved: row.amount("merchants_reserved")?,
            paid: row.amount("merchants_paid")?,
        },
        customers: Payout {
            emission: row.amount("customers_emission")?,
            reserved: row.amount("customers_reserved")?,
            paid: row.amount("customers_paid")?,
        },
    })
}

fn reward(row: &Columns) -> Result<Reward> {
    Ok(Reward {
        side: row.choice("side", &SIDES)?,
        index: row.integer("party")?,
        epoch: row.integer("epoch")?,
        account: row.account("account")?,
        amount: row.amount("amount")?,
        block: row.integer("block")?,
    })
}

impl Store {
    /// An epoch; `None` while it has no block and no report.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn epoch(&self, number: Epoch) -> Result<Option<EpochSummary>> {
        let sql = "SELECT * FROM epochs WHERE epoch = $1";
        fetch_one(self.reader(), "reading an epoch", sql, values![number], epoch).await
    }

    /// A page of epochs in order, from `from` on. Epochs without a block and
    /// without a report have no row.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn epochs_from(&self, from: Epoch, limit: u32) -> Result<Vec<EpochSummary>> {
        let sql = "SELECT * FROM epochs WHERE epoch >= $1 ORDER BY epoch LIMIT $2";
        fetch(self.reader(), "reading epochs", sql, values![from, page_size(limit)], epoch).await
    }

    /// Every report of an epoch, in chain order; a member's last one counts.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reports(&self, epoch: Epoch) -> Result<Vec<SubmittedReport>> {
        let page = |after: Option<Position>| self.reports_after(epoch, after.unwrap_or_default(), MAX_PAGE);
        let reports = all_pages(page, |(position, _)| *position).await?;
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    /// A page of [`Store::reports`], each with its place: those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reports_after(
        &self,
        epoch: Epoch,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, SubmittedReport)>> {
        let sql = "SELECT block, event, round, member, report FROM reports
                   WHERE epoch = $1 AND (block, event) > ($2, $3) ORDER BY block, event LIMIT $4";
        let values = values![epoch, after.block, after.event, page_size(limit)];
        fetch(self.reader(), "reading reports", sql, values, |row| {
            let position = position(row)?;
            let report = SubmittedReport {
                epoch,
                round: row.integer("round")?,
                member: row.account("member")?,
                block: position.block,
                report: row.scale("report")?,
            };
            Ok((position, report))
        })
        .await
    }

    /// A page of a party's rewards by epoch, from `from` on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rewards_of(&self, side: Side, index: u32, from: Epoch, limit: u32) -> Result<Vec<Reward>> {
        let sql = "SELECT side, party, epoch, account, amount, block FROM rewards
                   WHERE side = $1 AND party = $2 AND epoch >= $3 ORDER BY epoch LIMIT $4";
        let values = values![side, index, from, page_size(limit)];
        fetch(self.reader(), "reading a party's rewards", sql, values, reward).await
    }

    /// All rewards paid to one side for an epoch, by index.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rewards_of_epoch(&self, side: Side, epoch: Epoch) -> Result<Vec<Reward>> {
        let page = |after: Option<u32>| async move {
            let sql = "SELECT side, party, epoch, account, amount, block FROM rewards
                       WHERE epoch = $1 AND side = $2 AND party > $3 ORDER BY party LIMIT $4";
            let values = values![epoch, side, after.unwrap_or(0), MAX_PAGE];
            fetch(self.reader(), "reading an epoch's rewards", sql, values, reward).await
        };
        all_pages(page, |reward| reward.index).await
    }

    /// A page of the rewards paid for an epoch, of one side or both: merchants,
    /// then customers, by index; those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rewards_of_epoch_after(
        &self,
        epoch: Epoch,
        side: Option<Side>,
        after: (Side, u32),
        limit: u32,
    ) -> Result<Vec<Reward>> {
        let sql = "SELECT side, party, epoch, account, amount, block FROM rewards
                   WHERE epoch = $1 AND (side, party) > ($2, $3)";
        let select = Select::new(sql, values![epoch, after.0, after.1]).equal("side", side);
        let (sql, values) = select.page("side, party", limit);
        fetch(self.reader(), "reading an epoch's rewards", sql, values, reward).await
    }

    /// A page of the rewards that one block paid, in order, after so many of them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rewards_in_block(&self, block: u32, skip: u32, limit: u32) -> Result<Vec<Reward>> {
        let sql = "SELECT side, party, epoch, account, amount, block FROM rewards WHERE block = $1
                   ORDER BY event, side, party, epoch LIMIT $2 OFFSET $3";
        let values = values![block, page_size(limit), skip];
        fetch(self.reader(), "reading a block's rewards", sql, values, reward).await
    }

    /// The committee that reports an epoch; `None` if none was ever announced.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn committee_at(&self, epoch: Epoch) -> Result<Option<Committee>> {
        let sql = "SELECT from_epoch, members FROM committees WHERE from_epoch <= $1
                   ORDER BY from_epoch DESC, block DESC, event DESC LIMIT 1";
        fetch_one(self.reader(), "reading a committee", sql, values![epoch], |row| {
            let bytes = row.blob("members")?;
            let (members, rest) = bytes.as_chunks::<32>();
            if !rest.is_empty() {
                return Err(Error::Altered { column: "members", value: crate::model::hex(bytes) });
            }
            let members = members.iter().map(|member| AccountId::from(*member)).collect();
            Ok(Committee { from_epoch: row.integer("from_epoch")?, members })
        })
        .await
    }
}
