//! What of an account's deposits secures rewards that it was paid at once, and
//! until when (architecture.md, Rewards: bizpower-2).

use bizkey_primitives::{errors::pos_deposit::Error, AccountId, Balance, Epoch};
use ink::{prelude::vec::Vec, storage::Mapping};

/// Most pledges of one account: one for each epoch in which some end. Two that
/// end first become one beyond that.
pub const MAX_PLEDGES: usize = 64;

/// A part of an account's deposits that is pledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Pledge {
    /// Its last epoch.
    pub until: Epoch,
    /// Smallest unit of Bzky.
    pub amount: Balance,
}

/// One account's pledges that have not ended, in the order in which they end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Pledged(Vec<Pledge>);

impl Pledged {
    /// Drops what has ended before `now`; before genesis nothing has.
    fn expire(&mut self, now: Option<Epoch>) {
        if let Some(now) = now {
            self.0.retain(|pledge| pledge.until >= now);
        }
    }

    /// All of it.
    fn total(&self) -> Balance {
        self.0.iter().fold(0, |sum, pledge| sum.saturating_add(pledge.amount))
    }

    /// Adds a pledge. Where there would be more than 64, the two that end
    /// first end together with the later of them: nothing is freed early.
    fn add(&mut self, pledge: Pledge) -> Result<(), Error> {
        let position = self.0.partition_point(|other| other.until < pledge.until);
        match self.0.get_mut(position) {
            Some(same) if same.until == pledge.until => {
                same.amount = same.amount.checked_add(pledge.amount).ok_or(Error::Overflow)?;
            }
            _ => self.0.insert(position, pledge),
        }
        if self.0.len() > MAX_PLEDGES {
            let first = self.0.remove(0);
            if let Some(second) = self.0.first_mut() {
                second.amount = second.amount.checked_add(first.amount).ok_or(Error::Overflow)?;
            }
        }
        Ok(())
    }
}

/// Every account's pledges.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Pledges {
    by_account: Mapping<AccountId, Pledged>,
}

impl Pledges {
    fn live(&self, account: AccountId, now: Option<Epoch>) -> Pledged {
        let mut pledged = self.by_account.get(account).unwrap_or_default();
        pledged.expire(now);
        pledged
    }

    fn put(&mut self, account: AccountId, pledged: &Pledged) {
        if pledged.0.is_empty() {
            self.by_account.remove(account);
        } else {
            self.by_account.insert(account, pledged);
        }
    }

    /// What of `locked`, all that the account has locked, is pledged in the
    /// epoch `now`. Never more than is locked: a penalty takes pledged parts too.
    pub fn pledged(&self, account: AccountId, locked: Balance, now: Option<Epoch>) -> Balance {
        self.live(account, now).total().min(locked)
    }

    /// Pledges up to `amount` of what is locked and not pledged until the end
    /// of the epoch `until`. Returns how much; nothing for an epoch that is over.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn pledge(
        &mut self,
        account: AccountId,
        locked: Balance,
        amount: Balance,
        until: Epoch,
        now: Option<Epoch>,
    ) -> Result<Balance, Error> {
        let mut pledged = self.live(account, now);
        let amount = amount.min(locked.saturating_sub(pledged.total()));
        if amount == 0 || now.is_some_and(|now| until < now) {
            return Ok(0);
        }
        pledged.add(Pledge { until, amount })?;
        self.put(account, &pledged);
        Ok(amount)
    }

    /// Moves an account's pledges to the account that follows it.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn follow(&mut self, before: AccountId, account: AccountId, now: Option<Epoch>) -> Result<(), Error> {
        let moved = self.live(before, now);
        self.by_account.remove(before);
        if moved.0.is_empty() {
            return Ok(());
        }
        let mut pledged = self.live(account, now);
        for pledge in moved.0 {
            pledged.add(pledge)?;
        }
        self.put(account, &pledged);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use ink::env::{test, DefaultEnvironment};
    use proptest::prelude::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    #[ink::test]
    fn a_pledge_takes_what_is_free_and_ends_with_its_epoch() {
        let mut pledges = Pledges::default();
        assert_eq!(pledges.pledge(account(1), 100, 70, 5, Some(3)), Ok(70));
        assert_eq!(pledges.pledge(account(1), 100, 70, 6, Some(3)), Ok(30), "no more than is free");
        assert_eq!(pledges.pledge(account(1), 100, 70, 6, Some(3)), Ok(0));
        assert_eq!(pledges.pledged(account(1), 100, Some(5)), 100);
        assert_eq!(pledges.pledged(account(1), 100, Some(6)), 30);
        assert_eq!(pledges.pledged(account(1), 100, Some(7)), 0);
        assert_eq!(pledges.pledged(account(2), 100, Some(5)), 0);
        assert_eq!(pledges.pledged(account(1), 20, Some(6)), 20, "no more than is locked");
        assert_eq!(pledges.pledge(account(1), 20, 1, 9, Some(6)), Ok(0), "all that is left is pledged");
        assert_eq!(pledges.pledge(account(1), 100, 1, 5, Some(6)), Ok(0), "an epoch that is over");
        assert_eq!(pledges.pledge(account(3), 100, 10, 0, None), Ok(10), "before genesis");
        assert_eq!(pledges.pledged(account(3), 100, None), 10);
    }

    #[ink::test]
    fn pledges_follow_to_another_account() {
        let mut pledges = Pledges::default();
        pledges.pledge(account(1), 100, 10, 5, Some(3)).unwrap();
        pledges.pledge(account(1), 100, 10, 3, Some(3)).unwrap();
        pledges.pledge(account(2), 100, 7, 5, Some(3)).unwrap();
        pledges.follow(account(1), account(2), Some(4)).unwrap();
        assert_eq!(pledges.pledged(account(1), 100, Some(4)), 0);
        assert_eq!(pledges.pledged(account(2), 100, Some(4)), 17);
        pledges.follow(account(1), account(2), Some(4)).unwrap();
        assert_eq!(pledges.pledged(account(2), 100, Some(4)), 17, "a repeat moves nothing");
    }

    proptest! {
        /// Against the plain list: never more entries than 64, nothing freed
        /// early, and exact as long as no two had to be joined.
        #[test]
        fn pledges_end_when_they_should(
            steps in proptest::collection::vec((0u32..2, 0u32..120, 1u128..50), 1..160), locked in 0u128..5_000,
        ) {
            test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
            let mut pledges = Pledges::default();
            let mut plain: Vec<Pledge> = vec![];
            let (mut now, mut joined) = (0, false);
            for (step, ahead, amount) in steps {
                now += step;
                let until = now + ahead;
                let before = pledges.pledged(account(1), locked, Some(now));
                let got = pledges.pledge(account(1), locked, amount, until, Some(now)).unwrap();
                prop_assert_eq!(got, amount.min(locked - before));
                if got > 0 { plain.push(Pledge { until, amount: got }); }
                let kept = pledges.by_account.get(account(1)).unwrap_or_default();
                prop_assert!(kept.0.len() <= MAX_PLEDGES);
                prop_assert!(kept.0.windows(2).all(|pair| pair[0].until < pair[1].until));
                let mut ends: Vec<Epoch> = plain.iter().map(|pledge| pledge.until).filter(|end| *end >= now).collect();
                ends.sort_unstable();
                ends.dedup();
                joined |= ends.len() > MAX_PLEDGES;
                for at in now..now + 122 {
                    let expected: Balance = plain.iter().filter(|p| p.until >= at).map(|p| p.amount).sum();
                    let found = pledges.pledged(account(1), locked, Some(at));
                    prop_assert!(found >= expected.min(locked));
                    prop_assert!(joined || found == expected);
                }
            }
        }
    }
}
