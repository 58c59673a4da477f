//! What members of the committee put at stake (architecture.md, Rewards:
//! "bonded").
//!
//! Who bonds enough may report. Who wants its bond back reports no more, waits
//! until every epoch that it reported has had its turn, asks, and waits again,
//! as long as a report of its may be challenged after that.

use bizkey_primitives::{calendar::stamp, errors::rewards::Error, report::Bond, AccountId, Balance, Calendar, Epoch};
use ink::storage::{Lazy, Mapping};

use crate::machine::{DECISION_MS, REPORT_EPOCHS};

/// Every stake, and how high it must be.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Bonds {
    /// Of a member, of a disputer.
    required: Lazy<(Balance, Balance)>,
    by_member: Mapping<AccountId, Bond>,
}

/// How long a bond is held after it was asked back, when every epoch that the
/// account reported has had its turn: a second round may find its majority
/// that late, then its window runs, is frozen by a dispute, and runs again.
pub fn hold_ms(calendar: &Calendar, window_ms: u64) -> u64 {
    let round_ms = calendar.epoch_ms.saturating_mul(REPORT_EPOCHS);
    round_ms.saturating_add(window_ms.saturating_mul(2)).saturating_add(DECISION_MS)
}

impl Bonds {
    /// What a member and a disputer must put at stake.
    pub fn required(&self) -> (Balance, Balance) {
        self.required.get_or_default()
    }

    /// Sets that. What is bonded stays as it is.
    pub fn require(&mut self, member_bond: Balance, dispute_bond: Balance) {
        self.required.set(&(member_bond, dispute_bond));
    }

    /// The account's stake.
    pub fn of(&self, member: AccountId) -> Bond {
        self.by_member.get(member).unwrap_or_default()
    }

    /// Adds to a stake; who was leaving stays.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn add(&mut self, member: AccountId, amount: Balance) -> Result<Bond, Error> {
        let bond = self.of(member);
        let amount = bond.amount.checked_add(amount).ok_or(Error::Overflow)?;
        self.set(member, Bond { amount, leaving_ms: 0, ..bond })
    }

    /// Puts the stake of a member behind its report of `epoch`.
    ///
    /// # Errors
    /// [`Error::NotBonded`].
    pub fn stake(&mut self, member: AccountId, epoch: Epoch) -> Result<(), Error> {
        let bond = self.of(member);
        if bond.amount < self.required().0 || bond.leaving_ms != 0 {
            return Err(Error::NotBonded);
        }
        // Without a bond there is nothing to hold back, and no cell to pay for.
        if bond.amount > 0 && bond.reported < stamp(epoch) {
            self.set(member, Bond { reported: stamp(epoch), ..bond })?;
        }
        Ok(())
    }

    /// Starts to give a stake back, when `next_epoch` is the first epoch whose
    /// turn has not come. Asking again changes nothing.
    ///
    /// # Errors
    /// [`Error::NoBond`], [`Error::ReportsUnsettled`].
    pub fn leave(&mut self, member: AccountId, next_epoch: Epoch, now_ms: u64) -> Result<Bond, Error> {
        let bond = self.of(member);
        if bond.amount == 0 {
            return Err(Error::NoBond);
        }
        if bond.leaving_ms != 0 {
            return Ok(bond);
        }
        // The stamp of the epoch before N is N.
        if bond.reported > next_epoch {
            return Err(Error::ReportsUnsettled);
        }
        self.set(member, Bond { leaving_ms: now_ms, ..bond })
    }

    /// Takes away the stake of a member whose report was struck; returns it.
    pub fn slash(&mut self, member: AccountId) -> Balance {
        let amount = self.of(member).amount;
        self.by_member.remove(member);
        amount
    }

    /// Takes away the stake of an account that left; returns it. `is_over`
    /// tells whether the time since it asked is.
    ///
    /// # Errors
    /// [`Error::NoBond`], [`Error::BondLocked`].
    pub fn withdraw(&mut self, member: AccountId, is_over: bool) -> Result<Balance, Error> {
        if self.of(member).leaving_ms == 0 {
            return Err(Error::NoBond);
        }
        if !is_over {
            return Err(Error::BondLocked);
        }
        Ok(self.slash(member))
    }

    fn set(&mut self, member: AccountId, bond: Bond) -> Result<Bond, Error> {
        self.by_member.insert(member, &bond);
        Ok(bond)
    }
}

/// What a challenger gets of a slash, and what burns: at most half, and the rest.
pub fn split_slash(slashed: Balance) -> (Balance, Balance) {
    let reward = slashed / 2;
    (reward, slashed.saturating_sub(reward))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> AccountId {
        AccountId::from([1; 32])
    }

    #[ink::test]
    fn without_a_required_bond_everybody_reports_and_leaves_no_trace() {
        let mut bonds = Bonds::default();
        assert_eq!(bonds.stake(member(), 5), Ok(()));
        assert_eq!(bonds.of(member()), Bond::default());
        assert_eq!(bonds.leave(member(), 9, 1), Err(Error::NoBond));
        assert_eq!(bonds.withdraw(member(), true), Err(Error::NoBond));
    }

    #[ink::test]
    fn a_member_reports_with_the_required_bond() {
        let mut bonds = Bonds::default();
        bonds.require(100, 7);
        bonds.add(member(), 99).unwrap();
        assert_eq!(bonds.stake(member(), 5), Err(Error::NotBonded));
        bonds.add(member(), 1).unwrap();
        assert_eq!(bonds.stake(member(), 5), Ok(()));
        assert_eq!(bonds.stake(member(), 3), Ok(()), "an earlier epoch");
        assert_eq!(bonds.of(member()), Bond { amount: 100, reported: 6, leaving_ms: 0 });
        assert_eq!(bonds.add(member(), u128::MAX), Err(Error::Overflow));
        bonds.require(101, 7);
        assert_eq!(bonds.stake(member(), 6), Err(Error::NotBonded), "the board raised it");
    }

    #[ink::test]
    fn a_bond_is_held_until_what_was_reported_is_settled() {
        let mut bonds = Bonds::default();
        bonds.add(member(), 100).unwrap();
        bonds.stake(member(), 5).unwrap();
        assert_eq!(bonds.leave(member(), 5, 1_000), Err(Error::ReportsUnsettled));
        assert_eq!(bonds.withdraw(member(), true), Err(Error::NoBond), "not asked for");
        assert_eq!(bonds.leave(member(), 6, 1_000).unwrap().leaving_ms, 1_000);
        assert_eq!(bonds.leave(member(), 6, 2_000).unwrap().leaving_ms, 1_000, "asking again does not prolong it");
        assert_eq!(bonds.stake(member(), 6), Err(Error::NotBonded), "it leaves");
        assert_eq!(bonds.withdraw(member(), false), Err(Error::BondLocked));
        assert_eq!(bonds.withdraw(member(), true), Ok(100));
        assert_eq!(bonds.withdraw(member(), true), Err(Error::NoBond), "once");
    }

    #[ink::test]
    fn who_bonds_again_stays() {
        let mut bonds = Bonds::default();
        bonds.add(member(), 100).unwrap();
        bonds.leave(member(), 0, 1_000).unwrap();
        assert_eq!(bonds.add(member(), 1), Ok(Bond { amount: 101, reported: 0, leaving_ms: 0 }));
        assert_eq!(bonds.withdraw(member(), true), Err(Error::NoBond));
        assert_eq!(bonds.slash(member()), 101);
        assert_eq!(bonds.slash(member()), 0);
    }

    #[test]
    fn at_most_half_of_a_slash_is_a_reward() {
        for slashed in [0, 1, 2, 7, u128::MAX] {
            let (reward, burned) = split_slash(slashed);
            assert!(reward <= slashed / 2 && burned == slashed - reward, "{slashed}");
        }
    }

    #[test]
    fn a_bond_outlasts_a_second_round_and_its_dispute() {
        let calendar = Calendar::new(0, 1_000).unwrap();
        assert_eq!(hold_ms(&calendar, 50), 7_000 + 100 + DECISION_MS);
    }
}
