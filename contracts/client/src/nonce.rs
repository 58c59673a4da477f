//! The next nonce of every account that signs on this client.

use bizkey_primitives::AccountId;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// An account's next nonce; `None` when the chain has to be asked.
pub type Slot = Arc<Mutex<Option<u64>>>;

/// The next nonce of every account that signs on this client.
///
/// Whoever submits holds the account's slot until the chain has answered, so
/// that transactions enter in the order of submission and a refused one
/// leaves no gap.
#[derive(Debug, Default)]
pub struct Nonces(std::sync::Mutex<BTreeMap<AccountId, Slot>>);

impl Nonces {
    /// The account's slot.
    pub fn slot(&self, account: &AccountId) -> Slot {
        // A panic while the map was held cannot have left it half changed.
        let mut slots = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        slots.entry(*account).or_default().clone()
    }
}
