//! Events of `vault`.

use super::event_structs;
use crate::{Balance, Epoch};

event_structs! {
    /// `vault`: an epoch's merchant rewards left the pool for `rewards`.
    PoolReleased {
        /// The epoch.
        epoch: Epoch,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
}
