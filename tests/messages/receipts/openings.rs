//! Openings: which ticket, signed by which key, until when.

use super::{
    batches::with_high_s,
    stage::{key_of, receipt, sale, Stage, AMOUNT, BOND, FUNDS, PENALTY, TILL},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::receipts::Error,
    events::{Event, ReceiptOpened},
    hash::blake2x256,
    opening::{Demand, DemandState},
    pause::COOL_DOWN_MS,
    signature::{PublicKey, Signature},
    ticket::Ticket,
    AccountId, DeviceId, Hash, Side,
};
use bizkey_tests::{
    party::DeviceKey,
    sandbox::{Actor, Coverage},
    DAY, HOUR,
};

/// The bond goes to the present account of the shop, whoever showed the
/// ticket, and that settles the demand.
pub fn a_true_ticket_earns_the_shop_the_bond(stage: &mut Stage) {
    let [doubter, shop, next] = ["doubter", "shop", "the shop's next"].map(|name| stage.account(name));
    let merchant = stage.shop.index;
    let (ticket, key) = stage.demanded(1);
    let demand = stage.demand_of(key).unwrap();
    let signature = stage.signed(&ticket);
    for origin in stage.all_but(&[]) {
        let (device, seq, index) = key;
        let outcome = stage.network.rolled_back(|network| {
            let arguments = (device, seq, index, ticket, signature);
            let opened: Result<(), _> = network.call(origin, ContractKind::Receipts, "open_receipt", &arguments);
            (opened, network.bzky_of(shop))
        });
        // Who is the shop is paid; who is not is not.
        assert_eq!(outcome, (Ok(()), BOND), "{origin:?}");
    }
    stage.other("shop", ContractKind::Registry, "propose_account", &next);
    stage.other("the shop's next", ContractKind::Registry, "accept_account", &(Side::Merchant, merchant));
    stage.open(key, &ticket, &signature).unwrap();
    let (device, seq, index) = key;
    let opened = ReceiptOpened { device, merchant, seq, index, account: next, bond: BOND };
    assert_eq!(stage.events(), [Event::ReceiptOpened(opened)]);
    assert_eq!(stage.bzky_of([doubter, shop, next, stage.network.contracts.receipts]), [FUNDS - BOND, 0, BOND, 0]);
    assert_eq!(stage.demand_of(key), Some(Demand { state: DemandState::Opened, ..demand }));
    assert_eq!(stage.read::<u32>("open_demands", &merchant), 0);
    assert_eq!(stage.read::<Option<u64>>("opening_ends", &key), None);
    let stranger = stage.account("stranger");
    stage.refuses(stranger, "open_receipt", &(device, seq, index, ticket, signature), Error::NotDemanded);
    stage.network.pass(8 * DAY);
    stage.refuses(stranger, "fail_opening", &key, Error::NotDemanded);
}

/// Nothing answers but the ticket that the receipt refers to, signed by the
/// customer as wallets sign.
pub fn only_the_receipts_ticket(stage: &mut Stage) {
    let stranger = stage.account("stranger");
    let (ticket, key) = stage.demanded(1);
    let (device, seq, index) = key;
    let signature = stage.signed(&ticket);
    for (device, seq, index) in [(device + 1, seq, index), (device, seq + 1, index), (device, seq, index + 1)] {
        let arguments = (device, seq, index, ticket, signature);
        stage.refuses(stranger, "open_receipt", &arguments, Error::NotDemanded);
    }
    for other in [
        Ticket { genesis: Hash::from([1; 32]), ..ticket },
        Ticket { contract: *AsRef::<[u8; 32]>::as_ref(&stage.network.contracts.redemption), ..ticket },
        Ticket { merchant: stage.neighbour.index, ..ticket },
        Ticket { customer: ticket.customer + 1, ..ticket },
        Ticket { nonce: 2, ..ticket },
        Ticket { amount: AMOUNT - 1, ..ticket },
        Ticket { expiry: ticket.expiry + 1, ..ticket },
        Ticket { expiry: ticket.expiry - 1, ..ticket },
    ] {
        let signature = stage.signed(&other);
        let arguments = (device, seq, index, other, signature);
        stage.refuses(stranger, "open_receipt", &arguments, Error::BadTicket);
    }
    let (bytes, customer) = (ticket.signed_bytes(), stage.customer.actor.clone());
    let longer = Ticket { nonce: 2, ..ticket };
    for signature in [
        stage.shop.actor.sign(&bytes),
        stage.network.actor("stranger").sign(&bytes),
        stage.network.actor("doubter").sign(&bytes),
        customer.sign(&ticket.hash()),
        customer.sign(&bytes[7..71]),
        customer.sign(&longer.signed_bytes()),
        stage.devices[TILL].key.sign(&ticket.hash()),
        Signature::Sr25519([0; 64]),
        Signature::Ecdsa([0; 65]),
    ] {
        let arguments = (device, seq, index, ticket, signature);
        stage.refuses(stranger, "open_receipt", &arguments, Error::BadSignature);
    }
    assert_eq!(stage.open(key, &ticket, &signature), Ok(()));
}

/// A receipt that says another amount, another customer or another shop than
/// its ticket cannot be opened, nor one outside of the ticket's epochs: from
/// seven before its expiry to the expiry.
pub fn a_ticket_is_in_force_in_the_receipts_epoch(stage: &mut Stage) {
    let today = stage.epoch();
    let customer = stage.customer.index;
    stage.network.customer("another customer");
    let mut cases = vec![];
    for (expiry, is_met) in
        [(0, false), (today - 1, false), (today, true), (today + 7, true), (today + 8, false), (u32::MAX, false)]
    {
        let ticket = Ticket { expiry, ..stage.ticket(u64::from(expiry)) };
        cases.push((ticket, sale(&ticket), is_met));
    }
    let ticket = stage.ticket(100);
    let reference = ticket.reference();
    cases.push((ticket, receipt(customer, AMOUNT + 1, reference), false));
    cases.push((ticket, receipt(customer + 1, AMOUNT, reference), false));
    let foreign = Ticket { merchant: stage.neighbour.index, ..stage.ticket(101) };
    cases.push((foreign, sale(&foreign), false));
    let receipts: Vec<_> = cases.iter().map(|(_, receipt, _)| *receipt).collect();
    stage.record(TILL, &receipts);
    stage.network.enter_epoch(today + 1);
    for (index, (ticket, _, is_met)) in cases.iter().enumerate() {
        let evidence = stage.evidence(TILL, today, 0, index as u16);
        stage.demand(&evidence).unwrap();
        let signature = stage.signed(ticket);
        let expected = if *is_met { Ok(()) } else { Err(Error::BadTicket) };
        assert_eq!(stage.open(key_of(&evidence), ticket, &signature), expected, "receipt {index}, {ticket:?}");
    }
}

/// The customer goes from one account to another.
pub fn rotate(stage: &mut Stage, from: &str, to: &str) {
    let (new, index) = (stage.account(to), stage.customer.index);
    stage.other(from, ContractKind::Registry, "propose_account", &new);
    stage.other(to, ContractKind::Registry, "accept_account", &(Side::Customer, index));
}

/// A key of the customer counts if it was in force as the receipt's epoch
/// opened or as it closed, however many came since. One that its owner gave up
/// in the epoch in which it joined counts nowhere.
pub fn the_customers_keys_of_that_epoch(stage: &mut Stage) {
    let today = stage.epoch();
    rotate(stage, "customer", "key of yesterday");
    stage.network.enter_epoch(today + 1);
    let tickets = [1, 2, 3, 4].map(|nonce| stage.ticket(nonce));
    stage.record(TILL, &tickets.each_ref().map(sale));
    rotate(stage, "key of yesterday", "key of today");
    stage.network.enter_epoch(today + 2);
    rotate(stage, "key of today", "key of tomorrow");
    let signers = ["customer", "key of tomorrow", "key of yesterday", "key of today"];
    for (index, name) in signers.into_iter().enumerate() {
        let evidence = stage.evidence(TILL, today + 1, 0, index as u16);
        stage.demand(&evidence).unwrap();
        let ticket = tickets[index];
        let signature = Actor::named(name).sign(&ticket.signed_bytes());
        let expected = if index < 2 { Err(Error::BadSignature) } else { Ok(()) };
        assert_eq!(stage.open(key_of(&evidence), &ticket, &signature), expected, "by the {name}");
    }
}

/// A ticket may wait 7 epochs for its receipt, so a key counts that was in
/// force at the close of one of the 8 epochs before the receipt's, and no older one.
#[test]
fn a_key_counts_as_long_as_its_tickets_may_wait() {
    let mut stage = Stage::opening(Coverage::default(), 3);
    let last = stage.epoch();
    stage.network.enter_epoch(last + 1);
    rotate(&mut stage, "customer", "the next key");
    for (epochs, expected) in [(8, Ok(())), (9, Err(Error::BadSignature))] {
        let epoch = last + epochs;
        stage.network.enter_epoch(epoch);
        let ticket = Ticket { expiry: epoch, ..stage.ticket(epochs.into()) };
        let signature = stage.signed(&ticket);
        stage.record(TILL, &[sale(&ticket)]);
        stage.network.enter_epoch(epoch + 1);
        let evidence = stage.evidence(TILL, epoch, 0, 0);
        stage.demand(&evidence).unwrap();
        assert_eq!(stage.open(key_of(&evidence), &ticket, &signature), expected, "{epochs} epochs after it");
    }
}

/// There is no epoch before the first, so no key at its opening but that of its close.
#[test]
fn a_receipt_of_epoch_0_is_opened_by_the_key_at_its_close() {
    let mut stage = Stage::opening(Coverage::default(), 0);
    let (ticket, key) = stage.demanded(1);
    rotate(&mut stage, "customer", "key of tomorrow");
    let later = Actor::named("key of tomorrow").sign(&ticket.signed_bytes());
    assert_eq!(stage.open(key, &ticket, &later), Err(Error::BadSignature));
    let signature = stage.signed(&ticket);
    assert_eq!(stage.open(key, &ticket, &signature), Ok(()));
}

pub fn an_ecdsa_wallet(stage: &mut Stage) {
    let (attestor, stranger, today) = (stage.account("attestor 1"), stage.account("stranger"), stage.epoch());
    let wallet = DeviceKey::ecdsa("a wallet");
    let PublicKey::Ecdsa(public) = wallet.public() else { unreachable!() };
    let arguments = (Side::Customer, AccountId::from(blake2x256(&public)), Hash::from([3; 32]), Hash::default());
    let customer: u32 = stage.network.call(attestor, ContractKind::Registry, "register", &arguments).unwrap();
    let ticket = Ticket { customer, ..stage.ticket(1) };
    stage.record(TILL, &[sale(&ticket)]);
    stage.network.enter_epoch(today + 1);
    let evidence = stage.evidence(TILL, today, 0, 0);
    stage.demand(&evidence).unwrap();
    let (device, seq, index): (DeviceId, u64, u16) = key_of(&evidence);
    let good = wallet.sign(&blake2x256(&ticket.signed_bytes()));
    let forged = [
        with_high_s(&good).unwrap(),
        wallet.sign(&ticket.hash()),
        DeviceKey::ecdsa("another wallet").sign(&blake2x256(&ticket.signed_bytes())),
        stage.signed(&ticket),
    ];
    for signature in forged {
        stage.refuses(stranger, "open_receipt", &(device, seq, index, ticket, signature), Error::BadSignature);
    }
    assert_eq!(stage.open((device, seq, index), &ticket, &good), Ok(()));
}

/// To the last millisecond before the end, and the longer by pauses; at the
/// end the same moment shuts the one door and opens the other.
pub fn in_time(stage: &mut Stage) {
    let (admin, stranger) = (stage.account("admin"), stage.account("stranger"));
    let (first, early) = stage.demanded(1);
    let early_ends = stage.network.state.now_ms() + 7 * DAY;
    let (second, late) = stage.demanded(2);
    let late_ends = stage.network.state.now_ms() + 7 * DAY;
    let (_, last) = stage.demanded(3);
    let last_ends = stage.network.state.now_ms() + 7 * DAY;
    // A pause that runs past the early one's end, and was over before by itself.
    stage.network.state.set_time(early_ends - HOUR);
    stage.done(admin, "pause", &(early_ends + HOUR));
    for (key, ends_ms) in [(early, early_ends + 2 * HOUR), (late, late_ends + 2 * HOUR)] {
        assert_eq!(stage.read::<Option<u64>>("opening_ends", &key), Some(ends_ms));
    }
    let signature = stage.signed(&first);
    stage.network.state.set_time(early_ends + 2 * HOUR - 1);
    stage.refuses(stranger, "fail_opening", &early, Error::OpeningRuns);
    let opened = stage.network.rolled_back(|network| {
        let (device, seq, index) = early;
        let arguments = (device, seq, index, first, signature);
        network.call::<()>(stranger, ContractKind::Receipts, "open_receipt", &arguments)
    });
    assert_eq!(opened, Ok(()));
    stage.network.state.set_time(early_ends + 2 * HOUR);
    let (device, seq, index) = early;
    let arguments = (device, seq, index, first, signature);
    stage.refuses(stranger, "open_receipt", &arguments, Error::OpeningOver);
    let arguments = (device, seq, index, second, signature);
    stage.refuses(stranger, "open_receipt", &arguments, Error::OpeningOver);
    stage.fail(early).unwrap();
    let signature = stage.signed(&second);
    stage.network.state.set_time(late_ends + 2 * HOUR - 1);
    stage.refuses(stranger, "fail_opening", &late, Error::OpeningRuns);
    assert_eq!(stage.open(late, &second, &signature), Ok(()));
    assert_eq!(stage.network.bzky_of(stage.shop.account()), BOND, "of the one; of the other a debt of {PENALTY}");
    // A later pause takes nothing of the earlier one away, nor makes longer what is over.
    stage.network.pass(COOL_DOWN_MS);
    stage.done(admin, "pause", &(stage.network.state.now_ms() + DAY));
    assert_eq!(stage.read::<Option<u64>>("opening_ends", &last), Some(last_ends + 2 * HOUR));
    stage.fail(last).unwrap();
}
