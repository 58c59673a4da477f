//! Openings that failed: who is paid what, out of the deposit and as a debt,
//! by the rules of the day of the demand; and what is forgotten when.

use super::stage::{key_of, plain, sale, Stage, BOND, FUNDS, PENALTY, SECOND, TILL};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::receipts::Error,
    events::{DebtBooked, Event, OpeningFailed, ReceiptVoided},
    opening::{failed_opening_reason, Demand, DemandState, OpeningRules},
    party::Deposit,
    receipt::KEPT_HEADS,
    Balance, Hash, Side, MERCHANT_POOL, TOKEN,
};
use bizkey_tests::{sandbox::PENALTY_WINDOW, DAY};

/// What is locked for the till.
fn locked(stage: &mut Stage) -> Balance {
    let id = stage.id(TILL);
    let deposit: Option<Deposit> = stage.network.read(ContractKind::PosDeposit, "deposit_of", &id);
    deposit.map_or(0, |deposit| deposit.amount)
}

fn debt(stage: &mut Stage) -> Balance {
    stage.network.read(ContractKind::Rewards, "debt_of", &(Side::Merchant, stage.shop.index))
}

/// What the doubter, `vault` and `receipts` have beyond what they had at first.
fn gained(stage: &mut Stage) -> (i128, i128, Balance) {
    let at = stage.network.contracts;
    let [doubter, vault, receipts] = stage.bzky_of([stage.account("doubter"), at.vault, at.receipts]);
    (doubter as i128 - FUNDS as i128, vault as i128 - MERCHANT_POOL as i128, receipts)
}

fn tokens(amount: i128) -> i128 {
    amount * TOKEN as i128
}

/// Half to the demander beside its bond, half to `vault`; and the receipt is
/// void. Anybody may state it, once.
pub fn the_penalty_comes_out_of_the_deposit(stage: &mut Stage) {
    let (doubter, merchant) = (stage.account("doubter"), stage.shop.index);
    stage.lock(250 * TOKEN);
    let (ticket, key) = stage.demanded(1);
    let demand = stage.demand_of(key).unwrap();
    let (device, seq, index) = key;
    assert_eq!(gained(stage), (-tokens(10), 0, BOND));
    stage.refuses(doubter, "fail_opening", &key, Error::OpeningRuns);
    stage.refuses(doubter, "fail_opening", &(device, seq, index + 1), Error::NotDemanded);
    stage.wait_out(key);
    for origin in stage.all_but(&[]) {
        let failed = stage
            .network
            .rolled_back(|network| network.call::<()>(origin, ContractKind::Receipts, "fail_opening", &key));
        assert_eq!(failed, Ok(()), "{origin:?}");
    }
    stage.fail(key).unwrap();
    let (taken, debt_now) = (PENALTY, 0);
    let failed = OpeningFailed { device, merchant, seq, index, demander: doubter, taken, debt: debt_now };
    let voided = ReceiptVoided { device, merchant, seq, index };
    assert_eq!(stage.events(), [Event::OpeningFailed(failed), Event::ReceiptVoided(voided)]);
    assert_eq!(gained(stage), (tokens(50), tokens(50), 0));
    assert_eq!((locked(stage), debt(stage)), (150 * TOKEN, 0));
    assert_eq!(stage.demand_of(key), Some(Demand { state: DemandState::Failed, ..demand }));
    assert_eq!(stage.read::<u32>("open_demands", &merchant), 0);
    stage.refuses(doubter, "fail_opening", &key, Error::NotDemanded);
    let signature = stage.signed(&ticket);
    stage.refuses(doubter, "open_receipt", &(device, seq, index, ticket, signature), Error::NotDemanded);
}

/// The demander is paid first, and what the deposit lacks the shop owes. Of
/// such a debt the demander has nothing.
pub fn the_rest_is_debt(stage: &mut Stage) {
    let shop = stage.shop.index;
    let mut owed = 0;
    let mut nonce = 0;
    // Locked, then what demander and vault get.
    for (deposit, to_demander, to_vault) in [(0, 0, 0), (30, 30, 0), (50, 50, 0), (75, 50, 25), (100, 50, 50)] {
        nonce += 1;
        if deposit > 0 {
            stage.lock(deposit * TOKEN);
        }
        let (_, key) = stage.demanded(nonce);
        let (device, seq, index) = key;
        stage.wait_out(key);
        let before = gained(stage);
        stage.fail(key).unwrap();
        let after = gained(stage);
        let gain = (after.0 - before.0 - tokens(10), after.1 - before.1);
        assert_eq!(gain, (tokens(to_demander), tokens(to_vault)), "of {deposit} Bzky");
        let missing = PENALTY - deposit * TOKEN;
        owed += missing;
        assert_eq!((locked(stage), debt(stage)), (0, owed));
        let reason = Hash::from(failed_opening_reason(device, seq, index));
        let booked = DebtBooked { side: Side::Merchant, index: shop, amount: missing, reason };
        let debts: Vec<_> =
            stage.network.events.iter().filter(|event| matches!(event, Event::DebtBooked(_))).cloned().collect();
        let expected = if missing > 0 { vec![Event::DebtBooked(booked)] } else { vec![] };
        assert_eq!(debts, expected);
        let taken = deposit * TOKEN;
        let told = stage.events().into_iter().find_map(|event| match event {
            Event::OpeningFailed(failed) => Some((failed.taken, failed.debt)),
            _ => None,
        });
        assert_eq!(told, Some((taken, missing)));
    }
}

/// Bond, penalty and time of a demand stay as they were; an odd penalty's half
/// is rounded down for the demander; a penalty of nothing takes nothing.
pub fn rules_are_those_of_the_day_of_the_demand(stage: &mut Stage) {
    let admin = stage.account("admin");
    stage.lock(250 * TOKEN);
    let (_, first) = stage.demanded(1);
    let since_ms = stage.network.state.now_ms();
    stage.done(admin, "set_opening_rules", &OpeningRules { bond: 3, penalty: 7, epochs: 1 });
    let (_, second) = stage.demanded(2);
    let second_since_ms = stage.network.state.now_ms();
    stage.done(admin, "set_opening_rules", &OpeningRules { bond: 5, penalty: 0, epochs: 30 });
    let (_, third) = stage.demanded(3);
    let third_since_ms = stage.network.state.now_ms();
    assert_eq!(gained(stage), (-tokens(10) - 8, 0, BOND + 8));
    for (key, ends_ms, to_demander, to_vault) in [
        (second, second_since_ms + DAY, 3 + 3, 4),
        (first, since_ms + 7 * DAY, tokens(10 + 50), tokens(50)),
        (third, third_since_ms + 30 * DAY, 5, 0),
    ] {
        stage.network.state.set_time(ends_ms - 1);
        assert_eq!(stage.fail(key), Err(Error::OpeningRuns));
        stage.network.state.set_time(ends_ms);
        let before = gained(stage);
        stage.fail(key).unwrap();
        let after = gained(stage);
        assert_eq!((after.0 - before.0, after.1 - before.1), (to_demander, to_vault));
    }
    assert_eq!((locked(stage), debt(stage)), (150 * TOKEN - 7, 0));
}

/// A demander that has another account now is paid there; and a deposit that
/// went over to another number answers for the old one for a while.
pub fn whom_it_is_paid_to(stage: &mut Stage) {
    let [customer, next] = ["customer", "the customer's next"].map(|name| stage.account(name));
    let (till, admin) = (stage.id(TILL), stage.account("admin"));
    stage.lock(250 * TOKEN);
    stage.network.give(customer, BOND);
    stage.network.approve(customer, stage.network.contracts.receipts, BOND);
    stage.done(admin, "set_opening_rules", &OpeningRules { epochs: 1, ..OpeningRules::default() });
    let (_, evidence) = stage.sold(1);
    stage.done(customer, "demand_opening", &evidence);
    super::openings::rotate(stage, "customer", "the customer's next");
    // The till becomes the second one, and its deposit goes with it.
    let second = stage.id(SECOND);
    stage.other("shop", ContractKind::PosDeposit, "offer_transfer", &(till, Some(second)));
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    stage.other("admin", ContractKind::PosDeposit, "confirm_transfer", &(till, second));
    stage.wait_out(key_of(&evidence));
    stage.fail(key_of(&evidence)).unwrap();
    assert_eq!(stage.bzky_of([customer, next]), [0, 60 * TOKEN]);
    assert_eq!(debt(stage), 0);
    let deposit: Option<Deposit> = stage.network.read(ContractKind::PosDeposit, "deposit_of", &second);
    assert_eq!(deposit.map(|deposit| deposit.amount), Some(150 * TOKEN));
}

/// Once given back a deposit answers for nothing, so it is not while a demand
/// against its shop is open, whichever device that is about.
pub fn a_deposit_waits_for_open_demands(stage: &mut Stage) {
    let (till, shop, stranger) = (stage.id(TILL), stage.shop.account(), stage.account("stranger"));
    stage.lock(150 * TOKEN);
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    stage.other("admin", ContractKind::PosDeposit, "confirm_return", &till);
    stage.network.state.set_time(stage.network.state.now_ms() + PENALTY_WINDOW - DAY);
    let epoch = stage.epoch();
    let ticket = stage.ticket(1);
    stage.record(SECOND, &[sale(&ticket)]);
    stage.network.enter_epoch(epoch + 1);
    let evidence = stage.evidence(SECOND, epoch, 0, 0);
    stage.demand(&evidence).unwrap();
    let release = |stage: &mut Stage| {
        let done: Result<(), _> = stage.network.call(stranger, ContractKind::PosDeposit, "release", &till);
        done.map_err(|error| error.name())
    };
    stage.network.pass(4 * DAY);
    assert_eq!(release(stage), Err("DemandOpen".to_owned()));
    stage.wait_out(key_of(&evidence));
    assert_eq!(release(stage), Err("DemandOpen".to_owned()), "nobody has stated yet that it failed");
    stage.fail(key_of(&evidence)).unwrap();
    // The second device has no deposit of its own: all is debt, and the till's goes back.
    assert_eq!((debt(stage), locked(stage)), (PENALTY, 150 * TOKEN));
    assert_eq!(release(stage), Ok(()));
    assert_eq!(stage.network.bzky_of(shop), 150 * TOKEN);
}

/// A settled demand can be forgotten from the 33rd epoch after its receipt's
/// on, an open one never.
pub fn a_settled_demand_is_forgotten(stage: &mut Stage) {
    let (stranger, admin, today) = (stage.account("stranger"), stage.account("admin"), stage.epoch());
    stage.refuses(stranger, "forget_demand", &(1u32, 0u64, 0u16), Error::NotDemanded);
    let (ticket, opened) = stage.demanded(1);
    let signature = stage.signed(&ticket);
    stage.open(opened, &ticket, &signature).unwrap();
    // Both are of the next epoch; one is demanded as late as can be.
    stage.done(admin, "set_opening_rules", &OpeningRules { epochs: 30, ..OpeningRules::default() });
    let tickets = [2, 3].map(|nonce| stage.ticket(nonce));
    stage.record(TILL, &tickets.each_ref().map(sale));
    stage.record_as(TILL, 1, plain(1));
    let [failed, late] = [0, 1].map(|index| stage.evidence(TILL, today + 1, 0, index));
    stage.network.enter_epoch(today + 2);
    stage.demand(&failed).unwrap();
    stage.network.enter_epoch(today + KEPT_HEADS);
    for key in [opened, key_of(&failed)] {
        stage.refuses(stranger, "forget_demand", &key, Error::DemandKept);
    }
    stage.wait_out(key_of(&failed));
    stage.fail(key_of(&failed)).unwrap();
    stage.refuses(stranger, "forget_demand", &key_of(&failed), Error::DemandKept);
    let end_ms = stage.network.calendar.end_ms(today + KEPT_HEADS);
    stage.network.state.set_time(end_ms - 1);
    stage.refuses(stranger, "forget_demand", &opened, Error::DemandKept);
    stage.network.state.set_time(end_ms);
    stage.done(stranger, "forget_demand", &opened);
    assert_eq!(stage.demand_of(opened), None);
    stage.refuses(stranger, "forget_demand", &opened, Error::NotDemanded);
    stage.refuses(stranger, "forget_demand", &key_of(&failed), Error::DemandKept);
    stage.demand(&late).unwrap();
    stage.network.enter_epoch(today + KEPT_HEADS + 2);
    stage.done(stranger, "forget_demand", &key_of(&failed));
    for _ in 0..2 {
        stage.refuses(stranger, "forget_demand", &key_of(&late), Error::DemandKept);
        stage.network.pass(40 * DAY);
    }
    assert_eq!(stage.read::<u32>("open_demands", &stage.shop.index.clone()), 1);
    stage.fail(key_of(&late)).unwrap();
    stage.done(stranger, "forget_demand", &key_of(&late));
}
