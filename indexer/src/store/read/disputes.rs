//! Disputed and struck reports, and rewards that open later.

use super::select::{position, Select};
use crate::{
    model::{page_size, DeferredReward, Dispute, StruckReport},
    store::{
        sql::{fetch, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{Epoch, MerchantIndex};

fn dispute(row: &Columns) -> Result<Dispute> {
    Ok(Dispute {
        epoch: row.integer("epoch")?,
        round: row.integer("round")?,
        disputer: row.account("disputer")?,
        bond: row.amount("bond")?,
        opened: position(row)?,
        upheld: row.optional::<u8>("upheld")?.map(|upheld| upheld != 0),
        decided_block: row.optional("decided_block")?,
    })
}

impl Store {
    /// A page of disputes, of one epoch or all, by epoch and round, those
    /// after `after`; `None` from the first on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn disputes_after(
        &self,
        epoch: Option<Epoch>,
        after: Option<(Epoch, u8)>,
        limit: u32,
    ) -> Result<Vec<Dispute>> {
        // Epoch 0 has a round 0, before which there is none.
        let (of, round) = after.map_or((0, -1), |(epoch, round)| (epoch, i64::from(round)));
        let sql = "SELECT epoch, round, disputer, bond, block, event, upheld, decided_block FROM disputes
                   WHERE (epoch, round) > ($1, $2)";
        let (sql, values) = Select::new(sql, values![of, round]).equal("epoch", epoch).page("epoch, round", limit);
        fetch(self.reader(), "reading disputes", sql, values, dispute).await
    }

    /// The reports of an epoch that were struck, by round: two at most.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn struck_reports(&self, epoch: Epoch) -> Result<Vec<StruckReport>> {
        let sql = "SELECT epoch, round, challenger, reward, block FROM struck_reports WHERE epoch = $1 ORDER BY round";
        fetch(self.reader(), "reading struck reports", sql, values![epoch], |row| {
            Ok(StruckReport {
                epoch: row.integer("epoch")?,
                round: row.integer("round")?,
                challenger: row.account("challenger")?,
                reward: row.amount("reward")?,
                block: row.integer("block")?,
            })
        })
        .await
    }

    /// A page of a merchant's deferred rewards by epoch, from `from` on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn deferred_rewards_of(
        &self,
        merchant: MerchantIndex,
        from: Epoch,
        limit: u32,
    ) -> Result<Vec<DeferredReward>> {
        let sql = "SELECT epoch, merchant, deferred, paid, withheld, left_over, block FROM deferred_rewards
                   WHERE merchant = $1 AND epoch >= $2 ORDER BY epoch LIMIT $3";
        fetch(self.reader(), "reading deferred rewards", sql, values![merchant, from, page_size(limit)], |row| {
            Ok(DeferredReward {
                epoch: row.integer("epoch")?,
                merchant: row.integer("merchant")?,
                deferred: row.amount("deferred")?,
                paid: row.amount("paid")?,
                withheld: row.amount("withheld")?,
                left: row.amount("left_over")?,
                block: row.integer("block")?,
            })
        })
        .await
    }
}
