//! Disputed and struck reports, and rewards that open later.

use super::{Place, Writer};
use crate::{
    error::contradiction,
    store::{
        relations,
        sql::{execute, values},
    },
    Result,
};
use bizkey_primitives::{
    events::{DeferredRewardPaid, DisputeDecided, ReportDisputed, ReportStruck, RewardDeferred},
    report::EpochState,
    Balance, Epoch, MerchantIndex, Side,
};

/// What became of a deferred reward so far.
struct Deferred {
    paid: Balance,
    withheld: Balance,
    left: Balance,
}

impl Writer<'_> {
    pub(super) async fn report_disputed(&mut self, place: Place, event: &ReportDisputed) -> Result<()> {
        self.enter(event.epoch, EpochState::Disputed).await?;
        let sql = "INSERT INTO disputes (epoch, round, disputer, bond, block, event) VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![event.epoch, event.round, &event.disputer, event.bond, place.block, place.event];
        self.add(&relations::DISPUTES, "storing a dispute", sql, values).await
    }

    /// A report that is not struck is pending again, from now on; of one that
    /// is, [`ReportStruck`] follows.
    pub(super) async fn dispute_decided(&mut self, place: Place, event: &DisputeDecided) -> Result<()> {
        if !event.upheld {
            self.enter(event.epoch, EpochState::Pending).await?;
        }
        let sql = "UPDATE disputes SET upheld = $3, decided_block = $4 WHERE epoch = $1 AND round = $2";
        let values = values![event.epoch, event.round, event.upheld, place.block];
        self.change(&relations::DISPUTES, "storing the decision of a dispute", sql, values).await
    }

    /// The epoch is open for the second round; if it is void instead,
    /// `EpochVoided` follows in the same block.
    pub(super) async fn report_struck(&mut self, place: Place, event: &ReportStruck) -> Result<()> {
        self.enter(event.epoch, EpochState::Open).await?;
        let sql = "UPDATE epochs SET round = 1, report = NULL WHERE epoch = $1";
        execute(self.connection, "opening the second round", sql, values![event.epoch]).await?;
        let sql = "INSERT INTO struck_reports (epoch, round, challenger, reward, block, event)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![event.epoch, event.round, &event.challenger, event.reward, place.block, place.event];
        self.add(&relations::STRUCK_REPORTS, "storing a struck report", sql, values).await
    }

    pub(super) async fn reward_deferred(&mut self, place: Place, event: &RewardDeferred) -> Result<()> {
        let sql = "INSERT INTO deferred_rewards (epoch, merchant, deferred, block, event, paid, withheld, left_over)
                   VALUES ($1, $2, $3, $4, $5, $6, $6, $3)";
        let values = values![event.epoch, event.index, event.amount, place.block, place.event, 0u128];
        self.add(&relations::DEFERRED_REWARDS, "storing a deferred reward", sql, values).await
    }

    pub(super) async fn deferred_reward_paid(&mut self, place: Place, event: &DeferredRewardPaid) -> Result<()> {
        let (epoch, merchant, amount) = (event.epoch, event.index, event.amount);
        let deferred = self.deferred(epoch, merchant).await?.and_then(|deferred| {
            let (paid, left) = (deferred.paid.checked_add(amount)?, deferred.left.checked_sub(amount)?);
            Some(Deferred { paid, left, ..deferred })
        });
        self.store_deferred(place, epoch, merchant, deferred).await?;
        self.add_paid(place, Side::Merchant, epoch, Some(amount)).await?;
        let sql = "INSERT INTO deferred_payments (block, event, epoch, merchant, account, amount)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![place.block, place.event, epoch, merchant, &event.account, amount];
        self.add(&relations::DEFERRED_PAYMENTS, "storing the payment of a deferred reward", sql, values).await
    }

    /// A debt was withheld from a reward: from the deferred part, if there is
    /// one already. Else from the claim, which defers what is left after that.
    pub(super) async fn deferred_withheld(
        &mut self,
        place: Place,
        epoch: Epoch,
        merchant: MerchantIndex,
        amount: Balance,
    ) -> Result<()> {
        let Some(deferred) = self.deferred(epoch, merchant).await? else { return Ok(()) };
        let (withheld, left) = (deferred.withheld.checked_add(amount), deferred.left.checked_sub(amount));
        let deferred = withheld.zip(left).map(|(withheld, left)| Deferred { withheld, left, ..deferred });
        self.store_deferred(place, epoch, merchant, deferred).await
    }

    async fn deferred(&mut self, epoch: Epoch, merchant: MerchantIndex) -> Result<Option<Deferred>> {
        let sql = "SELECT paid, withheld, left_over FROM deferred_rewards WHERE epoch = $1 AND merchant = $2";
        self.find("reading a deferred reward", sql, values![epoch, merchant], |row| {
            let (paid, withheld) = (row.amount("paid")?, row.amount("withheld")?);
            Ok(Deferred { paid, withheld, left: row.amount("left_over")? })
        })
        .await
    }

    /// Stores what became of a deferred reward; `None` if more than all of it
    /// was to be paid.
    async fn store_deferred(
        &mut self,
        place: Place,
        epoch: Epoch,
        merchant: MerchantIndex,
        deferred: Option<Deferred>,
    ) -> Result<()> {
        let Deferred { paid, withheld, left } = deferred.ok_or_else(|| {
            let what = format!("more was paid than was deferred for merchant {merchant} and epoch {epoch}");
            contradiction(place.block, place.event, what)
        })?;
        let sql = "UPDATE deferred_rewards SET paid = $3, withheld = $4, left_over = $5
                   WHERE epoch = $1 AND merchant = $2";
        let values = values![epoch, merchant, paid, withheld, left];
        self.change(&relations::DEFERRED_REWARDS, "storing a deferred reward", sql, values).await
    }
}
