//! `vault`: the merchants' pool.

use super::handle;
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{AccountId, Balance};

handle! {
    /// `vault`: the merchants' pool. Amounts in Bzky's smallest unit, 10^-12.
    Vault
}

impl Vault {
    /// Names the currency and the contract that may release; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, bzky: AccountId, rewards: AccountId) -> Call<()> {
        self.write("bind", &(bzky, rewards))
    }

    /// The token and who may take it; `None` before it is bound.
    ///
    /// # Errors
    /// None of its own.
    pub async fn contracts(&self, at: Option<BlockHash>) -> Result<Option<(AccountId, AccountId)>> {
        self.read("contracts", &(), at).await
    }

    /// Bzky left in the pool.
    ///
    /// # Errors
    /// None of its own.
    pub async fn available(&self, at: Option<BlockHash>) -> Result<Balance> {
        self.read("available", &(), at).await
    }
}
