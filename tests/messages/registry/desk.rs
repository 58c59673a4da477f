//! What the parts share: calls by name, what a refusal leaves behind, and a
//! network in which every message has something to act on.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{errors::registry::Error, events::Event, AccountId, Hash, Side, Status};
use bizkey_tests::{
    sandbox::{input, Actor},
    Sandbox, DAY,
};
use codec::{Decode, Encode};

/// The contract under test.
pub const KIND: ContractKind = ContractKind::Registry;

/// For how long a proposed account can accept, milliseconds.
pub const TO_ACCEPT: u64 = 7 * DAY;
/// From the second attestor's word to the earliest end of a recovery, milliseconds.
pub const TO_OBJECT: u64 = 7 * DAY;
/// From then on, for how long a recovery can be finished, milliseconds.
pub const TO_FINISH: u64 = 30 * DAY;
/// For how long a change can be appealed, milliseconds.
pub const TO_APPEAL: u64 = 30 * DAY;
/// The longest hold, milliseconds.
pub const LONGEST_HOLD: u64 = 14 * DAY;
/// From the end of a hold to a party's next, milliseconds.
pub const BETWEEN_HOLDS: u64 = 180 * DAY;

/// People with a key, in every office and in none, those of [`stage`] among them.
pub const PEOPLE: [&str; 24] = [
    "admin",
    "treasury",
    "attestor 1",
    "attestor 2",
    "attestor 3",
    "member 1",
    "member 2",
    "member 3",
    "director 1",
    "director 2",
    "director 3",
    "chief executive",
    "shop",
    "former shop",
    "successor",
    "heir",
    "customer",
    "customer's heir",
    "other shop",
    "agent",
    "former agent",
    "relayer",
    "stranger",
    "deputy",
];

/// Contracts, each by its name. No actor has one of these.
pub const CONTRACTS: [&str; 11] = [
    "bzky",
    "time",
    "registry",
    "pos_deposit",
    "receipts",
    "rewards",
    "vault",
    "redemption",
    "vesting",
    "foundation",
    "otc",
];

/// A contract's account, or that of the actor of this name.
pub fn who(network: &Sandbox, name: &str) -> AccountId {
    let at = &network.contracts;
    match name {
        "bzky" => at.bzky,
        "time" => at.time,
        "registry" => at.registry,
        "pos_deposit" => at.pos_deposit,
        "receipts" => at.receipts,
        "rewards" => at.rewards,
        "vault" => at.vault,
        "redemption" => at.redemption,
        "vesting" => at.vesting,
        "foundation" => at.foundation,
        "otc" => at.otc,
        name => Actor::named(name).account(),
    }
}

/// A hash that stands for papers, reasons, statements.
pub fn hash(n: u8) -> Hash {
    Hash::from([n; 32])
}

/// The account that serves nobody, and a key for which anybody can sign.
pub const ZERO: [u8; 32] = [0; 32];

/// An error of the contract as a call returns it.
pub fn refused(error: Error) -> Result<(), ContractError> {
    Err(ContractError::Registry(error))
}

/// Carries out a message that must succeed.
pub fn done<V: Decode>(network: &mut Sandbox, name: &str, message: &str, arguments: &impl Encode) -> V {
    let origin = who(network, name);
    network.call(origin, KIND, message, arguments).unwrap_or_else(|error| panic!("{message} by {name}: {error}"))
}

/// Calls a message that must be refused with `error` and leave everything as
/// it was, here and in `receipts`.
pub fn refuses(network: &mut Sandbox, name: &str, message: &str, arguments: &impl Encode, error: Error) {
    let (origin, before) = (who(network, name), cells(network));
    let outcome = network.call(origin, KIND, message, arguments);
    assert_eq!(outcome, refused(error), "{message} by {name}");
    assert_eq!(cells(network), before, "{message} by {name} was refused and left a trace");
    assert!(network.events.is_empty());
}

/// What this contract and `receipts` keep.
pub fn cells(network: &mut Sandbox) -> [Vec<(Vec<u8>, Vec<u8>)>; 2] {
    let (registry, receipts) = (network.contracts.registry, network.contracts.receipts);
    [network.state.storage_of(registry), network.state.storage_of(receipts)]
}

/// Checks that the last call had these events, all of this contract.
pub fn said(network: &Sandbox, events: &[Event]) {
    assert_eq!(network.events, events);
    assert!(network.emitters.iter().all(|emitter| *emitter == network.contracts.registry), "who emitted them");
}

/// What a pure read tells.
pub fn told<V: Decode>(network: &mut Sandbox, message: &str, arguments: &impl Encode) -> V {
    network.read(KIND, message, arguments)
}

/// What a call would come to; it is undone at once.
pub fn tried(network: &mut Sandbox, name: &str, message: &str, arguments: &impl Encode) -> Result<(), Error> {
    let (origin, registry) = (who(network, name), network.contracts.registry);
    let bytes = input(message, arguments);
    match network.state.rolled_back(|state| state.execute(origin, registry, bytes).result) {
        Ok(_) => Ok(()),
        Err(data) => Err(error_of(message, &data)),
    }
}

/// The contract's own error out of ink!'s wrapping, two bytes.
fn error_of(message: &str, data: &[u8]) -> Error {
    match data.get(2..).and_then(|code| ContractError::decode(KIND, code)) {
        Some(ContractError::Registry(error)) => error,
        _ => panic!("{message} was not understood: {data:?}"),
    }
}

/// A party goes from the account of one actor to that of another.
pub fn rotate(network: &mut Sandbox, (side, index): (Side, u32), from: &str, to: &str) {
    let new = who(network, to);
    done::<()>(network, from, "propose_account", &new);
    done::<()>(network, to, "accept_account", &(side, index));
}

/// Both attestors say that `to` takes over.
pub fn support(network: &mut Sandbox, (side, index): (Side, u32), to: &str) {
    let new = who(network, to);
    for attestor in ["attestor 1", "attestor 2"] {
        done::<()>(network, attestor, "attest_recovery", &(side, index, new));
    }
}

/// The shop of [`stage`].
pub const SHOP: (Side, u32) = (Side::Merchant, 1);
/// The customer of [`stage`].
pub const CUSTOMER: (Side, u32) = (Side::Customer, 1);

/// Something to act on for every message, in epoch 12:
///
/// - shop 1, demoted and free to appeal, at "shop" since it left "former shop";
///   device 1 is its own; "successor" was proposed to it and can accept; "heir"
///   agreed to take it over, and could now
/// - shop 2, "other shop", with device 2
/// - customer 1, "customer", restricted, whose appeal waits; "customer's heir"
///   is to take over and has not agreed yet
/// - agent 1, "agent", moved there from "former agent"
pub fn stage(network: &mut Sandbox) {
    network.enter_epoch(5);
    network.merchant("former shop");
    network.device(1, "till");
    network.merchant("other shop");
    network.device(2, "other till");
    network.customer("customer");
    let (former, agent) = (who(network, "former agent"), who(network, "agent"));
    done::<u32>(network, "attestor 1", "register_agent", &(former, hash(1), hash(2)));
    done::<()>(network, "admin", "move_agent", &(1u32, agent));
    rotate(network, SHOP, "former shop", "shop");
    done::<()>(network, "admin", "set_status", &(SHOP.0, SHOP.1, Status::Demoted, hash(3)));
    done::<()>(network, "admin", "set_status", &(CUSTOMER.0, CUSTOMER.1, Status::Restricted, hash(4)));
    done::<()>(network, "customer", "appeal", &hash(5));
    support(network, SHOP, "heir");
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    support(network, CUSTOMER, "customer's heir");
    network.pass(TO_OBJECT);
    let successor = who(network, "successor");
    done::<()>(network, "shop", "propose_account", &successor);
}
