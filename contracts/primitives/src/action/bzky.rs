//! What a holder of Bzky can sign.
// The codec's derive casts the constant indices of this enum, all below 256.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action of a holder of Bzky.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `PSP22::transfer`.
    Transfer {
        /// Payee.
        to: AccountId,
        /// Smallest unit.
        value: Balance,
    },
    /// `PSP22::approve`.
    Approve {
        /// Who may spend.
        spender: AccountId,
        /// The allowance, smallest unit.
        value: Balance,
    },
    /// `PSP22Burnable::burn`.
    Burn {
        /// Smallest unit.
        value: Balance,
    },
}
