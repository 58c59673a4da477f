//! Who locks how much for which device.

use super::stage::{Stage, ANSWERS, FIRST, FUNDS, SECOND, THIRD, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DepositLocked, DeviceAgentChanged, Event},
    party::Deposit,
    AccountId, Balance, Hash, TOKEN,
};

/// A device's shop locks for it, and the agent it named; nobody else, whatever
/// it has and allows. It is credited to who locked it.
pub fn by_shop_and_agent_alone(stage: &mut Stage) {
    let [shop, agent] = ["shop", "agent"].map(|name| stage.account(name));
    let (first, second, pos_deposit) = (stage.id(FIRST), stage.id(SECOND), stage.network.contracts.pos_deposit);
    stage.name_agent(SECOND, "agent");
    for origin in stage.all_but(&[]) {
        stage.network.give(origin, TOKEN);
        stage.network.approve(origin, pos_deposit, Balance::MAX);
    }
    stage.only(&[shop], "lock", &(first, TOKEN), Error::NotDeviceMerchant);
    stage.only(&[shop, agent], "lock", &(second, TOKEN), Error::NotDeviceMerchant);
    let before = stage.escrowed();
    for (name, device, locked) in [("shop", FIRST, 3 * TOKEN), ("agent", SECOND, 4 * TOKEN)] {
        let (depositor, had) = (stage.account(name), stage.bzky(name));
        // More can be added; what was allowed is taken, no less and no more.
        for (amount, sum) in [(TOKEN, TOKEN), (locked - TOKEN, locked)] {
            stage.lock(name, device, amount);
            let device_id = stage.id(device);
            stage.said(&[Event::DepositLocked(DepositLocked { device: device_id, depositor, amount })]);
            assert_eq!(stage.deposit(device), Some(Deposit { depositor, amount: sum, releasable_ms: None }));
            assert_eq!((stage.bzky(name), stage.locked(name)), (had - sum, (sum, 0)));
        }
    }
    assert_eq!(stage.escrowed() - before, 7 * TOKEN);
    // Also before the network's first epoch, and for a device that is stopped.
    let genesis_ms = stage.network.calendar.genesis_ms;
    stage.switch(THIRD, false);
    stage.network.state.set_time(genesis_ms - 1);
    stage.lock("neighbour", THIRD, TOKEN);
}

/// Everything is wrong with a lock at first; each wrong thing is mended once
/// it was told.
pub fn the_first_error_is_told(stage: &mut Stage) {
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.done("admin", "set_schedule", &(1u8, Some(10u128)));
    stage.done("admin", "assign_class", &(first, 1u8));
    // The first device's deposit went over to the second, which is the agent's.
    stage.name_agent(FIRST, "agent");
    stage.name_agent(SECOND, "agent");
    stage.lock("agent", FIRST, 10);
    stage.done("agent", "offer_transfer", &(first, Some(second)));
    stage.switch(FIRST, false);
    stage.done("admin", "confirm_transfer", &(first, second));
    stage.refuses("stranger", "lock", &(UNKNOWN, 0u128), Error::ZeroAmount);
    stage.refuses("stranger", "lock", &(UNKNOWN, 1u128), Error::UnknownDevice);
    stage.refuses("stranger", "lock", &(first, 1u128), Error::NotDeviceMerchant);
    stage.refuses("shop", "lock", &(first, 1u128), Error::DepositMoved);
    stage.refuses("shop", "lock", &(second, Balance::MAX), Error::OtherDepositor);
    stage.refuses("agent", "lock", &(second, Balance::MAX), Error::Overflow);
    stage.give_back(SECOND);
    stage.refuses("shop", "lock", &(second, Balance::MAX), Error::ReturnConfirmed);
    stage.refuses("agent", "lock", &(second, Balance::MAX), Error::ReturnConfirmed);
    stage.refuses("shop", "lock", &(first, 1u128), Error::DepositMoved);
    stage.network.pass(ANSWERS);
    stage.done("stranger", "release", &second);
    stage.refuses("shop", "lock", &(first, 9u128), Error::BelowSchedule);
    stage.refuses("shop", "lock", &(first, Balance::MAX), Error::PaymentRefused);
    stage.refuses("shop", "lock", &(first, FUNDS + 1), Error::PaymentRefused);
    let (shop, pos_deposit) = (stage.shop.account(), stage.network.contracts.pos_deposit);
    stage.network.approve(shop, pos_deposit, 9);
    stage.refuses("shop", "lock", &(first, 10u128), Error::PaymentRefused);
    stage.network.approve(shop, pos_deposit, 10);
    stage.lock("shop", FIRST, 10);
}

/// The shop names them, one a device; whom it names must be one, and a deposit
/// that is there stays, whoever is named next.
pub fn agents(stage: &mut Stage) {
    let [shop, agent, other, customer] = ["shop", "agent", "other agent", "stranger"].map(|name| stage.account(name));
    let (device, third) = (stage.id(FIRST), stage.id(THIRD));
    stage.only(&[shop], "set_agent", &(device, Some(agent)), Error::NotDeviceMerchant);
    stage.refuses("stranger", "set_agent", &(UNKNOWN, Some(customer)), Error::UnknownDevice);
    for nobody in [customer, shop, stage.network.contracts.rewards] {
        stage.refuses("shop", "set_agent", &(device, Some(nobody)), Error::NotAgent);
    }
    assert_eq!(stage.read::<Option<AccountId>>("agent_of", &device), None);
    for named in [Some(agent), Some(other), None, Some(agent)] {
        stage.done("shop", "set_agent", &(device, named));
        stage.said(&[Event::DeviceAgentChanged(DeviceAgentChanged { device, agent: named })]);
        assert_eq!(stage.read::<Option<AccountId>>("agent_of", &device), named);
        stage.done("shop", "set_agent", &(device, named));
        stage.said(&[]);
    }
    stage.refuses("agent", "lock", &(third, TOKEN), Error::NotDeviceMerchant);
    stage.lock("agent", FIRST, TOKEN);
    stage.refuses("shop", "lock", &(device, TOKEN), Error::OtherDepositor);
    stage.done("shop", "set_agent", &(device, Some(other)));
    stage.refuses("agent", "lock", &(device, TOKEN), Error::NotDeviceMerchant);
    stage.refuses("other agent", "lock", &(device, TOKEN), Error::OtherDepositor);
    assert_eq!(stage.held(FIRST), Some((agent, TOKEN)));
    // One that the board removed locks no more, and cannot be named.
    stage.done("shop", "set_agent", &(device, Some(agent)));
    let removed = (1u32, false, Hash::default());
    stage.other("admin", ContractKind::Registry, "set_agent_status", &removed);
    stage.refuses("agent", "lock", &(device, TOKEN), Error::NotDeviceMerchant);
    let second = stage.id(SECOND);
    stage.refuses("shop", "set_agent", &(second, Some(agent)), Error::NotAgent);
}

/// What is added to it, or is there already, need not.
pub fn a_first_deposit_reaches_the_schedule(stage: &mut Stage) {
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.lock("shop", SECOND, 5);
    stage.done("admin", "set_schedule", &(3u8, Some(100u128)));
    for device in [first, second] {
        stage.done("admin", "assign_class", &(device, 3u8));
    }
    stage.refuses("shop", "lock", &(first, 99u128), Error::BelowSchedule);
    stage.lock("shop", FIRST, 100);
    stage.lock("shop", FIRST, 1);
    stage.lock("shop", SECOND, 1);
    stage.done("admin", "set_schedule", &(3u8, Some(1_000u128)));
    stage.lock("shop", FIRST, 1);
    // One that was used up is a first one again.
    let (admin, sink) = (stage.account("admin"), stage.account("sink"));
    assert_eq!(stage.call::<Balance>(admin, "seize", &(first, 102u128, sink)), Ok(102));
    stage.refuses("shop", "lock", &(first, 999u128), Error::BelowSchedule);
    stage.done("admin", "set_schedule", &(3u8, None::<Balance>));
    stage.lock("shop", FIRST, 1);
}

pub fn sums_do_not_overflow(stage: &mut Stage) {
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.lock("shop", FIRST, 2);
    // The deposit's own sum, then that of all that the account has locked.
    stage.refuses("shop", "lock", &(first, Balance::MAX - 1), Error::Overflow);
    stage.refuses("shop", "lock", &(second, Balance::MAX - 1), Error::Overflow);
    stage.refuses("shop", "lock", &(second, Balance::MAX - 2), Error::PaymentRefused);
}
