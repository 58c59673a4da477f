//! Events of `bzky` and `time`, those of PSP22.

use super::event_structs;
use crate::{redemption::MintCause, AccountId, Balance};

event_structs! {
    /// PSP22: tokens moved. `from` is empty for a mint, `to` for a burn.
    Transfer {
        /// Payer.
        from: Option<AccountId>,
        /// Payee.
        to: Option<AccountId>,
        /// Smallest unit.
        value: Balance,
    }
    /// PSP22: an allowance was set.
    Approval {
        /// Whose tokens.
        owner: AccountId,
        /// Who may spend them.
        spender: AccountId,
        /// The allowance now.
        amount: Balance,
    }
    /// `time`: Time was minted for `redemption`, beside the [`Transfer`] that
    /// moves it. What `rewards` mints has its cause in [`RewardsPaid`] of the
    /// same call instead.
    ///
    /// [`RewardsPaid`]: super::RewardsPaid
    TimeMinted {
        /// Why.
        cause: MintCause,
        /// Payee.
        to: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
    /// `time`: minting stands still.
    TimePaused {
        /// When it goes on, Unix milliseconds.
        until_ms: u64,
    }
}
