//! The first block's state.

use super::{AccountId, Balance, BalancesConfig, RuntimeGenesisConfig, UNIT};
use sp_core::{crypto::Pair as _, sr25519, storage::Storage};
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;

/// What each development account owns at genesis, in the smallest unit.
pub const DEVELOPMENT_ENDOWMENT: Balance = 1_000_000_000 * UNIT;

/// Names of the well-known development accounts; `//Name` is a key's derivation.
pub const DEVELOPMENT_NAMES: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];

/// The well-known development accounts, sr25519, in the order of
/// [`DEVELOPMENT_NAMES`].
pub fn development_accounts() -> Vec<AccountId> {
    DEVELOPMENT_NAMES
        .into_iter()
        .filter_map(|name| sr25519::Pair::from_string(&format!("//{name}"), None).ok())
        .map(|pair| AccountId::from(pair.public()))
        .collect()
}

/// The genesis state: the development accounts and `endowed`; the last amount
/// given for an account counts.
///
/// # Errors
/// A text from the runtime when the configuration breaks one of its rules,
/// such as a balance below the existential deposit.
pub fn build_genesis_storage(endowed: &[(AccountId, Balance)]) -> Result<Storage, String> {
    let mut balances: BTreeMap<AccountId, Balance> =
        development_accounts().into_iter().map(|account| (account, DEVELOPMENT_ENDOWMENT)).collect();
    balances.extend(endowed.iter().cloned());
    RuntimeGenesisConfig {
        balances: BalancesConfig { balances: balances.into_iter().collect(), ..Default::default() },
        ..Default::default()
    }
    .build_storage()
}
