//! What is taken out of a deposit: by `receipts` for a failed opening, by the
//! board for what it decided.

use super::stage::{Stage, ANSWERS, FIRST, FUNDS, SECOND, TODAY, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DepositPenalised, DepositSeized, Event},
    Balance, DeviceId, Hash, MERCHANT_POOL,
};
use bizkey_tests::sandbox::PENALTY_WINDOW;

/// A penalty, as `receipts` has it taken: the first part for "beneficiary".
fn penalise(stage: &mut Stage, device: DeviceId, amount: Balance, first: Balance) -> Balance {
    let (receipts, vault) = (stage.network.contracts.receipts, stage.network.contracts.vault);
    let beneficiary = stage.account("beneficiary");
    stage.call(receipts, "penalise", &(device, amount, beneficiary, first, vault)).unwrap()
}

fn seize(stage: &mut Stage, device: DeviceId, amount: Balance) -> Balance {
    let (admin, sink) = (stage.account("admin"), stage.account("sink"));
    stage.call(admin, "seize", &(device, amount, sink)).unwrap()
}

/// What the beneficiary and `vault` were paid so far.
fn paid(stage: &mut Stage) -> (Balance, Balance) {
    let vault = stage.network.contracts.vault;
    (stage.bzky("beneficiary"), stage.network.bzky_of(vault) - MERCHANT_POOL)
}

/// No more than there is, the beneficiary's part first; pledged parts too;
/// also of a deposit whose return is confirmed.
pub fn by_receipts_alone(stage: &mut Stage) {
    let (device, shop, receipts) = (stage.id(FIRST), stage.shop.account(), stage.network.contracts.receipts);
    let (beneficiary, vault) = (stage.account("beneficiary"), stage.network.contracts.vault);
    stage.lock("shop", FIRST, 100);
    stage.lock("shop", SECOND, 1_000);
    let penalty = (device, 10u128, beneficiary, 5u128, vault);
    stage.only(&[receipts], "penalise", &penalty, Error::NotReceipts);
    assert_eq!(stage.pledge("shop", 1_100, TODAY + 40), 1_100);
    for (amount, first, taken, to_first) in [(30, 10, 30, 10), (10, 10, 10, 10), (10, 0, 10, 0), (10, 50, 10, 10)] {
        let before = paid(stage);
        assert_eq!(penalise(stage, device, amount, first), taken);
        let after = paid(stage);
        assert_eq!((after.0 - before.0, after.1 - before.1), (to_first, taken - to_first));
        let told = DepositPenalised {
            device,
            depositor: shop,
            amount: taken,
            beneficiary,
            beneficiary_amount: to_first,
            rest_to: vault,
        };
        stage.said(&[Event::DepositPenalised(told)]);
    }
    assert_eq!((stage.held(FIRST), stage.locked("shop")), (Some((shop, 40)), (1_040, 1_040)));
    for (device, amount) in [(UNKNOWN, 10), (device, 0)] {
        assert_eq!(penalise(stage, device, amount, 5), 0);
        stage.said(&[]);
    }
    // The rest of it, although the window is over and anybody could release it.
    stage.give_back(FIRST);
    stage.network.pass(PENALTY_WINDOW);
    assert_eq!(penalise(stage, device, Balance::MAX, 25), 40);
    assert_eq!(stage.held(FIRST), None);
    stage.refuses("shop", "release", &device, Error::NoDeposit);
    assert_eq!(penalise(stage, device, 1, 1), 0);
    assert_eq!(stage.held(SECOND), Some((shop, 1_000)), "another device's deposit answers for nothing of it");
    assert_eq!(stage.escrowed(), 1_000);
}

/// Of an agent's deposit the beneficiary gets nothing, whatever part it is
/// due, also of one who is an agent no more.
pub fn an_agents_penalty_makes_nobody_rich(stage: &mut Stage) {
    let (device, agent) = (stage.id(FIRST), stage.account("agent"));
    let (beneficiary, vault) = (stage.account("beneficiary"), stage.network.contracts.vault);
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, 100);
    let told = |amount, beneficiary_amount| {
        let depositor = agent;
        let told = DepositPenalised { device, depositor, amount, beneficiary, beneficiary_amount, rest_to: vault };
        [Event::DepositPenalised(told)]
    };
    for (amount, first) in [(10, 0), (10, 5), (10, 10), (10, Balance::MAX)] {
        let before = paid(stage);
        assert_eq!(penalise(stage, device, amount, first), 10);
        stage.said(&told(10, 0));
        assert_eq!(paid(stage), (before.0, before.1 + 10));
    }
    // The shop's own naming does not matter: it is an agent in `registry`.
    stage.name_agent(FIRST, "other agent");
    assert_eq!((penalise(stage, device, 10, 5), paid(stage)), (10, (0, 50)));
    let removed = (1u32, false, Hash::default());
    stage.other("admin", ContractKind::Registry, "set_agent_status", &removed);
    assert_eq!(penalise(stage, device, 10, 4), 10);
    stage.said(&told(10, 0));
    assert_eq!(paid(stage), (0, 60));
    assert_eq!((stage.held(FIRST), stage.escrowed()), (Some((agent, 40)), 40));
}

pub fn by_the_board_alone(stage: &mut Stage) {
    let (device, agent, admin, sink) =
        (stage.id(FIRST), stage.account("agent"), stage.account("admin"), stage.account("sink"));
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, 100);
    stage.only(&[admin], "seize", &(device, 10u128, sink), Error::NotAdmin);
    assert_eq!(seize(stage, device, 30), 30);
    stage.said(&[Event::DepositSeized(DepositSeized { device, depositor: agent, amount: 30, to: sink })]);
    assert_eq!((stage.held(FIRST), stage.locked("agent"), stage.bzky("sink")), (Some((agent, 70)), (70, 0), 30));
    for (device, amount) in [(UNKNOWN, 10), (device, 0)] {
        assert_eq!(seize(stage, device, amount), 0);
        stage.said(&[]);
    }
    assert_eq!(seize(stage, device, Balance::MAX), 70);
    assert_eq!((stage.held(FIRST), stage.bzky("sink"), stage.escrowed()), (None, 100, 0));
    assert_eq!(stage.bzky("agent"), FUNDS - 100);
}

/// To the last millisecond of [`ANSWERS`] after the transfer, at most what is
/// there; the new number for as long as there is a deposit.
pub fn a_device_that_went_over_answers_for_a_while(stage: &mut Stage) {
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    let shop = stage.shop.account();
    stage.lock("shop", FIRST, 100);
    stage.done("shop", "offer_transfer", &(first, Some(second)));
    stage.switch(FIRST, false);
    stage.done("admin", "confirm_transfer", &(first, second));
    let until_ms = stage.network.state.now_ms() + ANSWERS;
    assert_eq!(penalise(stage, first, 10, 5), 10);
    assert_eq!(seize(stage, first, 10), 10);
    assert_eq!(penalise(stage, second, 10, 5), 10);
    stage.network.state.set_time(until_ms - 1);
    assert_eq!(penalise(stage, first, 10, 5), 10);
    assert_eq!(stage.held(SECOND), Some((shop, 60)));
    stage.network.state.set_time(until_ms);
    assert_eq!((penalise(stage, first, 10, 5), seize(stage, first, 10)), (0, 0));
    assert_eq!((penalise(stage, second, 10, 5), seize(stage, second, 10)), (10, 10));
    // What comes to the first number later is another deposit.
    stage.give_back(SECOND);
    stage.network.pass(PENALTY_WINDOW);
    stage.done("shop", "release", &second);
    stage.lock("shop", FIRST, 7);
    assert_eq!((penalise(stage, second, 10, 5), penalise(stage, first, 10, 5)), (0, 7));
    // Nor does a number answer for one that was emptied on the other.
    stage.lock("shop", FIRST, 20);
    stage.done("shop", "offer_transfer", &(first, Some(second)));
    stage.done("admin", "confirm_transfer", &(first, second));
    assert_eq!(penalise(stage, first, 50, 0), 20);
    assert_eq!((stage.held(FIRST), stage.held(SECOND)), (None, None));
    stage.lock("shop", SECOND, 5);
    assert_eq!((penalise(stage, first, 5, 0), seize(stage, first, 5)), (0, 0));
    assert_eq!(stage.escrowed(), 5);
}
