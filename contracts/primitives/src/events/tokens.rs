//! Events of `bzky` and `time`, those of PSP22.

use super::event_structs;
use crate::{AccountId, Balance};

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
}
