//! Who holds how much Bzky, and who may move it: the rules without the chain
//! around them.

use bizkey_primitives::{
    errors::psp22::Error,
    holdings::{self, Holdings},
    AccountId, Balance, Stamp,
};
use ink::storage::Mapping;

/// Most payments in one `transfer_many`.
pub const MAX_PAYMENTS: usize = 256;

/// Supply, balances and allowances. Every method changes everything that it
/// says or returns an error; an error after a change reverts with the message.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Ledger {
    supply: Balance,
    /// Balances with their checkpoints.
    pub holdings: Holdings,
    /// (owner, spender) to what is left; zero has no entry.
    allowances: Mapping<(AccountId, AccountId), Balance>,
}

impl Ledger {
    /// Tokens in existence.
    pub fn supply(&self) -> Balance {
        self.supply
    }

    /// What `spender` may still move from `owner`.
    pub fn allowance(&self, owner: AccountId, spender: AccountId) -> Balance {
        self.allowances.get((owner, spender)).unwrap_or(0)
    }

    /// Sets what `spender` may move from `owner`.
    pub fn approve(&mut self, owner: AccountId, spender: AccountId, value: Balance) {
        if value == 0 {
            self.allowances.remove((owner, spender));
        } else {
            self.allowances.insert((owner, spender), &value);
        }
    }

    /// Brings `value` into existence. For the constructor only.
    pub fn mint(&mut self, now: Stamp, to: AccountId, value: Balance) -> Result<(), Error> {
        self.supply = self.supply.checked_add(value).ok_or(Error::Overflow)?;
        self.holdings.add(to, now, value).ok_or(Error::Overflow)?;
        Ok(())
    }

    /// Destroys `value` of `from`.
    pub fn burn(&mut self, now: Stamp, from: AccountId, value: Balance) -> Result<(), Error> {
        self.holdings.subtract(from, now, value).ok_or(Error::InsufficientBalance)?;
        self.supply = self.supply.checked_sub(value).ok_or(Error::Overflow)?;
        Ok(())
    }

    /// Moves `value`. Returns whether anything moved: zero, or from an
    /// account to itself, does not, and leaves the checkpoints alone, so that
    /// nobody lowers a holding by a transfer that takes nothing away.
    pub fn transfer(&mut self, now: Stamp, from: AccountId, to: AccountId, value: Balance) -> Result<bool, Error> {
        if value == 0 || from == to {
            return Ok(false);
        }
        self.holdings.subtract(from, now, value).ok_or(Error::InsufficientBalance)?;
        self.holdings.add(to, now, value).ok_or(Error::Overflow)?;
        Ok(true)
    }

    /// Moves `value` out of `spender`'s allowance. Returns what is left of
    /// the allowance when tokens moved and it was used: not for zero, for a
    /// transfer to oneself, nor for the owner's own call.
    pub fn transfer_from(
        &mut self,
        now: Stamp,
        spender: AccountId,
        from: AccountId,
        to: AccountId,
        value: Balance,
    ) -> Result<(bool, Option<Balance>), Error> {
        if spender == from || value == 0 || from == to {
            return self.transfer(now, from, to, value).map(|moved| (moved, None));
        }
        let left = self.allowance(from, spender).checked_sub(value).ok_or(Error::InsufficientAllowance)?;
        self.transfer(now, from, to, value)?;
        self.approve(from, spender, left);
        Ok((true, Some(left)))
    }

    /// Pays everybody in one debit. The payer must hold the sum of all
    /// payments, also of those to itself, which then move nothing.
    pub fn transfer_many(
        &mut self,
        now: Stamp,
        from: AccountId,
        payments: &[(AccountId, Balance)],
    ) -> Result<(), Error> {
        if payments.len() > MAX_PAYMENTS {
            return Err(Error::TooManyPayments);
        }
        let (mut away, mut to_itself) = (0u128, 0u128);
        for (to, value) in payments {
            let sum = if *to == from { &mut to_itself } else { &mut away };
            *sum = sum.checked_add(*value).ok_or(Error::Overflow)?;
        }
        let live = self.holdings.live(from);
        let left = holdings::balance(live).checked_sub(away).ok_or(Error::InsufficientBalance)?;
        if left < to_itself {
            return Err(Error::InsufficientBalance);
        }
        if away > 0 {
            self.holdings.set(from, live, now, left);
        }
        for (to, value) in payments {
            if *value > 0 && *to != from {
                self.holdings.add(*to, now, *value).ok_or(Error::Overflow)?;
            }
        }
        Ok(())
    }
}
