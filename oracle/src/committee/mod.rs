//! From reports to paid rewards: who reports, who settles, who pays.
//!
//! Each role looks at the chain before it acts, so a restart at any moment
//! does nothing twice; what is done already is refused by a dry-run, which
//! costs nothing. A member's key may even be at work on two machines by
//! mistake: see [`Member`].
//!
//! | role | does | may be run by |
//! |---|---|---|
//! | [`Alone`] | a member as a process of its own, which says where it disagrees | a member of the committee |
//! | [`Member`] | reports closed epochs with its own key | a member of the committee |
//! | [`Keeper`] | finalises epochs after their window, voids overdue ones | anybody |
//! | [`Claimer`] | pushes every leaf of final epochs, so that all are paid | anybody |
//! | [`DeferredClaimer`] | claims what waits of shops' rewards under bizpower-2 | anybody |

mod alone;
mod claimer;
mod deferred;
mod dissent;
mod journal;
mod keeper;
mod member;
mod service;

pub use alone::{Alone, AloneStatus, Dissent, Notice};
pub use claimer::{Claimer, Pushed};
pub use deferred::{DeferredClaimer, DeferredPayment};
pub use dissent::{DissentError, LeafDifference, Peer};
pub use journal::{report_hash, Journal, JournalError};
pub use keeper::{Keeper, Settled, FINALISE_GAS};
pub use member::{Contradiction, Disagreement, Member, Reported};
pub use service::{Service, ServiceConfig, StepError};

use bizkey_client::{ClientError, ContractError};
use bizkey_primitives::errors::rewards;

/// The refusal of `rewards`, if that is what the error is.
fn refusal(error: &ClientError) -> Option<rewards::Error> {
    match error.contract() {
        Some(ContractError::Rewards(error)) => Some(error),
        _ => None,
    }
}
