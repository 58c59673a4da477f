//! Events of `vesting`.

use super::event_structs;
use crate::{vesting::Line, AccountId, Balance};

event_structs! {
    /// `vesting`: a line was paid.
    VestingReleased {
        /// The line of the table.
        line: Line,
        /// Who was paid.
        account: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `vesting`: the day from which the early supporters' months count.
    ListingDateSet {
        /// Unix milliseconds.
        listing_ms: u64,
    }
    /// `vesting`: a beneficiary named the account that may follow it.
    VestingBeneficiaryProposed {
        /// The line of the table.
        line: Line,
        /// The account named; `None` when the proposal was withdrawn.
        account: Option<AccountId>,
    }
    /// `vesting`: a line is paid to another account from now on.
    VestingBeneficiaryChanged {
        /// The line of the table.
        line: Line,
        /// The account now.
        account: AccountId,
    }
}
