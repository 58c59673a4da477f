//! What `rewards` asks of the other contracts, each question in one call.

use bizkey_primitives::{
    calendar::Calendar,
    cross_contract::call,
    errors::rewards::Error,
    party::{Claimant, Contracts},
    AccountId, Balance, Epoch, Hash, Side, Status,
};
use ink::{
    prelude::{vec, vec::Vec},
    selector_bytes,
};
use scale::{Decode, Encode, Input, Output};

/// Bytes that are encoded already, or not decoded yet: all questions and all
/// answers go through one and the same code.
struct Raw(Vec<u8>);

impl Encode for Raw {
    fn size_hint(&self) -> usize {
        self.0.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, destination: &mut T) {
        destination.write(&self.0);
    }
}

impl Decode for Raw {
    fn decode<I: Input>(input: &mut I) -> Result<Self, scale::Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or_default()];
        input.read(&mut bytes)?;
        Ok(Raw(bytes))
    }
}

/// Why a contract refuses. Every error of the suite is one byte, and which one
/// makes no difference here.
type Refusal = u8;

/// Asks `callee` and takes silence for [`Error::CalleeFailed`].
macro_rules! ask {
    ($callee:expr, $message:literal, $arguments:expr) => {
        call_raw($callee, selector_bytes!($message), $arguments.encode())
            .and_then(|answer| Decode::decode(&mut &answer[..]).map_err(|_| Error::CalleeFailed))
    };
}

fn call_raw(callee: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Result<Vec<u8>, Error> {
    call(callee, selector, &Raw(arguments)).map(|Raw(answer)| answer).map_err(|_| Error::CalleeFailed)
}

/// Genesis hash and calendar of the network, as `bzky` was given them.
pub fn network(contracts: &Contracts) -> Result<(Hash, Calendar), Error> {
    Ok((ask!(contracts.bzky, "genesis", ())?, ask!(contracts.bzky, "calendar", ())?))
}

/// Merchants with a receipt in a closed epoch, and receipts in it.
pub fn epoch_counts(contracts: &Contracts, epoch: Epoch) -> Result<(u32, u64), Error> {
    ask!(contracts.receipts, "epoch_counts", (epoch,))
}

/// Customers registered so far.
pub fn registered_customers(contracts: &Contracts) -> Result<u32, Error> {
    ask!(contracts.registry, "count", (Side::Customer,))
}

/// What the merchants' pool has not released yet.
pub fn merchant_pool(contracts: &Contracts) -> Result<Balance, Error> {
    ask!(contracts.vault, "available", ())
}

/// Moves an epoch's reservation from the vault to this contract.
pub fn release(contracts: &Contracts, epoch: Epoch, amount: Balance) -> Result<(), Error> {
    let released: Result<(), Refusal> = ask!(contracts.vault, "release", (epoch, amount))?;
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
    same_length(ask!(contracts.registry, "claimants", (side, epoch, indices))?, indices.len())
}

/// Lowest free balance plus lowest own deposit of each account in a closed
/// epoch; `None` where a checkpoint's index is wrong.
pub fn lowest_holdings(
    contracts: &Contracts,
    epoch: Epoch,
    balances: &Vec<(AccountId, u32)>,
    deposits: &Vec<(AccountId, u32)>,
) -> Result<Vec<Option<Balance>>, Error> {
    let mut lows = lows_at(contracts.bzky, epoch, balances)?;
    let deposits = lows_at(contracts.pos_deposit, epoch, deposits)?;
    for (low, deposit) in lows.iter_mut().zip(deposits) {
        // Saturating: no report says more than the type holds.
        *low = low.zip(deposit).map(|(balance, deposit)| balance.saturating_add(deposit));
    }
    Ok(lows)
}

/// `lows_at` of `bzky` or `pos_deposit`, which speak alike.
fn lows_at(callee: AccountId, epoch: Epoch, queries: &Vec<(AccountId, u32)>) -> Result<Vec<Option<Balance>>, Error> {
    let answers: Result<Vec<Option<Balance>>, Refusal> = ask!(callee, "lows_at", (epoch, queries))?;
    same_length(answers.map_err(|_| Error::CalleeFailed)?, queries.len())
}

/// A party's status at the close of an epoch; `None` if it had not joined.
pub fn status_at(contracts: &Contracts, side: Side, index: u32, epoch: Epoch) -> Result<Option<Status>, Error> {
    ask!(contracts.registry, "status_at", (side, index, epoch))
}

/// Pays rewards: Bzky out of what was released, Time by minting. For the
/// side of merchants also whatever else leaves this contract in Bzky.
pub fn pay(contracts: &Contracts, side: Side, epoch: Epoch, payments: &Vec<(AccountId, Balance)>) -> Result<(), Error> {
    let paid: Result<(), Refusal> = match side {
        Side::Merchant => ask!(contracts.bzky, "transfer_many", payments)?,
        Side::Customer => ask!(contracts.time, "mint_many", (epoch, payments))?,
    };
    paid.map_err(|_| Error::CalleeFailed)
}

/// Takes a bond out of an allowance to this contract, `to`.
pub fn take(contracts: &Contracts, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Error> {
    let arguments = (from, to, amount, Vec::<u8>::new());
    let paid: Result<(), Refusal> = ask!(contracts.bzky, "PSP22::transfer_from", arguments)?;
    paid.map_err(|_| Error::PaymentRefused)
}

/// Burns what is slashed.
pub fn burn(contracts: &Contracts, amount: Balance) -> Result<(), Error> {
    let burned: Result<(), Refusal> = ask!(contracts.bzky, "PSP22Burnable::burn", amount)?;
    burned.map_err(|_| Error::CalleeFailed)
}

/// Pledges up to `amount` of an account's locked deposit until an epoch's
/// end; returns how much of it there was to pledge.
pub fn pledge(contracts: &Contracts, account: AccountId, amount: Balance, until: Epoch) -> Result<Balance, Error> {
    let pledged: Result<Balance, Refusal> = ask!(contracts.pos_deposit, "pledge", (account, amount, until))?;
    // No more than was asked for, whatever the answer.
    pledged.map(|pledged| pledged.min(amount)).map_err(|_| Error::CalleeFailed)
}

/// A contract that answers fewer or more questions than asked did not answer.
fn same_length<T>(answers: Vec<T>, questions: usize) -> Result<Vec<T>, Error> {
    if answers.len() == questions {
        Ok(answers)
    } else {
        Err(Error::CalleeFailed)
    }
}
