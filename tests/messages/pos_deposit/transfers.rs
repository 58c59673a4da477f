//! A terminal that gets another number: what becomes of its deposit.

use super::stage::{Stage, ANSWERS, FIRST, FOURTH, FUNDS, SECOND, THIRD, UNKNOWN};
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DeviceTransferred, Event, ReturnConfirmed, TransferOffered},
    party::Deposit,
    Balance, DeviceId, TOKEN,
};
use bizkey_tests::{sandbox::PENALTY_WINDOW, DAY};

fn offer_of(stage: &mut Stage, device: DeviceId) -> Option<DeviceId> {
    stage.read("offer_of", &device)
}

/// The depositor's alone to make and to take back; a confirmed return ends it.
pub fn offers(stage: &mut Stage) {
    let (device, second, third) = (stage.id(FIRST), stage.id(SECOND), stage.id(THIRD));
    let agent = stage.account("agent");
    stage.refuses("shop", "offer_transfer", &(device, Some(second)), Error::NoDeposit);
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, TOKEN);
    stage.only(&[agent], "offer_transfer", &(device, Some(second)), Error::NotDepositor);
    stage.only(&[agent], "offer_transfer", &(device, None::<DeviceId>), Error::NotDepositor);
    stage.refuses("agent", "offer_transfer", &(device, Some(device)), Error::SameDevice);
    for to in [Some(second), Some(third), None, Some(UNKNOWN)] {
        stage.done("agent", "offer_transfer", &(device, to));
        stage.said(&[Event::TransferOffered(TransferOffered { device, to })]);
        assert_eq!(offer_of(stage, device), to);
        stage.done("agent", "offer_transfer", &(device, to));
        stage.said(&[]);
    }
    stage.give_back(FIRST);
    assert_eq!(offer_of(stage, device), None);
    stage.refuses("agent", "offer_transfer", &(device, Some(second)), Error::ReturnConfirmed);
}

/// Everything is wrong with a transfer at first; each wrong thing is mended
/// once it was told.
pub fn the_first_error_is_told(stage: &mut Stage) {
    let [first, second, third, fourth] = [FIRST, SECOND, THIRD, FOURTH].map(|device| stage.id(device));
    stage.done("admin", "set_schedule", &(1u8, Some(2 * TOKEN)));
    for device in [second, third] {
        stage.done("admin", "assign_class", &(device, 1u8));
    }
    let refuses = |stage: &mut Stage, to: DeviceId, error: Error| {
        stage.refuses("admin", "confirm_transfer", &(first, to), error);
    };
    let offer = |stage: &mut Stage, to: DeviceId| stage.done("agent", "offer_transfer", &(first, Some(to)));
    stage.refuses("shop", "confirm_transfer", &(first, UNKNOWN), Error::NotPlatform);
    refuses(stage, UNKNOWN, Error::NoDeposit);
    for device in [FIRST, FOURTH] {
        stage.name_agent(device, "agent");
        stage.lock("agent", device, TOKEN);
        stage.give_back(device);
    }
    refuses(stage, UNKNOWN, Error::ReturnConfirmed);
    stage.network.pass(PENALTY_WINDOW);
    stage.done("agent", "release", &first);
    stage.switch(FIRST, true);
    stage.lock("agent", FIRST, TOKEN);
    refuses(stage, UNKNOWN, Error::NotOffered);
    offer(stage, third);
    refuses(stage, UNKNOWN, Error::NotOffered);
    offer(stage, UNKNOWN);
    refuses(stage, UNKNOWN, Error::DeviceActive);
    stage.switch(FIRST, false);
    refuses(stage, UNKNOWN, Error::UnknownDevice);
    // Where the depositor could not lock it cannot move it either.
    for device in [third, second] {
        offer(stage, device);
        refuses(stage, device, Error::NotDeviceMerchant);
    }
    stage.name_agent(THIRD, "other agent");
    offer(stage, third);
    refuses(stage, third, Error::NotDeviceMerchant);
    stage.name_agent(THIRD, "agent");
    refuses(stage, third, Error::BelowSchedule);
    // A number whose own deposit is on its way back takes the place of none.
    offer(stage, fourth);
    refuses(stage, fourth, Error::ReturnConfirmed);
    offer(stage, third);
    stage.lock("agent", FIRST, TOKEN);
    stage.done("admin", "confirm_transfer", &(first, third));
    stage.refuses("admin", "confirm_transfer", &(first, third), Error::NoDeposit);
    // And back it cannot go while it answers for the number that it left.
    stage.switch(THIRD, false);
    stage.done("agent", "offer_transfer", &(third, Some(first)));
    stage.refuses("admin", "confirm_transfer", &(third, first), Error::DepositMoved);
    stage.network.pass(ANSWERS);
    stage.refuses("admin", "confirm_transfer", &(third, first), Error::DepositMoved);
}

/// To a number without one: the same deposit, of the same depositor, counted
/// once and released by the new number's return alone.
pub fn a_deposit_goes_over(stage: &mut Stage) {
    let [first, second, third] = [FIRST, SECOND, THIRD].map(|device| stage.id(device));
    let (shop, agent) = (stage.shop.account(), stage.account("agent"));
    // Between two numbers of one shop.
    stage.lock("shop", FIRST, 5 * TOKEN);
    stage.done("shop", "offer_transfer", &(first, Some(second)));
    stage.switch(FIRST, false);
    stage.done("admin", "confirm_transfer", &(first, second));
    let moved =
        DeviceTransferred { device: first, to: second, depositor: shop, amount: 5 * TOKEN, releasable_ms: None };
    stage.said(&[Event::DeviceTransferred(moved)]);
    assert_eq!((stage.deposit(FIRST), offer_of(stage, first)), (None, None));
    let deposit = Deposit { depositor: shop, amount: 5 * TOKEN, releasable_ms: None };
    assert_eq!(stage.deposit(SECOND), Some(deposit));
    assert_eq!((stage.locked("shop"), stage.escrowed()), ((5 * TOKEN, 0), 5 * TOKEN));
    let answers_ms = stage.network.state.now_ms() + ANSWERS;
    stage.lock("shop", SECOND, TOKEN);
    stage.refuses("shop", "release", &first, Error::NoDeposit);
    stage.refuses("admin", "confirm_return", &first, Error::NoDeposit);
    stage.give_back(SECOND);
    // As long as it answers for the number that it left it stays.
    for ms in [answers_ms - ANSWERS + PENALTY_WINDOW, answers_ms - 1] {
        stage.network.state.set_time(ms);
        stage.refuses("shop", "release", &first, Error::NoDeposit);
        stage.refuses("shop", "release", &second, Error::WindowOpen);
    }
    stage.network.state.set_time(answers_ms);
    stage.done("stranger", "release", &second);
    assert_eq!((stage.bzky("shop"), stage.escrowed()), (FUNDS, 0));
    // From one shop to another, by the agent of both; neither shop gets it.
    stage.switch(FIRST, true);
    stage.name_agent(FIRST, "agent");
    stage.name_agent(THIRD, "agent");
    stage.lock("agent", FIRST, TOKEN);
    stage.done("agent", "offer_transfer", &(first, Some(third)));
    stage.switch(FIRST, false);
    stage.done("admin", "confirm_transfer", &(first, third));
    assert_eq!(stage.held(THIRD), Some((agent, TOKEN)));
    stage.refuses("neighbour", "lock", &(third, TOKEN), Error::OtherDepositor);
    stage.refuses("neighbour", "offer_transfer", &(third, Some(first)), Error::NotDepositor);
    stage.give_back(THIRD);
    stage.network.pass(ANSWERS);
    stage.done("neighbour", "release", &third);
    let names = ["shop", "neighbour", "agent"];
    assert_eq!(names.map(|name| stage.bzky(name)), [FUNDS; 3]);
}

/// On to a third number: it answers for each that it left from its own going
/// over, and goes back after the last one's time, or after the window of its
/// own return where that ends later. Nothing that happens to it shortens that.
pub fn a_deposit_that_goes_over_again_stays_for_the_last(stage: &mut Stage) {
    let [first, second, third] = [FIRST, SECOND, THIRD].map(|device| stage.id(device));
    let sink = stage.account("sink");
    for device in [FIRST, SECOND, THIRD] {
        stage.name_agent(device, "agent");
    }
    stage.lock("agent", FIRST, 5 * TOKEN);
    let go_over = |stage: &mut Stage, from: usize, to: DeviceId| {
        let device = stage.id(from);
        stage.done("agent", "offer_transfer", &(device, Some(to)));
        stage.switch(from, false);
        stage.done("admin", "confirm_transfer", &(device, to));
        stage.network.state.now_ms() + ANSWERS
    };
    let seize = |stage: &mut Stage, device: DeviceId| {
        let admin = stage.account("admin");
        stage.call::<Balance>(admin, "seize", &(device, 1u128, sink)).unwrap()
    };
    let first_ms = go_over(stage, FIRST, second);
    stage.network.pass(DAY);
    let second_ms = go_over(stage, SECOND, third);
    stage.give_back(THIRD);
    assert_eq!([first, second, third].map(|device| seize(stage, device)), [1; 3]);
    stage.network.state.set_time(first_ms);
    assert_eq!([first, second, third].map(|device| seize(stage, device)), [0, 1, 1]);
    stage.network.state.set_time(second_ms - 1);
    stage.refuses("agent", "release", &third, Error::WindowOpen);
    stage.network.state.set_time(second_ms);
    assert_eq!([first, second].map(|device| seize(stage, device)), [0; 2]);
    stage.done("agent", "release", &third);
    assert_eq!(stage.bzky("agent"), FUNDS - 5);
    // A return that is confirmed late ends later than that.
    stage.switch(FIRST, true);
    stage.lock("agent", FIRST, TOKEN);
    let answers_ms = go_over(stage, FIRST, second);
    stage.network.state.set_time(answers_ms - 1);
    stage.give_back(SECOND);
    stage.network.state.set_time(answers_ms - 1 + PENALTY_WINDOW - 1);
    stage.refuses("agent", "release", &second, Error::WindowOpen);
    stage.network.pass(1);
    stage.done("agent", "release", &second);
    assert_eq!((stage.bzky("agent"), stage.escrowed()), (FUNDS - 5, 0));
}

/// Whoever locked for the new number: the old deposit is returned, as if it
/// had been confirmed, and the new number's stays as it is.
pub fn where_there_is_a_deposit_the_old_one_goes_back(stage: &mut Stage) {
    let [first, third] = [FIRST, THIRD].map(|device| stage.id(device));
    let (shop, neighbour) = (stage.shop.account(), stage.neighbour.account());
    stage.lock("shop", FIRST, 5 * TOKEN);
    stage.lock("neighbour", THIRD, TOKEN);
    stage.done("shop", "offer_transfer", &(first, Some(third)));
    stage.refuses("admin", "confirm_transfer", &(first, third), Error::DeviceActive);
    stage.switch(FIRST, false);
    let releasable_ms = stage.network.state.now_ms() + PENALTY_WINDOW;
    stage.done("admin", "confirm_transfer", &(first, third));
    let releasable = Some(releasable_ms);
    let moved =
        DeviceTransferred { device: first, to: third, depositor: shop, amount: 5 * TOKEN, releasable_ms: releasable };
    stage.said(&[Event::DeviceTransferred(moved)]);
    assert_eq!(stage.held(THIRD), Some((neighbour, TOKEN)));
    assert_eq!(offer_of(stage, first), None);
    stage.refuses("admin", "confirm_transfer", &(first, third), Error::ReturnConfirmed);
    stage.network.state.set_time(releasable_ms - 1);
    stage.refuses("shop", "release", &first, Error::WindowOpen);
    stage.network.state.set_time(releasable_ms);
    stage.done("stranger", "release", &first);
    assert_eq!((stage.bzky("shop"), stage.held(THIRD)), (FUNDS, Some((neighbour, TOKEN))));
    // An ordinary return says the same by another event.
    stage.give_back(THIRD);
    let releasable_ms = stage.network.state.now_ms() + PENALTY_WINDOW;
    stage.said(&[Event::ReturnConfirmed(ReturnConfirmed { device: third, releasable_ms })]);
}
