//! What a beneficiary of `vesting` can sign.
// The codec's derive casts the constant indices of this enum, 0 and 1.
#![allow(clippy::cast_possible_truncation)]

use crate::{vesting::Line, AccountId};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action of a line's beneficiary, or of the account that is to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// `propose_beneficiary`.
    ProposeBeneficiary {
        /// The signer's line.
        line: Line,
        /// Who is to follow; the signer itself withdraws an earlier proposal.
        account: AccountId,
    },
    /// `accept_beneficiary`.
    AcceptBeneficiary {
        /// The line that names the signer.
        line: Line,
    },
}
