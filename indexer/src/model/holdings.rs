//! Balances and deposits.

use bizkey_primitives::{checkpoint, AccountId, Balance, DeviceId, MerchantIndex};

/// Lowest balance in an epoch, and the position that proves it to a contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Low {
    /// Position of the checkpoint that covers the epoch.
    pub position: u32,
    /// Lowest balance, smallest unit of Bzky.
    pub low: Balance,
}

/// What a merchant held in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The merchant.
    pub merchant: MerchantIndex,
    /// Its account.
    pub account: AccountId,
    /// Free Bzky.
    pub bzky: Low,
    /// Own deposits.
    pub deposit: Low,
}

impl Holding {
    /// Lowest free balance + lowest own deposit (architecture.md, Rewards).
    /// Bounded by the supply of Bzky, so it cannot overflow.
    #[must_use]
    pub fn total(&self) -> Balance {
        self.bzky.low.saturating_add(self.deposit.low)
    }
}

/// A deposit for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The device.
    pub device: DeviceId,
    /// Whose Bzky.
    pub depositor: AccountId,
    /// Smallest unit; 0 once released.
    pub amount: Balance,
    /// When it may be released, Unix milliseconds.
    pub releasable_ms: Option<u64>,
}

/// Which of an account's balances has day checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointKind {
    /// Free Bzky.
    Bzky,
    /// Bzky locked for devices.
    Deposit,
}

/// A day checkpoint of an account: what it held in one epoch, and from then
/// on until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCheckpoint {
    /// Its index in the contract's list.
    pub position: u32,
    /// Stamp, close and low.
    pub checkpoint: checkpoint::Checkpoint,
}

/// Which deposits to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepositFilter {
    /// Of one depositor.
    pub depositor: Option<AccountId>,
}
