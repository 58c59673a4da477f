//! `registry`: merchants, customers, devices, attestors.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::{Capital, Claimant},
    signature::PublicKey,
    AccountId, DeviceId, Epoch, Hash, MerchantIndex, Side, Status,
};

handle! {
    /// `registry`: merchants, customers, devices, attestors.
    Registry
}
administered!(Registry);

impl Registry {
    /// Names the contract that records receipts; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, receipts: AccountId) -> Call<()> {
        self.write("bind", &receipts)
    }

    /// Makes somebody an attestor, or no longer one; by the admin.
    ///
    /// Errors: `NotAdmin`.
    pub fn set_attestor(&self, attestor: AccountId, active: bool) -> Call<()> {
        self.write("set_attestor", &(attestor, active))
    }

    /// Registers a merchant or customer; by an attestor. Returns its index,
    /// also in [`crate::Submitted::party_index`].
    ///
    /// Errors: `NotAttestor`, `NullifierUsed`, `AccountUsed`, `IndexExhausted`.
    pub fn register(&self, side: Side, account: AccountId, nullifier: Hash, commitment: Hash) -> Call<u32> {
        self.write("register", &(side, account, nullifier, commitment))
    }

    /// States a shop's capital; by an attestor. A second attestor's equal
    /// statement sets it.
    ///
    /// Errors: `NotAttestor`, `UnknownParty`, `CapitalOutOfBounds`, `SameAttestor`.
    pub fn attest_capital(&self, merchant: MerchantIndex, capital: Capital) -> Call<()> {
        self.write("attest_capital", &(merchant, capital))
    }

    /// States a shop's trade and region; by an attestor. A second attestor's
    /// equal statement sets them.
    ///
    /// Errors: `NotAttestor`, `UnknownParty`, `SameAttestor`.
    pub fn attest_business(&self, merchant: MerchantIndex, business: Business) -> Call<()> {
        self.write("attest_business", &(merchant, business))
    }

    /// Registers a shop's device; by an attestor. Returns its number, also in
    /// [`crate::Submitted::device_id`].
    ///
    /// Errors: `NotAttestor`, `NotBound`, `UnknownParty`, `IndexExhausted`, `CalleeFailed`.
    pub fn register_device(&self, merchant: MerchantIndex, key: PublicKey) -> Call<DeviceId> {
        self.write("register_device", &(merchant, key))
    }

    /// Stops or starts a device; by an attestor.
    ///
    /// Errors: `NotAttestor`, `NotBound`, `UnknownDevice`, `CalleeFailed`.
    pub fn set_device_active(&self, device: DeviceId, active: bool) -> Call<()> {
        self.write("set_device_active", &(device, active))
    }

    /// Changes a standing; by the admin. `reason` is the hash of the reason given.
    ///
    /// Errors: `NotAdmin`, `UnknownParty`.
    pub fn set_status(&self, side: Side, index: u32, status: Status, reason: Hash) -> Call<()> {
        self.write("set_status", &(side, index, status, reason))
    }

    /// Stops claims and deposit release until `until_ms`, Unix milliseconds,
    /// at most 14 days ahead; by the admin.
    ///
    /// Errors: `NotAdmin`, `UnknownParty`, `HoldTooLong`, `HoldNotRenewable`.
    pub fn place_hold(&self, side: Side, index: u32, until_ms: u64, reason: Hash) -> Call<()> {
        self.write("place_hold", &(side, index, until_ms, reason))
    }

    /// Sets between what a customer's total at a shop of this trade counts, from
    /// a coming epoch on; what was set for a coming epoch is dropped; by the
    /// admin.
    ///
    /// Errors: `NotAdmin`, `BadClamp`, `EpochBegun`.
    pub fn set_clamp(&self, trade: u16, clamp: Clamp, from_epoch: Epoch) -> Call<()> {
        self.write("set_clamp", &(trade, clamp, from_epoch))
    }

    /// Sets the least capital, minor units a month, by which a shop of this
    /// trade and region is scored, from a coming epoch on; what was set for a
    /// coming epoch is dropped; by the admin.
    ///
    /// Errors: `NotAdmin`, `CapitalOutOfBounds`, `EpochBegun`.
    pub fn set_capital_floor(&self, business: Business, floor: u128, from_epoch: Epoch) -> Call<()> {
        self.write("set_capital_floor", &(business, floor, from_epoch))
    }

    /// Sets how much of a customer's cash and external payments counts in an
    /// epoch, minor units, from a coming epoch on; what was set for a coming
    /// epoch is dropped; by the admin.
    ///
    /// Errors: `NotAdmin`, `EpochBegun`.
    pub fn set_cash_cap(&self, cap: u64, from_epoch: Epoch) -> Call<()> {
        self.write("set_cash_cap", &(cap, from_epoch))
    }

    /// Between what a customer's total at a shop of this trade counts in an
    /// epoch; `None` if it counts as it is.
    ///
    /// # Errors
    /// None of its own.
    pub async fn clamp_of(&self, trade: u16, epoch: Epoch, at: Option<BlockHash>) -> Result<Option<Clamp>> {
        self.read("clamp_of", &(trade, epoch), at).await
    }

    /// The least capital, minor units a month, by which a shop of this trade
    /// and region is scored in an epoch; `None` if there is none.
    ///
    /// # Errors
    /// None of its own.
    pub async fn capital_floor(&self, business: Business, epoch: Epoch, at: Option<BlockHash>) -> Result<Option<u128>> {
        self.read("capital_floor", &(business, epoch), at).await
    }

    /// How much of a customer's cash and external payments counts in an epoch,
    /// minor units; `None` if there is no cap.
    ///
    /// # Errors
    /// None of its own.
    pub async fn cash_cap(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<Option<u64>> {
        self.read("cash_cap", &epoch, at).await
    }

    /// Whether an account attests.
    ///
    /// # Errors
    /// None of its own.
    pub async fn is_attestor(&self, account: AccountId, at: Option<BlockHash>) -> Result<bool> {
        self.read("is_attestor", &account, at).await
    }

    /// How many are registered on a side.
    ///
    /// # Errors
    /// None of its own.
    pub async fn count(&self, side: Side, at: Option<BlockHash>) -> Result<u32> {
        self.read("count", &side, at).await
    }

    /// The account of a party.
    ///
    /// # Errors
    /// None of its own.
    pub async fn account_of(&self, side: Side, index: u32, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("account_of", &(side, index), at).await
    }

    /// Who an account belongs to.
    ///
    /// # Errors
    /// None of its own.
    pub async fn party_of(&self, account: AccountId, at: Option<BlockHash>) -> Result<Option<(Side, u32)>> {
        self.read("party_of", &account, at).await
    }

    /// A party's standing now.
    ///
    /// # Errors
    /// None of its own.
    pub async fn status_of(&self, side: Side, index: u32, at: Option<BlockHash>) -> Result<Option<Status>> {
        self.read("status_of", &(side, index), at).await
    }

    /// A party's standing at an epoch's close.
    ///
    /// # Errors
    /// None of its own.
    pub async fn status_at(
        &self,
        side: Side,
        index: u32,
        epoch: Epoch,
        at: Option<BlockHash>,
    ) -> Result<Option<Status>> {
        self.read("status_at", &(side, index, epoch), at).await
    }

    /// The capital by which a shop is scored in an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn capital_of(
        &self,
        merchant: MerchantIndex,
        epoch: Epoch,
        at: Option<BlockHash>,
    ) -> Result<Option<Capital>> {
        self.read("capital_of", &(merchant, epoch), at).await
    }

    /// A device's shop.
    ///
    /// # Errors
    /// None of its own.
    pub async fn merchant_of_device(&self, device: DeviceId, at: Option<BlockHash>) -> Result<Option<MerchantIndex>> {
        self.read("merchant_of_device", &device, at).await
    }

    /// A party's account at an epoch's close.
    ///
    /// # Errors
    /// None of its own.
    pub async fn account_at(
        &self,
        side: Side,
        index: u32,
        epoch: Epoch,
        at: Option<BlockHash>,
    ) -> Result<Option<AccountId>> {
        self.read("account_at", &(side, index, epoch), at).await
    }

    /// Whether an account's party is under a hold.
    ///
    /// # Errors
    /// None of its own.
    pub async fn is_held(&self, account: AccountId, at: Option<BlockHash>) -> Result<bool> {
        self.read("is_held", &account, at).await
    }

    /// What `rewards` asks of up to 256 claimants of an epoch; those beyond are left out.
    ///
    /// # Errors
    /// None of its own.
    pub async fn claimants(
        &self,
        side: Side,
        epoch: Epoch,
        indices: &[u32],
        at: Option<BlockHash>,
    ) -> Result<Vec<Option<Claimant>>> {
        self.read("claimants", &(side, epoch, indices), at).await
    }
}
