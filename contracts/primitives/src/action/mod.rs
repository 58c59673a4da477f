//! Actions that somebody signs and anybody may carry to the chain, so that
//! shops, customers, devices and committee members need no native coin
//! (architecture.md, The shape).
//!
//! A contract takes them in its message `relay(action, authorization)`, where
//! `action` is its own [`Action`](bzky::Action) enum, and does what the signer
//! could have called itself. The signature covers network, contract, signer,
//! nonce, expiry and the action's SCALE bytes, so who carries it can neither
//! change it, nor carry it twice, nor elsewhere, nor later.

pub mod bzky;
pub mod foundation;
pub mod otc;
pub mod pos_deposit;
pub mod receipts;
pub mod redemption;
pub mod registry;
pub mod rewards;
pub mod time;
pub mod vesting;

use crate::{hash::blake2x256, signature::Signature, ticket::wrapped, AccountId, Hash};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Prefix of an action's message; ties the signature to its purpose.
pub const ACTION_CONTEXT: &[u8] = b"bizkey/action/1";

/// Who signed an action, and until when it may be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Authorization {
    /// The signer: the action is done as if this account had called.
    pub account: AccountId,
    /// The signer's next nonce at this contract, from 0 without gaps.
    pub nonce: u64,
    /// Last moment at which it may be carried, Unix milliseconds.
    pub expires_ms: u64,
    /// The account's signature over [`signed_bytes`].
    pub signature: Signature,
}

/// Why an authorization is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// Its time is over.
    Expired,
    /// It is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
}

/// `Blake2x256(context ‖ genesis hash ‖ contract ‖ account ‖ nonce LE ‖ expiry LE ‖ SCALE bytes of the action)`.
#[must_use]
pub fn action_hash(
    genesis: &Hash,
    contract: &AccountId,
    account: &AccountId,
    nonce: u64,
    expires_ms: u64,
    action: &impl Encode,
) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(action.size_hint().saturating_add(128));
    bytes.extend_from_slice(ACTION_CONTEXT);
    bytes.extend_from_slice(genesis.as_ref());
    bytes.extend_from_slice(contract.as_ref());
    bytes.extend_from_slice(account.as_ref());
    bytes.extend_from_slice(&nonce.to_le_bytes());
    bytes.extend_from_slice(&expires_ms.to_le_bytes());
    action.encode_to(&mut bytes);
    blake2x256(&bytes)
}

/// The bytes that a wallet signs for an action: its hash in hex between
/// `<Bytes>` and `</Bytes>`, as browser extensions do.
#[must_use]
pub fn signed_bytes(
    genesis: &Hash,
    contract: &AccountId,
    account: &AccountId,
    nonce: u64,
    expires_ms: u64,
    action: &impl Encode,
) -> Vec<u8> {
    wrapped(&action_hash(genesis, contract, account, nonce, expires_ms, action))
}

#[cfg(feature = "ink")]
pub use nonces::Nonces;

#[cfg(feature = "ink")]
mod nonces {
    use super::{signed_bytes, ActionError, Authorization};
    use crate::{AccountId, Hash};
    use codec::Encode;
    use ink::storage::Mapping;

    /// The next nonce of every account at one contract.
    #[ink::storage_item]
    #[derive(Debug, Default)]
    pub struct Nonces {
        next: Mapping<AccountId, u64>,
    }

    impl Nonces {
        /// The nonce that the account's next authorization must have.
        #[must_use]
        pub fn next(&self, account: AccountId) -> u64 {
            self.next.get(account).unwrap_or(0)
        }

        /// Checks an authorization of `action` and uses up its nonce. Returns
        /// the account that the action is done for.
        ///
        /// # Errors
        /// The first that applies of `Expired`, `BadNonce`, `BadSignature`.
        pub fn spend(
            &mut self,
            genesis: &Hash,
            contract: &AccountId,
            now_ms: u64,
            authorization: &Authorization,
            action: &impl Encode,
        ) -> Result<AccountId, ActionError> {
            let Authorization { account, nonce, expires_ms, signature } = authorization;
            if now_ms > *expires_ms {
                return Err(ActionError::Expired);
            }
            if *nonce != self.next(*account) {
                return Err(ActionError::BadNonce);
            }
            let bytes = signed_bytes(genesis, contract, account, *nonce, *expires_ms, action);
            if !signature.is_of_account(&bytes, account) {
                return Err(ActionError::BadSignature);
            }
            // An account cannot sign 2^64 actions.
            self.next.insert(account, &nonce.saturating_add(1));
            Ok(*account)
        }
    }
}
