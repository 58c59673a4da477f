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
    /// Only `rewards` may mint for an epoch, only `redemption` for another cause.
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
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
    /// Only `redemption` may move, or collect, the Time of others.
    NotRedemption,
    /// Only the foundation may do this.
    NotFoundation,
    /// Minting stands still for a while.
    Paused,
    /// A pause ends in the future and lasts at most 72 hours.
    PauseTooLong,
    /// The last pause ended less than 30 days ago, or still runs.
    PauseCoolingDown,
}

refusals!(ActionError, PauseRefused);
