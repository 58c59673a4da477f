//! What is kept of one merchant or customer.

use crate::history::{entry_at, Dated};
use bizkey_primitives::{party::Claimant, AccountId, Hash, Stamp, Status};

/// Longest hold, milliseconds: 14 days (architecture.md, registry).
pub const MAX_HOLD_MS: u64 = 14 * 24 * 60 * 60 * 1000;
/// From the end of a hold to the earliest start of the party's next, milliseconds:
/// 180 days. So no claim expires by holds: it is open for 400 days, and they
/// take at most three times 14 days of any 400.
pub const MIN_BETWEEN_HOLDS_MS: u64 = 180 * 24 * 60 * 60 * 1000;

/// Who a party is to the chain, from one epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Standing {
    /// The epoch of its last change, as a stamp.
    pub since: Stamp,
    /// Where rewards go and whose holdings count.
    pub account: AccountId,
    /// Standing on the ladder.
    pub status: Status,
}

impl Dated for Standing {
    fn begins(&self) -> u32 {
        self.since
    }
}

/// The part of a party that every claim reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Party {
    /// What counts now.
    pub standing: Standing,
    /// Earlier standings, kept in a list of their own: one for each epoch
    /// in which the standing changed, but the last.
    pub earlier: u32,
    /// The epoch in which it joined, as a stamp.
    pub registered: Stamp,
    /// The epoch in which it last changed its account, as a stamp.
    pub moved: Option<Stamp>,
    /// When its last hold ends, Unix milliseconds; 0 if there never was one.
    pub hold_until_ms: u64,
}

/// The part of a party that only registration reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Identity {
    /// The same for the same person or company, whoever attests it.
    pub nullifier: Hash,
    /// Commitment to its identity papers.
    pub commitment: Hash,
}

/// Why a hold is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldRefused {
    /// It ends in the past, or later than 14 days from now.
    TooLong,
    /// One runs, or ended less than 180 days ago.
    NotRenewable,
}

impl Party {
    /// A party that joins now, in good standing.
    pub fn new(account: AccountId, now: Stamp) -> Self {
        let standing = Standing { since: now, account, status: Status::Active };
        Self { standing, earlier: 0, registered: now, moved: None, hold_until_ms: 0 }
    }

    /// Books another account or status. Returns the standing that ended with
    /// an earlier epoch, and its position in the list, for the caller to
    /// store; within one epoch only the last change counts, as at its close.
    pub fn change(&mut self, now: Stamp, account: AccountId, status: Status) -> Option<(u32, Standing)> {
        let before = self.standing;
        self.standing = Standing { since: now, account, status };
        if before.since >= now {
            return None;
        }
        let position = self.earlier;
        // One entry an epoch at most, and epochs are counted in a u32.
        self.earlier = position.saturating_add(1);
        Some((position, before))
    }

    /// The standing at the close of the epoch with stamp `at`; `None` before
    /// the party joined. `earlier` reads the list.
    pub fn standing_at(&self, at: Stamp, earlier: impl Fn(u32) -> Option<Standing>) -> Option<Standing> {
        if self.standing.since <= at {
            return Some(self.standing);
        }
        if self.registered > at {
            return None;
        }
        entry_at(self.earlier, at, earlier)
    }

    /// Whether a hold runs at `now_ms`.
    pub fn is_held(&self, now_ms: u64) -> bool {
        self.hold_until_ms > now_ms
    }

    /// Places a hold, which cannot be renewed: whoever needs longer has to
    /// decide on the party's status, against which there is an appeal. Another
    /// cause much later is another hold (architecture.md, registry).
    ///
    /// # Errors
    /// [`HoldRefused`].
    pub fn hold(&mut self, now_ms: u64, until_ms: u64) -> Result<(), HoldRefused> {
        if until_ms <= now_ms || until_ms > now_ms.saturating_add(MAX_HOLD_MS) {
            return Err(HoldRefused::TooLong);
        }
        if self.hold_until_ms != 0 && now_ms < self.hold_until_ms.saturating_add(MIN_BETWEEN_HOLDS_MS) {
            return Err(HoldRefused::NotRenewable);
        }
        self.hold_until_ms = until_ms;
        Ok(())
    }

    /// What `rewards` needs to know for the epoch with stamp `at`; `None` if
    /// the party had not joined by its close.
    pub fn claimant(&self, at: Stamp, now_ms: u64, earlier: impl Fn(u32) -> Option<Standing>) -> Option<Claimant> {
        let then = self.standing_at(at, earlier)?;
        let payable = then.status.is_rewarded() && self.standing.status != Status::Removed && !self.is_held(now_ms);
        Some(Claimant { account_at: then.account, account: self.standing.account, payable })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATUSES: [Status; 4] = [Status::Active, Status::Demoted, Status::Restricted, Status::Removed];

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    proptest! {
        /// Against the plain definition: the last change booked by the epoch's end.
        #[test]
        fn a_closed_epoch_keeps_the_standing_of_its_close(
            joined in 0u32..3,
            changes in proptest::collection::vec((0u32..4, 1u8..5, 0usize..4), 0..60),
            hold in prop::option::of(1u64..100),
        ) {
            let mut party = Party::new(account(1), joined);
            let mut list: Vec<Standing> = vec![];
            let mut log = vec![(joined, account(1), Status::Active)];
            let mut now = joined;
            for (step, next, status) in changes {
                now += step;
                if let Some((position, ended)) = party.change(now, account(next), STATUSES[status]) {
                    prop_assert_eq!(position as usize, list.len());
                    list.push(ended);
                }
                log.push((now, account(next), STATUSES[status]));
            }
            if let Some(until) = hold {
                party.hold(0, until).unwrap();
            }
            let read = |n: u32| list.get(n as usize).copied();
            let (_, present_account, present) = *log.last().unwrap();
            for at in 0..now + 3 {
                let expected = log.iter().rev().find(|(stamp, ..)| *stamp <= at);
                let found = party.standing_at(at, read);
                prop_assert_eq!(found.map(|s| (s.account, s.status)), expected.map(|(_, a, s)| (*a, *s)));
                let claimant = party.claimant(at, 50, read);
                prop_assert_eq!(claimant.is_some(), expected.is_some());
                if let (Some(claimant), Some((_, account_at, then))) = (claimant, expected) {
                    prop_assert_eq!(claimant.account_at, *account_at);
                    prop_assert_eq!(claimant.account, present_account);
                    let held = hold.is_some_and(|until| until > 50);
                    let rewarded = matches!(then, Status::Active | Status::Demoted);
                    prop_assert_eq!(claimant.payable, rewarded && present != Status::Removed && !held);
                }
            }
        }
    }

    #[test]
    fn a_hold_lasts_at_most_fourteen_days_and_is_not_renewed() {
        let mut party = Party::new(account(1), 0);
        assert_eq!(party.hold(1_000, 1_000), Err(HoldRefused::TooLong));
        assert_eq!(party.hold(1_000, 1_001 + MAX_HOLD_MS), Err(HoldRefused::TooLong));
        assert!(!party.is_held(1_000));
        assert_eq!(party.hold(1_000, 1_000 + MAX_HOLD_MS), Ok(()));
        assert!(party.is_held(999 + MAX_HOLD_MS));
        assert!(!party.is_held(1_000 + MAX_HOLD_MS));
        assert_eq!(party.hold(2_000, 3_000), Err(HoldRefused::NotRenewable), "it runs");
        let next_ms = 1_000 + MAX_HOLD_MS + MIN_BETWEEN_HOLDS_MS;
        assert_eq!(party.hold(next_ms - 1, next_ms + 1), Err(HoldRefused::NotRenewable));
        assert_eq!(party.hold(next_ms, next_ms + 1), Ok(()));
        assert_eq!(party.hold(next_ms + 2, next_ms + 3), Err(HoldRefused::NotRenewable));
    }
}
