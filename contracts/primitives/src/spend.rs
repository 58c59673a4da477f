//! What a customer's wallet signs to spend Time on a privilege
//! (architecture.md, redemption).

use crate::{hash::blake2x256, redemption::PrivilegeId, ticket::wrapped, Balance, CustomerIndex, Hash, MerchantIndex};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Longest that a ticket may still have to run when it is collected: 10 minutes.
pub const MAX_VALIDITY_MS: u64 = 10 * 60 * 1000;

/// A customer's word that a shop may collect Time for one use of a privilege:
/// the QR code shown at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct SpendTicket {
    /// Genesis hash of the chain.
    pub genesis: Hash,
    /// Address of the `redemption` contract.
    pub contract: [u8; 32],
    /// The shop.
    pub merchant: MerchantIndex,
    /// What is bought.
    pub privilege: PrivilegeId,
    /// The version of its terms that the customer has seen.
    pub version: u32,
    /// The customer.
    pub customer: CustomerIndex,
    /// Chosen by the wallet, different for each ticket.
    pub nonce: u64,
    /// The privilege's price, smallest unit of Time.
    pub amount: Balance,
    /// Last moment at which it may be collected, Unix milliseconds; at most
    /// [`MAX_VALIDITY_MS`] after the block that collects it.
    pub expires_ms: u64,
}

impl SpendTicket {
    /// `Blake2x256` of the ticket's SCALE bytes; names the collection.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        blake2x256(&self.encode())
    }

    /// The bytes that the wallet signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        wrapped(&self.hash())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_ticket_is_in_what_the_wallet_signs() {
        let ticket = SpendTicket {
            genesis: Hash::from([1; 32]),
            contract: [2; 32],
            merchant: 3,
            privilege: 4,
            version: 5,
            customer: 6,
            nonce: 7,
            amount: 8,
            expires_ms: 9,
        };
        let others = [
            SpendTicket { genesis: Hash::from([9; 32]), ..ticket },
            SpendTicket { contract: [9; 32], ..ticket },
            SpendTicket { merchant: 9, ..ticket },
            SpendTicket { privilege: 9, ..ticket },
            SpendTicket { version: 9, ..ticket },
            SpendTicket { customer: 9, ..ticket },
            SpendTicket { nonce: 9, ..ticket },
            SpendTicket { amount: 9, ..ticket },
            SpendTicket { expires_ms: 8, ..ticket },
        ];
        let bytes = ticket.signed_bytes();
        assert!(bytes.starts_with(b"<Bytes>") && bytes.ends_with(b"</Bytes>"));
        assert_eq!(bytes.len(), 7 + 64 + 8);
        assert!(others.iter().all(|other| other.signed_bytes() != bytes));
    }
}
