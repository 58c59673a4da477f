//! What the board decided of how epochs are scored.
//!
//! A decision is for epochs that have not begun, and drops what was decided
//! for such ones before: in `registry` whatever has not begun
//! (`registry::values`), in `rewards` what begins with the new algorithm or
//! after it (`rewards::committee`). So of those that stand, the one with the
//! highest first epoch up to an epoch is in force in it.

use super::{Place, Writer};
use crate::{
    store::{
        relations::{self, Relation},
        sql::{fetch, values, Value},
    },
    Result,
};
use bizkey_primitives::events::{AlgorithmSet, CapitalFloorSet, CashCapSet, ClampSet};

/// A kind of decision.
struct Kind {
    relation: &'static Relation,
    /// Finds the decisions on a subject that stand and begin with an epoch or
    /// after it; takes the columns of the subject, then the epoch.
    standing: &'static str,
    /// Drops one; takes the row's key, then the block.
    drop: &'static str,
}

const ALGORITHMS: Kind = Kind {
    relation: &relations::ALGORITHMS,
    standing: "SELECT from_epoch, block, event FROM algorithms WHERE from_epoch >= $1 AND replaced_block IS NULL",
    drop: "UPDATE algorithms SET replaced_block = $4 WHERE from_epoch = $1 AND block = $2 AND event = $3",
};

const CLAMPS: Kind = Kind {
    relation: &relations::CLAMPS,
    standing: "SELECT from_epoch, block, event FROM clamps
               WHERE trade = $1 AND from_epoch >= $2 AND replaced_block IS NULL",
    drop: "UPDATE clamps SET replaced_block = $5 WHERE trade = $1 AND from_epoch = $2 AND block = $3 AND event = $4",
};

const CAPITAL_FLOORS: Kind = Kind {
    relation: &relations::CAPITAL_FLOORS,
    standing: "SELECT from_epoch, block, event FROM capital_floors
               WHERE trade = $1 AND region = $2 AND from_epoch >= $3 AND replaced_block IS NULL",
    drop: "UPDATE capital_floors SET replaced_block = $6
           WHERE trade = $1 AND region = $2 AND from_epoch = $3 AND block = $4 AND event = $5",
};

const CASH_CAPS: Kind = Kind {
    relation: &relations::CASH_CAPS,
    standing: "SELECT from_epoch, block, event FROM cash_caps WHERE from_epoch >= $1 AND replaced_block IS NULL",
    drop: "UPDATE cash_caps SET replaced_block = $4 WHERE from_epoch = $1 AND block = $2 AND event = $3",
};

impl Writer<'_> {
    pub(super) async fn algorithm_set(&mut self, place: Place, event: &AlgorithmSet) -> Result<()> {
        self.drop_decisions(place, &ALGORITHMS, Vec::new(), event.from_epoch).await?;
        let sql = "INSERT INTO algorithms (from_epoch, block, event, version) VALUES ($1, $2, $3, $4)";
        let values = values![event.from_epoch, place.block, place.event, event.version];
        self.add(&relations::ALGORITHMS, "storing an algorithm", sql, values).await
    }

    pub(super) async fn clamp_set(&mut self, place: Place, event: &ClampSet) -> Result<()> {
        self.drop_decisions(place, &CLAMPS, values![event.trade], self.stamp).await?;
        let sql = "INSERT INTO clamps (trade, from_epoch, block, event, lo, hi) VALUES ($1, $2, $3, $4, $5, $6)";
        let (lo, hi) = (event.clamp.lo, event.clamp.hi);
        let values = values![event.trade, event.from_epoch, place.block, place.event, lo, hi];
        self.add(&relations::CLAMPS, "storing a clamp", sql, values).await
    }

    pub(super) async fn capital_floor_set(&mut self, place: Place, event: &CapitalFloorSet) -> Result<()> {
        let (trade, region) = (event.business.trade, event.business.region);
        self.drop_decisions(place, &CAPITAL_FLOORS, values![trade, region], self.stamp).await?;
        let sql = "INSERT INTO capital_floors (trade, region, from_epoch, block, event, capital_floor)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![trade, region, event.from_epoch, place.block, place.event, event.floor];
        self.add(&relations::CAPITAL_FLOORS, "storing a capital floor", sql, values).await
    }

    pub(super) async fn cash_cap_set(&mut self, place: Place, event: &CashCapSet) -> Result<()> {
        self.drop_decisions(place, &CASH_CAPS, Vec::new(), self.stamp).await?;
        let sql = "INSERT INTO cash_caps (from_epoch, block, event, cap) VALUES ($1, $2, $3, $4)";
        let values = values![event.from_epoch, place.block, place.event, event.cap];
        self.add(&relations::CASH_CAPS, "storing a cash cap", sql, values).await
    }

    /// Drops the decisions on a subject that begin with the epoch `open` or
    /// after it. A stamp is the first epoch that has not begun at it.
    async fn drop_decisions(&mut self, place: Place, kind: &Kind, subject: Vec<Value>, open: u32) -> Result<()> {
        let mut wanted = subject.clone();
        wanted.push(open.into());
        let standing = fetch(&mut *self.connection, "finding what a decision drops", kind.standing, wanted, |row| {
            Ok(values![row.integer::<u32>("from_epoch")?, row.integer::<u32>("block")?, row.integer::<u32>("event")?])
        });
        for place_of_one in standing.await? {
            let mut values = subject.clone();
            values.extend(place_of_one);
            values.push(place.block.into());
            self.change(kind.relation, "dropping a decision", kind.drop, values).await?;
        }
        Ok(())
    }
}
