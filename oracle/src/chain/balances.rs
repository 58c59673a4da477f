//! Balances with the checkpoints that the contracts keep of them.

use bizkey_primitives::{checkpoint::Live, AccountId, Balance, Stamp};
use std::collections::HashMap;

/// Balance of every account, and its lowest in the present epoch. Later
/// epochs change nothing about earlier ones, so only the live checkpoint of
/// each account is kept; read it when an epoch closes.
#[derive(Clone, Debug, Default)]
pub struct Balances(HashMap<AccountId, Live>);

impl Balances {
    /// Present balance, smallest unit.
    #[must_use]
    pub fn balance(&self, account: &AccountId) -> Balance {
        self.0.get(account).map_or(0, |live| live.last.close)
    }

    /// Adds `amount` in the epoch with stamp `now`; `None` when the balance
    /// would pass `u128`.
    #[must_use]
    pub fn add(&mut self, account: AccountId, now: Stamp, amount: Balance) -> Option<()> {
        self.set(account, now, self.balance(&account).checked_add(amount)?);
        Some(())
    }

    /// Takes `amount`; `None` when there is less.
    #[must_use]
    pub fn subtract(&mut self, account: AccountId, now: Stamp, amount: Balance) -> Option<()> {
        self.set(account, now, self.balance(&account).checked_sub(amount)?);
        Some(())
    }

    fn set(&mut self, account: AccountId, now: Stamp, balance: Balance) {
        let (live, _closed) = Live::change(self.0.get(&account).copied(), now, balance);
        self.0.insert(account, live);
    }

    /// Position of the live checkpoint and the lowest balance in the epoch
    /// with stamp `at`, in which or before which the last change fell.
    #[must_use]
    pub fn low(&self, account: &AccountId, at: Stamp) -> (u32, Balance) {
        match self.0.get(account) {
            None => (0, 0),
            Some(live) if live.last.stamp == at => (live.index, live.last.low),
            Some(live) => (live.index, live.last.close),
        }
    }
}
