//! The door to the chain: other contracts, the clock, events, the own code.
//! Tests have their own, since ink!'s off-chain environment calls nobody.

use bizkey_primitives::{errors::foundation::Error, AccountId, Balance, Calendar, Hash};
use ink::{
    env::{emit_event, Event},
    prelude::vec::Vec,
    selector_bytes,
};
use scale::{Decode, Encode, Input};

#[cfg(test)]
pub use fake as host;

/// The block's time, Unix milliseconds.
pub fn now_ms() -> u64 {
    ink::env::block_timestamp::<ink::env::DefaultEnvironment>()
}

/// The foundation's own account.
pub fn own_account() -> AccountId {
    ink::env::account_id::<ink::env::DefaultEnvironment>()
}

/// Emits an event.
pub fn emit<E: Event>(event: E) {
    emit_event::<ink::env::DefaultEnvironment, E>(event);
}

/// Whether a message of unknown type accepted, by the first byte of what it
/// returned: every message of the suite returns nothing, or a `Result`, whose
/// first byte is 0 for `Ok` and 1 for `Err`. A message that returns a plain
/// value may so be taken for one that refused, never the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    accepted: bool,
}

impl Decode for Answer {
    fn decode<I: Input>(input: &mut I) -> Result<Self, scale::Error> {
        let accepted = input.read_byte().map_or(true, |first| first == 0);
        // The caller wants everything read.
        while input.read_byte().is_ok() {}
        Ok(Self { accepted })
    }
}

/// Calls another contract with a whole input, selector first, all the gas
/// that is left and no value. The callee cannot call back.
///
/// # Errors
/// `CallRefused`, `CalleeFailed`.
pub fn invoke(target: AccountId, input: &[u8]) -> Result<(), Error> {
    let (selector, arguments) = input.split_first_chunk().ok_or(Error::BadInput)?;
    if host::invoke(target, *selector, arguments)?.accepted {
        Ok(())
    } else {
        Err(Error::CallRefused)
    }
}

/// Calls a message of another contract; `arguments` is a tuple.
///
/// # Errors
/// `CallRefused`, `CalleeFailed`.
pub fn tell(target: AccountId, selector: [u8; 4], arguments: &impl Encode) -> Result<(), Error> {
    let mut input = selector.to_vec();
    arguments.encode_to(&mut input);
    invoke(target, &input)
}

/// Sends the foundation's Bzky.
///
/// # Errors
/// `CallRefused`, `CalleeFailed`.
pub fn transfer(bzky: AccountId, to: AccountId, amount: Balance) -> Result<(), Error> {
    tell(bzky, selector_bytes!("PSP22::transfer"), &(to, amount, Vec::<u8>::new()))
}

/// What the foundation holds, smallest unit of Bzky.
///
/// # Errors
/// `CalleeFailed`.
pub fn held(bzky: AccountId) -> Result<Balance, Error> {
    host::held(bzky)
}

/// Genesis hash and calendar of the network, as `bzky` was given them.
///
/// # Errors
/// `CalleeFailed`.
pub fn network(bzky: AccountId) -> Result<(Hash, Calendar), Error> {
    host::network(bzky)
}

/// Changes the foundation's own code from the next call on.
///
/// # Errors
/// `UnknownCode`.
pub fn set_own_code(code_hash: &Hash) -> Result<(), Error> {
    host::set_own_code(code_hash)
}

#[cfg(not(test))]
mod host {
    use super::Answer;
    use bizkey_primitives::{cross_contract::call, errors::foundation::Error, AccountId, Balance, Calendar, Hash};
    use ink::{env::DefaultEnvironment, selector_bytes};
    use scale::{Encode, Output};

    /// Arguments that are encoded already.
    struct Encoded<'a>(&'a [u8]);

    impl Encode for Encoded<'_> {
        fn size_hint(&self) -> usize {
            self.0.len()
        }

        fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
            output.write(self.0);
        }
    }

    pub fn invoke(target: AccountId, selector: [u8; 4], arguments: &[u8]) -> Result<Answer, Error> {
        call(target, selector, &Encoded(arguments)).map_err(|_| Error::CalleeFailed)
    }

    pub fn held(bzky: AccountId) -> Result<Balance, Error> {
        call(bzky, selector_bytes!("PSP22::balance_of"), &(super::own_account(),)).map_err(|_| Error::CalleeFailed)
    }

    pub fn network(bzky: AccountId) -> Result<(Hash, Calendar), Error> {
        let genesis = call(bzky, selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
        let calendar = call(bzky, selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
        Ok((genesis, calendar))
    }

    pub fn set_own_code(code_hash: &Hash) -> Result<(), Error> {
        ink::env::set_code_hash::<DefaultEnvironment>(code_hash).map_err(|_| Error::UnknownCode)
    }
}

/// Other contracts as tests want them: they answer what they are told to, and
/// every call is kept.
#[cfg(test)]
pub mod fake {
    use super::Answer;
    use bizkey_primitives::{errors::foundation::Error, AccountId, Balance, Calendar, Hash};
    use scale::Decode;
    use std::cell::RefCell;

    /// A call that was made: to whom, which message, its arguments.
    pub type Call = (AccountId, [u8; 4], Vec<u8>);

    /// What the chain around the foundation is like.
    #[derive(Debug, Default)]
    pub struct World {
        /// Contracts that do not answer.
        pub silent: Vec<AccountId>,
        /// Contracts that refuse.
        pub refusing: Vec<AccountId>,
        /// The foundation's Bzky; a transfer lowers it.
        pub held: Balance,
        /// The network's genesis hash and calendar.
        pub network: Option<(Hash, Calendar)>,
        /// Codes that the chain has.
        pub codes: Vec<Hash>,
        /// The code that the foundation set, if any.
        pub own_code: Option<Hash>,
        /// Every call, in order.
        pub calls: Vec<Call>,
    }

    thread_local! {
        static WORLD: RefCell<World> = RefCell::default();
    }

    /// Changes or reads the world of this test.
    pub fn world<T>(change: impl FnOnce(&mut World) -> T) -> T {
        WORLD.with(|world| change(&mut world.borrow_mut()))
    }

    pub fn invoke(target: AccountId, selector: [u8; 4], arguments: &[u8]) -> Result<Answer, Error> {
        world(|world| {
            world.calls.push((target, selector, arguments.to_vec()));
            if world.silent.contains(&target) {
                return Err(Error::CalleeFailed);
            }
            if world.refusing.contains(&target) {
                return Ok(Answer { accepted: false });
            }
            if selector == ink::selector_bytes!("PSP22::transfer") {
                let (_, amount): (AccountId, Balance) = Decode::decode(&mut &arguments[..]).unwrap();
                world.held = world.held.checked_sub(amount).unwrap();
            }
            Ok(Answer { accepted: true })
        })
    }

    pub fn held(_bzky: AccountId) -> Result<Balance, Error> {
        Ok(world(|world| world.held))
    }

    pub fn network(_bzky: AccountId) -> Result<(Hash, Calendar), Error> {
        world(|world| world.network).ok_or(Error::CalleeFailed)
    }

    pub fn set_own_code(code_hash: &Hash) -> Result<(), Error> {
        world(|world| {
            if !world.codes.contains(code_hash) {
                return Err(Error::UnknownCode);
            }
            world.own_code = Some(*code_hash);
            Ok(())
        })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use scale::DecodeAll;

    #[test]
    fn an_answer_is_a_refusal_unless_it_begins_with_zero_or_is_empty() {
        let accepted = |bytes: &[u8]| Answer::decode_all(&mut &bytes[..]).unwrap().accepted;
        assert!(accepted(&().encode()));
        assert!(accepted(&Ok::<(), Error>(()).encode()));
        assert!(accepted(&Ok::<u128, Error>(u128::MAX).encode()));
        assert!(!accepted(&Err::<(), Error>(Error::BadCalendar).encode()));
        assert!(!accepted(&Err::<u128, Error>(Error::BadSignature).encode()));
        assert!(!accepted(&true.encode()), "a plain value: refused, to be safe");
    }
}
