//! Errors of `bzky` and `time`.

use codec::{Decode, Encode};

/// Why a message of `bzky` and `time` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The payer holds less than the value.
    InsufficientBalance,
    /// The spender may spend less than the value.
    InsufficientAllowance,
    /// More than 256 payments or queries in one call: split it.
    TooManyPayments,
    /// A sum passes its type.
    Overflow,
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// The epoch is not over yet: ask again after its end.
    EpochNotClosed,
    /// The index is not that of the checkpoint that covers the epoch: ask `checkpoint_index`.
    WrongCheckpoint,
    /// Only the deployer may bind.
    NotDeployer,
    /// Bound before; a contract is bound once.
    AlreadyBound,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// Only `rewards` may mint for an epoch.
    NotMinter,
    /// Time moves by gift from a shop to a customer only.
    TransferRefused,
    /// The epoch would pass 1,000,000 Time.
    EpochCap,
    /// Rewards would pass 1,000,000,000 Time in all.
    RewardCap,
    /// All mints would pass 10,000,000,000 Time.
    SupplyCap,
    /// Another contract of the suite did not answer.
    CalleeFailed,
}
