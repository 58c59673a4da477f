//! What becomes of a reward: paid at once, put off, or kept for a debt
//! (architecture.md, Rewards, exactly).

use super::{difference::Place, Difference, Field};
use bizkey_primitives::{
    events::{DebtBooked, DebtPaid, DeferredRewardPaid, RewardDeferred},
    Balance, Epoch, MerchantIndex, Side,
};
use std::collections::BTreeMap;

/// What is announced of a reward before the payment itself is.
#[derive(Clone, Copy, Debug, Default)]
struct Announced {
    withheld: Balance,
    deferred: Balance,
}

/// Debts and deferred rewards, as the events make them.
///
/// How much of a deposit could be pledged for a reward is not recomputed: it
/// decides when a reward is paid, never how much.
#[derive(Clone, Debug, Default)]
pub(super) struct Payments {
    debts: BTreeMap<(Side, u32), Balance>,
    /// Rewards that are not paid yet.
    deferred: BTreeMap<(Epoch, MerchantIndex), Balance>,
    /// Waits for the payment that it belongs to.
    announced: BTreeMap<(Side, Epoch, u32), Announced>,
}

impl Payments {
    pub(super) fn debt_booked(&mut self, booked: &DebtBooked) {
        let debt = self.debts.entry((booked.side, booked.index)).or_default();
        // The contract refuses what passes the type.
        *debt = debt.saturating_add(booked.amount);
    }

    /// A debt is never paid beyond what is owed.
    pub(super) fn debt_paid(&mut self, paid: &DebtPaid, block: u32) -> Result<(), Difference> {
        let debt = self.debts.entry((paid.side, paid.index)).or_default();
        let owed = *debt;
        *debt = owed.checked_sub(paid.amount).ok_or_else(|| {
            let place = Place { epoch: paid.epoch, ..Place::block(block) }.side(paid.side).account(paid.index);
            place.number(Field::Debt, owed, paid.amount)
        })?;
        if let Some(epoch) = paid.epoch {
            let announced = self.announced.entry((paid.side, epoch, paid.index)).or_default();
            announced.withheld = announced.withheld.saturating_add(paid.amount);
        }
        Ok(())
    }

    pub(super) fn reward_deferred(&mut self, deferred: &RewardDeferred) {
        let announced = self.announced.entry((Side::Merchant, deferred.epoch, deferred.index)).or_default();
        announced.deferred = announced.deferred.saturating_add(deferred.amount);
    }

    /// What of the reward `due` for a leaf is to be paid at once, after what
    /// was announced of it. `may_defer` says whether anything can be put off.
    pub(super) fn claimed(
        &mut self,
        place: Place,
        (side, epoch, index): (Side, Epoch, u32),
        due: Balance,
        may_defer: bool,
    ) -> Result<Balance, Difference> {
        let Announced { withheld, deferred } = self.announced.remove(&(side, epoch, index)).unwrap_or_default();
        let rest = self.less_debt(place, (side, index), withheld, due)?;
        let most = if may_defer { rest } else { 0 };
        if deferred > most {
            return Err(place.number(Field::Deferred, most, deferred));
        }
        if deferred > 0 {
            self.deferred.insert((epoch, index), deferred);
        }
        Ok(rest.saturating_sub(deferred))
    }

    /// A deferred reward, or a part of one, is paid.
    pub(super) fn deferred_paid(&mut self, place: Place, paid: &DeferredRewardPaid) -> Result<(), Difference> {
        let announced = self.announced.remove(&(Side::Merchant, paid.epoch, paid.index)).unwrap_or_default();
        if announced.deferred > 0 {
            return Err(place.number(Field::Deferred, 0, announced.deferred));
        }
        let due = self.deferred.remove(&(paid.epoch, paid.index)).unwrap_or(0);
        let rest = self.less_debt(place, (Side::Merchant, paid.index), announced.withheld, due)?;
        let left = rest.checked_sub(paid.amount).ok_or_else(|| place.number(Field::Reward, rest, paid.amount))?;
        if left > 0 {
            self.deferred.insert((paid.epoch, paid.index), left);
        }
        Ok(())
    }

    /// What is left of a reward from which `withheld` was taken already; a
    /// debt is paid first, as far as the reward goes.
    fn less_debt(
        &self,
        place: Place,
        debtor: (Side, u32),
        withheld: Balance,
        due: Balance,
    ) -> Result<Balance, Difference> {
        let left = self.debts.get(&debtor).copied().unwrap_or(0);
        let expected = left.saturating_add(withheld).min(due);
        place.numbers(Field::Withheld, expected, withheld)?;
        Ok(due.saturating_sub(withheld))
    }

    /// After a block: whatever was announced of a reward belongs to a payment.
    pub(super) fn check_announced(&self, block: u32) -> Result<(), Difference> {
        match self.announced.keys().next() {
            None => Ok(()),
            Some(&(side, epoch, index)) => {
                let place = Place::epoch(epoch, block).side(side).account(index);
                Err(place.number(Field::Payments, 1, 0))
            }
        }
    }
}
