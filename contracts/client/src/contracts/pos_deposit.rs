//! `pos_deposit`: Bzky locked for terminals.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{party::Deposit, AccountId, Balance, DeviceId, Epoch};

handle! {
    /// `pos_deposit`: Bzky locked for terminals. Amounts in Bzky's smallest
    /// unit, 10^-12.
    PosDeposit
}
administered!(PosDeposit);

impl PosDeposit {
    /// Names who confirms returns and transfers; by the admin.
    ///
    /// Errors: `NotAdmin`.
    pub fn set_platform(&self, platform: AccountId) -> Call<()> {
        self.write("set_platform", &platform)
    }

    /// Names the contracts that may penalise and pledge deposits; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, receipts: AccountId, rewards: AccountId) -> Call<()> {
        self.write("bind", &(receipts, rewards))
    }

    /// Locks the caller's Bzky for a device, by an allowance given to this
    /// contract before; adds to the caller's earlier deposit.
    ///
    /// Errors: `ZeroAmount`, `UnknownDevice`, `OtherDepositor`,
    /// `ReturnConfirmed`, `PaymentRefused`, `Overflow`, `CalleeFailed`.
    pub fn lock(&self, device: DeviceId, amount: Balance) -> Call<()> {
        self.write("lock", &(device, amount))
    }

    /// States that the platform has the device back; by the platform. Starts
    /// the penalty window.
    ///
    /// Errors: `NotPlatform`, `NoDeposit`, `ReturnConfirmed`.
    pub fn confirm_return(&self, device: DeviceId) -> Call<()> {
        self.write("confirm_return", &device)
    }

    /// Gives a deposit back to its depositor after the window; anybody may.
    ///
    /// Errors: `NoDeposit`, `ReturnNotConfirmed`, `WindowOpen`, `Held`, `CalleeFailed`.
    pub fn release(&self, device: DeviceId) -> Call<()> {
        self.write("release", &device)
    }

    /// Who confirms returns and transfers.
    ///
    /// # Errors
    /// None of its own.
    pub async fn platform(&self, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("platform", &(), at).await
    }

    /// A device's deposit.
    ///
    /// # Errors
    /// None of its own.
    pub async fn deposit_of(&self, device: DeviceId, at: Option<BlockHash>) -> Result<Option<Deposit>> {
        self.read("deposit_of", &device, at).await
    }

    /// All that an account has deposited.
    ///
    /// # Errors
    /// None of its own.
    pub async fn balance_of(&self, account: AccountId, at: Option<BlockHash>) -> Result<Balance> {
        self.read("balance_of", &account, at).await
    }

    /// Lowest deposits in a closed epoch, for up to 256 accounts with their
    /// checkpoint indices; `None` where an index is wrong.
    ///
    /// # Errors
    /// `EpochNotClosed`, `TooManyQueries`.
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
