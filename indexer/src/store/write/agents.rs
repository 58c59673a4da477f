//! Agents, shops' trade and region, appeals.

use super::{Place, Writer};
use crate::{
    store::{relations, sql::values},
    Result,
};
use bizkey_primitives::events::{
    AgentMoved, AgentRegistered, AgentStatusChanged, AppealDecided, AppealFiled, BusinessAttested,
};

impl Writer<'_> {
    pub(super) async fn agent_registered(&mut self, place: Place, event: &AgentRegistered) -> Result<()> {
        let sql = "INSERT INTO agents (agent, account, commitment, stamp, block, active)
                   VALUES ($1, $2, $3, $4, $5, 1)";
        let values = values![event.agent, &event.account, &event.commitment, self.stamp, place.block];
        self.add(&relations::AGENTS, "storing an agent", sql, values).await
    }

    pub(super) async fn agent_status_changed(&mut self, event: &AgentStatusChanged) -> Result<()> {
        let sql = "UPDATE agents SET active = $2, reason = $3 WHERE agent = $1";
        let values = values![event.agent, event.active, &event.reason];
        self.change(&relations::AGENTS, "storing an agent's standing", sql, values).await
    }

    pub(super) async fn agent_moved(&mut self, event: &AgentMoved) -> Result<()> {
        let sql = "UPDATE agents SET account = $2 WHERE agent = $1";
        let values = values![event.agent, &event.account];
        self.change(&relations::AGENTS, "storing an agent's account", sql, values).await
    }

    pub(super) async fn business_attested(&mut self, place: Place, event: &BusinessAttested) -> Result<()> {
        let sql = "INSERT INTO businesses (merchant, from_epoch, block, event, trade, region)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let (trade, region) = (event.business.trade, event.business.region);
        let values = values![event.merchant, event.from_epoch, place.block, place.event, trade, region];
        self.add(&relations::BUSINESSES, "storing a shop's trade", sql, values).await
    }

    pub(super) async fn appeal_filed(&mut self, place: Place, event: &AppealFiled) -> Result<()> {
        let sql = "INSERT INTO appeals (side, party, block, event, statement) VALUES ($1, $2, $3, $4, $5)";
        let values = values![event.side, event.index, place.block, place.event, &event.statement];
        self.add(&relations::APPEALS, "storing an appeal", sql, values).await
    }

    /// Of a party's appeals, one at most waits.
    pub(super) async fn appeal_decided(&mut self, place: Place, event: &AppealDecided) -> Result<()> {
        let sql = "SELECT block, event FROM appeals WHERE side = $1 AND party = $2 AND granted IS NULL
                   ORDER BY block DESC, event DESC LIMIT 1";
        let waiting = self.find("finding an appeal", sql, values![event.side, event.index], |row| {
            Ok((row.integer::<u32>("block")?, row.integer::<u32>("event")?))
        });
        let Some((block, number)) = waiting.await? else { return Ok(()) };
        let sql = "UPDATE appeals SET granted = $5, decision = $6, decided_block = $7
                   WHERE side = $1 AND party = $2 AND block = $3 AND event = $4";
        let (granted, reason) = (event.granted, &event.reason);
        let values = values![event.side, event.index, block, number, granted, reason, place.block];
        self.change(&relations::APPEALS, "storing the decision of an appeal", sql, values).await
    }
}
