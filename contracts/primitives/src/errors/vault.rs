//! Errors of `vault`.

use codec::{Decode, Encode};

/// Why a message of `vault` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only the deployer may bind.
    NotDeployer,
    /// Bound before; a contract is bound once.
    AlreadyBound,
    /// Not bound yet: the deployment is unfinished.
    NotBound,
    /// Only `rewards` may release.
    NotRewards,
    /// The epoch is not over yet.
    EpochNotClosed,
    /// This epoch, or a later one, was released before.
    EpochReleased,
    /// An epoch releases at most 3,000,000 Bzky.
    OverCap,
    /// The pool holds less.
    PoolExhausted,
    /// Another contract of the suite did not answer.
    CalleeFailed,
}
