//! Returns and releases: nothing goes back early, nor to anybody else.

use super::stage::{Stage, FIRST, FUNDS, SECOND, TODAY};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DepositReleased, Event, ReturnConfirmed},
    party::Deposit,
    Hash, Side, TOKEN,
};
use bizkey_tests::{sandbox::PENALTY_WINDOW, DAY, HOUR};

/// Confirmed by the platform once the device is stopped; to the depositor,
/// after the window, to the millisecond, whoever asks.
pub fn from_lock_to_release(stage: &mut Stage) {
    let (device, shop, admin) = (stage.id(FIRST), stage.shop.account(), stage.account("admin"));
    stage.refuses("admin", "confirm_return", &device, Error::NoDeposit);
    stage.refuses("stranger", "release", &device, Error::NoDeposit);
    stage.lock("shop", FIRST, 9 * TOKEN);
    stage.only(&[admin], "confirm_return", &device, Error::NotPlatform);
    stage.refuses("admin", "confirm_return", &device, Error::DeviceActive);
    stage.refuses("shop", "release", &device, Error::ReturnNotConfirmed);
    stage.other("shop", ContractKind::Registry, "retire_device", &device);
    stage.refuses("shop", "release", &device, Error::ReturnNotConfirmed);
    let releasable_ms = stage.network.state.now_ms() + PENALTY_WINDOW;
    stage.done("admin", "confirm_return", &device);
    stage.said(&[Event::ReturnConfirmed(ReturnConfirmed { device, releasable_ms })]);
    let deposit = Deposit { depositor: shop, amount: 9 * TOKEN, releasable_ms: Some(releasable_ms) };
    assert_eq!(stage.deposit(FIRST), Some(deposit));
    stage.network.pass(HOUR);
    stage.refuses("admin", "confirm_return", &device, Error::ReturnConfirmed);
    stage.refuses("shop", "offer_transfer", &(device, None::<u32>), Error::ReturnConfirmed);
    stage.network.state.set_time(releasable_ms - 1);
    stage.refuses("shop", "release", &device, Error::WindowOpen);
    stage.network.state.set_time(releasable_ms);
    for origin in stage.all_but(&[]) {
        let released = stage.network.rolled_back(|network| {
            let before = network.bzky_of(origin);
            let done = network.call::<()>(origin, super::stage::KIND, "release", &device);
            (done, network.bzky_of(origin) - before, network.bzky_of(shop))
        });
        let contract = origin == stage.network.contracts.pos_deposit;
        if !contract {
            let own = if origin == shop { 9 * TOKEN } else { 0 };
            assert_eq!(released, (Ok(()), own, FUNDS), "{origin:?}");
        }
    }
    stage.done("stranger", "release", &device);
    stage.said(&[Event::DepositReleased(DepositReleased { device, depositor: shop, amount: 9 * TOKEN })]);
    assert_eq!((stage.bzky("shop"), stage.escrowed(), stage.locked("shop")), (FUNDS, 0, (0, 0)));
    stage.refuses("shop", "release", &device, Error::NoDeposit);
    // The number is free for another deposit, also somebody else's.
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, TOKEN);
}

/// Everything stands in a release's way at first, and is taken out of it one
/// by one.
pub fn the_first_error_is_told(stage: &mut Stage) {
    let device = stage.id(FIRST);
    stage.refuses("stranger", "release", &device, Error::NoDeposit);
    stage.lock("shop", FIRST, 5 * TOKEN);
    stage.lock("shop", SECOND, TOKEN);
    assert_eq!(stage.pledge("shop", 2 * TOKEN, TODAY + 40), 2 * TOKEN);
    stage.refuses("stranger", "release", &device, Error::ReturnNotConfirmed);
    stage.give_back(FIRST);
    stage.switch(FIRST, true);
    stage.network.pass(PENALTY_WINDOW - DAY - 2 * HOUR);
    stage.refuses("stranger", "release", &device, Error::WindowOpen);
    let opening_ends_ms = stage.demand(SECOND);
    let now_ms = stage.network.state.now_ms();
    let hold = (Side::Merchant, stage.shop.index, now_ms + 14 * DAY, Hash::default());
    stage.other("admin", ContractKind::Registry, "place_hold", &hold);
    stage.network.pass(DAY);
    stage.refuses("stranger", "release", &device, Error::DeviceActive);
    stage.switch(FIRST, false);
    stage.refuses("stranger", "release", &device, Error::DemandOpen);
    stage.network.state.set_time(opening_ends_ms);
    stage.refuses("stranger", "release", &device, Error::DemandOpen);
    let failed = (stage.id(SECOND), 0u64, 0u16);
    stage.other("stranger", ContractKind::Receipts, "fail_opening", &failed);
    stage.refuses("stranger", "release", &device, Error::Held);
    stage.network.state.set_time(now_ms + 14 * DAY - 1);
    stage.refuses("shop", "release", &device, Error::Held);
    stage.network.state.set_time(now_ms + 14 * DAY);
    stage.refuses("shop", "release", &device, Error::Pledged);
    stage.network.state.set_time(stage.network.calendar.end_ms(TODAY + 40) - 1);
    stage.refuses("shop", "release", &device, Error::Pledged);
    stage.network.state.set_time(stage.network.calendar.end_ms(TODAY + 40));
    stage.done("stranger", "release", &device);
    // The second device's deposit paid all that it had of the penalty.
    assert_eq!((stage.bzky("shop"), stage.escrowed()), (FUNDS - TOKEN, 0));
}

/// So do demands against the shop, and no other shop's.
pub fn a_hold_on_the_shop_holds_its_agents_deposit_too(stage: &mut Stage) {
    let (first, third, agent) = (stage.id(FIRST), stage.id(super::stage::THIRD), stage.account("agent"));
    for device in [FIRST, super::stage::THIRD] {
        stage.name_agent(device, "agent");
        stage.lock("agent", device, TOKEN);
        stage.give_back(device);
    }
    let ends_ms = stage.demand(SECOND);
    stage.network.pass(PENALTY_WINDOW);
    stage.network.state.set_time(ends_ms - HOUR);
    stage.refuses("agent", "release", &first, Error::DemandOpen);
    let hold = (Side::Merchant, stage.shop.index, ends_ms + DAY, Hash::default());
    stage.other("admin", ContractKind::Registry, "place_hold", &hold);
    stage.network.state.set_time(ends_ms);
    let failed = (stage.id(SECOND), 0u64, 0u16);
    stage.other("stranger", ContractKind::Receipts, "fail_opening", &failed);
    stage.refuses("agent", "release", &first, Error::Held);
    // At the neighbour's there is neither.
    stage.done("stranger", "release", &third);
    stage.network.pass(DAY);
    stage.done("stranger", "release", &first);
    assert_eq!((stage.network.bzky_of(agent), stage.bzky("shop")), (FUNDS, FUNDS));
}

/// A payment that `bzky` refuses leaves the deposit where it is. That takes
/// Bzky out of the contract by no message of its own.
pub fn what_the_contract_does_not_have_it_does_not_forget(stage: &mut Stage) {
    let (device, sink, pos_deposit) = (stage.id(FIRST), stage.account("sink"), stage.network.contracts.pos_deposit);
    stage.lock("shop", FIRST, TOKEN);
    stage.give_back(FIRST);
    stage.network.pass(PENALTY_WINDOW);
    let arguments = (sink, 1u128, Vec::<u8>::new());
    stage.network.call::<()>(pos_deposit, ContractKind::Bzky, "PSP22::transfer", &arguments).unwrap();
    stage.refuses("shop", "release", &device, Error::PaymentRefused);
    stage.refuses("admin", "seize", &(device, TOKEN, sink), Error::PaymentRefused);
    stage.network.give(pos_deposit, 1);
    stage.done("shop", "release", &device);
}
