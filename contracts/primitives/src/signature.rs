//! Keys and signatures of devices and wallets (architecture.md, receipts).
// The codec's derive casts the constant indices of these enums, 0 and 1.
#![allow(clippy::cast_possible_truncation)]

use codec::{Decode, Encode, MaxEncodedLen};

/// A public key: what PKCS#11 tokens can hold, or what wallets use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum PublicKey {
    /// secp256k1, compressed.
    Ecdsa([u8; 33]),
    /// Schnorrkel over Ristretto25519.
    Sr25519([u8; 32]),
}

/// A signature over a 32-byte hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Signature {
    /// r ‖ s ‖ recovery id, with s in the lower half.
    Ecdsa([u8; 65]),
    /// Schnorrkel.
    Sr25519([u8; 64]),
}

/// Half of the order of secp256k1, big endian: the largest s accepted.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
    0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Whether an ECDSA signature's s is in the lower half of the order: the host
/// function accepts both halves, which would let anybody write a second valid
/// signature of the same batch.
#[must_use]
pub fn is_low_s(signature: &[u8; 65]) -> bool {
    signature[32..64] <= HALF_ORDER[..]
}

#[cfg(feature = "ink")]
impl Signature {
    /// Verifies over the 32-byte `hash` inside a contract.
    #[must_use]
    pub fn verify(&self, hash: &[u8; 32], key: &PublicKey) -> bool {
        match (self, key) {
            (Signature::Ecdsa(signature), PublicKey::Ecdsa(key)) => {
                let mut recovered = [0u8; 33];
                is_low_s(signature)
                    && ink::env::ecdsa_recover(signature, hash, &mut recovered).is_ok()
                    && recovered == *key
            }
            (Signature::Sr25519(signature), PublicKey::Sr25519(key)) => is_by(signature, hash, key),
            _ => false,
        }
    }

    /// Verifies that `account` signed `bytes` as its wallet does: Schnorrkel
    /// over the bytes by the key that is the account; ECDSA over their
    /// Blake2x256 by the key whose Blake2x256 is the account.
    #[must_use]
    pub fn is_of_account(&self, bytes: &[u8], account: &crate::AccountId) -> bool {
        match self {
            Signature::Ecdsa(signature) => {
                let mut key = [0u8; 33];
                is_low_s(signature)
                    && ink::env::ecdsa_recover(signature, &crate::hash::blake2x256(bytes), &mut key).is_ok()
                    && crate::AccountId::from(crate::hash::blake2x256(&key)) == *account
            }
            Signature::Sr25519(signature) => is_by(signature, bytes, account.as_ref()),
        }
    }
}

/// Whether a Schnorrkel key signed `bytes`. The key of zeros is nobody's: it is
/// the group's neutral element, for which anybody can sign anything.
#[cfg(feature = "ink")]
fn is_by(signature: &[u8; 64], bytes: &[u8], key: &[u8; 32]) -> bool {
    *key != [0; 32] && ink::env::sr25519_verify(signature, bytes, key).is_ok()
}
