//! What somebody could gain, and does not.

use super::stage::{Stage, ANSWERS, FIRST, FUNDS, SECOND, THIRD};
use bizkey_client::ContractKind;
use bizkey_primitives::{errors::pos_deposit::Error, AccountId, Balance, Side, TOKEN};
use bizkey_tests::{sandbox::PENALTY_WINDOW, DAY};

/// The key of an account that was lost and recovered is in foreign hands. It
/// offers no transfer, although nobody has said yet that the deposit follows.
#[test]
fn an_account_that_was_given_up_offers_no_transfer() {
    let mut stage = Stage::with(Default::default());
    let (first, third, index) = (stage.id(FIRST), stage.id(THIRD), stage.shop.index);
    stage.lock("shop", FIRST, TOKEN);
    stage.rotate(index, "shop", "the shop's next");
    let offered = stage.call::<()>(stage.account("shop"), "offer_transfer", &(first, Some(third)));
    assert_eq!(offered, Err(Error::NotDepositor));
}

/// Nor does a former account get a deposit by any way there is.
#[test]
fn a_former_account_gets_no_deposit() {
    let mut stage = Stage::with(Default::default());
    let (first, second, index) = (stage.id(FIRST), stage.id(SECOND), stage.shop.index);
    stage.lock("shop", FIRST, TOKEN);
    stage.done("shop", "offer_transfer", &(first, Some(second)));
    stage.rotate(index, "shop", "the shop's next");
    stage.switch(FIRST, false);
    stage.done("admin", "confirm_transfer", &(first, second));
    assert_eq!(stage.held(SECOND), Some((stage.account("the shop's next"), TOKEN)));
    stage.give_back(SECOND);
    stage.network.pass(ANSWERS);
    stage.done("shop", "release", &second);
    assert_eq!((stage.bzky("shop"), stage.bzky("the shop's next")), (FUNDS - TOKEN, TOKEN));
}

/// The new shop of an agent's terminal, and the old one, gain nothing by it.
#[test]
fn a_shop_gets_nothing_of_its_agents_deposit() {
    let mut stage = Stage::with(Default::default());
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, TOKEN);
    // Names nobody, names another, retires the device, changes its account.
    stage.done("shop", "set_agent", &(first, None::<AccountId>));
    stage.name_agent(FIRST, "other agent");
    stage.refuses("shop", "offer_transfer", &(first, Some(second)), Error::NotDepositor);
    stage.other("shop", ContractKind::Registry, "retire_device", &first);
    let index = stage.shop.index;
    stage.rotate(index, "shop", "the shop's next");
    stage.done("shop", "follow_depositor", &first);
    stage.done("admin", "confirm_return", &first);
    stage.network.pass(PENALTY_WINDOW);
    stage.done("shop", "release", &first);
    assert_eq!([stage.bzky("agent"), stage.bzky("shop"), stage.bzky("the shop's next")], [FUNDS, FUNDS, 0]);
}

/// One deposit never counts for two, however often it is passed on in an
/// epoch: by its release and a new lock, or by changes of account.
#[test]
fn what_is_passed_on_in_an_epoch_counts_for_nobody_twice() {
    let mut stage = Stage::with(Default::default());
    let (first, index) = (stage.id(FIRST), stage.shop.index);
    stage.lock("shop", FIRST, TOKEN);
    stage.give_back(FIRST);
    stage.network.pass(PENALTY_WINDOW);
    let today = stage.epoch();
    stage.done("shop", "release", &first);
    let (shop, neighbour) = (stage.shop.account(), stage.neighbour.account());
    let passed = (neighbour, TOKEN, Vec::<u8>::new());
    stage.other("shop", ContractKind::Bzky, "PSP22::transfer", &passed);
    stage.lock("neighbour", THIRD, TOKEN);
    stage.lock("shop", SECOND, TOKEN);
    let account = stage.account("the shop's next");
    stage.rotate(index, "shop", "the shop's next");
    let second = stage.id(SECOND);
    stage.done("stranger", "follow_depositor", &second);
    stage.network.enter_epoch(today + 2);
    let mut low = |account: AccountId, epoch: u32| {
        let at: u32 = stage.read("checkpoint_index", &(account, epoch));
        let low: Result<Vec<Option<Balance>>, _> = stage.call(account, "lows_at", &(epoch, vec![(account, at)]));
        low.unwrap()[0].unwrap()
    };
    assert_eq!([shop, neighbour, account].map(|who| low(who, today - 1)), [TOKEN, 0, 0]);
    assert_eq!([shop, neighbour, account].map(|who| low(who, today)), [0, 0, 0]);
    assert_eq!([shop, neighbour, account].map(|who| low(who, today + 1)), [0, TOKEN, TOKEN]);
}

/// A stopped device that is started again after its return was confirmed
/// records without a deposit that could be released.
#[test]
fn a_device_that_was_started_again_keeps_its_deposit_locked() {
    let mut stage = Stage::with(Default::default());
    let first = stage.id(FIRST);
    stage.lock("shop", FIRST, TOKEN);
    stage.give_back(FIRST);
    stage.switch(FIRST, true);
    stage.network.pass(100 * DAY);
    stage.refuses("shop", "release", &first, Error::DeviceActive);
    let hold = (Side::Merchant, stage.shop.index);
    assert!(!stage.network.read::<bool>(ContractKind::Registry, "is_party_held", &hold));
}

/// An agent that the board moved is an agent still; its deposit stands under
/// its former account until somebody says that it follows, and makes nobody
/// rich in the meantime either.
#[test]
fn a_moved_agents_penalty_makes_nobody_rich() {
    let mut stage = Stage::with(Default::default());
    let (first, moved, beneficiary) =
        (stage.id(FIRST), stage.account("the agent's next"), stage.account("beneficiary"));
    stage.name_agent(FIRST, "agent");
    stage.lock("agent", FIRST, TOKEN);
    stage.other("admin", ContractKind::Registry, "move_agent", &(1u32, moved));
    let at = stage.network.contracts;
    let penalty = (first, TOKEN, beneficiary, TOKEN, at.vault);
    assert_eq!(stage.call::<Balance>(at.receipts, "penalise", &penalty), Ok(TOKEN));
    assert_eq!(stage.bzky("beneficiary"), 0);
}
