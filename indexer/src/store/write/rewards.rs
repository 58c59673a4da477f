//! Epochs, reports, rewards.

use super::{Place, Writer};
use crate::{
    error::unknown_epoch,
    store::{
        codes::{code, STATES},
        insert::Insert,
        relations,
        sql::{execute, values, Value},
    },
    Result,
};
use bizkey_primitives::{
    events::{CommitteeChanged, EpochFinalised, EpochVoided, ReportPending, ReportSubmitted, RewardsPaid},
    report::EpochState,
    Balance, Epoch, Side,
};
use codec::Encode;

const REWARDS: Insert =
    Insert { table: "rewards", columns: "side, party, epoch, account, amount, block, event", tail: "" };

impl Writer<'_> {
    /// Gives an epoch its row, if it has none yet.
    pub(super) async fn ensure_epoch(&mut self, epoch: Epoch) -> Result<()> {
        self.log.changing(self.connection, &relations::EPOCHS, values![epoch]).await?;
        let sql = "INSERT INTO epochs (epoch, batches, announced, receipts, state, round, since_ms, since_block,
                                       merchants_emission, merchants_reserved, merchants_paid,
                                       customers_emission, customers_reserved, customers_paid)
                   VALUES ($1, 0, 0, 0, $2, 0, 0, 0, $3, $3, $3, $3, $3, $3) ON CONFLICT (epoch) DO NOTHING";
        let values = values![epoch, code(&STATES, &EpochState::Open), 0u128];
        execute(self.connection, "opening an epoch", sql, values).await.map(drop)
    }

    pub(super) async fn committee_changed(&mut self, place: Place, event: &CommitteeChanged) -> Result<()> {
        let members: Vec<u8> = event.members.iter().flat_map(|member| *AsRef::<[u8; 32]>::as_ref(member)).collect();
        let sql = "INSERT INTO committees (block, event, from_epoch, members) VALUES ($1, $2, $3, $4)";
        let values = values![place.block, place.event, event.from_epoch, members];
        self.log.added(&relations::COMMITTEES, &values[..2]);
        execute(self.connection, "storing a committee", sql, values).await.map(drop)
    }

    pub(super) async fn report_submitted(&mut self, place: Place, event: &ReportSubmitted) -> Result<()> {
        let sql = "INSERT INTO reports (epoch, block, event, round, member, report) VALUES ($1, $2, $3, $4, $5, $6)";
        let report = event.report.encode();
        let values = values![event.epoch, place.block, place.event, event.round, &event.member, report];
        self.log.added(&relations::REPORTS, &values[..3]);
        execute(self.connection, "storing a report", sql, values).await.map(drop)
    }

    pub(super) async fn report_pending(&mut self, event: &ReportPending) -> Result<()> {
        self.enter(event.epoch, EpochState::Pending).await?;
        let sql = "UPDATE epochs SET round = $2, report = $3 WHERE epoch = $1";
        let values = values![event.epoch, event.round, event.report.encode()];
        execute(self.connection, "storing a pending report", sql, values).await.map(drop)
    }

    pub(super) async fn epoch_finalised(&mut self, event: &EpochFinalised) -> Result<()> {
        self.enter(event.epoch, EpochState::Final).await?;
        let sql = "UPDATE epochs SET merchants_emission = $2, merchants_reserved = $3, merchants_paid = $4,
                                     customers_emission = $5, customers_reserved = $6, customers_paid = $7
                   WHERE epoch = $1";
        let (merchants, customers) = (&event.merchants, &event.customers);
        let values = values![
            event.epoch,
            merchants.emission,
            merchants.reserved,
            merchants.paid,
            customers.emission,
            customers.reserved,
            customers.paid,
        ];
        execute(self.connection, "storing an epoch's payout", sql, values).await.map(drop)
    }

    /// A void epoch has no report, and the round of its last one: that of a
    /// report that was struck just before, even if the board was too late for
    /// a second round.
    pub(super) async fn epoch_voided(&mut self, event: &EpochVoided) -> Result<()> {
        self.enter(event.epoch, EpochState::Void).await?;
        let sql = "UPDATE epochs SET report = NULL, round = COALESCE(
                       (SELECT MAX(s.round) FROM struck_reports s WHERE s.epoch = $1 AND s.block = $2), round)
                   WHERE epoch = $1";
        execute(self.connection, "voiding an epoch", sql, values![event.epoch, self.block.number]).await.map(drop)
    }

    /// Puts an epoch into a state, from this block on.
    pub(super) async fn enter(&mut self, epoch: Epoch, state: EpochState) -> Result<()> {
        self.ensure_epoch(epoch).await?;
        let sql = "UPDATE epochs SET state = $2, since_ms = $3, since_block = $4 WHERE epoch = $1";
        let values = values![epoch, code(&STATES, &state), self.block.timestamp_ms, self.block.number];
        execute(self.connection, "storing an epoch's state", sql, values).await.map(drop)
    }

    pub(super) async fn rewards_paid(&mut self, place: Place, event: &RewardsPaid) -> Result<()> {
        let mut total = Some(0u128);
        for reward in &event.rewards {
            total = total.and_then(|total| total.checked_add(reward.amount));
            let block = self.block.number;
            let row =
                values![event.side, reward.index, event.epoch, &reward.account, reward.amount, block, place.event];
            self.log.added(&relations::REWARDS, &row[..3]);
            self.reward_rows.extend(row);
        }
        self.add_paid(place, event.side, event.epoch, total).await
    }

    /// Adds to what an epoch paid on one side; `None` is a sum that passes its type.
    pub(super) async fn add_paid(
        &mut self,
        place: Place,
        side: Side,
        epoch: Epoch,
        amount: Option<Balance>,
    ) -> Result<()> {
        let (select, update) = match side {
            Side::Merchant => (
                "SELECT merchants_paid AS paid FROM epochs WHERE epoch = $1",
                "UPDATE epochs SET merchants_paid = $2 WHERE epoch = $1",
            ),
            Side::Customer => (
                "SELECT customers_paid AS paid FROM epochs WHERE epoch = $1",
                "UPDATE epochs SET customers_paid = $2 WHERE epoch = $1",
            ),
        };
        let paid = self.find("reading what an epoch paid", select, values![epoch], |row| row.amount("paid")).await?;
        let paid = paid.zip(amount).and_then(|(paid, amount)| paid.checked_add(amount));
        let paid = paid.ok_or_else(|| unknown_epoch(place.block, place.event, epoch))?;
        self.change(&relations::EPOCHS, "storing what an epoch paid", update, values![epoch, paid]).await
    }

    pub(super) async fn flush_rewards(&mut self) -> Result<()> {
        let rows: Vec<Value> = std::mem::take(&mut self.reward_rows);
        REWARDS.run(self.connection, "storing rewards", rows).await
    }
}
