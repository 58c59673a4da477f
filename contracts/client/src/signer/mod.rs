//! Keys that sign transactions, and where they come from.

mod secret;
mod source;
mod token;

pub use secret::SecretSource;
pub use source::KeySource;

use crate::{deployment::ss58, ClientError, Result};
use bizkey_primitives::{hash::blake2x256, AccountId};
use std::{str::FromStr, sync::Arc};
use subxt::config::substrate::MultiSignature;
use subxt_signer::{ecdsa, sr25519, SecretUri};
use token::TokenKey;

/// A key that signs transactions. A cheap clone.
///
/// Nonces live in the [`crate::Client`], by account: all signers of one
/// account on one client share them, so that many transactions can be under
/// way at once. Two processes must not sign with one key.
#[derive(Clone)]
pub struct Signer(Arc<Key>);

enum Key {
    Sr25519(sr25519::Keypair),
    Ecdsa(ecdsa::Keypair),
    Token(TokenKey),
}

impl Signer {
    /// A signer with an sr25519 key.
    #[must_use]
    pub fn sr25519(keypair: sr25519::Keypair) -> Self {
        Self(Arc::new(Key::Sr25519(keypair)))
    }

    /// A signer with an ECDSA key on secp256k1.
    #[must_use]
    pub fn ecdsa(keypair: ecdsa::Keypair) -> Self {
        Self(Arc::new(Key::Ecdsa(keypair)))
    }

    pub(crate) fn token(key: TokenKey) -> Self {
        Self(Arc::new(Key::Token(key)))
    }

    /// An sr25519 key from a secret URI: `//Alice`, a mnemonic, `0x` and a
    /// seed, each with or without derivation path.
    ///
    /// # Errors
    /// [`ClientError::Key`]; the text is not repeated.
    pub fn from_uri(uri: &str) -> Result<Self> {
        let refuse = |reason: String| ClientError::Key { what: "secret key", reason };
        let uri = SecretUri::from_str(uri).map_err(|error| refuse(error.to_string()))?;
        let keypair = sr25519::Keypair::from_uri(&uri).map_err(|error| refuse(error.to_string()))?;
        Ok(Self::sr25519(keypair))
    }

    /// The account that pays and calls.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        AccountId::from(match &*self.0 {
            Key::Sr25519(keypair) => keypair.public_key().0,
            // As the chain derives it: the hash of the compressed key.
            Key::Ecdsa(keypair) => blake2x256(&keypair.public_key().0),
            Key::Token(key) => blake2x256(&key.public()),
        })
    }

    /// Signs what an extrinsic has to be signed for.
    ///
    /// # Errors
    /// [`ClientError::Key`] when a token does not sign.
    pub(crate) async fn sign(&self, payload: &[u8]) -> Result<MultiSignature> {
        Ok(match &*self.0 {
            Key::Sr25519(keypair) => MultiSignature::Sr25519(keypair.sign(payload).0),
            Key::Ecdsa(keypair) => MultiSignature::Ecdsa(keypair.sign(payload).0),
            Key::Token(key) => MultiSignature::Ecdsa(key.sign(blake2x256(payload)).await?),
        })
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signer").field(&ss58(&self.account_id())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_keys_have_their_known_accounts() {
        let alice = Signer::from_uri("//Alice").unwrap();
        assert_eq!(ss58(&alice.account_id()), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        let ecdsa = Signer::ecdsa(ecdsa::dev::alice());
        let expected = ecdsa::dev::alice().public_key().to_account_id();
        assert_eq!(ss58(&ecdsa.account_id()), expected.to_string());
    }

    #[test]
    fn a_bad_secret_is_not_repeated_in_its_error() {
        let error = Signer::from_uri("not a secret at all").unwrap_err();
        assert!(!error.to_string().contains("secret at all"), "{error}");
    }
}
