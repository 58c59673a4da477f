//! Bzky against money that moves off chain: the terms, quotes and
//! reservations of `otc` (whitepaper 2, crypto settlement; architecture.md, otc).
// The codec's derive casts the constant indices of these enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{hash::blake2x256, AccountId, Balance, Hash, TOKEN};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use primitive_types::U256;

/// Number of an offer, from 1.
pub type OfferId = u64;
/// Number of a reservation, from 1.
pub type ReservationId = u64;

/// Prefix of a quote's message; ties the signature to its purpose.
pub const QUOTE_CONTEXT: &[u8] = b"bizkey/quote/1";

/// What Bzky is paid with: upper-case letters, digits and dashes, then zeros.
/// A fiat currency by its ISO 4217 code (`CNY`); a coin by its ticker, with
/// its chain where there are several (`BTC`, `USDT-TRON`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Currency(pub [u8; 12]);

impl Currency {
    /// Whether it is a code as described, of two characters or more.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let (code, rest) = self.0.split_at(length);
        length >= 2
            && code.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-'))
            && rest.iter().all(|byte| *byte == 0)
    }
}

/// A price as a fraction: so many minor units for so many whole tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Price {
    /// Minor units of the currency; more than zero.
    pub minor_units: u128,
    /// Whole tokens of Bzky; more than zero.
    pub tokens: u64,
}

impl Price {
    /// What `amount` costs in minor units, rounded up: the seller never gets
    /// less than the price. `None` when it passes `u128`, or for no tokens.
    #[must_use]
    pub fn cost(&self, amount: Balance) -> Option<u128> {
        let product = U256::from(amount).checked_mul(U256::from(self.minor_units))?;
        let tokens = U256::from(self.tokens).checked_mul(U256::from(TOKEN))?;
        let rounding = tokens.checked_sub(U256::one())?;
        u128::try_from(product.checked_add(rounding)?.checked_div(tokens)?).ok()
    }
}

/// What an offer or a quote asks. They never change: other terms are another
/// offer, so nobody reserves what was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Terms {
    /// What is paid off chain.
    pub currency: Currency,
    /// At what price.
    pub price: Price,
    /// Least that a reservation takes, unless it takes all that is left.
    /// Smallest unit of Bzky.
    pub minimum: Balance,
    /// The buyer's bond in Bzky, in hundredths of a percent of the amount, at
    /// most 1,000. Zero lets somebody buy who has no Bzky yet.
    pub bond_bps: u16,
    /// From the reservation to the last moment to declare the payment.
    pub pay_within_ms: u64,
    /// From that declaration to the last moment to open a dispute.
    pub dispute_within_ms: u64,
    /// First moment at which nothing can be reserved any more, Unix milliseconds.
    pub expires_ms: u64,
    /// Commitment to how the seller is paid; the text itself goes from party
    /// to party. For a desk that buys: zero, since the taker is paid.
    pub instructions: Hash,
}

/// An offer as `otc` keeps it, until nothing of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Offer {
    /// Who sells.
    pub maker: AccountId,
    /// On which terms.
    pub terms: Terms,
    /// Escrowed and not reserved, smallest unit of Bzky.
    pub left: Balance,
    /// Reservations of it that have not ended.
    pub open: u32,
}

/// What a desk does by a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum QuoteSide {
    /// The desk sells Bzky out of its float; the taker pays off chain.
    Sell,
    /// The desk buys Bzky; the taker escrows it and is paid off chain.
    Buy,
}

/// A dated quote of a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Quote {
    /// Genesis hash of the chain.
    pub genesis: Hash,
    /// Address of the `otc` contract.
    pub contract: AccountId,
    /// The desk's account.
    pub desk: AccountId,
    /// Chosen by the desk: all takers of quotes of this number share the maximum.
    pub id: u64,
    /// Whether the desk sells or buys.
    pub side: QuoteSide,
    /// Who alone may take it; `None` for anybody.
    pub taker: Option<AccountId>,
    /// Most that is taken by this number in all, smallest unit of Bzky.
    pub maximum: Balance,
    /// First moment at which it can be taken, Unix milliseconds.
    pub not_before_ms: u64,
    /// Everything else; a desk that buys asks no bond.
    pub terms: Terms,
}

impl Quote {
    /// What the desk's key signs: `Blake2x256(context ‖ SCALE bytes of the quote)`.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(320);
        bytes.extend_from_slice(QUOTE_CONTEXT);
        self.encode_to(&mut bytes);
        blake2x256(&bytes)
    }
}

/// The two sides of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Trader {
    /// Escrowed the Bzky, is paid off chain.
    Seller,
    /// Pays off chain.
    Buyer,
}

/// Where a reservation's Bzky comes from, and goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Origin {
    /// An offer; the taker buys.
    Offer(OfferId),
    /// The float of a desk that sells by the quote of this number.
    DeskSells(u64),
    /// The taker, who sells to a desk by the quote of this number.
    DeskBuys(u64),
}

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum Stage {
    /// The buyer is to pay.
    Reserved {
        /// First moment at which it is too late to declare the payment.
        pay_by_ms: u64,
    },
    /// The buyer says that it has paid; the seller is to confirm.
    Paid {
        /// First moment at which it is too late to open a dispute.
        dispute_by_ms: u64,
    },
    /// The board is to decide.
    Disputed {
        /// Who opened the dispute.
        opener: Trader,
        /// What the opener put up for it, smallest unit of Bzky.
        bond: Balance,
        /// First moment at which it is too late to decide.
        decide_by_ms: u64,
    },
}

/// A part of an offer or quote that somebody took, until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Reservation {
    /// Where the Bzky comes from.
    pub origin: Origin,
    /// Whose Bzky is escrowed.
    pub seller: AccountId,
    /// Who pays for it off chain.
    pub buyer: AccountId,
    /// Escrowed, smallest unit of Bzky.
    pub amount: Balance,
    /// The buyer's bond, smallest unit of Bzky.
    pub bond: Balance,
    /// What is paid off chain.
    pub currency: Currency,
    /// How much, in its minor units.
    pub cost: u128,
    /// By what the payment is known; chosen by the taker.
    pub reference: Hash,
    /// From the declared payment to the last moment to open a dispute.
    pub dispute_within_ms: u64,
    /// How far it has come.
    pub stage: Stage,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Ending {
    /// The seller has the payment: everything to the buyer.
    Confirmed,
    /// The buyer wants it no more: the Bzky to the seller. The bond burns,
    /// unless in a dispute: then it is the seller's too, and so is the other.
    GivenUp,
    /// No payment was declared in time: the Bzky to the seller, the bond burns.
    Lapsed,
    /// A declared payment was neither confirmed nor disputed in time: the
    /// Bzky to the seller, the bond burns.
    Unclaimed,
    /// The board decided a dispute.
    Decided {
        /// Who gets everything.
        winner: Trader,
        /// Hash of the reason given.
        reason: Hash,
    },
    /// The board did not decide in time: each has back what it put up.
    Undecided,
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use num_integer::Integer;
    use proptest::prelude::*;

    fn currency(code: &[u8]) -> Currency {
        let mut bytes = [0; 12];
        bytes[..code.len()].copy_from_slice(code);
        Currency(bytes)
    }

    #[test]
    fn a_currency_is_a_code_and_zeros() {
        for code in [&b"CNY"[..], b"USDT-TRON", b"T1", b"ABCDEFGHIJKL"] {
            assert!(currency(code).is_valid(), "{code:?}");
        }
        for code in [&b""[..], b"X", b"cny", b"C Y", b"CNY\0Y", b"\0CNY"] {
            assert!(!currency(code).is_valid(), "{code:?}");
        }
    }

    #[test]
    fn a_price_of_no_tokens_has_no_cost() {
        assert_eq!(Price { minor_units: 1, tokens: 0 }.cost(TOKEN), None);
        assert_eq!(Price { minor_units: u128::MAX, tokens: 1 }.cost(u128::MAX), None);
        assert_eq!(Price { minor_units: 250, tokens: 100 }.cost(TOKEN), Some(3), "2.5 minor units are paid as 3");
    }

    proptest! {
        #[test]
        fn a_cost_is_the_exact_fraction_rounded_up(amount: u128, minor_units: u128, tokens in 1..u64::MAX) {
            let exact = (BigUint::from(amount) * BigUint::from(minor_units))
                .div_ceil(&(BigUint::from(tokens) * BigUint::from(TOKEN)));
            let cost = Price { minor_units, tokens }.cost(amount);
            // A sum that passes 256 bits is no cost that 128 bits could hold.
            prop_assert_eq!(cost, u128::try_from(exact).ok());
        }

        #[test]
        fn every_part_of_a_quote_is_signed(id: u64, maximum: u128, bond_bps: u16, byte: u8) {
            let terms = Terms {
                currency: currency(b"CNY"), price: Price { minor_units: 1, tokens: 1 }, minimum: 1, bond_bps,
                pay_within_ms: 1, dispute_within_ms: 1, expires_ms: 1, instructions: Hash::from([byte; 32]),
            };
            let account = AccountId::from([byte; 32]);
            let quote = Quote {
                genesis: Hash::from([byte; 32]), contract: account, desk: account, id, side: QuoteSide::Sell,
                taker: None, maximum, not_before_ms: 1, terms,
            };
            let other = AccountId::from([byte ^ 1; 32]);
            let price = Price { minor_units: 2, tokens: 1 };
            for changed in [
                Quote { genesis: Hash::from([byte ^ 1; 32]), ..quote },
                Quote { contract: other, ..quote },
                Quote { desk: other, ..quote },
                Quote { id: id ^ 1, ..quote },
                Quote { side: QuoteSide::Buy, ..quote },
                Quote { taker: Some(account), ..quote },
                Quote { maximum: maximum ^ 1, ..quote },
                Quote { not_before_ms: 2, ..quote },
                Quote { terms: Terms { price, ..terms }, ..quote },
                Quote { terms: Terms { expires_ms: 2, ..terms }, ..quote },
                Quote { terms: Terms { bond_bps: bond_bps ^ 1, ..terms }, ..quote },
            ] {
                prop_assert_ne!(changed.hash(), quote.hash());
            }
        }
    }
}
