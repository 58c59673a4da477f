//! Demands: what can be demanded, by whom, when, at what price, and once.

use super::stage::{
    key_of, own, payload, receipt, sale, Stage, AMOUNT, BOND, FUNDS, KIND, PENALTY, SECOND, TILL, UNKNOWN,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::receipts::Action,
    errors::receipts::Error,
    events::{Event, ReceiptDemanded},
    opening::{Demand, DemandState, Evidence, OpeningRules, MAX_OPEN_DEMANDS},
    receipt::{Receipt, KEPT_HEADS},
    Balance, Epoch, Hash, TOKEN,
};
use bizkey_tests::DAY;

pub fn a_demand(stage: &mut Stage) {
    let (doubter, receipts, today) = (stage.account("doubter"), stage.network.contracts.receipts, stage.epoch());
    stage.record(TILL, &[receipt(0, 7, [0; 16])]);
    let (ticket, evidence) = stage.sold(1);
    let (key, merchant) = (key_of(&evidence), stage.shop.index);
    assert_eq!(stage.demand_of(key), None);
    assert_eq!(stage.read::<Option<u64>>("opening_ends", &key), None);
    stage.demand(&evidence).unwrap();
    let since_ms = stage.network.state.now_ms();
    let customer = stage.customer.index;
    let demanded = ReceiptDemanded {
        device: evidence.device,
        merchant,
        seq: 1,
        index: 0,
        epoch: today,
        customer,
        demander: doubter,
        bond: BOND,
        until_ms: since_ms + 7 * DAY,
    };
    assert_eq!(stage.events(), [Event::ReceiptDemanded(demanded)]);
    let demand = Demand {
        demander: doubter,
        bond: BOND,
        penalty: PENALTY,
        since_ms,
        window_ms: 7 * DAY,
        merchant,
        epoch: today,
        customer,
        amount: AMOUNT,
        reference: ticket.reference(),
        state: DemandState::Open,
    };
    assert_eq!(stage.demand_of(key), Some(demand));
    assert_eq!(stage.read::<Option<u64>>("opening_ends", &key), Some(since_ms + 7 * DAY));
    assert_eq!(stage.read::<u32>("open_demands", &merchant), 1);
    assert_eq!(stage.read::<u32>("open_demands", &stage.neighbour.index.clone()), 0);
    assert_eq!(stage.bzky_of([doubter, receipts]), [FUNDS - BOND, BOND]);
    let allowance: Balance = stage.network.read(ContractKind::Bzky, "PSP22::allowance", &(doubter, receipts));
    assert_eq!(allowance, FUNDS - BOND);
}

/// A receipt with customer and reference that the batch announces and that
/// can be read; also of a device that was stopped since, by anybody.
pub fn what_can_be_demanded(stage: &mut Stage) {
    let (today, registry) = (stage.epoch(), stage.network.contracts.registry);
    let [first, second, third] = [1, 2, 3].map(|nonce| stage.ticket(nonce));
    let receipts = [
        receipt(0, AMOUNT, first.reference()),
        receipt(1, AMOUNT, [0; 16]),
        sale(&first),
        receipt(1, u64::MAX, second.reference()),
        sale(&third),
    ];
    let (payload, count) = (payload(&receipts), receipts.len() as u16);
    stage.record_as(TILL, count, payload.clone());
    stage.record_as(TILL, count - 1, payload.clone());
    stage.record_as(TILL, count, payload[..payload.len() - 1].to_vec());
    stage.record_as(TILL, count, [&[2], &payload[1..]].concat());
    stage.record_as(TILL, 2, vec![0xff; 60]);
    stage.record_as(TILL, count, [&payload[..], &[1, 2, 3]].concat());
    stage.network.enter_epoch(today + 1);
    stage.done(registry, "retire_device", &stage.id(TILL));
    // By batch: which of its receipts can be.
    for (position, good) in [&[2, 3, 4][..], &[2, 3], &[2, 3], &[], &[], &[2, 3, 4]].into_iter().enumerate() {
        for index in [0, 1, 2, 3, 4, 5, u16::MAX] {
            let evidence = stage.evidence(TILL, today, position, index);
            let expected = if good.contains(&index) { Ok(()) } else { Err(Error::NoTicket) };
            let demanded = stage.network.rolled_back(|network| {
                let doubter = network.actor("doubter").account();
                network.call::<()>(doubter, KIND, "demand_opening", &evidence).map_err(own)
            });
            assert_eq!(demanded, expected, "batch {position}, receipt {index}");
        }
    }
    let evidence = stage.evidence(TILL, today, 0, 2);
    let receipts = stage.network.contracts.receipts;
    for origin in stage.all_but(&[]) {
        stage.network.give(origin, BOND);
        stage.network.approve(origin, receipts, BOND);
        let demanded = stage.network.rolled_back(|network| {
            let demanded = network.call::<()>(origin, KIND, "demand_opening", &evidence).map_err(own);
            (demanded, network.bzky_of(origin))
        });
        assert_eq!(demanded.0, Ok(()), "anybody can, also the shop: {origin:?}");
    }
}

/// Everything is wrong with a demand at first; each wrong thing is mended once
/// it was told.
pub fn the_first_error_is_told(stage: &mut Stage) {
    let (pauper, today) = (stage.account("pauper"), stage.epoch());
    stage.done(stage.account("admin"), "set_opening_rules", &OpeningRules { bond: 1, ..OpeningRules::default() });
    let tickets: Vec<_> = (0..=MAX_OPEN_DEMANDS).map(|nonce| stage.ticket(nonce.into())).collect();
    let mut receipts: Vec<Receipt> = tickets.iter().map(sale).collect();
    receipts.push(receipt(0, 1, [0; 16]));
    let nobodys = receipts.len() as u16 - 1;
    stage.record(TILL, &receipts);
    stage.network.enter_epoch(today + 1);
    for index in 0..MAX_OPEN_DEMANDS as u16 {
        stage.demand(&stage.evidence(TILL, today, 0, index)).unwrap();
    }
    let mut evidence = stage.evidence(TILL, today, 0, nobodys);
    let till = evidence.device;
    evidence = Evidence { device: UNKNOWN, epoch: today + 1, head_before: [1; 32], ..evidence };
    stage.refuses(pauper, "demand_opening", &evidence, Error::UnknownDevice);
    evidence.device = till;
    stage.refuses(pauper, "demand_opening", &evidence, Error::EpochNotKept);
    evidence.epoch = today;
    stage.refuses(pauper, "demand_opening", &evidence, Error::BadEvidence);
    evidence.head_before = [0; 32];
    stage.refuses(pauper, "demand_opening", &evidence, Error::NoTicket);
    evidence.index = 5;
    stage.refuses(pauper, "demand_opening", &evidence, Error::TooManyDemands);
    let signature = stage.signed(&tickets[7]);
    stage.open((till, 0, 7), &tickets[7], &signature).unwrap();
    stage.refuses(pauper, "demand_opening", &evidence, Error::AlreadyDemanded);
    evidence.index = MAX_OPEN_DEMANDS as u16;
    stage.refuses(pauper, "demand_opening", &evidence, Error::PaymentRefused);
    // Bzky alone is not enough, nor is an allowance.
    let bond: Balance = stage.read::<Option<Balance>>("demand_bond", &stage.shop.index.clone()).unwrap();
    stage.network.give(pauper, bond);
    stage.refuses(pauper, "demand_opening", &evidence, Error::PaymentRefused);
    stage.network.approve(pauper, stage.network.contracts.receipts, bond - 1);
    stage.refuses(pauper, "demand_opening", &evidence, Error::PaymentRefused);
    stage.network.approve(pauper, stage.network.contracts.receipts, bond);
    stage.done(pauper, "demand_opening", &evidence);
    assert_eq!(stage.network.bzky_of(pauper), 0);
}

/// Neither while it is open, nor opened, nor failed, nor forgotten; by nobody.
pub fn once_ever(stage: &mut Stage) {
    let (doubter, shop) = (stage.account("doubter"), stage.shop.account());
    stage.network.give(shop, FUNDS);
    stage.network.approve(shop, stage.network.contracts.receipts, FUNDS);
    let (ticket, opened) = stage.sold(1);
    let (_, failed) = stage.sold(2);
    let today = stage.epoch();
    for evidence in [&opened, &failed] {
        stage.demand(evidence).unwrap();
        for again in [doubter, shop] {
            stage.refuses(again, "demand_opening", evidence, Error::AlreadyDemanded);
        }
    }
    let signature = stage.signed(&ticket);
    stage.open(key_of(&opened), &ticket, &signature).unwrap();
    stage.wait_out(key_of(&failed));
    stage.fail(key_of(&failed)).unwrap();
    for evidence in [&opened, &failed] {
        stage.refuses(doubter, "demand_opening", evidence, Error::AlreadyDemanded);
    }
    stage.network.enter_epoch(today + KEPT_HEADS + 1);
    for evidence in [&opened, &failed] {
        let key = key_of(evidence);
        stage.done(doubter, "forget_demand", &key);
        stage.refuses(doubter, "demand_opening", evidence, Error::EpochNotKept);
    }
}

/// From the first millisecond after a receipt's epoch to the last one of the
/// 32nd epoch after it, also where the device recorded in all of them.
pub fn the_last_32_closed_epochs(stage: &mut Stage) {
    let today = stage.epoch();
    let ticket = stage.ticket(1);
    stage.record(TILL, &[sale(&ticket)]);
    stage.record(SECOND, &[sale(&ticket)]);
    let evidence = [TILL, SECOND].map(|device| stage.evidence(device, today, 0, 0));
    let calendar = stage.network.calendar;
    let doubter = stage.account("doubter");
    let expect = |stage: &mut Stage, expected: Result<(), Error>| {
        for shown in &evidence {
            let demanded = stage
                .network
                .rolled_back(|network| network.call::<()>(doubter, KIND, "demand_opening", shown).map_err(own));
            assert_eq!(demanded, expected, "seen from epoch {}", stage.epoch());
        }
    };
    stage.network.state.set_time(calendar.end_ms(today) - 1);
    expect(stage, Err(Error::EpochNotKept));
    stage.network.state.set_time(calendar.end_ms(today));
    expect(stage, Ok(()));
    // The second device records no more, the till in each epoch.
    for epoch in today + 1..=today + KEPT_HEADS {
        stage.network.enter_epoch(epoch);
        expect(stage, Ok(()));
        stage.record(TILL, &[sale(&ticket)]);
        expect(stage, Ok(()));
    }
    stage.network.state.set_time(calendar.end_ms(today + KEPT_HEADS) - 1);
    expect(stage, Ok(()));
    stage.network.state.set_time(calendar.end_ms(today + KEPT_HEADS));
    expect(stage, Err(Error::EpochNotKept));
    let heads = |stage: &mut Stage, device: usize| {
        let id = stage.id(device);
        let kept = |epoch: &Epoch| stage.read::<Option<Hash>>("head", &(id, *epoch)).is_some();
        (today..today + KEPT_HEADS + 5).filter(kept).collect::<Vec<_>>()
    };
    assert_eq!(heads(stage, TILL), (today + 1..=today + KEPT_HEADS).collect::<Vec<_>>());
    assert!(heads(stage, SECOND).is_empty());
    // An epoch in which a device recorded nothing, and those there cannot be.
    for epoch in [today + 1, today + KEPT_HEADS + 1, u32::MAX, u32::MAX - 1, 0] {
        let shown = Evidence { epoch, ..evidence[1].clone() };
        stage.refuses(doubter, "demand_opening", &shown, Error::EpochNotKept);
    }
}

/// It doubles with every 16 that are open against the shop, to the 256th.
pub fn the_bond_rises_with_open_demands(stage: &mut Stage) {
    /// The sum of all bonds: 16 at each of 16 prices.
    const ALL: Balance = 16 * 10 * TOKEN * 65_535;
    let (doubter, receipts, today) = (stage.account("doubter"), stage.network.contracts.receipts, stage.epoch());
    let (shop, neighbour) = (stage.shop.index, stage.neighbour.index);
    stage.network.give(doubter, ALL);
    stage.network.approve(doubter, receipts, ALL + FUNDS);
    let tickets: Vec<_> = (0..=u64::from(MAX_OPEN_DEMANDS)).map(|nonce| stage.ticket(nonce)).collect();
    let sales: Vec<Receipt> = tickets.iter().map(sale).collect();
    // Of both devices: it is the shop that counts.
    stage.record(TILL, &sales[..200]);
    stage.record(SECOND, &sales[200..]);
    stage.network.enter_epoch(today + 1);
    let shown = |stage: &Stage, number: u16| match number {
        0..200 => stage.evidence(TILL, today, 0, number),
        _ => stage.evidence(SECOND, today, 0, number - 200),
    };
    let price = |stage: &mut Stage, merchant: u32| stage.read::<Option<Balance>>("demand_bond", &merchant);
    for number in 0..MAX_OPEN_DEMANDS {
        assert_eq!(price(stage, shop), Some(BOND << (number / 16)));
        let before = stage.network.bzky_of(doubter);
        stage.demand(&shown(stage, number as u16)).unwrap();
        assert_eq!(before - stage.network.bzky_of(doubter), BOND << (number / 16));
    }
    assert_eq!(stage.bzky_of([doubter, receipts]), [FUNDS, ALL]);
    assert_eq!((price(stage, shop), price(stage, neighbour)), (None, Some(BOND)));
    let next = shown(stage, MAX_OPEN_DEMANDS as u16);
    stage.refuses(doubter, "demand_opening", &next, Error::TooManyDemands);
    // A settled one makes room, at the price of the last.
    let signature = stage.signed(&tickets[3]);
    stage.open((stage.id(TILL), 0, 3), &tickets[3], &signature).unwrap();
    assert_eq!(stage.read::<u32>("open_demands", &shop), MAX_OPEN_DEMANDS - 1);
    assert_eq!(price(stage, shop), Some(BOND << 15));
    stage.refuses(doubter, "demand_opening", &next, Error::PaymentRefused);
}

pub fn signed(stage: &mut Stage) {
    let (_, evidence) = stage.sold(1);
    let (_, other) = stage.sold(2);
    let doubter = stage.network.actor("doubter");
    let (action, other) = (Action::DemandOpening(evidence.clone()), Action::DemandOpening(other));
    stage.network.relay_as_called(KIND, &doubter, ("demand_opening", &evidence), &action, &other);
    let demand = stage.demand_of(key_of(&evidence)).unwrap();
    assert_eq!(demand.demander, doubter.account(), "the bond is the signer's");
    // Who carries it pays nothing, and cannot be made to.
    let relayer = stage.account("relayer");
    assert_eq!(stage.network.bzky_of(relayer), 0);
}
