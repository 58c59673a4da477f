//! What a maker, taker or desk of `otc` can sign.
// The codec's derive casts the constant indices of this enum.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    otc::{OfferId, Quote, ReservationId, Terms},
    signature::Signature,
    Balance, Hash,
};
use codec::{Decode, Encode, MaxEncodedLen};

/// An action of a maker, taker or desk. Bzky is taken by allowance, which
/// `bzky` takes signed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
// Read once, out of a call's input: a box would be one more allocation.
#[allow(clippy::large_enum_variant)]
pub enum Action {
    /// `open_offer`.
    OpenOffer {
        /// What the offer asks.
        terms: Terms,
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// `close_offer`.
    CloseOffer {
        /// The offer's number.
        offer: OfferId,
    },
    /// `reserve`.
    Reserve {
        /// The offer's number.
        offer: OfferId,
        /// Smallest unit of Bzky.
        amount: Balance,
        /// By what the payment is known.
        reference: Hash,
    },
    /// `take_quote`.
    TakeQuote {
        /// The desk's quote.
        quote: Quote,
        /// The desk's signature over it.
        signature: Signature,
        /// Smallest unit of Bzky.
        amount: Balance,
        /// By what the payment is known.
        reference: Hash,
    },
    /// `declare_paid`.
    DeclarePaid {
        /// The reservation's number.
        reservation: ReservationId,
        /// The payment's name on its own rail, or its hash.
        payment: Hash,
    },
    /// `confirm`.
    Confirm {
        /// The reservation's number.
        reservation: ReservationId,
    },
    /// `give_up`.
    GiveUp {
        /// The reservation's number.
        reservation: ReservationId,
    },
    /// `dispute`.
    Dispute {
        /// The reservation's number.
        reservation: ReservationId,
        /// Hash of what the signer brings forward.
        evidence: Hash,
    },
    /// `fund`.
    Fund {
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// `withdraw`.
    Withdraw {
        /// Smallest unit of Bzky.
        amount: Balance,
    },
    /// `revoke_quote`.
    RevokeQuote {
        /// The quotes' number.
        id: u64,
    },
}
