//! `redemption`: tasks, privileges, the sale of Time.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{
    redemption::{Price, RedemptionContracts, RedemptionParameters, RedemptionRole, TaskId, TaskTerms},
    AccountId, CustomerIndex,
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

    /// Creates a task; by the admin it is one of Bizkey's own, paid from the
    /// ecosystem pool. Returns its number. A repeat creates another one.
    ///
    /// Errors: see the contract.
    pub fn create_task(&self, terms: &TaskTerms) -> Call<TaskId> {
        self.write("create_task", terms)
    }

    /// Confirms that a customer fulfilled a task, and pays its reward; by the
    /// shop, or by the task confirmer for Bizkey's. A repeat is
    /// `AlreadyFulfilled`.
    ///
    /// Errors: see the contract.
    pub fn fulfil(&self, task: TaskId, customer: CustomerIndex) -> Call<()> {
        self.write("fulfil", &(task, customer))
    }

    /// Sets all figures; by the admin.
    ///
    /// Errors: `NotAdmin`, `BadParameters`, `OfficialPriceFixed`.
    pub fn set_parameters(&self, parameters: &RedemptionParameters) -> Call<()> {
        self.write("set_parameters", parameters)
    }

    /// The admin's figures.
    ///
    /// # Errors
    /// None of its own.
    pub async fn parameters(&self, at: Option<BlockHash>) -> Result<RedemptionParameters> {
        self.read("parameters", &(), at).await
    }
}
