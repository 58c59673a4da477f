//! `bzky`: the currency, PSP22, with checkpoints.

use super::{handle, token};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{AccountId, Balance, Calendar, Epoch, Hash};

handle! {
    /// `bzky`: the currency, PSP22, with checkpoints. Amounts in its smallest
    /// unit, 10^-12.
    Bzky
}
token!(Bzky);

/// PSP22's `data`, which no contract of the suite reads.
const NO_DATA: &[u8] = &[];

impl Bzky {
    /// Pays `to`.
    ///
    /// Errors: `InsufficientBalance`.
    pub fn transfer(&self, to: AccountId, value: Balance) -> Call<()> {
        self.write("PSP22::transfer", &(to, value, NO_DATA))
    }

    /// Pays `to` from `from`'s tokens, by allowance.
    ///
    /// Errors: `InsufficientAllowance`, `InsufficientBalance`.
    pub fn transfer_from(&self, from: AccountId, to: AccountId, value: Balance) -> Call<()> {
        self.write("PSP22::transfer_from", &(from, to, value, NO_DATA))
    }

    /// Sets what `spender` may spend.
    ///
    /// Errors: none of its own.
    pub fn approve(&self, spender: AccountId, value: Balance) -> Call<()> {
        self.write("PSP22::approve", &(spender, value))
    }

    /// Raises what `spender` may spend.
    ///
    /// Errors: `Overflow`.
    pub fn increase_allowance(&self, spender: AccountId, by: Balance) -> Call<()> {
        self.write("PSP22::increase_allowance", &(spender, by))
    }

    /// Lowers what `spender` may spend.
    ///
    /// Errors: `InsufficientAllowance`.
    pub fn decrease_allowance(&self, spender: AccountId, by: Balance) -> Call<()> {
        self.write("PSP22::decrease_allowance", &(spender, by))
    }

    /// Makes up to 256 payments, all or none.
    ///
    /// Errors: `TooManyPayments`, `InsufficientBalance`, `Overflow`.
    pub fn transfer_many(&self, payments: &[(AccountId, Balance)]) -> Call<()> {
        self.write("transfer_many", &payments)
    }

    /// The chain's genesis hash as given at deployment.
    ///
    /// # Errors
    /// None of its own.
    pub async fn genesis(&self, at: Option<BlockHash>) -> Result<Hash> {
        self.read("genesis", &(), at).await
    }

    /// When epochs start.
    ///
    /// # Errors
    /// None of its own.
    pub async fn calendar(&self, at: Option<BlockHash>) -> Result<Calendar> {
        self.read("calendar", &(), at).await
    }

    /// Lowest balance of an account in a closed epoch; `index` as
    /// [`Bzky::checkpoint_index`] gives it.
    ///
    /// # Errors
    /// `EpochNotClosed`, `WrongCheckpoint`.
    pub async fn low_at(&self, account: AccountId, epoch: Epoch, index: u32, at: Option<BlockHash>) -> Result<Balance> {
        self.read_checked("low_at", &(account, epoch, index), at).await
    }

    /// Lowest balances in a closed epoch, for up to 256 accounts with their
    /// checkpoint indices; `None` where an index is wrong.
    ///
    /// # Errors
    /// `EpochNotClosed`, `TooManyPayments`.
    pub async fn lows_at(
        &self,
        epoch: Epoch,
        queries: &[(AccountId, u32)],
        at: Option<BlockHash>,
    ) -> Result<Vec<Option<Balance>>> {
        self.read_checked("lows_at", &(epoch, queries), at).await
    }

    /// Position of the checkpoint that covers an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn checkpoint_index(&self, account: AccountId, epoch: Epoch, at: Option<BlockHash>) -> Result<u32> {
        self.read("checkpoint_index", &(account, epoch), at).await
    }
}
