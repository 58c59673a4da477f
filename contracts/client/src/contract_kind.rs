//! The eleven contracts, and one value for each of them.

use bizkey_primitives::AccountId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the suite's contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContractKind {
    /// The merchant pool.
    Vault,
    /// Bzky that is released over time.
    Vesting,
    /// Bzky, PSP22.
    Bzky,
    /// Time, PSP22 with a transfer gate.
    Time,
    /// Merchants, customers, devices.
    Registry,
    /// Receipts.
    Receipts,
    /// Deposits for terminals.
    PosDeposit,
    /// Epoch reports and claims.
    Rewards,
    /// Tasks, privileges, sale of Time.
    Redemption,
    /// Escrowed offers and desk quotes.
    Otc,
    /// The board.
    Foundation,
}

impl ContractKind {
    /// All of them, in the order of instantiation.
    pub const ALL: [ContractKind; 11] = [
        ContractKind::Vault,
        ContractKind::Vesting,
        ContractKind::Bzky,
        ContractKind::Time,
        ContractKind::Registry,
        ContractKind::Receipts,
        ContractKind::PosDeposit,
        ContractKind::Rewards,
        ContractKind::Redemption,
        ContractKind::Otc,
        ContractKind::Foundation,
    ];

    /// The contract's name: that of its folder and of its bundle.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ContractKind::Vault => "vault",
            ContractKind::Vesting => "vesting",
            ContractKind::Bzky => "bzky",
            ContractKind::Time => "time",
            ContractKind::Registry => "registry",
            ContractKind::Receipts => "receipts",
            ContractKind::PosDeposit => "pos_deposit",
            ContractKind::Rewards => "rewards",
            ContractKind::Redemption => "redemption",
            ContractKind::Otc => "otc",
            ContractKind::Foundation => "foundation",
        }
    }
}

impl fmt::Display for ContractKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerContract<T> {
    /// Of `vault`.
    pub vault: T,
    /// Of `vesting`.
    pub vesting: T,
    /// Of `bzky`.
    pub bzky: T,
    /// Of `time`.
    pub time: T,
    /// Of `registry`.
    pub registry: T,
    /// Of `receipts`.
    pub receipts: T,
    /// Of `pos_deposit`.
    pub pos_deposit: T,
    /// Of `rewards`.
    pub rewards: T,
    /// Of `redemption`.
    pub redemption: T,
    /// Of `otc`.
    pub otc: T,
    /// Of `foundation`.
    pub foundation: T,
}

impl<T> PerContract<T> {
    /// The value of one contract.
    pub fn get(&self, kind: ContractKind) -> &T {
        match kind {
            ContractKind::Vault => &self.vault,
            ContractKind::Vesting => &self.vesting,
            ContractKind::Bzky => &self.bzky,
            ContractKind::Time => &self.time,
            ContractKind::Registry => &self.registry,
            ContractKind::Receipts => &self.receipts,
            ContractKind::PosDeposit => &self.pos_deposit,
            ContractKind::Rewards => &self.rewards,
            ContractKind::Redemption => &self.redemption,
            ContractKind::Otc => &self.otc,
            ContractKind::Foundation => &self.foundation,
        }
    }

    /// The same, made of a fallible function of every value, in the order of
    /// instantiation.
    ///
    /// # Errors
    /// The first that `map` returns.
    pub fn try_map<U, E>(self, mut map: impl FnMut(T) -> Result<U, E>) -> Result<PerContract<U>, E> {
        Ok(PerContract {
            vault: map(self.vault)?,
            vesting: map(self.vesting)?,
            bzky: map(self.bzky)?,
            time: map(self.time)?,
            registry: map(self.registry)?,
            receipts: map(self.receipts)?,
            pos_deposit: map(self.pos_deposit)?,
            rewards: map(self.rewards)?,
            redemption: map(self.redemption)?,
            otc: map(self.otc)?,
            foundation: map(self.foundation)?,
        })
    }
}

impl<T: PartialEq> PerContract<T> {
    /// Which contract has this value.
    pub fn kind_of(&self, value: &T) -> Option<ContractKind> {
        ContractKind::ALL.into_iter().find(|kind| self.get(*kind) == value)
    }
}

impl PerContract<ContractKind> {
    /// Each contract's own kind, to make a value of each.
    pub const KINDS: Self = PerContract {
        vault: ContractKind::Vault,
        vesting: ContractKind::Vesting,
        bzky: ContractKind::Bzky,
        time: ContractKind::Time,
        registry: ContractKind::Registry,
        receipts: ContractKind::Receipts,
        pos_deposit: ContractKind::PosDeposit,
        rewards: ContractKind::Rewards,
        redemption: ContractKind::Redemption,
        otc: ContractKind::Otc,
        foundation: ContractKind::Foundation,
    };
}

/// Where the contracts of a network live.
pub type ContractAddresses = PerContract<AccountId>;
