//! Balances with a checkpoint an epoch, as `bzky` and `pos_deposit` store them
//! (feature `ink`). The rules are those of [`crate::checkpoint`]; this adds
//! the storage and nothing else.

use crate::{
    checkpoint::{Checkpoint, Live},
    AccountId, Balance, Epoch, Stamp,
};
use alloc::vec::Vec;
use ink::storage::Mapping;

/// Most queries that [`Holdings::lows_at`] answers in one call.
pub const MAX_QUERIES: usize = 256;

/// Balance of every account, and the lowest and closing one of each epoch in
/// which it changed.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Holdings {
    /// Present balance and last checkpoint: what a payment reads and writes.
    live: Mapping<AccountId, Live>,
    /// Earlier checkpoints, written once, by their position in the account's list.
    closed: Mapping<(AccountId, u32), Checkpoint>,
}

impl Holdings {
    /// The account's record, read once and handed back to [`Holdings::set`].
    #[must_use]
    pub fn live(&self, account: AccountId) -> Option<Live> {
        self.live.get(account)
    }

    /// Present balance of `account`.
    #[must_use]
    pub fn balance_of(&self, account: AccountId) -> Balance {
        balance(self.live(account))
    }

    /// Books `balance` for `account` in the epoch `now`. `live` is its record
    /// as [`Holdings::live`] gave it. One write, and one more when this is the
    /// account's first change of the epoch.
    pub fn set(&mut self, account: AccountId, live: Option<Live>, now: Stamp, balance: Balance) {
        let (live, closed) = Live::change(live, now, balance);
        self.live.insert(account, &live);
        if let Some((index, checkpoint)) = closed {
            self.closed.insert((account, index), &checkpoint);
        }
    }

    /// Adds `amount`. Returns the new balance; `None`, and nothing changed, when it passes `u128`.
    pub fn add(&mut self, account: AccountId, now: Stamp, amount: Balance) -> Option<Balance> {
        let live = self.live(account);
        let balance = balance(live).checked_add(amount)?;
        self.set(account, live, now, balance);
        Some(balance)
    }

    /// Takes `amount`. Returns the new balance; `None`, and nothing changed, when there is less.
    pub fn subtract(&mut self, account: AccountId, now: Stamp, amount: Balance) -> Option<Balance> {
        let live = self.live(account);
        let balance = balance(live).checked_sub(amount)?;
        self.set(account, live, now, balance);
        Some(balance)
    }

    /// Lowest balance of `account` in `epoch`, which must be closed; `None`
    /// when `index` is not that of the checkpoint that covers it.
    #[must_use]
    pub fn low_at(&self, account: AccountId, epoch: Epoch, index: u32) -> Option<Balance> {
        let stored = |position| self.closed.get((account, position));
        Live::low_at(self.live(account), crate::calendar::stamp(epoch), index, stored)
    }

    /// [`Holdings::low_at`] of several accounts, in the order asked. The
    /// caller checks [`MAX_QUERIES`].
    #[must_use]
    pub fn lows_at(&self, epoch: Epoch, queries: &[(AccountId, u32)]) -> Vec<Option<Balance>> {
        queries.iter().map(|(account, index)| self.low_at(*account, epoch, *index)).collect()
    }

    /// The index that [`Holdings::low_at`] wants for `epoch`. Up to 32 reads:
    /// for callers off chain.
    #[must_use]
    pub fn checkpoint_index(&self, account: AccountId, epoch: Epoch) -> u32 {
        let stored = |position| self.closed.get((account, position));
        Live::index_at(self.live(account), crate::calendar::stamp(epoch), stored)
    }
}

/// Present balance in a record; nothing for an account without one.
#[must_use]
pub fn balance(live: Option<Live>) -> Balance {
    live.map_or(0, |live| live.last.close)
}
