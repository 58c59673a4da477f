//! Deposits of those that have another account now, and what counted for whom
//! in which epoch.

use super::stage::{Stage, FIRST, FUNDS, SECOND, THIRD, TODAY, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DepositorChanged, Event, TransferOffered},
    AccountId, Balance, Epoch, Hash, Side, TOKEN,
};
use bizkey_tests::{sandbox::PENALTY_WINDOW, DAY};

/// With all that is pledged, by anybody's word, and at the latest as it is
/// released, added to, or offered.
pub fn a_deposit_follows_its_depositor(stage: &mut Stage) {
    let [shop, next] = ["shop", "the shop's next"].map(|name| stage.account(name));
    let (first, second, index) = (stage.id(FIRST), stage.id(SECOND), stage.shop.index);
    stage.refuses("stranger", "follow_depositor", &UNKNOWN, Error::NoDeposit);
    stage.lock("shop", FIRST, 60);
    stage.lock("shop", SECOND, 40);
    assert_eq!(stage.pledge("shop", 50, TODAY + 40), 50);
    stage.done("stranger", "follow_depositor", &first);
    stage.said(&[]);
    stage.rotate(index, "shop", "the shop's next");
    assert_eq!(stage.held(FIRST), Some((shop, 60)), "until somebody says so");
    for origin in stage.all_but(&[]) {
        let followed = stage.network.rolled_back(|network| {
            network.call::<()>(origin, super::stage::KIND, "follow_depositor", &first).unwrap();
            network.read::<Balance>(super::stage::KIND, "balance_of", &next)
        });
        assert_eq!(followed, 60);
    }
    stage.done("stranger", "follow_depositor", &first);
    let changed = DepositorChanged { device: first, before: shop, account: next, amount: 60 };
    stage.said(&[Event::DepositorChanged(changed)]);
    stage.done("stranger", "follow_depositor", &first);
    stage.said(&[]);
    assert_eq!((stage.held(FIRST), stage.held(SECOND)), (Some((next, 60)), Some((shop, 40))));
    assert_eq!((stage.locked("shop"), stage.locked("the shop's next")), ((40, 0), (60, 50)));

    // The account that was given up locks nothing more; the present one adds.
    stage.refuses("shop", "lock", &(second, 1u128), Error::NotDeviceMerchant);
    stage.fund("the shop's next");
    let followed = |stage: &mut Stage, change: &dyn Fn(&mut Stage)| {
        stage.network.state.begin();
        change(stage);
        assert_eq!(stage.held(SECOND).unwrap().0, next);
        assert_eq!(stage.locked("shop"), (0, 0));
        stage.network.state.roll_back();
    };
    followed(stage, &|stage| stage.lock("the shop's next", SECOND, 1));
    followed(stage, &|stage| stage.done("the shop's next", "offer_transfer", &(second, Some(UNKNOWN))));
    // An offer tells first that the deposit follows; the account that was given up makes none.
    followed(stage, &|stage| {
        stage.done("the shop's next", "offer_transfer", &(second, Some(first)));
        let changed = DepositorChanged { device: second, before: shop, account: next, amount: 40 };
        let offered = TransferOffered { device: second, to: Some(first) };
        stage.said(&[Event::DepositorChanged(changed), Event::TransferOffered(offered)]);
    });
    for name in ["shop", "stranger"] {
        stage.refuses(name, "offer_transfer", &(second, Some(first)), Error::NotDepositor);
    }

    // Released to the present account, which is kept to what the former one pledged.
    stage.give_back(FIRST);
    stage.give_back(SECOND);
    stage.network.pass(PENALTY_WINDOW);
    stage.refuses("shop", "release", &first, Error::Pledged);
    stage.done("shop", "release", &second);
    assert_eq!((stage.bzky("shop"), stage.bzky("the shop's next")), (FUNDS - 100, FUNDS + 40));
    stage.refuses("stranger", "release", &first, Error::Pledged);
    stage.network.enter_epoch(TODAY + 41);
    stage.done("stranger", "release", &first);
    assert_eq!((stage.bzky("shop"), stage.bzky("the shop's next")), (FUNDS - 100, FUNDS + 100));
}

/// Two attestors and the board move a lost account, and its deposits with it;
/// whoever has the old key gets none. Another account frees of no hold.
pub fn a_lost_account(stage: &mut Stage) {
    let (heir, index, first) = (stage.account("heir"), stage.shop.index, stage.id(FIRST));
    stage.lock("shop", FIRST, TOKEN);
    for attestor in ["attestor 1", "attestor 2"] {
        stage.other(attestor, ContractKind::Registry, "attest_recovery", &(Side::Merchant, index, heir));
    }
    stage.other("heir", ContractKind::Registry, "consent_recovery", &(Side::Merchant, index));
    stage.give_back(FIRST);
    stage.network.pass(PENALTY_WINDOW);
    stage.other("stranger", ContractKind::Registry, "finish_recovery", &(Side::Merchant, index));
    let hold = (Side::Merchant, index, stage.network.state.now_ms() + DAY, Hash::default());
    stage.other("admin", ContractKind::Registry, "place_hold", &hold);
    stage.refuses("heir", "release", &first, Error::Held);
    stage.network.pass(DAY);
    stage.done("shop", "release", &first);
    assert_eq!((stage.bzky("shop"), stage.bzky("heir")), (FUNDS - TOKEN, TOKEN));
}

/// The board moves an agent; its deposits go along, and shops name its new
/// account anew. A removed one locks no more, and has its deposits back.
pub fn an_agent_that_moved_or_was_removed(stage: &mut Stage) {
    let [agent, moved] = ["agent", "the agent's next"].map(|name| stage.account(name));
    let (first, third) = (stage.id(FIRST), stage.id(THIRD));
    for device in [FIRST, THIRD] {
        stage.name_agent(device, "agent");
        stage.lock("agent", device, TOKEN);
    }
    stage.other("admin", ContractKind::Registry, "move_agent", &(1u32, moved));
    stage.fund("the agent's next");
    stage.refuses("agent", "lock", &(first, TOKEN), Error::NotDeviceMerchant);
    stage.refuses("the agent's next", "lock", &(first, TOKEN), Error::NotDeviceMerchant);
    stage.name_agent(FIRST, "the agent's next");
    stage.lock("the agent's next", FIRST, TOKEN);
    assert_eq!((stage.held(FIRST), stage.held(THIRD)), (Some((moved, 2 * TOKEN)), Some((agent, TOKEN))));
    let removed = (1u32, false, Hash::default());
    stage.other("admin", ContractKind::Registry, "set_agent_status", &removed);
    stage.refuses("the agent's next", "lock", &(first, TOKEN), Error::NotDeviceMerchant);
    stage.give_back(FIRST);
    stage.give_back(THIRD);
    stage.network.pass(PENALTY_WINDOW);
    for device in [first, third] {
        stage.done("stranger", "release", &device);
    }
    assert_eq!((stage.bzky("agent"), stage.bzky("the agent's next")), (FUNDS - 2 * TOKEN, FUNDS + 2 * TOKEN));
}

/// The lowest that an account had locked in a closed epoch, found by the one
/// index that covers it; at most 256 in a call, and nothing of an open epoch.
pub fn what_counted_in_an_epoch(stage: &mut Stage) {
    let shop = stage.shop.account();
    let first = stage.id(FIRST);
    stage.lock("shop", FIRST, 60);
    stage.network.enter_epoch(TODAY + 2);
    stage.lock("shop", SECOND, 40);
    let admin = stage.account("admin");
    assert_eq!(stage.call::<Balance>(admin, "seize", &(first, 10u128, admin)), Ok(10));
    stage.network.enter_epoch(TODAY + 5);
    stage.give_back(FIRST);
    stage.network.pass(PENALTY_WINDOW);
    stage.done("shop", "release", &first);
    stage.network.enter_epoch(TODAY + 14);
    // Opened with nothing; 60; 60, 100 and 90; 90; then 40 after the release.
    let expected: [Balance; 14] = [0, 60, 60, 90, 90, 90, 90, 90, 90, 90, 90, 90, 40, 40];
    for (ahead, expected) in expected.into_iter().enumerate() {
        let epoch = TODAY + ahead as u32;
        let index: u32 = stage.read("checkpoint_index", &(shop, epoch));
        let lows = |stage: &mut Stage, queries: Vec<(AccountId, u32)>| {
            stage.call::<Vec<Option<Balance>>>(shop, "lows_at", &(epoch, queries))
        };
        let found = lows(stage, (0..5).map(|index| (shop, index)).collect()).unwrap();
        let only = (0..5).map(|other| (other == index).then_some(expected)).collect::<Vec<_>>();
        assert_eq!(found, only, "in epoch {epoch}");
        assert_eq!(lows(stage, vec![(shop, index), (admin, 0), (admin, 1)]), Ok(vec![Some(expected), Some(0), None]));
    }
    let lows = |stage: &mut Stage, epoch: Epoch, queries: usize| {
        let queries = vec![(shop, 0u32); queries];
        stage.call::<Vec<Option<Balance>>>(shop, "lows_at", &(epoch, queries)).map(|lows| lows.len())
    };
    assert_eq!(lows(stage, TODAY, 0), Ok(0));
    assert_eq!(lows(stage, TODAY, 256), Ok(256));
    assert_eq!(lows(stage, u32::MAX, 257), Err(Error::TooManyQueries));
    for open in [TODAY + 14, u32::MAX] {
        assert_eq!(lows(stage, open, 1), Err(Error::EpochNotClosed));
    }
    stage.network.state.set_time(stage.network.calendar.end_ms(TODAY + 14) - 1);
    assert_eq!(lows(stage, TODAY + 14, 1), Err(Error::EpochNotClosed));
    stage.network.state.set_time(stage.network.calendar.end_ms(TODAY + 14));
    assert_eq!(lows(stage, TODAY + 14, 1), Ok(1));
}
