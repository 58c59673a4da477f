//! `time`: the customers' points, PSP22 with a transfer gate.

use super::{handle, token};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{AccountId, Balance, Epoch};

handle! {
    /// `time`: the customers' points, PSP22 with a transfer gate. Amounts in
    /// its smallest unit, 10^-12.
    Time
}
token!(Time);

impl Time {
    /// Names the contracts that may mint and that know shops from customers; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(
        &self,
        rewards: AccountId,
        registry: AccountId,
        redemption: AccountId,
        foundation: AccountId,
    ) -> Call<()> {
        self.write("bind", &(rewards, registry, redemption, foundation))
    }

    /// A shop's gift to a customer; there is no other transfer.
    ///
    /// Errors: `TransferRefused`, `InsufficientBalance`, `NotBound`.
    pub fn transfer(&self, to: AccountId, value: Balance) -> Call<()> {
        const NO_DATA: &[u8] = &[];
        self.write("PSP22::transfer", &(to, value, NO_DATA))
    }

    /// `rewards`, `registry`, `redemption`, `foundation`; `None` before it is bound.
    ///
    /// # Errors
    /// None of its own.
    pub async fn contracts(
        &self,
        at: Option<BlockHash>,
    ) -> Result<Option<(AccountId, AccountId, AccountId, AccountId)>> {
        self.read("contracts", &(), at).await
    }

    /// Time minted for an epoch so far.
    ///
    /// # Errors
    /// None of its own.
    pub async fn minted_for(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<Balance> {
        self.read("minted_for", &epoch, at).await
    }

    /// Time ever minted; burning does not lower it.
    ///
    /// # Errors
    /// None of its own.
    pub async fn minted_total(&self, at: Option<BlockHash>) -> Result<Balance> {
        self.read("minted_total", &(), at).await
    }
}
