//! Demands to show a ticket, penalties, debts.

use super::{Place, Writer};
use crate::{
    error::contradiction,
    model::DemandState,
    store::{
        codes::{code, DEMAND_STATES},
        relations,
        sql::{values, Value},
    },
    Result,
};
use bizkey_primitives::{
    events::{
        BondSlashed, DebtBooked, DebtPaid, DepositPenalised, DepositSeized, OpeningFailed, ReceiptDemanded,
        ReceiptOpened,
    },
    Balance, Side,
};

/// Kinds of penalties, as the column `kind` has them.
pub(in crate::store) const PENALISED: u8 = 0;
pub(in crate::store) const SEIZED: u8 = 1;
pub(in crate::store) const SLASHED: u8 = 2;

impl Writer<'_> {
    /// A receipt is demanded once (`receipts`, demands).
    pub(super) async fn receipt_demanded(&mut self, place: Place, event: &ReceiptDemanded) -> Result<()> {
        let sql = "INSERT INTO demands (device, seq, position, merchant, epoch, customer, demander, bond, until_ms,
                                        block, event, state)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = values![
            event.device,
            event.seq,
            event.index,
            event.merchant,
            event.epoch,
            event.customer,
            &event.demander,
            event.bond,
            event.until_ms,
            place.block,
            place.event,
            code(&DEMAND_STATES, &DemandState::Open),
        ];
        self.add(&relations::DEMANDS, "storing a demand", sql, values).await
    }

    pub(super) async fn receipt_opened(&mut self, place: Place, event: &ReceiptOpened) -> Result<()> {
        let receipt = values![event.device, event.seq, event.index];
        self.settle_demand(place, receipt, DemandState::Opened, None).await
    }

    /// The penalty itself is in the events of `pos_deposit` and `rewards` that
    /// come with this one.
    pub(super) async fn opening_failed(&mut self, place: Place, event: &OpeningFailed) -> Result<()> {
        let receipt = values![event.device, event.seq, event.index];
        self.settle_demand(place, receipt, DemandState::Failed, Some((event.taken, event.debt))).await
    }

    async fn settle_demand(
        &mut self,
        place: Place,
        receipt: Vec<Value>,
        state: DemandState,
        penalty: Option<(Balance, Balance)>,
    ) -> Result<()> {
        let sql = "UPDATE demands SET state = $4, settled_block = $5, taken = $6, debt = $7
                   WHERE device = $1 AND seq = $2 AND position = $3";
        let (taken, debt) = penalty.unzip();
        let mut values = receipt;
        values.extend(values![code(&DEMAND_STATES, &state), place.block, taken, debt]);
        self.change(&relations::DEMANDS, "storing the end of a demand", sql, values).await
    }

    pub(super) async fn deposit_penalised(&mut self, place: Place, event: &DepositPenalised) -> Result<()> {
        self.deposit_taken(place, event.device, &event.depositor, event.amount).await?;
        let sql = "INSERT INTO penalties (block, event, kind, account, amount, device, beneficiary, beneficiary_amount,
                                          rest_to)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = values![
            place.block,
            place.event,
            PENALISED,
            &event.depositor,
            event.amount,
            event.device,
            &event.beneficiary,
            event.beneficiary_amount,
            &event.rest_to,
        ];
        self.add(&relations::PENALTIES, "storing a penalty", sql, values).await
    }

    pub(super) async fn deposit_seized(&mut self, place: Place, event: &DepositSeized) -> Result<()> {
        self.deposit_taken(place, event.device, &event.depositor, event.amount).await?;
        let sql = "INSERT INTO penalties (block, event, kind, account, amount, device, rest_to)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (device, amount) = (event.device, event.amount);
        let values = values![place.block, place.event, SEIZED, &event.depositor, amount, device, &event.to];
        self.add(&relations::PENALTIES, "storing a seizure", sql, values).await
    }

    pub(super) async fn bond_slashed(&mut self, place: Place, event: &BondSlashed) -> Result<()> {
        let sql = "INSERT INTO penalties (block, event, kind, account, amount, epoch, round)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (epoch, round) = (event.epoch, event.round);
        let values = values![place.block, place.event, SLASHED, &event.member, event.amount, epoch, round];
        self.add(&relations::PENALTIES, "storing a slashed bond", sql, values).await
    }

    pub(super) async fn debt_booked(&mut self, place: Place, event: &DebtBooked) -> Result<()> {
        let (side, index, amount) = (event.side, event.index, event.amount);
        self.owe(place, side, index, |debt| debt.checked_add(amount)).await?;
        let sql = "INSERT INTO debt_changes (block, event, side, party, amount, reason)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![place.block, place.event, side, index, amount, &event.reason];
        self.add(&relations::DEBT_CHANGES, "storing a debt", sql, values).await
    }

    pub(super) async fn debt_paid(&mut self, place: Place, event: &DebtPaid) -> Result<()> {
        let (side, index, amount) = (event.side, event.index, event.amount);
        self.owe(place, side, index, |debt| debt.checked_sub(amount)).await?;
        if let (Side::Merchant, Some(epoch)) = (side, event.epoch) {
            self.deferred_withheld(place, epoch, index, amount).await?;
        }
        let sql = "INSERT INTO debt_changes (block, event, side, party, amount, epoch)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![place.block, place.event, side, index, amount, event.epoch];
        self.add(&relations::DEBT_CHANGES, "storing the payment of a debt", sql, values).await
    }

    async fn owe(
        &mut self,
        place: Place,
        side: Side,
        index: u32,
        with: impl Fn(Balance) -> Option<Balance>,
    ) -> Result<()> {
        let sql = "SELECT amount FROM debts WHERE side = $1 AND party = $2";
        let debt = self.find("reading a debt", sql, values![side, index], |row| row.amount("amount")).await?;
        let debt = with(debt.unwrap_or(0)).ok_or_else(|| {
            let what = format!("the debt of {} {index} would pass its bounds", side.name());
            contradiction(place.block, place.event, what)
        })?;
        let sql = "INSERT INTO debts (side, party, amount) VALUES ($1, $2, $3)
                   ON CONFLICT (side, party) DO UPDATE SET amount = excluded.amount";
        self.change(&relations::DEBTS, "storing a debt", sql, values![side, index, debt]).await
    }
}
