//! Payments of an epoch's leaves (architecture.md, Rewards, exactly: claims).

use super::{audit::Audit, difference::Place, epoch::find, moves::Flow, Difference, Field, Value};
use crate::chain::Ledger;
use bizkey_primitives::{
    events::{DeferredRewardPaid, RewardDeferred, RewardsPaid},
    report::{EpochState, Payout},
    AccountId, Balance, Side,
};

impl Audit {
    /// Each leaf is paid once, what its receipts make it, while claims are open.
    pub(super) fn paid(&mut self, paid: &RewardsPaid) -> Result<(), Difference> {
        let (side, epoch) = (paid.side, paid.epoch);
        let place = Place::epoch(epoch, self.block()).side(side);
        let audit = find(&mut self.epochs, epoch, EpochState::Final, &[EpochState::Final], place.block)?;
        self.clock.check_running(place)?;
        self.clock.check_within(place, self.clock.claims(audit.since))?;
        let may_defer = audit.may_defer(side);
        for reward in &paid.rewards {
            let place = place.account(reward.index);
            if audit.report.tree(side).position(reward.index).is_none() {
                place.numbers(Field::Payments, 0, 1)?;
            }
            if !audit.side_mut(side).paid.insert(reward.index) {
                place.numbers(Field::Payments, 1, 2)?;
            }
            let payout = audit.side_mut(side).payout;
            let due = audit.report.reward(side, reward.index, &payout);
            let expected = self.payments.claimed(place, (side, epoch, reward.index), due, may_defer)?;
            place.numbers(Field::Reward, expected, reward.amount)?;
            check_account(place, &self.ledger, side, reward.index, reward.account)?;
            book_paid(place, &mut audit.side_mut(side).payout, reward.amount)?;
        }
        for reward in &paid.rewards {
            let flow = match side {
                Side::Merchant => Flow::Bzky(reward.account),
                Side::Customer => Flow::Time(reward.account),
            };
            self.due(flow, reward.amount, place);
        }
        Ok(())
    }

    pub(super) fn deferred(&mut self, deferred: &RewardDeferred) -> Result<(), Difference> {
        let block = self.block();
        find(&mut self.epochs, deferred.epoch, EpochState::Final, &[EpochState::Final], block)?;
        self.payments.reward_deferred(deferred);
        Ok(())
    }

    pub(super) fn deferred_paid(&mut self, paid: &DeferredRewardPaid) -> Result<(), Difference> {
        let side = Side::Merchant;
        let place = Place::epoch(paid.epoch, self.block()).side(side).account(paid.index);
        let audit = find(&mut self.epochs, paid.epoch, EpochState::Final, &[EpochState::Final], place.block)?;
        self.clock.check_running(place)?;
        self.clock.check_within(place, self.clock.claims(audit.since))?;
        self.payments.deferred_paid(place, paid)?;
        check_account(place, &self.ledger, side, paid.index, paid.account)?;
        book_paid(place, &mut audit.merchants.payout, paid.amount)?;
        self.due(Flow::Bzky(paid.account), paid.amount, place);
        Ok(())
    }
}

/// A reward goes to the party's present account.
fn check_account(place: Place, ledger: &Ledger, side: Side, index: u32, paid: AccountId) -> Result<(), Difference> {
    let account = ledger.account(side, index).map_or(Value::Nothing, Value::Account);
    place.same(Field::PaidAccount, account, Value::Account(paid))
}

/// No epoch pays more than it has reserved.
fn book_paid(place: Place, payout: &mut Payout, amount: Balance) -> Result<(), Difference> {
    payout.paid = payout.paid.saturating_add(amount);
    if payout.paid > payout.reserved {
        let place = Place { account: None, ..place };
        return Err(place.number(Field::Paid, payout.reserved, payout.paid));
    }
    Ok(())
}
