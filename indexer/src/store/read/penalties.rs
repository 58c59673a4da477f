//! Demands, penalties, debts.

use super::select::{position, Select};
use crate::{
    model::{Debt, DebtCause, DebtChange, Demand, DemandFilter, Penalty, PenaltyCause, PenaltyFilter, Position},
    store::{
        codes::{code, DEMAND_STATES, SIDES},
        sql::{fetch, fetch_one, values, Columns},
        write::penalties::{PENALISED, SEIZED, SLASHED},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::{Balance, Side};

fn demand(row: &Columns) -> Result<Demand> {
    Ok(Demand {
        device: row.integer("device")?,
        seq: row.wide("seq")?,
        position: row.integer("position")?,
        merchant: row.integer("merchant")?,
        epoch: row.integer("epoch")?,
        customer: row.integer("customer")?,
        demander: row.account("demander")?,
        bond: row.amount("bond")?,
        until_ms: row.wide("until_ms")?,
        demanded: position(row)?,
        state: row.choice("state", &DEMAND_STATES)?,
        settled_block: row.optional("settled_block")?,
        taken: row.optional_amount("taken")?,
        debt: row.optional_amount("debt")?,
    })
}

fn penalty(row: &Columns) -> Result<Penalty> {
    let cause = match row.integer("kind")? {
        PENALISED => PenaltyCause::DepositPenalised {
            device: row.integer("device")?,
            beneficiary: row.account("beneficiary")?,
            beneficiary_amount: row.amount("beneficiary_amount")?,
            rest_to: row.account("rest_to")?,
        },
        SEIZED => PenaltyCause::DepositSeized { device: row.integer("device")?, to: row.account("rest_to")? },
        SLASHED => PenaltyCause::BondSlashed { epoch: row.integer("epoch")?, round: row.integer("round")? },
        kind => return Err(Error::Altered { column: "kind", value: kind.to_string() }),
    };
    Ok(Penalty { position: position(row)?, account: row.account("account")?, amount: row.amount("amount")?, cause })
}

fn debt_change(row: &Columns) -> Result<DebtChange> {
    let cause = match (row.optional_hash("reason")?, row.optional("epoch")?) {
        (Some(reason), _) => DebtCause::Booked { reason },
        (None, Some(epoch)) => DebtCause::Withheld { epoch },
        (None, None) => DebtCause::Recovered,
    };
    Ok(DebtChange {
        position: position(row)?,
        side: row.choice("side", &SIDES)?,
        index: row.integer("party")?,
        amount: row.amount("amount")?,
        cause,
    })
}

impl Store {
    /// A page of demands, in chain order, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn demands_after(&self, filter: DemandFilter, after: Position, limit: u32) -> Result<Vec<Demand>> {
        let sql = "SELECT device, seq, position, merchant, epoch, customer, demander, bond, until_ms, block, event,
                          state, settled_block, taken, debt FROM demands WHERE (block, event) > ($1, $2)";
        let state = filter.state.map(|state| code(&DEMAND_STATES, &state));
        let select = Select::new(sql, values![after.block, after.event]);
        let (sql, values) = select.equal("merchant", filter.merchant).equal("state", state).page("block, event", limit);
        fetch(self.reader(), "reading demands", sql, values, demand).await
    }

    /// A page of penalties, in chain order, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn penalties_after(&self, filter: PenaltyFilter, after: Position, limit: u32) -> Result<Vec<Penalty>> {
        let sql = "SELECT block, event, kind, account, amount, device, beneficiary, beneficiary_amount, rest_to, epoch,
                          round FROM penalties WHERE (block, event) > ($1, $2)";
        let select = Select::new(sql, values![after.block, after.event]);
        let select = select.equal("account", filter.account.as_ref()).equal("device", filter.device);
        let (sql, values) = select.page("block, event", limit);
        fetch(self.reader(), "reading penalties", sql, values, penalty).await
    }

    /// A page of those who owe something, of one side or both: merchants, then
    /// customers, by index; those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn debts_after(&self, side: Option<Side>, after: (Side, u32), limit: u32) -> Result<Vec<Debt>> {
        let sql = "SELECT side, party, amount FROM debts WHERE (side, party) > ($1, $2) AND amount > $3";
        let select = Select::new(sql, values![after.0, after.1, 0u128]).equal("side", side);
        let (sql, values) = select.page("side, party", limit);
        fetch(self.reader(), "reading debts", sql, values, |row| {
            let (side, index) = (row.choice("side", &SIDES)?, row.integer("party")?);
            Ok(Debt { side, index, amount: row.amount("amount")? })
        })
        .await
    }

    /// What a party owes, smallest unit of Bzky or Time.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn debt(&self, side: Side, index: u32) -> Result<Balance> {
        let sql = "SELECT amount FROM debts WHERE side = $1 AND party = $2";
        let read = |row: &Columns| row.amount("amount");
        Ok(fetch_one(self.reader(), "reading a debt", sql, values![side, index], read).await?.unwrap_or(0))
    }

    /// A page of the changes of debts, of one party or all, in chain order,
    /// those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn debt_changes_after(
        &self,
        party: Option<(Side, u32)>,
        after: Position,
        limit: u32,
    ) -> Result<Vec<DebtChange>> {
        let sql = "SELECT block, event, side, party, amount, reason, epoch FROM debt_changes
                   WHERE (block, event) > ($1, $2)";
        let (side, index) = party.unzip();
        let select = Select::new(sql, values![after.block, after.event]).equal("side", side).equal("party", index);
        let (sql, values) = select.page("block, event", limit);
        fetch(self.reader(), "reading changes of debts", sql, values, debt_change).await
    }
}
