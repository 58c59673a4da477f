//! What a holder of Time can sign.
// The codec's derive casts the constant indices of these enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action of a holder of Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `PSP22::transfer`: a shop's gift to a customer.
    Gift {
        /// The customer.
        to: AccountId,
        /// Smallest unit.
        value: Balance,
    },
    /// `PSP22Burnable::burn`.
    Burn {
        /// Smallest unit.
        value: Balance,
    },
}
