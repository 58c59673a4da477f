//! Who may do what: every message that changes something, tried by everybody
//! there is, people and contracts, and again after offices have changed hands.

use super::desk::{done, hash, stage, support, tried, who, CONTRACTS, CUSTOMER, KIND, PEOPLE, SHOP, TO_OBJECT};
use bizkey_primitives::{
    errors::registry::Error,
    membership::{Business, Clamp},
    party::Capital,
    signature::PublicKey,
    AccountId, Side, Status,
};
use bizkey_tests::{sandbox::Raw, Sandbox, DAY};
use codec::Encode;

/// A message with arguments that suit whoever may call it.
struct Privilege {
    message: &'static str,
    arguments: Vec<u8>,
    /// Who may; `None` for everybody.
    allowed: Option<Vec<&'static str>>,
    /// What everybody else is told.
    refusal: Error,
    /// But for these, who fail for another reason.
    but: Vec<(&'static str, Error)>,
}

impl Privilege {
    fn new(message: &'static str, arguments: &impl Encode, allowed: &[&'static str], refusal: Error) -> Self {
        Self { message, arguments: arguments.encode(), allowed: Some(allowed.to_vec()), refusal, but: vec![] }
    }

    fn but(self, name: &'static str, error: Error) -> Self {
        Self { but: vec![(name, error)], ..self }
    }

    fn expected(&self, name: &str) -> Result<(), Error> {
        if self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&name)) {
            return Ok(());
        }
        Err(self.but.iter().find(|(but, _)| *but == name).map_or(self.refusal, |(_, error)| *error))
    }
}

/// Who is in office.
struct Offices {
    admin: &'static str,
    attestors: [&'static str; 2],
    /// Whether the deployer has handed over.
    handed_over: bool,
}

/// What the admin alone does.
fn of_admin(network: &Sandbox, admin: &'static str) -> Vec<Privilege> {
    let (deputy, until_ms) = (who(network, "deputy"), network.state.now_ms() + DAY);
    let (heir, next) = (who(network, "heir"), network.calendar.epoch_at(network.state.now_ms()).unwrap() + 1);
    let privilege = |message, arguments: &dyn Fn() -> Vec<u8>| {
        Privilege::new(message, &Raw(arguments()), &[admin], Error::NotAdmin)
    };
    let ((side, index), reason) = (SHOP, hash(20));
    let business = Business { trade: 1, region: 2 };
    vec![
        privilege("set_code", &|| network.code_hash(KIND).encode()),
        privilege("ossify", &Vec::new),
        privilege("set_attestor", &|| (deputy, true).encode()),
        privilege("set_status", &|| (side, index, Status::Removed, reason).encode()),
        privilege("decide_appeal", &|| (CUSTOMER.0, CUSTOMER.1, true, reason).encode()),
        privilege("place_hold", &|| (side, index, until_ms, reason).encode()),
        privilege("set_agent_status", &|| (1u32, false, reason).encode()),
        privilege("move_agent", &|| (1u32, deputy).encode()),
        privilege("set_clamp", &|| (1u16, Clamp { lo: 1, hi: 2 }, next).encode()),
        privilege("set_capital_floor", &|| (business, 7u128, next).encode()),
        privilege("set_cash_cap", &|| (7u64, next).encode()),
        privilege("confirm_recovery", &|| (side, index, heir).encode()),
    ]
}

/// What any attestor does.
fn of_attestors(network: &Sandbox, attestors: &[&'static str]) -> Vec<Privilege> {
    let deputy: AccountId = who(network, "deputy");
    let privilege =
        |message, arguments: Vec<u8>| Privilege::new(message, &Raw(arguments), attestors, Error::NotAttestor);
    let capital = Capital { area_m2: 1, staff: 2, rent_per_m2_month: 3, wage_month: 4 };
    vec![
        privilege("register", (Side::Customer, deputy, hash(21), hash(0)).encode()),
        privilege("register_agent", (deputy, hash(21), hash(0)).encode()),
        privilege("attest_capital", (1u32, capital).encode()),
        privilege("attest_business", (1u32, Business { trade: 1, region: 2 }).encode()),
        privilege("register_device", (1u32, PublicKey::Ecdsa([2; 33])).encode()),
        privilege("set_device_active", (1u32, false).encode()),
        // Nobody has proposed anything for this shop.
        privilege("attest_recovery", (Side::Merchant, 2u32, deputy).encode()),
    ]
}

/// What parties do for themselves, and those who become one.
fn of_parties(network: &Sandbox, admin: &'static str) -> Vec<Privilege> {
    let deputy = who(network, "deputy");
    let parties = ["shop", "customer", "other shop"];
    vec![
        Privilege {
            but: vec![("customer", Error::NothingToAppeal), ("other shop", Error::NothingToAppeal)],
            ..Privilege::new("appeal", &hash(22), &["shop"], Error::NotParty)
        },
        Privilege::new("propose_account", &deputy, &parties, Error::NotParty),
        Privilege::new("accept_account", &SHOP, &["successor"], Error::NotProposed),
        Privilege::new("consent_recovery", &SHOP, &["heir"], Error::NotProposed),
        Privilege::new("consent_recovery", &CUSTOMER, &["customer's heir"], Error::NotProposed),
        Privilege::new("cancel_recovery", &SHOP, &["shop", admin], Error::NotParty),
        Privilege::new("cancel_recovery", &CUSTOMER, &["customer", admin], Error::NotParty),
        Privilege::new("retire_device", &1u32, &["shop"], Error::NotDeviceMerchant),
        Privilege::new("retire_device", &2u32, &["other shop"], Error::NotDeviceMerchant),
    ]
}

/// What the deployer did once, and what everybody may.
fn of_nobody_and_everybody(network: &Sandbox, offices: &Offices) -> Vec<Privilege> {
    let board = network.contracts.foundation;
    let hand_over = if offices.handed_over {
        Privilege::new("hand_over", &board, &[], Error::NotDeployer).but("admin", Error::AlreadyBound)
    } else {
        Privilege::new("hand_over", &board, &["admin"], Error::NotDeployer)
    };
    let finish = Privilege::new("finish_recovery", &SHOP, &[], Error::NotAttestor);
    let bind = Privilege::new("bind", &board, &[], Error::NotDeployer).but("admin", Error::AlreadyBound);
    vec![bind, hand_over, Privilege { allowed: None, ..finish }]
}

/// Tries everything by everybody.
fn check(network: &mut Sandbox, offices: &Offices) {
    let mut privileges = of_admin(network, offices.admin);
    privileges.extend(of_attestors(network, &offices.attestors));
    privileges.extend(of_parties(network, offices.admin));
    privileges.extend(of_nobody_and_everybody(network, offices));
    for privilege in privileges {
        let arguments = Raw(privilege.arguments.clone());
        for name in PEOPLE.into_iter().chain(CONTRACTS) {
            let outcome = tried(network, name, privilege.message, &arguments);
            assert_eq!(outcome, privilege.expected(name), "{} by {name}", privilege.message);
        }
    }
}

/// Nobody does what is not theirs: not in the first days of a network, and not
/// when it is handed over and an attestor has followed another one. Whoever
/// leaves an office is nobody.
pub fn nobody_else(network: &mut Sandbox) {
    stage(network);
    check(network, &Offices { admin: "admin", attestors: ["attestor 1", "attestor 2"], handed_over: false });
    let (second, third) = (who(network, "attestor 2"), who(network, "attestor 3"));
    network.hand_over();
    check(network, &Offices { admin: "foundation", attestors: ["attestor 1", "attestor 2"], handed_over: true });
    done::<()>(network, "foundation", "set_attestor", &(third, true));
    done::<()>(network, "foundation", "cancel_recovery", &SHOP);
    for attestor in ["attestor 1", "attestor 3"] {
        let heir = who(network, "heir");
        done::<()>(network, attestor, "attest_recovery", &(SHOP.0, SHOP.1, heir));
    }
    done::<()>(network, "heir", "consent_recovery", &SHOP);
    network.pass(TO_OBJECT);
    done::<()>(network, "foundation", "set_attestor", &(second, false));
    check(network, &Offices { admin: "foundation", attestors: ["attestor 1", "attestor 3"], handed_over: true });
}

/// The deployer's account is not special to any other message: as a party it
/// has what a party has.
#[test]
fn an_admin_who_is_a_party_is_one() {
    let mut network = Sandbox::new();
    let network = &mut network;
    network.enter_epoch(1);
    let party = network.merchant("admin");
    network.hand_over();
    support(network, (Side::Merchant, party.index), "heir");
    assert_eq!(tried(network, "admin", "cancel_recovery", &(Side::Merchant, party.index)), Ok(()));
    assert_eq!(
        tried(network, "admin", "set_status", &(Side::Merchant, party.index, Status::Demoted, hash(1))),
        Err(Error::NotAdmin)
    );
}
