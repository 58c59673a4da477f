//! Tasks of shops and of Bizkey itself.

use super::stage::{layouts, Stage, FEE, FUNDS, KIND, NAMED, POOL, SHOPS_TIME};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::redemption::Error,
    events::{Event, TaskClosed, TaskCreated, TaskFulfilled, TaskRestocked},
    redemption::{MintCause, RedemptionRole, Task, TaskTerms, BIZKEY, MAX_LIFE_MS},
    Balance, Side, Status, TOKEN,
};
use bizkey_tests::{sandbox::input, DAY};

const REWARD: Balance = 5 * TOKEN;

fn task(stage: &mut Stage, number: u32) -> Option<Task> {
    stage.read("task", &number)
}

/// A shop pays the fee, half of it burned, and its Time for all of the stock
/// is set aside at once; more stock costs no fee.
pub fn creation(stage: &mut Stage) {
    let (merchant, from_ms, burned) = (stage.shop.index, stage.now(), stage.supply(ContractKind::Bzky));
    let (terms, before) = (stage.task(REWARD, 3), stage.bzky_of("shop"));
    assert_eq!(stage.create_task(terms), 1);
    stage.told(Event::TaskCreated(TaskCreated { task: 1, merchant, terms }));
    assert!(stage.causes().is_empty(), "its Time was bought before");
    assert_eq!(task(stage, 1), Some(Task { merchant, from_ms, terms }));
    assert_eq!((stage.time_of("shop"), stage.held()), (SHOPS_TIME - 3 * REWARD, 3 * REWARD));
    assert_eq!((stage.bzky_of("shop"), stage.pool()), (before - FEE, POOL + FEE / 2));
    assert_eq!(stage.supply(ContractKind::Bzky), burned - FEE / 2);
    stage.by("shop", "restock_task", &(1u32, 2u32)).unwrap();
    stage.told(Event::TaskRestocked(TaskRestocked { task: 1, more: 2 }));
    assert_eq!(task(stage, 1).unwrap().terms, TaskTerms { stock: 5, ..terms });
    assert_eq!((stage.held(), stage.bzky_of("shop")), (5 * REWARD, before - FEE));
    assert_eq!(stage.create_task(terms), 2, "the same terms again are another task");
    stage.set_parameters(|parameters| parameters.task_fee = 0);
    assert_eq!(stage.create_task(terms), 3);
    assert_eq!(stage.bzky_of("shop"), before - 2 * FEE);
}

pub fn refused_creation(stage: &mut Stage) {
    let (here, admin) = (stage.contract, stage.admin());
    let (shop, rival) = (stage.shop.account(), stage.rival.account());
    let fair = stage.task(REWARD, 3);
    stage.only(&[shop, rival, admin], "create_task", &fair, Error::NotShop);
    let now_ms = stage.now();
    let bad = [
        TaskTerms { reward: 0, ..fair },
        TaskTerms { stock: 0, ..fair },
        TaskTerms { expires_ms: now_ms, ..fair },
        TaskTerms { expires_ms: 0, ..fair },
        TaskTerms { expires_ms: now_ms + MAX_LIFE_MS + 1, ..fair },
    ];
    for terms in bad {
        stage.refused("shop", "create_task", &terms, Error::BadTerms);
    }
    stage.refused("shop", "create_task", &TaskTerms { reward: Balance::MAX, ..fair }, Error::Overflow);
    stage.refused("shop", "create_task", &stage.task(SHOPS_TIME / 2 + 1, 2), Error::TimeRefused);
    stage.refused("rival", "create_task", &fair, Error::TimeRefused);
    stage.network.approve(shop, here, FEE - 1);
    stage.refused("shop", "create_task", &fair, Error::PaymentRefused);
    stage.network.approve(shop, here, FUNDS);
    stage.place_hold(Side::Merchant, stage.shop.index);
    stage.refused("shop", "create_task", &fair, Error::NotPayable);
    stage.pass(DAY);
    for (status, answer) in [
        (Status::Restricted, Err(Error::NotPayable)),
        (Status::Removed, Err(Error::NotPayable)),
        (Status::Demoted, Ok(())),
    ] {
        stage.set_status(Side::Merchant, stage.shop.index, status);
        let created = stage.ask::<u32>(shop, "create_task", &TaskTerms { reward: 1, ..fair });
        assert_eq!(created.map(drop), answer, "{status:?}");
    }
    stage.create_task(TaskTerms { expires_ms: stage.now() + MAX_LIFE_MS, ..fair });
    // No numbers are left: a figure that no test can count up to.
    overwrite_last(stage, 196);
    stage.refused("shop", "create_task", &stage.task(1, 1), Error::NumberExhausted);
    assert_eq!(stage.call(admin, "create_task", &stage.task(1, 1)), Err(Error::NumberExhausted));
}

/// Sets the last number of tasks (at byte 196 of the root cell, behind
/// calendar, genesis, contracts and the last pause) or privileges (200) to
/// the highest there is.
pub fn overwrite_last(stage: &mut Stage, at: usize) {
    let prefix = layouts().key(KIND, "");
    let cells = stage.network.state.storage_of(stage.contract);
    let (key, mut root) = cells.into_iter().find(|(key, _)| key.get(NAMED) == Some(&prefix[..])).unwrap();
    root[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    stage.network.state.overwrite(stage.contract, &key, &root);
}

/// A fulfilment pays the reward out of what was set aside, once a customer,
/// by the shop alone, while stock and time last.
pub fn fulfilment(stage: &mut Stage) {
    let terms = stage.task(REWARD, 2);
    let number = stage.create_task(terms);
    let (shop, customer, friend) = (stage.shop.account(), stage.customer.index, stage.friend.index);
    let (rival, confirmer) = (stage.rival.account(), stage.account("task confirmer"));
    stage.only(&[shop, rival, confirmer], "fulfil", &(number, customer), Error::NotShop);
    stage.refused("rival", "fulfil", &(number, customer), Error::NotOwner);
    stage.refused("task confirmer", "fulfil", &(number, customer), Error::NotOwner);
    stage.refused("shop", "fulfil", &(number + 1, customer), Error::UnknownTask);
    for nobody in [0, friend + 1, u32::MAX] {
        stage.refused("shop", "fulfil", &(number, nobody), Error::UnknownParty);
    }
    let before = stage.time_of("customer");
    stage.by("shop", "fulfil", &(number, customer)).unwrap();
    let (task, account) = (number, stage.customer.account());
    stage.told(Event::TaskFulfilled(TaskFulfilled { task, customer, account, reward: REWARD }));
    assert_eq!((stage.time_of("customer"), stage.held()), (before + REWARD, REWARD));
    let marks = [customer, friend].map(|customer| stage.read::<bool>("is_fulfilled", &(number, customer)));
    assert_eq!(marks, [true, false]);
    stage.refused("shop", "fulfil", &(number, customer), Error::AlreadyFulfilled);
    // A new account is the same customer, a mark away from none.
    let customer_party = stage.customer.clone();
    stage.change_account(Side::Customer, &customer_party, "customer");
    stage.refused("shop", "fulfil", &(number, customer), Error::AlreadyFulfilled);
    stage.at(terms.expires_ms);
    stage.refused("shop", "fulfil", &(number, friend), Error::OfferExpired);
    stage.at(terms.expires_ms - 1);
    stage.by("shop", "fulfil", &(number, friend)).unwrap();
    stage.refused("shop", "fulfil", &(number, customer), Error::OutOfStock);
    let other = stage.create_task(TaskTerms { expires_ms: stage.now() + DAY, ..terms });
    stage.by("shop", "fulfil", &(other, customer)).unwrap();
    assert_eq!(stage.time_of("new customer"), REWARD, "the present account has it");
    assert_eq!(stage.time_of("customer"), before + REWARD);
}

/// Both sides must be in good standing and not under a hold.
pub fn fulfilment_needs_good_standing(stage: &mut Stage) {
    let number = stage.create_task(stage.task(REWARD, 3));
    let (shop, customer) = (stage.shop.index, stage.customer.index);
    for (side, index) in [(Side::Merchant, shop), (Side::Customer, customer)] {
        for status in [Status::Restricted, Status::Removed] {
            stage.set_status(side, index, status);
            stage.refused("shop", "fulfil", &(number, customer), Error::NotPayable);
        }
        stage.set_status(side, index, Status::Demoted);
        stage.place_hold(side, index);
        stage.refused("shop", "fulfil", &(number, customer), Error::NotPayable);
        stage.pass(DAY);
    }
    stage.by("shop", "fulfil", &(number, customer)).unwrap();
}

pub fn restocking(stage: &mut Stage) {
    let terms = stage.task(REWARD, 2);
    let number = stage.create_task(terms);
    let admin = stage.admin();
    stage.refused("shop", "restock_task", &(number, 0u32), Error::ZeroAmount);
    stage.refused("shop", "restock_task", &(number + 1, 1u32), Error::UnknownTask);
    stage.refused("rival", "restock_task", &(number, 1u32), Error::NotOwner);
    assert_eq!(stage.call(admin, "restock_task", &(number, 1u32)), Err(Error::NotOwner));
    let owners = [stage.shop.account(), stage.rival.account(), admin];
    stage.only(&owners, "restock_task", &(number, 1u32), Error::NotShop);
    stage.refused("shop", "restock_task", &(number, u32::MAX), Error::Overflow);
    stage.refused("shop", "restock_task", &(number, 1_000u32), Error::TimeRefused);
    stage.place_hold(Side::Merchant, stage.shop.index);
    stage.refused("shop", "restock_task", &(number, 1u32), Error::NotPayable);
    stage.at(terms.expires_ms);
    stage.refused("shop", "restock_task", &(number, 1u32), Error::OfferExpired);
    stage.at(terms.expires_ms - 1);
    stage.by("shop", "restock_task", &(number, 1u32)).unwrap();
}

/// A shop ends its task at any time, whatever its standing, anybody once it has
/// expired: what nobody earned goes back to the shop's present account, once.
pub fn closing(stage: &mut Stage) {
    let terms = stage.task(REWARD, 3);
    let numbers: Vec<u32> = (0..4).map(|_| stage.create_task(terms)).collect();
    let (customer, admin) = (stage.customer.index, stage.admin());
    stage.by("shop", "fulfil", &(numbers[0], customer)).unwrap();
    let before = stage.time_of("shop");
    let owners = [stage.shop.account(), stage.rival.account(), admin];
    stage.only(&owners, "close_task", &numbers[0], Error::NotShop);
    stage.refused("rival", "close_task", &numbers[0], Error::NotOwner);
    assert_eq!(stage.call(admin, "close_task", &numbers[0]), Err(Error::NotOwner));
    stage.set_status(Side::Merchant, stage.shop.index, Status::Removed);
    stage.place_hold(Side::Merchant, stage.shop.index);
    stage.by("shop", "close_task", &numbers[0]).unwrap();
    stage.told(Event::TaskClosed(TaskClosed { task: numbers[0], left: 2 * REWARD }));
    assert_eq!((stage.time_of("shop"), task(stage, numbers[0])), (before + 2 * REWARD, None));
    stage.refused("shop", "close_task", &numbers[0], Error::UnknownTask);
    stage.refused("shop", "fulfil", &(numbers[1], stage.friend.index), Error::NotPayable);
    // The account that the shop gave up is no shop's any more.
    let shop = stage.shop.clone();
    stage.change_account(Side::Merchant, &shop, "shop");
    stage.refused("shop", "close_task", &numbers[1], Error::NotShop);
    stage.by("new shop", "close_task", &numbers[1]).unwrap();
    assert_eq!(stage.time_of("new shop"), 3 * REWARD);
    stage.at(terms.expires_ms - 1);
    stage.refused("stranger", "close_task", &numbers[2], Error::NotShop);
    stage.pass(1);
    stage.by("stranger", "close_task", &numbers[2]).unwrap();
    stage.by("rival", "close_task", &numbers[3]).unwrap();
    assert_eq!((stage.time_of("new shop"), stage.held()), (9 * REWARD, 0));
}

/// The marks of a task that is over can be freed, and whoever does has the
/// deposit; those of a running one stay, and its number is not given again.
pub fn marks(stage: &mut Stage) {
    let number = stage.create_task(stage.task(REWARD, 2));
    let customer = stage.customer.index;
    stage.by("shop", "fulfil", &(number, customer)).unwrap();
    stage.refused("stranger", "free_marks", &(number, vec![0u32]), Error::TaskOpen);
    stage.by("shop", "close_task", &number).unwrap();
    assert!(stage.read::<bool>("is_fulfilled", &(number, customer)));
    stage.refused("stranger", "free_marks", &(number, vec![0u32; 129]), Error::TooMany);
    let (stranger, here) = (stage.account("stranger"), stage.contract);
    let most: Vec<u32> = (0..128).collect();
    let freed = stage.network.state.execute(stranger, here, input("free_marks", &(number, most.clone())));
    assert!(freed.result.is_ok() && freed.deposit < 0, "{freed:?}");
    assert!(!stage.read::<bool>("is_fulfilled", &(number, customer)));
    stage.by("stranger", "free_marks", &(number, most)).unwrap();
    assert_eq!(stage.create_task(stage.task(REWARD, 2)), number + 1);
    stage.refused("shop", "fulfil", &(number, customer), Error::UnknownTask);
}

/// Bizkey's own tasks: the Time is minted against Bzky of the pool, burned at
/// the full price; the confirmer alone confirms; what nobody earned is burned.
pub fn of_bizkey_itself(stage: &mut Stage) {
    let (admin, confirmer) = (stage.admin(), stage.account("task confirmer"));
    let (bzky, time) = (stage.supply(ContractKind::Bzky), stage.supply(ContractKind::Time));
    let (terms, from_ms) = (stage.task(REWARD, 10), stage.now());
    let number: u32 = stage.ask(admin, "create_task", &terms).unwrap();
    stage.told(Event::TaskCreated(TaskCreated { task: number, merchant: BIZKEY, terms }));
    assert_eq!(stage.causes(), [(MintCause::Task { task: number }, stage.contract, 10 * REWARD)]);
    assert_eq!(task(stage, number), Some(Task { merchant: BIZKEY, from_ms, terms }));
    assert_eq!((stage.held(), stage.supply(ContractKind::Time)), (10 * REWARD, time + 10 * REWARD));
    assert_eq!((stage.pool(), stage.supply(ContractKind::Bzky)), (POOL - 20 * REWARD, bzky - 20 * REWARD));
    let customer = stage.customer.index;
    let (shop, rival) = (stage.shop.account(), stage.rival.account());
    stage.only(&[confirmer, shop, rival], "fulfil", &(number, customer), Error::NotShop);
    stage.refused("shop", "fulfil", &(number, customer), Error::NotOwner);
    let before = stage.time_of("customer");
    stage.by("task confirmer", "fulfil", &(number, customer)).unwrap();
    assert_eq!(stage.time_of("customer"), before + REWARD);
    stage.refused("task confirmer", "fulfil", &(number, customer), Error::AlreadyFulfilled);
    stage.set_status(Side::Customer, stage.friend.index, Status::Removed);
    stage.refused("task confirmer", "fulfil", &(number, stage.friend.index), Error::NotPayable);
    // The pool pays what it has, and no smallest unit more.
    let pool = stage.pool();
    let odd = stage.task(pool / 2 + 1, 1);
    assert_eq!(stage.call(admin, "create_task", &odd), Err(Error::PaymentRefused));
    assert_eq!(stage.call(admin, "restock_task", &(number, 90u32)), Err(Error::PaymentRefused));
    stage.call(admin, "restock_task", &(number, 1u32)).unwrap();
    assert_eq!(stage.causes(), [(MintCause::Task { task: number }, stage.contract, REWARD)]);
    assert_eq!((stage.pool(), stage.held()), (pool - 2 * REWARD, 10 * REWARD));
    stage.refused("shop", "restock_task", &(number, 1u32), Error::NotOwner);
    stage.refused("shop", "close_task", &number, Error::NotOwner);
    stage.refused("task confirmer", "close_task", &number, Error::NotShop);
    let supply = stage.supply(ContractKind::Time);
    stage.call(admin, "close_task", &number).unwrap();
    stage.told(Event::TaskClosed(TaskClosed { task: number, left: 10 * REWARD }));
    assert_eq!((stage.held(), stage.supply(ContractKind::Time)), (0, supply - 10 * REWARD));
    // Cost is rounded up; who is no confirmer any more confirms nothing.
    let third: u32 = stage.ask(admin, "create_task", &stage.task(1, 1)).unwrap();
    assert_eq!(stage.pool(), pool - 2 * REWARD - 2);
    stage.call(admin, "set_role", &(RedemptionRole::TaskConfirmer, None::<bizkey_primitives::AccountId>)).unwrap();
    stage.refused("task confirmer", "fulfil", &(third, customer), Error::NotShop);
    stage.pause_time(DAY);
    assert_eq!(stage.call(admin, "create_task", &stage.task(1, 1)), Err(Error::TimeRefused));
    stage.call(admin, "close_task", &third).unwrap();
}
