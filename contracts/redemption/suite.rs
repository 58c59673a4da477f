//! What `redemption` asks and orders of the other contracts.

use bizkey_primitives::{
    cross_contract::call,
    errors::{psp22, redemption::Error},
    party::{Claimant, Device},
    redemption::MintCause,
    AccountId, Balance, Calendar, DeviceId, Epoch, Hash, MerchantIndex, Side,
};
use ink::{prelude::vec, prelude::vec::Vec, selector_bytes};
use scale::{Encode, Output};

/// Arguments that are encoded already, so that all calls with one kind of
/// answer share their code.
struct Arguments(Vec<u8>);

impl Encode for Arguments {
    fn size_hint(&self) -> usize {
        self.0.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

/// Genesis hash and calendar of the network, as `bzky` was given them.
pub fn network(bzky: AccountId) -> Result<(Hash, Calendar), Error> {
    let genesis = call(bzky, selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
    Ok((genesis, call(bzky, selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?))
}

/// What `receipts` knows of a device.
pub fn device(receipts: AccountId, device: DeviceId) -> Result<Option<Device>, Error> {
    call(receipts, selector_bytes!("device"), &Arguments(device.encode())).map_err(|_| Error::CalleeFailed)
}

/// The shop of an account.
///
/// # Errors
/// `NotShop`, `CalleeFailed`.
pub fn shop(registry: AccountId, account: AccountId) -> Result<MerchantIndex, Error> {
    let party: Option<(Side, u32)> =
        call(registry, selector_bytes!("party_of"), &Arguments(account.encode())).map_err(|_| Error::CalleeFailed)?;
    match party {
        Some((Side::Merchant, merchant)) => Ok(merchant),
        _ => Err(Error::NotShop),
    }
}

/// Account and present standing of a party. `epoch` is the present one, which
/// is not over, so that the standing at its close is the present one.
///
/// # Errors
/// `UnknownParty`, `CalleeFailed`.
pub fn party(registry: AccountId, side: Side, index: u32, epoch: Epoch) -> Result<Claimant, Error> {
    let arguments = Arguments((side, epoch, vec![index]).encode());
    let answers: Vec<Option<Claimant>> =
        call(registry, selector_bytes!("claimants"), &arguments).map_err(|_| Error::CalleeFailed)?;
    match answers.as_slice() {
        [answer] => answer.ok_or(Error::UnknownParty),
        _ => Err(Error::CalleeFailed),
    }
}

/// Moves `amount` of `payer`'s Bzky to `here` out of its allowance.
pub fn take_bzky(bzky: AccountId, payer: AccountId, here: AccountId, amount: Balance) -> Result<(), Error> {
    const NO_DATA: Vec<u8> = Vec::new();
    let arguments = (payer, here, amount, NO_DATA).encode();
    order(bzky, selector_bytes!("PSP22::transfer_from"), arguments, Error::PaymentRefused)
}

/// Burns `amount` of this contract's Bzky.
pub fn burn_bzky(bzky: AccountId, amount: Balance) -> Result<(), Error> {
    order(bzky, selector_bytes!("PSP22Burnable::burn"), amount.encode(), Error::PaymentRefused)
}

/// Mints Time.
pub fn mint_time(time: AccountId, cause: MintCause, to: AccountId, amount: Balance) -> Result<(), Error> {
    order(time, selector_bytes!("mint"), (cause, to, amount).encode(), Error::TimeRefused)
}

/// Moves Time into this contract's hands or out of them.
pub fn give_time(time: AccountId, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Error> {
    order(time, selector_bytes!("give"), (from, to, amount).encode(), Error::TimeRefused)
}

/// Burns Time.
pub fn burn_time(time: AccountId, from: AccountId, amount: Balance) -> Result<(), Error> {
    order(time, selector_bytes!("collect"), (from, amount).encode(), Error::TimeRefused)
}

/// Calls a message of a token that answers with nothing or its error.
fn order(token: AccountId, selector: [u8; 4], arguments: Vec<u8>, refused: Error) -> Result<(), Error> {
    let answer: Result<(), psp22::Error> =
        call(token, selector, &Arguments(arguments)).map_err(|_| Error::CalleeFailed)?;
    answer.map_err(|_| refused)
}
