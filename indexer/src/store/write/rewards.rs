//! Epochs, reports, rewards.

use super::{Place, Writer};
use crate::{
    error::unknown_epoch,
    store::{
        codes::{code, STATES},
        insert::Insert,
        relations,
        sql::{execute, fetch_one, values, Value},
    },
    Result,
};
use bizkey_primitives::{
    events::{CommitteeChanged, EpochFinalised, EpochVoided, ReportPending, ReportSubmitted, RewardsPaid},
    report::EpochState,
    Epoch, Side,
};
use codec::Encode;

const REWARDS: Insert =
    Insert { head: "INSERT INTO rewards (side, party, epoch, account, amount, block, event)", columns: 7, tail: "" };

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
        self.log.added(&relations::REPORTS, &values![event.epoch, place.block, place.event]);
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

    pub(super) async fn epoch_voided(&mut self, event: &EpochVoided) -> Result<()> {
        self.enter(event.epoch, EpochState::Void).await
    }

    /// Puts an epoch into a state, from this block on.
    async fn enter(&mut self, epoch: Epoch, state: EpochState) -> Result<()> {
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
            self.log.added(&relations::REWARDS, &values![event.side, reward.index, event.epoch]);
            self.reward_rows.extend(values![
                event.side,
                reward.index,
                event.epoch,
                &reward.account,
                reward.amount,
                block,
                place.event
            ]);
        }
        let (select, update) = match event.side {
            Side::Merchant => (
                "SELECT merchants_paid AS paid FROM epochs WHERE epoch = $1",
                "UPDATE epochs SET merchants_paid = $2 WHERE epoch = $1",
            ),
            Side::Customer => (
                "SELECT customers_paid AS paid FROM epochs WHERE epoch = $1",
                "UPDATE epochs SET customers_paid = $2 WHERE epoch = $1",
            ),
        };
        let read = |row: &crate::store::sql::Columns| row.amount("paid");
        let paid = fetch_one(&mut *self.connection, "reading what an epoch paid", select, values![event.epoch], read);
        let paid = paid.await?.zip(total).and_then(|(paid, total)| paid.checked_add(total));
        let paid = paid.ok_or_else(|| unknown_epoch(place.block, place.event, event.epoch))?;
        self.log.changing(self.connection, &relations::EPOCHS, values![event.epoch]).await?;
        execute(self.connection, "storing what an epoch paid", update, values![event.epoch, paid]).await.map(drop)
    }

    pub(super) async fn flush_rewards(&mut self) -> Result<()> {
        let rows: Vec<Value> = std::mem::take(&mut self.reward_rows);
        REWARDS.run(self.connection, "storing rewards", rows).await
    }
}
