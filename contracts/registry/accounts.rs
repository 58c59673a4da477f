//! Whom every account serves. An account serves one party or agent, ever: so
//! a hold, a deposit or an old epoch's holding can be followed from an account
//! that was given up, and no account's holding counts for two.

// The codec's derive casts the constant indices of the enum, 0 and 1.
#![allow(clippy::cast_possible_truncation)]

use bizkey_primitives::{errors::registry::Error, AccountId, Side};
use ink::storage::Mapping;

/// Who holds an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Holder {
    /// A merchant or customer.
    Party(Side, u32),
    /// An agent.
    Agent(u32),
}

/// What an account is to its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
struct Use {
    holder: Holder,
    /// Whether the holder has another account now.
    former: bool,
}

/// Every account that serves, or served, somebody.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Accounts {
    uses: Mapping<AccountId, Use>,
}

impl Accounts {
    /// The party whose present account this is.
    pub fn party(&self, account: AccountId) -> Option<(Side, u32)> {
        match self.uses.get(account) {
            Some(Use { holder: Holder::Party(side, index), former: false }) => Some((side, index)),
            _ => None,
        }
    }

    /// The agent whose present account this is.
    pub fn agent(&self, account: AccountId) -> Option<u32> {
        match self.uses.get(account) {
            Some(Use { holder: Holder::Agent(agent), former: false }) => Some(agent),
            _ => None,
        }
    }

    /// Whose account this is or was.
    pub fn holder(&self, account: AccountId) -> Option<Holder> {
        self.uses.get(account).map(|found| found.holder)
    }

    /// Checks that an account is free to serve somebody, before [`Accounts::assign`]
    /// and [`Accounts::replace`].
    ///
    /// # Errors
    /// `ZeroAccount`, `AccountUsed`.
    pub fn check_free(&self, account: AccountId) -> Result<(), Error> {
        if account == AccountId::from([0; 32]) {
            return Err(Error::ZeroAccount);
        }
        if self.uses.contains(account) {
            return Err(Error::AccountUsed);
        }
        Ok(())
    }

    /// Lets a free account serve `holder`.
    pub fn assign(&mut self, account: AccountId, holder: Holder) {
        self.uses.insert(account, &Use { holder, former: false });
    }

    /// Lets a free account serve `holder` in the place of `before`.
    pub fn replace(&mut self, before: AccountId, account: AccountId, holder: Holder) {
        self.assign(account, holder);
        self.uses.insert(before, &Use { holder, former: true });
    }
}
