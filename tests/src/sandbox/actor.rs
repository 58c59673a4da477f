//! Who acts: a key with its account.

use bizkey_primitives::{hash::blake2x256, signature::Signature, AccountId};
use subxt_signer::sr25519;

/// A key with its account.
#[derive(Clone)]
pub struct Actor(sr25519::Keypair);

impl Actor {
    /// The actor of this name: always the same.
    ///
    /// # Panics
    /// Never: a hash is a seed.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(sr25519::Keypair::from_secret_key(blake2x256(name.as_bytes())).expect("a hash is a seed"))
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        AccountId::from(self.0.public_key().0)
    }

    /// Signs bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature::Sr25519(self.0.sign(bytes).0)
    }
}

/// A registered shop or customer.
#[derive(Clone)]
pub struct Party {
    /// Its number on its side.
    pub index: u32,
    /// Its key.
    pub actor: Actor,
}

impl Party {
    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.actor.account()
    }
}
