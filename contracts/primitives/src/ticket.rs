//! What a customer's wallet signs at the till (architecture.md, customer ticket).

use crate::{hash::blake2x256, CustomerIndex, Epoch, Hash, MerchantIndex};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Bytes of a ticket's hash that the receipt carries.
pub const REFERENCE_BYTES: usize = 16;

/// Epochs in which a reference counts once per merchant.
pub const REFERENCE_EPOCHS: u32 = 8;

/// The part of a ticket's hash that a receipt carries; all zero for a sale
/// without a ticket.
pub type Reference = [u8; REFERENCE_BYTES];

/// A customer's word that a sale was theirs: the QR code shown at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Ticket {
    /// Genesis hash of the chain.
    pub genesis: Hash,
    /// Address of the `receipts` contract.
    pub contract: [u8; 32],
    /// The shop.
    pub merchant: MerchantIndex,
    /// The customer.
    pub customer: CustomerIndex,
    /// Chosen by the wallet, different for each ticket.
    pub nonce: u64,
    /// Minor units of the accounting currency.
    pub amount: u64,
    /// Last epoch in which the receipt may be recorded; at most 7 after it.
    pub expiry: Epoch,
}

impl Ticket {
    /// `Blake2x256` of the ticket's SCALE bytes.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        blake2x256(&self.encode())
    }

    /// What the receipt carries: the first 16 bytes of the hash.
    #[must_use]
    pub fn reference(&self) -> Reference {
        let mut reference = [0u8; REFERENCE_BYTES];
        reference.copy_from_slice(&self.hash()[..REFERENCE_BYTES]);
        reference
    }

    /// The bytes that the wallet signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        wrapped(&self.hash())
    }
}

/// `<Bytes>` + lower-case hex of the hash, without prefix + `</Bytes>`: what
/// browser extensions sign.
#[must_use]
pub fn wrapped(hash: &[u8; 32]) -> Vec<u8> {
    // By hand: `core::fmt` would cost every contract that checks a wallet's signature kilobytes.
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(79);
    text.extend_from_slice(b"<Bytes>");
    for byte in hash {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text.extend_from_slice(b"</Bytes>");
    text
}
