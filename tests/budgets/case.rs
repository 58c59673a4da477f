//! A message in the situation in which it costs most, as data: so that the
//! same call can be tried on any chain that is in the stage's state.

use bizkey_client::ContractKind;
use bizkey_primitives::AccountId;
use bizkey_tests::Sandbox;

/// One call whose cost is in the table.
pub struct Case {
    /// The contract that is called.
    pub kind: ContractKind,
    /// The message, as ink! hashes it.
    pub message: &'static str,
    /// What makes it the worst case.
    pub situation: &'static str,
    /// Who calls.
    pub origin: AccountId,
    /// The instance that is called.
    pub contract: AccountId,
    /// Selector and arguments.
    pub input: Vec<u8>,
    /// Whether the message refuses everybody, always.
    pub is_refused: bool,
}

/// A prepared network, and the calls that are measured in it, each from this
/// same state. Every origin has native coin.
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// The network.
    pub network: Sandbox,
    /// The calls.
    pub cases: Vec<Case>,
}
