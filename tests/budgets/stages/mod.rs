//! The prepared networks: few, since each is also carried to a real node.

pub mod deployment;
pub mod foundation;
pub mod otc;
pub mod pos_deposit;
pub mod receipts;
pub mod receipts_batches;
pub mod redemption;
pub mod registry;
pub mod rewards_late;
pub mod rewards_young;
pub mod tokens;
pub mod trees;

use crate::case::Stage;

/// All of them; those that take longest to prepare first.
pub const ALL: [fn() -> Stage; 12] = [
    rewards_late::stage,
    foundation::stage,
    redemption::stage,
    receipts::stage,
    rewards_young::stage,
    receipts_batches::busy,
    receipts_batches::young,
    pos_deposit::stage,
    registry::stage,
    otc::stage,
    tokens::stage,
    deployment::stage,
];
