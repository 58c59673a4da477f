//! What `rewards` asks of the other contracts, each question in one call.

use bizkey_primitives::{
    calendar::Calendar,
    cross_contract::call,
    errors::{pos_deposit, psp22, rewards::Error, vault},
    party::{Claimant, Contracts},
    AccountId, Balance, Epoch, Hash, Side,
};
use ink::{prelude::vec::Vec, selector_bytes};

/// Asks `callee` and takes silence for [`Error::CalleeFailed`].
macro_rules! ask {
    ($callee:expr, $message:literal, $arguments:expr) => {
        call($callee, selector_bytes!($message), $arguments).map_err(|_| Error::CalleeFailed)
    };
}

/// Genesis hash and calendar of the network, as `bzky` was given them.
pub fn network(contracts: &Contracts) -> Result<(Hash, Calendar), Error> {
    Ok((ask!(contracts.bzky, "genesis", &())?, ask!(contracts.bzky, "calendar", &())?))
}

/// Merchants with a receipt in a closed epoch, and receipts in it.
pub fn epoch_counts(contracts: &Contracts, epoch: Epoch) -> Result<(u32, u64), Error> {
    ask!(contracts.receipts, "epoch_counts", &(epoch,))
}

/// Customers registered so far.
pub fn registered_customers(contracts: &Contracts) -> Result<u32, Error> {
    ask!(contracts.registry, "count", &(Side::Customer,))
}

/// What the merchants' pool has not released yet.
pub fn merchant_pool(contracts: &Contracts) -> Result<Balance, Error> {
    ask!(contracts.vault, "available", &())
}

/// Moves an epoch's reservation from the vault to this contract.
pub fn release(contracts: &Contracts, epoch: Epoch, amount: Balance) -> Result<(), Error> {
    let released: Result<(), vault::Error> = ask!(contracts.vault, "release", &(epoch, amount))?;
    released.map_err(|_| Error::CalleeFailed)
}

/// Account and standing of each index, `None` for an unknown one. As many
/// answers as questions.
pub fn claimants(
    contracts: &Contracts,
    side: Side,
    epoch: Epoch,
    indices: &Vec<u32>,
) -> Result<Vec<Option<Claimant>>, Error> {
    same_length(ask!(contracts.registry, "claimants", &(side, epoch, indices))?, indices.len())
}

/// Lowest free balance of each account in a closed epoch; `None` where the
/// checkpoint's index is wrong.
pub fn lowest_balances(
    contracts: &Contracts,
    epoch: Epoch,
    queries: &Vec<(AccountId, u32)>,
) -> Result<Vec<Option<Balance>>, Error> {
    let answers: Result<Vec<Option<Balance>>, psp22::Error> = ask!(contracts.bzky, "lows_at", &(epoch, queries))?;
    same_length(answers.map_err(|_| Error::CalleeFailed)?, queries.len())
}

/// Lowest own deposit of each account in a closed epoch, likewise.
pub fn lowest_deposits(
    contracts: &Contracts,
    epoch: Epoch,
    queries: &Vec<(AccountId, u32)>,
) -> Result<Vec<Option<Balance>>, Error> {
    let answers: Result<Vec<Option<Balance>>, pos_deposit::Error> =
        ask!(contracts.pos_deposit, "lows_at", &(epoch, queries))?;
    same_length(answers.map_err(|_| Error::CalleeFailed)?, queries.len())
}

/// Pays rewards: Bzky out of what was released, Time by minting.
pub fn pay(contracts: &Contracts, side: Side, epoch: Epoch, payments: &Vec<(AccountId, Balance)>) -> Result<(), Error> {
    let paid: Result<(), psp22::Error> = match side {
        Side::Merchant => ask!(contracts.bzky, "transfer_many", &(payments,))?,
        Side::Customer => ask!(contracts.time, "mint_many", &(epoch, payments))?,
    };
    paid.map_err(|_| Error::CalleeFailed)
}

/// A contract that answers fewer or more questions than asked did not answer.
fn same_length<T>(answers: Vec<T>, questions: usize) -> Result<Vec<T>, Error> {
    if answers.len() == questions {
        Ok(answers)
    } else {
        Err(Error::CalleeFailed)
    }
}
