//! Why a message is refused, contract by contract. Frozen in order: a new
//! cause is appended, so that older readers keep their meaning.

pub mod foundation;
pub mod otc;
pub mod pos_deposit;
pub mod psp22;
pub mod receipts;
pub mod redemption;
pub mod registry;
pub mod rewards;
pub mod vault;
pub mod vesting;
