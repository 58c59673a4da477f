//! The network's state, folded from the chain's blocks and nothing else.
//!
//! It is what verification stands on, so it shares no row and no query with
//! the indexer; the two are compared by verification itself.

mod balances;
mod ledger;
mod order;
mod rules;

pub use balances::Balances;
pub use ledger::{EpochCounts, Ledger, LedgerError};
pub use order::{BlockOrder, OrderError};
