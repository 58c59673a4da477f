//! Shops with their trade and region, agents, appeals.

use super::{
    parties::party,
    runs::{listed, SHOPS_A_QUERY},
    select::{position, Select},
};
use crate::{
    model::{page_size, Agent, Appeal, AppealDecision, BusinessFrom, Merchant, MerchantFilter, Position},
    store::{
        codes::STATUSES,
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{calendar::stamp, membership::Business, Epoch, MerchantIndex, Side};
use std::collections::BTreeMap;

fn business(row: &Columns) -> Result<Option<Business>> {
    let (trade, region) = (row.optional("trade")?, row.optional("region")?);
    Ok(trade.zip(region).map(|(trade, region)| Business { trade, region }))
}

fn merchant(row: &Columns) -> Result<Merchant> {
    Ok(Merchant {
        party: party(row)?,
        status: row.optional_choice("status", &STATUSES)?.unwrap_or_default(),
        business: business(row)?,
        devices: row.integer("devices")?,
        devices_with_agent: row.integer("devices_with_agent")?,
    })
}

fn agent(row: &Columns) -> Result<Agent> {
    Ok(Agent {
        agent: row.integer("agent")?,
        account: row.account("account")?,
        commitment: row.hash("commitment")?,
        stamp: row.integer("stamp")?,
        active: row.integer::<u8>("active")? != 0,
        reason: row.optional_hash("reason")?,
    })
}

fn appeal(row: &Columns) -> Result<Appeal> {
    let granted = row.optional::<u8>("granted")?.map(|granted| granted != 0);
    let decision = match granted {
        None => None,
        Some(granted) => {
            Some(AppealDecision { granted, reason: row.hash("decision")?, block: row.integer("decided_block")? })
        }
    };
    Ok(Appeal { filed: position(row)?, statement: row.hash("statement")?, decision })
}

impl Store {
    /// A page of shops as they stand in an epoch, by index, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchants_after(
        &self,
        filter: MerchantFilter,
        epoch: Epoch,
        after: MerchantIndex,
        limit: u32,
    ) -> Result<Vec<Merchant>> {
        let values = values![Side::Merchant, stamp(epoch), epoch, after];
        let wanted = Select::new("", values).equal("c.region", filter.region).equal("c.trade", filter.trade);
        let (wanted, values) = wanted.parts();
        let shops = if wanted.is_empty() {
            "parties p WHERE p.side = $1 AND p.party > $4".to_owned()
        } else {
            // By index those that ever were of both, in order: else a rare trade
            // would be looked for among all shops.
            format!(
                "(SELECT DISTINCT c.merchant FROM businesses c WHERE c.merchant > $4{wanted}
                  ORDER BY c.merchant) f JOIN parties p ON p.side = $1 AND p.party = f.merchant"
            )
        };
        let sql = format!(
            "SELECT * FROM (
                 SELECT p.side, p.party, p.account, p.commitment, p.stamp,
                     (SELECT s.status FROM statuses s
                      WHERE s.side = p.side AND s.party = p.party AND s.stamp <= $2
                      ORDER BY s.block DESC, s.event DESC LIMIT 1) AS status,
                     (SELECT b.trade FROM businesses b WHERE b.merchant = p.party AND b.from_epoch <= $3
                      ORDER BY b.from_epoch DESC, b.block DESC, b.event DESC LIMIT 1) AS trade,
                     (SELECT b.region FROM businesses b WHERE b.merchant = p.party AND b.from_epoch <= $3
                      ORDER BY b.from_epoch DESC, b.block DESC, b.event DESC LIMIT 1) AS region,
                     (SELECT COUNT(*) FROM devices d
                      WHERE d.merchant = p.party AND d.retired_block IS NULL) AS devices,
                     (SELECT COUNT(*) FROM devices d JOIN device_terms t ON t.device = d.device
                      WHERE d.merchant = p.party AND d.retired_block IS NULL AND t.agent IS NOT NULL)
                         AS devices_with_agent
                 FROM {shops}
             ) m WHERE party > $4"
        );
        let select = Select::new(sql, values).equal("trade", filter.trade).equal("region", filter.region);
        let (sql, values) = select.page("party", limit);
        fetch(self.reader(), "reading shops", sql, values, merchant).await
    }

    /// A shop as it stands in an epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchant(&self, index: MerchantIndex, epoch: Epoch) -> Result<Option<Merchant>> {
        let Some(before) = index.checked_sub(1) else { return Ok(None) };
        let found = self.merchants_after(MerchantFilter::default(), epoch, before, 1).await?;
        Ok(found.into_iter().find(|merchant| merchant.party.index == index))
    }

    /// A page of the trades and regions of a shop, by the first epoch that they
    /// score. Of two with the same first epoch, the later one holds.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn businesses_after(
        &self,
        merchant: MerchantIndex,
        after: (Epoch, Position),
        limit: u32,
    ) -> Result<Vec<(BusinessFrom, Position)>> {
        let sql = "SELECT from_epoch, block, event, trade, region FROM businesses
                   WHERE merchant = $1 AND (from_epoch, block, event) > ($2, $3, $4)
                   ORDER BY from_epoch, block, event LIMIT $5";
        let (from, Position { block, event }) = after;
        let values = values![merchant, from, block, event, page_size(limit)];
        fetch(self.reader(), "reading a shop's trade", sql, values, |row| {
            let business = Business { trade: row.integer("trade")?, region: row.integer("region")? };
            Ok((BusinessFrom { from_epoch: row.integer("from_epoch")?, business }, position(row)?))
        })
        .await
    }

    /// Trade and region of each of these shops in an epoch, where they are
    /// attested.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn businesses_in(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
    ) -> Result<BTreeMap<MerchantIndex, Business>> {
        let mut businesses = BTreeMap::new();
        for some in merchants.chunks(SHOPS_A_QUERY) {
            let mut values = values![epoch];
            let sql = format!(
                "SELECT merchant, trade, region FROM businesses
                 WHERE from_epoch <= $1 AND merchant IN {} ORDER BY from_epoch, block, event",
                listed(some, &mut values)
            );
            let read = |row: &Columns| {
                let business = Business { trade: row.integer("trade")?, region: row.integer("region")? };
                Ok((row.integer("merchant")?, business))
            };
            // The last one of each shop stays.
            businesses.extend(fetch(self.reader(), "reading shops' trades", sql, values, read).await?);
        }
        Ok(businesses)
    }

    /// A page of agents, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn agents_after(&self, after: u32, limit: u32) -> Result<Vec<Agent>> {
        let sql = "SELECT agent, account, commitment, stamp, active, reason FROM agents WHERE agent > $1
                   ORDER BY agent LIMIT $2";
        fetch(self.reader(), "reading agents", sql, values![after, page_size(limit)], agent).await
    }

    /// An agent.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn agent(&self, number: u32) -> Result<Option<Agent>> {
        let sql = "SELECT agent, account, commitment, stamp, active, reason FROM agents WHERE agent = $1";
        fetch_one(self.reader(), "reading an agent", sql, values![number], agent).await
    }

    /// A page of a party's appeals, in chain order, those filed after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn appeals_after(&self, side: Side, index: u32, after: Position, limit: u32) -> Result<Vec<Appeal>> {
        let sql = "SELECT block, event, statement, granted, decision, decided_block FROM appeals
                   WHERE side = $1 AND party = $2 AND (block, event) > ($3, $4) ORDER BY block, event LIMIT $5";
        let values = values![side, index, after.block, after.event, page_size(limit)];
        fetch(self.reader(), "reading appeals", sql, values, appeal).await
    }
}
