//! What a merchant, customer, or somebody who becomes one, can sign for
//! `registry`.
// The codec's derive casts the constant indices of this enum, all below 256.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, DeviceId, Hash, Side};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action at `registry` that needs no native coin. Each is what the message
/// of the same name does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// By a party: against the last change of its status.
    Appeal {
        /// Hash of what it states.
        statement: Hash,
    },
    /// By a party: it wants to be known by another account.
    ProposeAccount {
        /// The new account.
        account: AccountId,
    },
    /// By the new account that a party proposed.
    AcceptAccount {
        /// The party's side.
        side: Side,
        /// The party.
        index: u32,
    },
    /// By the account that is to take over from a lost one.
    ConsentRecovery {
        /// The party's side.
        side: Side,
        /// The party.
        index: u32,
    },
    /// By the party's present account: it is not lost.
    CancelRecovery {
        /// The party's side.
        side: Side,
        /// The party.
        index: u32,
    },
    /// By a device's shop: the device is lost, broken or given back.
    RetireDevice {
        /// The device.
        device: DeviceId,
    },
}
