//! What the chief executive may call.

use super::steps::{account, assert_refused, call, Board, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::{BudgetLine, Motion, Power, MAX_INPUT_BYTES, MAX_POWERS},
    errors::foundation::Error,
    events::Event,
    hash::selector,
    AccountId, Hash, Side, Status,
};
use bizkey_tests::{sandbox::input, Sandbox};
use codec::Encode;

const REGISTRY: ContractKind = ContractKind::Registry;

/// Calls of one message an epoch.
const LIMIT: u32 = 2;

fn grant(network: &Sandbox, message: &str, limit: Option<u32>) -> Motion {
    Motion::GrantPower { target: network.contracts.registry, selector: selector(message), limit }
}

fn revoke(network: &Sandbox, message: &str) -> Motion {
    Motion::RevokePower { target: network.contracts.registry, selector: selector(message) }
}

fn execute(
    network: &mut Sandbox,
    origin: AccountId,
    message: &str,
    arguments: &impl Encode,
) -> Result<(), ContractError> {
    let arguments = (network.contracts.registry, input(message, arguments));
    network.call(origin, KIND, "execute", &arguments)
}

fn set_status(network: &mut Sandbox, origin: AccountId, index: u32, status: Status) -> Result<(), ContractError> {
    execute(network, origin, "set_status", &(Side::Merchant, index, status, Hash::default()))
}

fn powers(network: &mut Sandbox) -> Vec<Power> {
    network.read(KIND, "powers", &())
}

/// A power is one message of one contract, so many times an epoch.
pub fn within_its_limits(network: &mut Sandbox) {
    let (board, chief) = (Board::of(network), account(network, "chief executive"));
    let epoch = 1_000;
    network.enter_epoch(epoch);
    let shop = network.merchant("a demoted shop").index;
    assert_refused(network, Error::UnknownPower, |network| set_status(network, chief, shop, Status::Demoted));
    let motion = grant(network, "set_status", Some(LIMIT));
    board.resolve(network, &motion).unwrap();
    assert!(matches!(&network.events[..], [_, Event::PowerGranted(granted)] if granted.limit == Some(LIMIT)));
    let (target, message) = (network.contracts.registry, selector("set_status"));
    let expected = |limit, epoch, used| Power { target, selector: message, limit, epoch, used };
    assert_eq!(powers(network), [expected(Some(LIMIT), 0, 0)]);

    for name in ["admin", "director 1", "stranger", "attestor 1", "member 1", "treasury"] {
        let origin = account(network, name);
        let attempt = |network: &mut Sandbox| set_status(network, origin, shop, Status::Demoted);
        assert_refused(network, Error::NotChiefExecutive, attempt);
    }
    set_status(network, chief, shop, Status::Demoted).unwrap();
    assert!(
        matches!(&network.events[..], [Event::StatusChanged(_), Event::PowerUsed(used)] if used.target == target),
        "{:?}",
        network.events
    );
    let status: Option<Status> = network.read(REGISTRY, "status_of", &(Side::Merchant, shop));
    assert_eq!(status, Some(Status::Demoted));
    assert_eq!(powers(network), [expected(Some(LIMIT), epoch + 1, 1)]);

    // What another contract refuses is not counted.
    assert_refused(network, Error::CallRefused, |network| set_status(network, chief, 9_999, Status::Demoted));
    set_status(network, chief, shop, Status::Restricted).unwrap();
    assert_refused(network, Error::PowerExhausted, |network| set_status(network, chief, shop, Status::Removed));
    let other = |network: &mut Sandbox| execute(network, chief, "set_attestor", &(chief, true));
    assert_refused(network, Error::UnknownPower, other);
    let elsewhere = |network: &mut Sandbox| {
        let arguments = (network.contracts.receipts, input("set_status", &()));
        network.call::<()>(chief, KIND, "execute", &arguments)
    };
    assert_refused(network, Error::UnknownPower, elsewhere);

    // A higher limit in the same epoch: what was used counts on.
    let motion = grant(network, "set_status", Some(LIMIT + 1));
    board.resolve(network, &motion).unwrap();
    assert_eq!(powers(network), [expected(Some(LIMIT + 1), epoch + 1, LIMIT)]);
    set_status(network, chief, shop, Status::Removed).unwrap();
    assert_refused(network, Error::PowerExhausted, |network| set_status(network, chief, shop, Status::Active));
    network.enter_epoch(epoch + 1);
    set_status(network, chief, shop, Status::Active).expect("a new epoch");
    assert_eq!(powers(network), [expected(Some(LIMIT + 1), epoch + 2, 1)]);
    let motion = grant(network, "set_status", None);
    board.resolve(network, &motion).unwrap();
    for status in [Status::Demoted, Status::Active, Status::Demoted, Status::Active, Status::Demoted] {
        set_status(network, chief, shop, status).expect("any number");
    }

    let motion = revoke(network, "set_status");
    board.resolve(network, &motion).unwrap();
    assert!(matches!(&network.events[..], [_, Event::PowerRevoked(_)]));
    assert_eq!(powers(network), []);
    assert_refused(network, Error::UnknownPower, |network| set_status(network, chief, shop, Status::Active));
    let again = board.pass(network, &motion);
    assert_refused(network, Error::UnknownPower, |network| board.enact(network, again));
}

/// Powers belong to the office: they stay for who follows, and nobody has them
/// while it is vacant.
pub fn of_the_office(network: &mut Sandbox) {
    let (board, chief, next) =
        (Board::of(network), account(network, "chief executive"), account(network, "next chief executive"));
    let shop = network.merchant("another shop").index;
    let motion = grant(network, "set_status", None);
    board.resolve(network, &motion).unwrap();
    board.resolve(network, &Motion::DismissChiefExecutive).unwrap();
    assert!(
        matches!(&network.events[..], [_, Event::ChiefExecutiveChanged(changed)] if changed.chief_executive.is_none())
    );
    assert_eq!(network.read::<Option<AccountId>>(KIND, "chief_executive", &()), None);
    let until_ms = network.state.now_ms() + 1;
    for origin in [chief, next, AccountId::from([0; 32])] {
        let attempt = |network: &mut Sandbox| set_status(network, origin, shop, Status::Demoted);
        assert_refused(network, Error::NotChiefExecutive, attempt);
        let pause = |network: &mut Sandbox| network.call::<()>(origin, KIND, "pause", &(until_ms, true));
        assert_refused(network, Error::NotChiefExecutive, pause);
        let arguments = (BudgetLine::Operation, next, 1u128);
        let spend = |network: &mut Sandbox| network.call::<()>(origin, KIND, "spend", &arguments);
        assert_refused(network, Error::NotChiefExecutive, spend);
    }
    board.resolve(network, &Motion::AppointChiefExecutive { account: next }).unwrap();
    assert_eq!(network.read::<Option<AccountId>>(KIND, "chief_executive", &()), Some(next));
    set_status(network, next, shop, Status::Demoted).unwrap();
    let former = |network: &mut Sandbox| set_status(network, chief, shop, Status::Active);
    assert_refused(network, Error::NotChiefExecutive, former);
    board.resolve(network, &Motion::AppointChiefExecutive { account: chief }).expect("follows whoever was before");
    let motion = revoke(network, "set_status");
    board.resolve(network, &motion).unwrap();
}

/// What can be called at all, and how many powers there can be.
pub fn bounds(network: &mut Sandbox) {
    let (board, chief) = (Board::of(network), account(network, "chief executive"));
    let (registry, bzky, own) = (network.contracts.registry, network.contracts.bzky, board.address);
    let refusals = [
        (registry, vec![0; 3], Error::BadInput),
        (registry, vec![0; MAX_INPUT_BYTES + 1], Error::BadInput),
        (registry, vec![0; MAX_INPUT_BYTES], Error::UnknownPower),
        (bzky, selector("PSP22::approve").to_vec(), Error::TargetRefused),
        (own, selector("vote").to_vec(), Error::TargetRefused),
        (registry, selector("set_code").to_vec(), Error::SelectorRefused),
        (registry, selector("hand_over").to_vec(), Error::SelectorRefused),
    ];
    for (target, input, error) in refusals {
        let attempt = |network: &mut Sandbox| network.call::<()>(chief, KIND, "execute", &(target, &input));
        assert_refused(network, error, attempt);
    }
    // A message that no contract there has: it does not answer.
    let motion = grant(network, "no such message", None);
    board.resolve(network, &motion).unwrap();
    assert_refused(network, Error::CalleeFailed, |network| execute(network, chief, "no such message", &()));
    for number in 1..MAX_POWERS {
        let motion = grant(network, &format!("message {number}"), None);
        board.resolve(network, &motion).unwrap();
    }
    let motion = grant(network, "one too many", None);
    let resolution = board.pass(network, &motion);
    assert_refused(network, Error::TooManyPowers, |network| board.enact(network, resolution));
    let motion = grant(network, "message 1", Some(1));
    board.resolve(network, &motion).expect("another limit for one of them");
    let motion = revoke(network, "message 2");
    board.resolve(network, &motion).unwrap();
    board.enact(network, resolution).expect("there is room again");
    assert_eq!(powers(network).len(), MAX_POWERS);
    // A power is no resolution's business: the board can call what it granted.
    let motion = call(network, REGISTRY, "set_attestor", &(chief, false));
    board.resolve(network, &motion).unwrap();
}
