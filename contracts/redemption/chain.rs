//! The chain as the modules beside the contract see it.

use bizkey_primitives::AccountId;
use ink::env::DefaultEnvironment;

/// Time of the block, Unix milliseconds.
pub fn now_ms() -> u64 {
    ink::env::block_timestamp::<DefaultEnvironment>()
}

/// This contract's account.
pub fn here() -> AccountId {
    ink::env::account_id::<DefaultEnvironment>()
}
