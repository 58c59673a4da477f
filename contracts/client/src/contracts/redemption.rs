//! `redemption`: tasks, privileges, the sale of Time.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{
    redemption::{Price, RedemptionContracts, RedemptionParameters, RedemptionRole},
    AccountId,
};

handle! {
    /// `redemption`: tasks, privileges, the sale of Time.
    Redemption
}
administered!(Redemption);

impl Redemption {
    /// The contracts that it works with.
    ///
    /// # Errors
    /// None of its own.
    pub async fn contracts(&self, at: Option<BlockHash>) -> Result<RedemptionContracts> {
        self.read("contracts", &(), at).await
    }

    /// Gives a role to an account, or takes it from whoever has it; by the admin.
    ///
    /// Errors: `NotAdmin`.
    pub fn set_role(&self, role: RedemptionRole, account: Option<AccountId>) -> Call<()> {
        self.write("set_role", &(role, account))
    }

    /// Who has a role.
    ///
    /// # Errors
    /// None of its own.
    pub async fn role(&self, role: RedemptionRole, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("role", &role, at).await
    }

    /// Says where Bzky's price starts from, millionths of a minor unit; by the
    /// admin. It counts once the price setter confirms it.
    ///
    /// Errors: `NotAdmin`, `ZeroAmount`.
    pub fn anchor_price(&self, price: u64) -> Call<()> {
        self.write("anchor_price", &price)
    }

    /// Moves Bzky's price, millionths of a minor unit, observed at `dated_ms`
    /// (Unix milliseconds); by the price setter. A repeat is `BadPriceDate`.
    ///
    /// Errors: `NotPriceSetter`, `BadPriceDate`, `PriceOutOfBounds`.
    pub fn set_price(&self, price: u64, dated_ms: u64) -> Call<()> {
        self.write("set_price", &(price, dated_ms))
    }

    /// Bzky's price.
    ///
    /// # Errors
    /// None of its own.
    pub async fn price(&self, at: Option<BlockHash>) -> Result<Price> {
        self.read("price", &(), at).await
    }

    /// The admin's figures.
    ///
    /// # Errors
    /// None of its own.
    pub async fn parameters(&self, at: Option<BlockHash>) -> Result<RedemptionParameters> {
        self.read("parameters", &(), at).await
    }
}
