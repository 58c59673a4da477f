//! What a shop or an agent can sign for `pos_deposit`.
// The codec's derive casts the constant indices of enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance, DeviceId};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action at `pos_deposit` that needs no native coin. Each is what the
/// message of the same name does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `lock`.
    Lock {
        /// The device.
        device: DeviceId,
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// `set_agent`.
    SetAgent {
        /// The device.
        device: DeviceId,
        /// Who may lock for it beside its shop; nobody if `None`.
        agent: Option<AccountId>,
    },
    /// `offer_transfer`.
    OfferTransfer {
        /// The device number that the terminal leaves.
        device: DeviceId,
        /// The number that it gets; `None` takes the offer back.
        to: Option<DeviceId>,
    },
}
