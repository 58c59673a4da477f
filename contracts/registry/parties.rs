//! Every merchant and customer, as the contract stores them. The rules of one
//! of them are in [`crate::party`] and [`crate::appeal`].

use crate::{
    appeal,
    party::{HoldRefused, Identity, Party, Standing},
};
use bizkey_primitives::{
    calendar::stamp, errors::registry::Error, membership::StatusChange, party::Claimant, AccountId, Epoch, Hash, Side,
    Stamp, Status,
};
use ink::storage::Mapping;

/// A party's key everywhere: its side, and its index from 1.
pub type Key = (Side, u32);

/// A party, and a position in its list: side, index, position.
type Place = (Side, u32, u32);

/// Parties, their identities and their pasts.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Parties {
    /// Merchants so far, which is the last index.
    merchants: u32,
    /// Customers so far, which is the last index.
    customers: u32,
    parties: Mapping<Key, Party>,
    identities: Mapping<Key, Identity>,
    /// Standings that ended with an epoch.
    standings: Mapping<Place, Standing>,
    /// The last change on the ladder.
    changes: Mapping<Key, StatusChange>,
    nullifiers: Mapping<(Side, Hash), u32>,
}

impl Parties {
    /// Parties of a side ever registered; also the highest index.
    pub fn count(&self, side: Side) -> u32 {
        match side {
            Side::Merchant => self.merchants,
            Side::Customer => self.customers,
        }
    }

    /// A party.
    ///
    /// # Errors
    /// `UnknownParty`.
    pub fn get(&self, key: Key) -> Result<Party, Error> {
        self.parties.get(key).ok_or(Error::UnknownParty)
    }

    /// Checks that there is such a party, without a read: indices are given
    /// without gaps.
    ///
    /// # Errors
    /// `UnknownParty`.
    pub fn only_known(&self, (side, index): Key) -> Result<(), Error> {
        if index >= 1 && index <= self.count(side) {
            Ok(())
        } else {
            Err(Error::UnknownParty)
        }
    }

    /// Registers a party under the next index of its side.
    ///
    /// # Errors
    /// `NullifierUsed`, `IndexExhausted`.
    pub fn register(&mut self, side: Side, account: AccountId, identity: Identity, now: Stamp) -> Result<u32, Error> {
        if self.nullifiers.contains((side, identity.nullifier)) {
            return Err(Error::NullifierUsed);
        }
        let index = self.count(side).checked_add(1).ok_or(Error::IndexExhausted)?;
        match side {
            Side::Merchant => self.merchants = index,
            Side::Customer => self.customers = index,
        }
        self.parties.insert((side, index), &Party::new(account, now));
        self.nullifiers.insert((side, identity.nullifier), &index);
        self.identities.insert((side, index), &identity);
        Ok(index)
    }

    /// Moves a party on the ladder. Returns whether that changed anything.
    ///
    /// # Errors
    /// `UnknownParty`; `AppealPending`, so that no appeal is buried under
    /// further changes.
    pub fn set_status(
        &mut self,
        key: Key,
        status: Status,
        reason: Hash,
        now: Stamp,
        now_ms: u64,
    ) -> Result<bool, Error> {
        let mut party = self.get(key)?;
        let before = party.standing.status;
        if before == status {
            return Ok(false);
        }
        let last = self.changes.get(key);
        if appeal::is_pending(last.as_ref()) {
            return Err(Error::AppealPending);
        }
        self.changes.insert(key, &appeal::record(last, before, status, reason, now_ms));
        let account = party.standing.account;
        self.change(key, &mut party, now, account, status);
        Ok(true)
    }

    /// Files a party's appeal against its last change.
    ///
    /// # Errors
    /// `NothingToAppeal`, `AppealTooLate`.
    pub fn appeal(&mut self, key: Key, statement: Hash, now_ms: u64) -> Result<(), Error> {
        let change = appeal::file(self.changes.get(key), statement, now_ms)?;
        self.changes.insert(key, &change);
        Ok(())
    }

    /// Decides a party's appeal. If granted, the status before the change
    /// counts again, from this epoch on; returns it.
    ///
    /// # Errors
    /// `UnknownParty`, `NothingToAppeal` if no appeal waits.
    pub fn decide_appeal(
        &mut self,
        key: Key,
        granted: bool,
        reason: Hash,
        now: Stamp,
    ) -> Result<Option<Status>, Error> {
        let mut party = self.get(key)?;
        let change = appeal::decide(self.changes.get(key), granted, reason)?;
        self.changes.insert(key, &change);
        if !granted {
            return Ok(None);
        }
        let account = party.standing.account;
        self.change(key, &mut party, now, account, change.before);
        Ok(Some(change.before))
    }

    /// Checks that a party may change its account itself: once an epoch, so
    /// that every account counts at the close of one, and what it signed can
    /// be checked later.
    ///
    /// # Errors
    /// `UnknownParty`, `ChangedThisEpoch`.
    pub fn check_may_move(&self, key: Key, now: Stamp) -> Result<(), Error> {
        if self.get(key)?.moved == Some(now) {
            return Err(Error::ChangedThisEpoch);
        }
        Ok(())
    }

    /// Gives a party another account, from this epoch on. Returns the one before.
    ///
    /// # Errors
    /// `UnknownParty`.
    pub fn set_account(&mut self, key: Key, account: AccountId, now: Stamp) -> Result<AccountId, Error> {
        let mut party = self.get(key)?;
        party.moved = Some(now);
        let Standing { account: before, status, .. } = party.standing;
        self.change(key, &mut party, now, account, status);
        Ok(before)
    }

    /// Places a hold.
    ///
    /// # Errors
    /// `UnknownParty`, `HoldTooLong`, `HoldNotRenewable`.
    pub fn place_hold(&mut self, key: Key, now_ms: u64, until_ms: u64) -> Result<(), Error> {
        let mut party = self.get(key)?;
        party.hold(now_ms, until_ms).map_err(|refused| match refused {
            HoldRefused::TooLong => Error::HoldTooLong,
            HoldRefused::NotRenewable => Error::HoldNotRenewable,
        })?;
        self.parties.insert(key, &party);
        Ok(())
    }

    /// Whether a party is under a hold.
    pub fn is_held(&self, key: Key, now_ms: u64) -> bool {
        self.parties.get(key).is_some_and(|party| party.is_held(now_ms))
    }

    /// Account and status of a party at an epoch's close.
    pub fn standing_at(&self, (side, index): Key, epoch: Epoch) -> Option<Standing> {
        let party = self.parties.get((side, index))?;
        party.standing_at(stamp(epoch), |position| self.standings.get((side, index, position)))
    }

    /// What a claim for an epoch needs to know of a party.
    pub fn claimant(&self, (side, index): Key, epoch: Epoch, now_ms: u64) -> Option<Claimant> {
        let party = self.parties.get((side, index))?;
        party.claimant(stamp(epoch), now_ms, |position| self.standings.get((side, index, position)))
    }

    /// A party's last change on the ladder, with the appeal against it.
    pub fn last_change(&self, key: Key) -> Option<StatusChange> {
        self.changes.get(key)
    }

    /// Nullifier and commitment of a party.
    pub fn identity(&self, key: Key) -> Option<Identity> {
        self.identities.get(key)
    }

    fn change(&mut self, key: Key, party: &mut Party, now: Stamp, account: AccountId, status: Status) {
        if let Some((position, ended)) = party.change(now, account, status) {
            self.standings.insert((key.0, key.1, position), &ended);
        }
        self.parties.insert(key, party);
    }
}
