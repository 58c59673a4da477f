//! What a network shows: receipts of a window, and what stands beside them.
//!
//! | from | needs | for |
//! |---|---|---|
//! | [`Observer`] | the chain's final blocks, all of them | anybody, as `bizkey verify` |
//! | [`from_index`] | an indexer's database, and the lake if there is one | the size of a network |
//!
//! Both say the same. Only closed epochs are looked at, and only valid
//! receipts of known customers. A receipt that was voided in a later epoch
//! stays: it was paid for in its own.

mod chain;
mod later;
mod parties;
mod proofs;
mod tables;

pub use chain::{observe, ObserveError, Observer};
pub use later::{first_block_after, first_row_after};
pub use parties::{Known, Parties};
pub use proofs::{read_batches, Batches};
pub use tables::{from_index, known, sales_between, TablesError};

use super::{features::Window, proposal::Place, Facts, Sale};

/// Receipts of a window, as they are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The network.
    pub place: Place,
    /// The closed epochs that are looked at.
    pub window: Window,
    /// Their valid receipts of known customers.
    pub sales: Vec<Sale>,
    /// What is known beside them. Owners are not: the chain holds commitments
    /// to identities, so whoever checked them has to add whose is which.
    pub facts: Facts,
}
