//! The constructor, `bind`, `hand_over`, `set_code`, `ossify`: what is done
//! once, by the deployer, and what only the admin does.

use super::desk::{done, hash, refused, refuses, said, told, who, KIND, ZERO};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::registry::Error,
    events::{Event, RegistryCodeChanged, RegistryHandedOver, RegistryOssified},
    signature::PublicKey,
    AccountId, Calendar, DeviceId, Hash, Side,
};
use bizkey_tests::{
    sandbox::{input, Actor},
    Sandbox,
};

/// Most attestors to start with.
const MOST_ATTESTORS: u32 = 256;

/// So many accounts.
fn accounts(count: u32) -> Vec<AccountId> {
    (0..count).map(|n| Actor::named(&format!("attestor of many {n}")).account()).collect()
}

/// A registry is on `bzky`'s calendar and chain or there is none.
pub fn constructor(network: &mut Sandbox) {
    let (admin, calendar, bzky) = (who(network, "admin"), network.calendar, network.contracts.bzky);
    let mut made = |calendar: Calendar, bzky: AccountId, attestors: u32| {
        network.instantiate(admin, KIND, &(calendar, bzky, accounts(attestors)))
    };
    let later = Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar };
    let shorter = Calendar { epoch_ms: calendar.epoch_ms - 1, ..calendar };
    let unusable = Calendar { epoch_ms: 0, ..calendar };
    for other in [later, shorter, unusable] {
        assert_eq!(made(other, bzky, 2).map(drop), refused(Error::BadCalendar), "{other:?}");
    }
    let nobody = Actor::named("stranger").account();
    assert_eq!(made(calendar, nobody, 2).map(drop), refused(Error::CalleeFailed), "no contract there");
    assert_eq!(made(calendar, bzky, MOST_ATTESTORS + 1).map(drop), refused(Error::TooManyQueries));
    let registry = made(calendar, bzky, MOST_ATTESTORS).unwrap();
    let vault = network.contracts.vault;
    let without_hash = network.instantiate(admin, KIND, &(calendar, vault, accounts(2)));
    assert_eq!(without_hash.map(drop), refused(Error::CalleeFailed), "it has a calendar and no genesis hash");

    for attestor in accounts(MOST_ATTESTORS) {
        assert!(network.read_at::<bool>(registry, KIND, "is_attestor", &attestor));
    }
    assert!(!network.read_at::<bool>(registry, KIND, "is_attestor", &admin), "the deployer attests nothing");
    assert_eq!(network.read_at::<AccountId>(registry, KIND, "admin", &()), admin);
    assert_eq!(network.read_at::<Calendar>(registry, KIND, "calendar", &()), calendar);
    assert_eq!(network.read_at::<Hash>(registry, KIND, "genesis", &()), network.genesis);
    assert_eq!(network.read_at::<Option<AccountId>>(registry, KIND, "receipts", &()), None);
}

/// Another registry of the same network, its attestor "attestor 1".
pub fn another(network: &mut Sandbox) -> AccountId {
    let (admin, attestor) = (who(network, "admin"), who(network, "attestor 1"));
    let arguments = (network.calendar, network.contracts.bzky, vec![attestor]);
    network.instantiate(admin, KIND, &arguments).unwrap()
}

/// Without the contract that keeps devices' keys there are parties and no
/// devices; the deployer names it once. A device that it does not take has no
/// number.
pub fn unbound(network: &mut Sandbox) {
    let (admin, attestor, stranger) = (who(network, "admin"), who(network, "attestor 1"), who(network, "stranger"));
    let key = PublicKey::Sr25519([1; 32]);
    let registry = another(network);
    let arguments = (Side::Merchant, stranger, hash(1), hash(2));
    assert_eq!(network.call_at(registry, attestor, KIND, "register", &arguments), Ok(1u32));
    let device = |network: &mut Sandbox| {
        network.call_at::<DeviceId>(registry, attestor, KIND, "register_device", &(1u32, key)).map(drop)
    };
    assert_eq!(device(network), refused(Error::NotBound));
    let bind = |network: &mut Sandbox, origin: AccountId, receipts: AccountId| {
        network.call_at::<()>(registry, origin, KIND, "bind", &receipts)
    };
    for other in [stranger, attestor, network.contracts.foundation, network.contracts.receipts] {
        assert_eq!(bind(network, other, other), refused(Error::NotDeployer));
    }
    // It obeys its own registry and no other one.
    let receipts = network.contracts.receipts;
    bind(network, admin, receipts).unwrap();
    assert_eq!(device(network), refused(Error::CalleeFailed), "receipts refused");
    assert_eq!(network.read_at::<Option<u32>>(registry, KIND, "merchant_of_device", &1u32), None);
    assert_eq!(bind(network, admin, receipts), refused(Error::AlreadyBound));
    network.pass(1);
    let registry = another(network);
    assert_eq!(network.call_at(registry, attestor, KIND, "register", &arguments), Ok(1u32));
    network.call_at::<()>(registry, admin, KIND, "bind", &stranger).unwrap();
    let outcome = network.call_at::<DeviceId>(registry, attestor, KIND, "register_device", &(1u32, key)).map(drop);
    assert_eq!(outcome, refused(Error::CalleeFailed), "no contract there");
    assert_eq!(told::<Option<AccountId>>(network, "receipts", &()), Some(receipts), "the network's own is bound");
    refuses(network, "admin", "bind", &stranger, Error::AlreadyBound);
    refuses(network, "stranger", "bind", &stranger, Error::NotDeployer);
}

/// The deployer gives its power away once and for good, and not to nobody.
pub fn hand_over(network: &mut Sandbox) {
    let (zero, board, admin) = (AccountId::from(ZERO), network.contracts.foundation, who(network, "admin"));
    for name in ["stranger", "attestor 1", "director 1", "chief executive", "foundation"] {
        let own = who(network, name);
        refuses(network, name, "hand_over", &own, Error::NotDeployer);
    }
    refuses(network, "admin", "hand_over", &zero, Error::ZeroAccount);
    assert_eq!(told::<AccountId>(network, "admin", &()), admin);
    done::<()>(network, "admin", "hand_over", &board);
    said(network, &[Event::RegistryHandedOver(RegistryHandedOver { admin: board })]);
    assert_eq!(told::<AccountId>(network, "admin", &()), board);
    refuses(network, "admin", "hand_over", &admin, Error::AlreadyBound);
    refuses(network, "admin", "hand_over", &zero, Error::AlreadyBound);
    refuses(network, "foundation", "hand_over", &admin, Error::NotDeployer);
    refuses(network, "admin", "set_attestor", &(admin, true), Error::NotAdmin);
    done::<()>(network, "foundation", "set_attestor", &(admin, true));
}

/// Code changes by the admin's word until it is final, and what is kept stays.
pub fn code(network: &mut Sandbox) {
    network.merchant("shop");
    let (own, other) = (network.code_hash(KIND), network.code_hash(ContractKind::Vault));
    network.hand_over();
    for name in ["admin", "stranger", "attestor 1", "director 1", "chief executive"] {
        refuses(network, name, "set_code", &own, Error::NotAdmin);
        refuses(network, name, "ossify", &(), Error::NotAdmin);
    }
    refuses(network, "foundation", "set_code", &hash(9), Error::UnknownCode);
    let (registry, board, stranger) =
        (network.contracts.registry, network.contracts.foundation, who(network, "stranger"));
    // `vault` has no message of this name, so it is its code that runs then.
    let runs_on = |network: &mut Sandbox, code: Hash| {
        network.state.rolled_back(|state| {
            state.execute(board, registry, input("set_code", &code)).result.unwrap();
            state.execute(stranger, registry, input("is_attestor", &stranger)).result.is_ok()
        })
    };
    assert!(!runs_on(network, other));
    assert!(runs_on(network, own));
    done::<()>(network, "foundation", "set_code", &own);
    said(network, &[Event::RegistryCodeChanged(RegistryCodeChanged { code_hash: own })]);
    assert_eq!(told::<u32>(network, "count", &Side::Merchant), 1);
    assert!(!told::<bool>(network, "is_ossified", &()));
    done::<()>(network, "foundation", "ossify", &());
    said(network, &[Event::RegistryOssified(RegistryOssified {})]);
    assert!(told::<bool>(network, "is_ossified", &()));
    done::<()>(network, "foundation", "ossify", &());
    said(network, &[]);
    refuses(network, "foundation", "set_code", &own, Error::Ossified);
    refuses(network, "admin", "set_code", &own, Error::NotAdmin);
    refuses(network, "stranger", "ossify", &(), Error::NotAdmin);
}
