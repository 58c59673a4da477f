//! What somebody could gain by demands, and does not.

use super::{
    openings::rotate,
    stage::{key_of, receipt, sale, Stage, AMOUNT, BOND, PENALTY, SECOND, TILL},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::receipts::Error, events::Event, opening::OpeningRules, ticket::Ticket, AccountId, Balance, Hash, Side,
    TOKEN,
};
use bizkey_tests::{
    sandbox::{Actor, PENALTY_WINDOW},
    DAY, HOUR,
};

/// Who demands the shop's own receipts only moves its money about.
#[test]
fn a_shop_gains_nothing_by_demands_of_its_own() {
    let mut stage = Stage::with(Default::default());
    let shop = stage.shop.account();
    stage.lock(200 * TOKEN);
    stage.network.give(shop, BOND);
    stage.network.approve(shop, stage.network.contracts.receipts, BOND);
    let (_, evidence) = stage.sold(1);
    stage.done(shop, "demand_opening", &evidence);
    stage.wait_out(key_of(&evidence));
    stage.fail(key_of(&evidence)).unwrap();
    assert_eq!(stage.network.bzky_of(shop), BOND + PENALTY / 2, "half of its own deposit is gone to the vault");
}

/// Registers the actor "agent" as one, which locks `amount` for the till.
fn lock_by_agent(stage: &mut Stage, amount: Balance) -> AccountId {
    let (agent, till, pos_deposit) = (stage.account("agent"), stage.id(TILL), stage.network.contracts.pos_deposit);
    let attestor = stage.account("attestor 1");
    let papers = (agent, Hash::from([5; 32]), Hash::default());
    let registered: Result<u32, _> = stage.network.call(attestor, ContractKind::Registry, "register_agent", &papers);
    registered.unwrap();
    stage.other("shop", ContractKind::PosDeposit, "set_agent", &(till, Some(agent)));
    stage.network.give(agent, amount);
    stage.network.approve(agent, pos_deposit, amount);
    stage.other("agent", ContractKind::PosDeposit, "lock", &(till, amount));
    agent
}

/// A shop that invents a receipt and has a friend demand it turns half of the
/// penalty into its friend's money, at its agent's cost: 50 Bzky for each
/// receipt, until the agent's deposit is used up.
#[test]
fn a_shop_gains_nothing_at_its_agents_cost() {
    let mut stage = Stage::with(Default::default());
    let (friend, today) = (stage.account("friend"), stage.epoch());
    lock_by_agent(&mut stage, 500 * TOKEN);
    stage.network.give(friend, 5 * BOND);
    stage.network.approve(friend, stage.network.contracts.receipts, 5 * BOND);
    let customer = stage.customer.index;
    let invented: Vec<_> = (1..=5).map(|number| receipt(customer, AMOUNT, [number; 16])).collect();
    stage.record(TILL, &invented);
    stage.network.enter_epoch(today + 1);
    let keys = [0, 1, 2, 3, 4].map(|index| {
        let evidence = stage.evidence(TILL, today, 0, index);
        stage.done(friend, "demand_opening", &evidence);
        key_of(&evidence)
    });
    stage.wait_out(keys[0]);
    for key in keys {
        stage.fail(key).unwrap();
    }
    let shops: Balance = stage.network.bzky_of(friend) - 5 * BOND;
    assert_eq!(shops, 0, "the agent's deposit of 500 Bzky is gone");
}

/// A customer that could change its key twice on the day of a purchase would
/// sign with the key in the middle, which counts neither at the day's opening
/// nor at its close, then demand, and earn half of the penalty.
#[test]
fn a_customer_cannot_make_a_true_receipt_fail_by_changing_keys_twice() {
    let mut stage = Stage::with(Default::default());
    let today = stage.epoch();
    stage.network.enter_epoch(today + 1);
    rotate(&mut stage, "customer", "key at noon");
    let ticket = stage.ticket(1);
    let signature = Actor::named("key at noon").sign(&ticket.signed_bytes());
    let at_the_till: Option<AccountId> =
        stage.network.read(ContractKind::Registry, "account_of", &(Side::Customer, ticket.customer));
    assert_eq!(at_the_till, Some(stage.account("key at noon")), "the till sees a good ticket");
    stage.record(TILL, &[sale(&ticket)]);
    let night = stage.account("key at night");
    stage.other("key at noon", ContractKind::Registry, "propose_account", &night);
    let arguments = (Side::Customer, ticket.customer);
    let second: Result<(), _> = stage.network.call(night, ContractKind::Registry, "accept_account", &arguments);
    assert_eq!(second.map_err(|error| error.name()), Err("ChangedThisEpoch".to_owned()));
    stage.network.enter_epoch(today + 2);
    rotate(&mut stage, "key at noon", "key at night");
    let evidence = stage.evidence(TILL, today + 1, 0, 0);
    stage.demand(&evidence).unwrap();
    assert_eq!(stage.open(key_of(&evidence), &ticket, &signature), Ok(()));
}

/// A sale before midnight whose batch comes on chain after it, of a customer
/// that changes its key in between: the ticket is in force, its key is neither
/// of the receipt's epoch nor of the end of the one before.
#[test]
fn a_customer_cannot_make_a_true_receipt_fail_by_changing_keys_before_midnight() {
    let mut stage = Stage::with(Default::default());
    // The customer joined the day before.
    let today = stage.epoch() + 1;
    stage.network.state.set_time(stage.network.calendar.end_ms(today) - HOUR);
    let ticket = stage.ticket(1);
    let signature = stage.signed(&ticket);
    rotate(&mut stage, "customer", "key at midnight");
    stage.network.enter_epoch(today + 1);
    stage.record(TILL, &[sale(&ticket)]);
    stage.network.enter_epoch(today + 2);
    let evidence = stage.evidence(TILL, today + 1, 0, 0);
    stage.demand(&evidence).unwrap();
    assert_eq!(stage.open(key_of(&evidence), &ticket, &signature), Ok(()));
}

/// The till's number goes over to the second one with its deposit.
fn go_over(stage: &mut Stage) {
    let (till, second) = (stage.id(TILL), stage.id(SECOND));
    stage.other("shop", ContractKind::PosDeposit, "offer_transfer", &(till, Some(second)));
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    stage.other("admin", ContractKind::PosDeposit, "confirm_transfer", &(till, second));
}

/// What the last failed opening took from the deposit.
fn taken(stage: &Stage) -> Option<Balance> {
    stage.events().into_iter().find_map(|event| match event {
        Event::OpeningFailed(failed) => Some(failed.taken),
        _ => None,
    })
}

/// By default the time to open is as long as the penalty window. So a demand
/// that is made after a transfer never reaches the deposit that "answers for
/// both": when it has failed, the window is over. A shop whose receipts are
/// forged gives its terminal a new number, keeps the deposit and goes on.
#[test]
fn a_deposit_that_went_over_pays_for_demands_made_in_the_penalty_window() {
    let mut stage = Stage::with(Default::default());
    stage.lock(200 * TOKEN);
    let (_, evidence) = stage.sold(1);
    go_over(&mut stage);
    stage.network.pass(HOUR);
    stage.demand(&evidence).unwrap();
    stage.wait_out(key_of(&evidence));
    stage.fail(key_of(&evidence)).unwrap();
    assert_eq!(taken(&stage), Some(PENALTY));
}

/// The same where the demand came first: with a longer time to open the shop
/// need only answer it by a transfer. A deposit that goes back waits for open
/// demands; one that goes over does not.
#[test]
fn a_transfer_frees_a_deposit_of_no_open_demand() {
    let mut stage = Stage::with(Default::default());
    let rules = OpeningRules { epochs: 14, ..OpeningRules::default() };
    stage.done(stage.account("admin"), "set_opening_rules", &rules);
    stage.lock(200 * TOKEN);
    let (_, key) = stage.demanded(1);
    go_over(&mut stage);
    stage.wait_out(key);
    stage.fail(key).unwrap();
    assert_eq!(taken(&stage), Some(PENALTY));
}

/// The deposit that went over is given back after its own window, while a
/// demand against the first shop, made in time, is open.
#[test]
fn a_deposit_does_not_leave_by_way_of_another_shop() {
    let mut stage = Stage::with(Default::default());
    let (till, foreign) = (stage.id(TILL), stage.id(super::stage::FOREIGN));
    let agent = lock_by_agent(&mut stage, 200 * TOKEN);
    let (_, evidence) = stage.sold(1);
    stage.other("neighbour", ContractKind::PosDeposit, "set_agent", &(foreign, Some(agent)));
    stage.other("agent", ContractKind::PosDeposit, "offer_transfer", &(till, Some(foreign)));
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    stage.other("neighbour", ContractKind::Registry, "retire_device", &foreign);
    stage.other("admin", ContractKind::PosDeposit, "confirm_transfer", &(till, foreign));
    stage.other("admin", ContractKind::PosDeposit, "confirm_return", &foreign);
    stage.network.pass(DAY);
    stage.demand(&evidence).unwrap();
    stage.network.pass(PENALTY_WINDOW - DAY);
    let stranger = stage.account("stranger");
    let released: Result<(), _> = stage.network.call(stranger, ContractKind::PosDeposit, "release", &foreign);
    assert_eq!(released.map_err(|error| error.name()), Err("WindowOpen".to_owned()));
    stage.wait_out(key_of(&evidence));
    stage.fail(key_of(&evidence)).unwrap();
    assert_eq!(taken(&stage), Some(PENALTY));
}

/// A ticket cannot be signed after the fact for a receipt that was invented:
/// the receipt holds its hash already.
#[test]
fn a_friendly_customer_cannot_mend_an_invented_receipt() {
    let mut stage = Stage::with(Default::default());
    let (today, customer) = (stage.epoch(), stage.customer.index);
    stage.record(TILL, &[receipt(customer, AMOUNT, [9; 16])]);
    stage.network.enter_epoch(today + 1);
    let evidence = stage.evidence(TILL, today, 0, 0);
    stage.demand(&evidence).unwrap();
    for nonce in 0..50 {
        let ticket = Ticket { expiry: today + 1, ..stage.ticket(nonce) };
        let signature = stage.signed(&ticket);
        assert_eq!(stage.open(key_of(&evidence), &ticket, &signature), Err(Error::BadTicket));
    }
}
