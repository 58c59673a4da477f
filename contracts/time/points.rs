//! Who holds how much Time, and how much may ever come into existence: the
//! rules without the chain around them.

use bizkey_primitives::{
    emission::CUSTOMER_EMISSION_CAP, errors::psp22::Error, AccountId, Balance, Epoch, Side, CUSTOMER_POOL, TIME_CAP,
};
use ink::storage::Mapping;

/// Most payments in one `mint_many`.
pub const MAX_PAYMENTS: usize = 256;

/// Time that can ever be minted for anything but receipts: what the cap leaves
/// beside the customers' pool, so that no sale takes a reward's place.
pub const OTHER_CAUSES_CAP: Balance = TIME_CAP - CUSTOMER_POOL;

/// Balances and what was minted. Every method changes everything that it says
/// or returns an error; an error after a change reverts with the message.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Points {
    /// Minted less burned.
    supply: Balance,
    /// Minted ever, by all causes; burning gives no room for more.
    minted: Balance,
    /// Minted ever for receipts.
    rewarded: Balance,
    /// Account to balance; zero has no entry.
    balances: Mapping<AccountId, Balance>,
    /// Minted for the receipts of an epoch.
    minted_for: Mapping<Epoch, Balance>,
}

impl Points {
    /// Time in existence.
    pub fn supply(&self) -> Balance {
        self.supply
    }

    /// Time minted ever, by all causes.
    pub fn minted_total(&self) -> Balance {
        self.minted
    }

    /// Time minted for an epoch's receipts.
    pub fn minted_for(&self, epoch: Epoch) -> Balance {
        self.minted_for.get(epoch).unwrap_or(0)
    }

    /// Balance of `owner`.
    pub fn balance_of(&self, owner: AccountId) -> Balance {
        self.balances.get(owner).unwrap_or(0)
    }

    /// Mints for the receipts of `epoch`, within the three caps of
    /// whitepaper 3.3 and 3.4: an epoch's, all receipts', and all of Time.
    pub fn mint_many(&mut self, epoch: Epoch, payments: &[(AccountId, Balance)]) -> Result<(), Error> {
        if payments.len() > MAX_PAYMENTS {
            return Err(Error::TooManyPayments);
        }
        let mut sum = 0u128;
        for (_, value) in payments {
            sum = sum.checked_add(*value).ok_or(Error::Overflow)?;
        }
        let for_epoch = up_to(self.minted_for(epoch), sum, CUSTOMER_EMISSION_CAP, Error::EpochCap)?;
        self.rewarded = up_to(self.rewarded, sum, CUSTOMER_POOL, Error::RewardCap)?;
        self.issue(sum)?;
        self.minted_for.insert(epoch, &for_epoch);
        for (to, value) in payments {
            if *value > 0 {
                self.give(*to, *value)?;
            }
        }
        Ok(())
    }

    /// Mints for another cause, within [`OTHER_CAUSES_CAP`].
    pub fn mint(&mut self, to: AccountId, value: Balance) -> Result<(), Error> {
        let others = self.minted.checked_sub(self.rewarded).ok_or(Error::Overflow)?;
        up_to(others, value, OTHER_CAUSES_CAP, Error::SupplyCap)?;
        self.issue(value)?;
        self.give(to, value)
    }

    /// Moves `value`, which the gate has let through. Returns whether anything moved.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, value: Balance) -> Result<bool, Error> {
        if value == 0 || from == to {
            return Ok(false);
        }
        self.take(from, value)?;
        self.give(to, value)?;
        Ok(true)
    }

    /// Destroys `value` of `from`.
    pub fn burn(&mut self, from: AccountId, value: Balance) -> Result<(), Error> {
        self.take(from, value)?;
        self.supply = self.supply.checked_sub(value).ok_or(Error::Overflow)?;
        Ok(())
    }

    /// Counts `sum` as minted, under the cap of all of Time.
    fn issue(&mut self, sum: Balance) -> Result<(), Error> {
        self.minted = up_to(self.minted, sum, TIME_CAP, Error::SupplyCap)?;
        self.supply = self.supply.checked_add(sum).ok_or(Error::Overflow)?;
        Ok(())
    }

    fn give(&mut self, to: AccountId, value: Balance) -> Result<(), Error> {
        let balance = self.balance_of(to).checked_add(value).ok_or(Error::Overflow)?;
        self.balances.insert(to, &balance);
        Ok(())
    }

    fn take(&mut self, from: AccountId, value: Balance) -> Result<(), Error> {
        let left = self.balance_of(from).checked_sub(value).ok_or(Error::InsufficientBalance)?;
        if left == 0 {
            self.balances.remove(from);
        } else {
            self.balances.insert(from, &left);
        }
        Ok(())
    }
}

/// `before + more`, or `error` when that passes `cap`.
fn up_to(before: Balance, more: Balance, cap: Balance, error: Error) -> Result<Balance, Error> {
    before.checked_add(more).filter(|after| *after <= cap).ok_or(error)
}

/// Whether Time may go from one party to another: as a gift of a shop to a
/// customer, and in no other way, so that strangers cannot trade it.
pub fn is_gift(from: Option<(Side, u32)>, to: Option<(Side, u32)>) -> bool {
    matches!((from, to), (Some((Side::Merchant, _)), Some((Side::Customer, _))))
}
