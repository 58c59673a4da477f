//! What a customer's ticket is good for: one use of one privilege, under the
//! terms that the customer has seen, at one shop, once.

use super::stage::{Stage, CUSTOMERS_TIME, PRIVILEGE_PRICE, TICKET_MS};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::redemption::{Action, TillAction},
    errors::redemption::Error,
    hash::blake2x256,
    redemption::PrivilegeTerms,
    signature::{PublicKey, Signature},
    spend::{SpendTicket, MAX_VALIDITY_MS},
    AccountId, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{party::DeviceKey, DAY, HOUR};
use primitive_types::U256;

/// Order of secp256k1, big endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
    0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The other signature of the same bytes by the same ECDSA key: n - s for s.
pub fn high(signature: Signature) -> Signature {
    let Signature::Ecdsa(mut bytes) = signature else { panic!("not ECDSA") };
    let s = U256::from_big_endian(&ORDER) - U256::from_big_endian(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&s.to_big_endian());
    bytes[64] ^= 1;
    Signature::Ecdsa(bytes)
}

/// A ticket that names anything else than the truth is refused, though the
/// customer signed it so.
pub fn every_part_of_a_ticket_counts(stage: &mut Stage) {
    let privilege = stage.create_privilege(stage.privilege());
    stage.buy("rival", TOKEN).unwrap();
    let (rival, rivals_terms) = (stage.rival.account(), stage.privilege());
    let rivals: u32 = stage.ask(rival, "create_privilege", &rivals_terms).unwrap();
    let (ticket, now_ms) = (stage.ticket(privilege, 1), stage.now());
    let elsewhere = *AsRef::<[u8; 32]>::as_ref(&stage.network.contracts.receipts);
    let wrong = [
        (SpendTicket { genesis: Hash::from([1; 32]), ..ticket }, Error::WrongTicket),
        (SpendTicket { contract: elsewhere, ..ticket }, Error::WrongTicket),
        (SpendTicket { merchant: stage.rival.index, ..ticket }, Error::WrongTicket),
        (SpendTicket { merchant: 0, ..ticket }, Error::WrongTicket),
        (SpendTicket { privilege: 0, ..ticket }, Error::UnknownPrivilege),
        (SpendTicket { privilege: rivals + 1, ..ticket }, Error::UnknownPrivilege),
        (SpendTicket { privilege: rivals, ..ticket }, Error::NotOwner),
        (SpendTicket { version: 0, ..ticket }, Error::OtherTerms),
        (SpendTicket { version: 2, ..ticket }, Error::OtherTerms),
        (SpendTicket { amount: PRIVILEGE_PRICE - 1, ..ticket }, Error::OtherTerms),
        (SpendTicket { amount: PRIVILEGE_PRICE + 1, ..ticket }, Error::OtherTerms),
        (SpendTicket { expires_ms: now_ms - 1, ..ticket }, Error::TicketExpired),
        (SpendTicket { expires_ms: now_ms + MAX_VALIDITY_MS + 1, ..ticket }, Error::TicketExpired),
        (SpendTicket { expires_ms: u64::MAX, ..ticket }, Error::TicketExpired),
        (SpendTicket { customer: 0, ..ticket }, Error::UnknownParty),
        (SpendTicket { customer: stage.friend.index + 1, ..ticket }, Error::UnknownParty),
        (SpendTicket { customer: stage.friend.index, ..ticket }, Error::BadSignature),
    ];
    for (ticket, error) in wrong {
        stage.refused("shop", "collect", &stage.signed(ticket), error);
    }
    for (nonce, expires_ms) in [(1, now_ms), (2, now_ms + MAX_VALIDITY_MS)] {
        stage.collect(SpendTicket { nonce, expires_ms, ..ticket }).unwrap();
    }
}

/// Only the customer's word counts, for exactly what it signed, and only its
/// shop collects on it.
pub fn a_forged_ticket(stage: &mut Stage) {
    let privilege = stage.create_privilege(stage.privilege());
    let ticket = stage.ticket(privilege, 1);
    let (_, signature) = stage.signed(ticket);
    let owners = [stage.shop.account(), stage.rival.account(), stage.account("task confirmer")];
    stage.only(&owners, "collect", &(ticket, signature), Error::NotShop);
    stage.refused("rival", "collect", &(ticket, signature), Error::WrongTicket);
    stage.refused("task confirmer", "collect", &(ticket, signature), Error::WrongTicket);
    // Changed after it was signed.
    let changed = [
        SpendTicket { nonce: 2, ..ticket },
        SpendTicket { expires_ms: ticket.expires_ms + 1, ..ticket },
        SpendTicket { customer: stage.friend.index, ..ticket },
    ];
    for ticket in changed {
        stage.refused("shop", "collect", &(ticket, signature), Error::BadSignature);
    }
    // Signed by others, without the wallet's wrapping, or not at all.
    for name in ["shop", "friend", "stranger", "admin"] {
        let signature = stage.network.actor(name).sign(&ticket.signed_bytes());
        stage.refused("shop", "collect", &(ticket, signature), Error::BadSignature);
    }
    let bare = stage.customer.actor.sign(&ticket.hash());
    for signature in [bare, Signature::Sr25519([0; 64]), Signature::Ecdsa([0; 65])] {
        stage.refused("shop", "collect", &(ticket, signature), Error::BadSignature);
    }
    stage.collect(ticket).unwrap();
}

/// A wallet with an ECDSA key signs too; the other signature of the same word
/// is none, and would not be another ticket.
pub fn an_ecdsa_wallet(stage: &mut Stage) {
    let privilege = stage.create_privilege(stage.privilege());
    let key = DeviceKey::ecdsa("a wallet");
    let PublicKey::Ecdsa(public) = key.public() else { panic!("not ECDSA") };
    let account = AccountId::from(blake2x256(&public));
    let attestor = stage.account("attestor 1");
    let arguments = (Side::Customer, account, Hash::from([77; 32]), Hash::default());
    let customer: u32 = stage.network.call(attestor, ContractKind::Registry, "register", &arguments).unwrap();
    let payment = Hash::from([1; 32]);
    stage.set_parameters(|parameters| parameters.lock_epochs = 0);
    stage.by_seller(payment, account, 1_000).unwrap();
    stage.by("stranger", "release_sale", &payment).unwrap();
    let ticket = SpendTicket { customer, ..stage.ticket(privilege, 1) };
    let signature = key.sign(&blake2x256(&ticket.signed_bytes()));
    stage.refused("shop", "collect", &(ticket, high(signature)), Error::BadSignature);
    stage.by("shop", "collect", &(ticket, signature)).unwrap();
    stage.refused("shop", "collect", &(ticket, high(signature)), Error::TicketUsed);
    stage.by("shop", "refund", &Hash::from(ticket.hash())).unwrap();
    assert_eq!(stage.network.time_of(account), 10 * TOKEN);
}

/// A ticket counts once, whoever brings it first and whoever next: device,
/// shop or relayer; also after it was given back, settled, or the privilege closed.
pub fn a_ticket_counts_once(stage: &mut Stage) {
    let brief = PrivilegeTerms { refund_ms: 1, ..stage.privilege() };
    let privilege = stage.create_privilege(brief);
    let tickets = [1, 2, 3].map(|nonce| stage.ticket(privilege, nonce));
    type Way = fn(&mut Stage, SpendTicket) -> Result<(), Error>;
    let by_device: Way = |stage, ticket| {
        let (ticket, signature) = stage.signed(ticket);
        stage.by_device(TillAction::Collect { ticket, signature })
    };
    let by_relay: Way = |stage, ticket| {
        let (ticket, signature) = stage.signed(ticket);
        let shop = stage.shop.actor.clone();
        stage.relay(&shop, &Action::Till { action: TillAction::Collect { ticket, signature } })
    };
    let by_account: Way = |stage, ticket| stage.collect(ticket);
    let ways = [by_account, by_device, by_relay];
    for (first, ticket) in tickets.into_iter().enumerate() {
        ways[first](stage, ticket).unwrap();
        for way in ways {
            assert_eq!(way(stage, ticket), Err(Error::TicketUsed));
        }
    }
    assert_eq!(stage.time_of("customer"), CUSTOMERS_TIME - 3 * PRIVILEGE_PRICE);
    stage.by("shop", "refund", &Hash::from(tickets[0].hash())).unwrap();
    assert_eq!(stage.collect(tickets[0]), Err(Error::TicketUsed), "it was given back");
    let hashes = tickets.map(|ticket| Hash::from(ticket.hash())).to_vec();
    let stranger = stage.account("stranger");
    stage.pass(TICKET_MS);
    assert_eq!(stage.ask::<u32>(stranger, "settle", &hashes), Ok(0));
    assert_eq!(stage.collect(tickets[1]), Err(Error::TicketUsed), "the last moment of its time");
    stage.pass(1);
    assert_eq!(stage.collect(tickets[1]), Err(Error::TicketExpired));
    assert_eq!(stage.ask::<u32>(stranger, "settle", &hashes), Ok(3));
    for way in ways {
        assert_eq!(way(stage, tickets[2]), Err(Error::TicketExpired), "forgotten, and of no use");
    }
    stage.by("shop", "close_privilege", &privilege).unwrap();
    let (unused, again) = (stage.ticket(privilege, 9), stage.create_privilege(brief));
    assert_eq!(stage.collect(unused), Err(Error::UnknownPrivilege));
    assert_eq!(again, privilege + 1, "its number is not given again");
}

/// Terms that changed, a stock that ran out, hours and the end: in this order.
pub fn when_a_privilege_can_be_bought(stage: &mut Stage) {
    let terms = PrivilegeTerms { stock: 2, ..stage.privilege() };
    let privilege = stage.create_privilege(terms);
    let seen = stage.ticket(privilege, 1);
    stage.by("shop", "change_privilege", &(privilege, terms)).unwrap();
    stage.refused("shop", "collect", &stage.signed(seen), Error::OtherTerms);
    let ticket = |stage: &Stage, nonce, version| SpendTicket { version, ..stage.ticket(privilege, nonce) };
    for nonce in [1, 2] {
        let ticket = ticket(stage, nonce, 2);
        stage.collect(ticket).unwrap();
    }
    let third = ticket(stage, 3, 2);
    stage.refused("shop", "collect", &stage.signed(third), Error::OutOfStock);
    // It is 01:00: minute 60.
    let hours = [
        (60, 120, true),
        (61, 120, false),
        (0, 60, false),
        (0, 61, true),
        (1_380, 61, true),
        (1_380, 60, false),
        (61, 61, true),
    ];
    for (version, (opens, closes, open)) in (3..).zip(hours) {
        let terms = PrivilegeTerms { opens, closes, ..stage.privilege() };
        stage.by("shop", "change_privilege", &(privilege, terms)).unwrap();
        let ticket = ticket(stage, 4, version);
        let answer = if open { Ok(()) } else { Err(Error::OutsideHours) };
        assert_eq!(stage.collect(ticket), answer, "{opens} to {closes}");
    }
    let end_ms = stage.now() + HOUR;
    let terms = PrivilegeTerms { expires_ms: end_ms, ..terms };
    stage.by("shop", "change_privilege", &(privilege, terms)).unwrap();
    stage.at(end_ms - 1);
    let last = ticket(stage, 5, 10);
    stage.collect(last).unwrap();
    stage.pass(1);
    let late = ticket(stage, 6, 10);
    stage.refused("shop", "collect", &stage.signed(late), Error::OfferExpired);
}

/// Shop and customer must be in good standing, and the customer must have the
/// Time on the account that signed, its present one.
pub fn who_can_spend(stage: &mut Stage) {
    let privilege = stage.create_privilege(stage.privilege());
    let (shop, customer) = (stage.shop.index, stage.customer.index);
    for (side, index) in [(Side::Merchant, shop), (Side::Customer, customer)] {
        for status in [Status::Restricted, Status::Removed] {
            stage.set_status(side, index, status);
            let ticket = stage.ticket(privilege, 1);
            stage.refused("shop", "collect", &stage.signed(ticket), Error::NotPayable);
        }
        stage.set_status(side, index, Status::Demoted);
        stage.place_hold(side, index);
        let ticket = stage.ticket(privilege, 1);
        stage.refused("shop", "collect", &stage.signed(ticket), Error::NotPayable);
        stage.pass(DAY);
    }
    let poor = SpendTicket { customer: stage.friend.index, ..stage.ticket(privilege, 1) };
    let signature = stage.friend.actor.sign(&poor.signed_bytes());
    stage.refused("shop", "collect", &(poor, signature), Error::TimeRefused);
    let ticket = stage.ticket(privilege, 1);
    let party = stage.customer.clone();
    let new = stage.change_account(Side::Customer, &party, "customer");
    stage.refused("shop", "collect", &stage.signed(ticket), Error::BadSignature);
    let signature = new.sign(&ticket.signed_bytes());
    stage.refused("shop", "collect", &(ticket, signature), Error::TimeRefused);
    let shop = stage.shop.account();
    let gift = (new.account(), PRIVILEGE_PRICE, Vec::<u8>::new());
    let given: Result<(), _> = stage.network.call(shop, ContractKind::Time, "PSP22::transfer", &gift);
    given.unwrap();
    stage.by("shop", "collect", &(ticket, signature)).unwrap();
    assert_eq!(stage.time_of("customer"), CUSTOMERS_TIME, "what is on the account that it gave up waits there");
    let follow: Result<(), _> = stage.network.call(shop, ContractKind::Time, "follow_account", &party.account());
    follow.unwrap();
    assert_eq!(stage.network.time_of(new.account()), CUSTOMERS_TIME);
}
