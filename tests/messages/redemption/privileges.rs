//! Privileges, and Time that was collected for them.

use super::{
    stage::{layouts, Stage, CUSTOMERS_TIME, FEE, FUNDS, KIND, NAMED, POOL, PRIVILEGE_PRICE, TICKET_MS},
    tasks::overwrite_last,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::redemption::Error,
    events::{
        CollectionRefunded, CollectionSettled, Event, PrivilegeChanged, PrivilegeClosed, PrivilegeCreated,
        TimeCollected,
    },
    redemption::{Collection, Privilege, PrivilegeTerms, DAY_MINUTES, MAX_LIFE_MS, MAX_REFUND_MS},
    Hash, Side, Status,
};
use bizkey_tests::{sandbox::input, DAY};

/// A privilege costs its shop a fee; other terms are the next version, for
/// nothing; it ends by its shop or, once expired, by anybody.
pub fn life(stage: &mut Stage) {
    let (merchant, from_ms) = (stage.shop.index, stage.now());
    let (terms, before) = (stage.privilege(), stage.bzky_of("shop"));
    assert_eq!(stage.create_privilege(terms), 1);
    stage.told(Event::PrivilegeCreated(PrivilegeCreated { privilege: 1, merchant, terms }));
    let kept = Privilege { merchant, version: 1, from_ms, terms };
    assert_eq!(stage.read::<Option<Privilege>>("privilege", &1u32), Some(kept));
    assert_eq!((stage.bzky_of("shop"), stage.pool(), stage.held()), (before - FEE, POOL + FEE / 2, 0));
    stage.pass(1);
    let other = PrivilegeTerms { price: 1, stock: 0, ..terms };
    stage.by("shop", "change_privilege", &(1u32, other)).unwrap();
    stage.told(Event::PrivilegeChanged(PrivilegeChanged { privilege: 1, version: 2, terms: other }));
    let kept = Privilege { merchant, version: 2, from_ms: from_ms + 1, terms: other };
    assert_eq!(stage.read::<Option<Privilege>>("privilege", &1u32), Some(kept));
    assert_eq!(stage.bzky_of("shop"), before - FEE);
    assert_eq!(stage.create_privilege(terms), 2);
    let owners = [stage.shop.account(), stage.rival.account(), stage.admin()];
    stage.only(&owners, "close_privilege", &1u32, Error::NotShop);
    stage.refused("rival", "close_privilege", &1u32, Error::NotOwner);
    let admin = stage.admin();
    assert_eq!(stage.call(admin, "close_privilege", &1u32), Err(Error::NotOwner));
    stage.set_status(Side::Merchant, merchant, Status::Removed);
    stage.by("shop", "close_privilege", &1u32).unwrap();
    stage.told(Event::PrivilegeClosed(PrivilegeClosed { privilege: 1 }));
    assert_eq!(stage.read::<Option<Privilege>>("privilege", &1u32), None);
    stage.refused("shop", "close_privilege", &1u32, Error::UnknownPrivilege);
    stage.at(terms.expires_ms - 1);
    stage.refused("stranger", "close_privilege", &2u32, Error::NotShop);
    stage.pass(1);
    stage.by("stranger", "close_privilege", &2u32).unwrap();
}

pub fn refused_terms(stage: &mut Stage) {
    let (here, admin, shop) = (stage.contract, stage.admin(), stage.shop.account());
    let fair = stage.privilege();
    stage.only(&[shop, stage.rival.account()], "create_privilege", &fair, Error::NotShop);
    let (privilege, now_ms) = (stage.create_privilege(fair), stage.now());
    stage.only(&[shop, stage.rival.account()], "change_privilege", &(privilege, fair), Error::NotShop);
    stage.refused("rival", "change_privilege", &(privilege, fair), Error::NotOwner);
    stage.refused("shop", "change_privilege", &(privilege + 1, fair), Error::UnknownPrivilege);
    let bad = [
        PrivilegeTerms { price: 0, ..fair },
        PrivilegeTerms { expires_ms: now_ms, ..fair },
        PrivilegeTerms { expires_ms: now_ms + MAX_LIFE_MS + 1, ..fair },
        PrivilegeTerms { opens: DAY_MINUTES, ..fair },
        PrivilegeTerms { closes: DAY_MINUTES, ..fair },
        PrivilegeTerms { refund_ms: MAX_REFUND_MS + 1, ..fair },
    ];
    for terms in bad {
        stage.refused("shop", "create_privilege", &terms, Error::BadTerms);
        stage.refused("shop", "change_privilege", &(privilege, terms), Error::BadTerms);
    }
    let most = PrivilegeTerms {
        expires_ms: now_ms + MAX_LIFE_MS,
        opens: DAY_MINUTES - 1,
        closes: DAY_MINUTES - 1,
        refund_ms: MAX_REFUND_MS,
        ..fair
    };
    stage.by("shop", "change_privilege", &(privilege, most)).unwrap();
    stage.network.approve(shop, here, FEE - 1);
    stage.refused("shop", "create_privilege", &fair, Error::PaymentRefused);
    stage.network.approve(shop, here, FUNDS);
    for status in [Status::Restricted, Status::Removed] {
        stage.set_status(Side::Merchant, stage.shop.index, status);
        stage.refused("shop", "create_privilege", &fair, Error::NotPayable);
        stage.refused("shop", "change_privilege", &(privilege, fair), Error::NotPayable);
    }
    stage.set_status(Side::Merchant, stage.shop.index, Status::Active);
    // Numbers and versions that no test can count up to.
    overwrite_last(stage, 200);
    stage.refused("shop", "create_privilege", &fair, Error::NumberExhausted);
    let prefix = layouts().key(KIND, "privileges.privileges");
    let cells = stage.network.state.storage_of(here);
    let (key, mut cell) = cells.into_iter().find(|(key, _)| key.get(NAMED) == Some(&prefix[..])).unwrap();
    cell[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    stage.network.state.overwrite(here, &key, &cell);
    stage.refused("shop", "change_privilege", &(privilege, fair), Error::NumberExhausted);
    assert_eq!(stage.call(admin, "create_privilege", &fair), Err(Error::NotShop));
}

/// Collected Time is held for the refund window and burned when it is over and
/// the ticket too; without a window it is burned at once.
pub fn collected_time(stage: &mut Stage) {
    let (merchant, customer) = (stage.shop.index, stage.customer.index);
    let (held, burned) = (
        stage.create_privilege(stage.privilege()),
        stage.create_privilege(PrivilegeTerms { refund_ms: 0, ..stage.privilege() }),
    );
    let (supply, from_ms) = (stage.supply(ContractKind::Time), stage.now());
    let ticket = stage.collected(held, 1);
    let amount = PRIVILEGE_PRICE;
    stage.told(Event::TimeCollected(TimeCollected { ticket, merchant, privilege: held, customer, amount }));
    let expires_ms = from_ms + TICKET_MS;
    let kept = Collection { merchant, privilege: held, customer, held: amount, from_ms, refund_ms: DAY, expires_ms };
    assert_eq!(stage.read::<Option<Collection>>("collection", &ticket), Some(kept));
    assert_eq!((stage.time_of("customer"), stage.held()), (CUSTOMERS_TIME - amount, amount));
    assert_eq!(stage.supply(ContractKind::Time), supply);
    assert_eq!(stage.read::<Option<Privilege>>("privilege", &held).unwrap().terms.stock, 4);
    let at_once = stage.collected(burned, 2);
    stage.told(Event::TimeCollected(TimeCollected { ticket: at_once, merchant, privilege: burned, customer, amount }));
    let kept = Collection { privilege: burned, held: 0, refund_ms: 0, ..kept };
    assert_eq!(stage.read::<Option<Collection>>("collection", &at_once), Some(kept));
    assert_eq!((stage.time_of("customer"), stage.held()), (CUSTOMERS_TIME - 2 * amount, amount));
    assert_eq!(stage.supply(ContractKind::Time), supply - amount);
    assert_eq!(stage.time_of("shop"), super::stage::SHOPS_TIME, "the shop has none of it");
    stage.refused("shop", "refund", &at_once, Error::WindowOver);

    let settle =
        |stage: &mut Stage, tickets: &[Hash]| stage.ask::<u32>(stage.account("stranger"), "settle", &tickets.to_vec());
    assert_eq!(settle(stage, &[Hash::default()]), Ok(0));
    assert_eq!(settle(stage, &[Hash::default(); 65]), Err(Error::TooMany));
    stage.at(expires_ms);
    assert_eq!(settle(stage, &[ticket, at_once]), Ok(0), "the ticket could be used again");
    stage.pass(1);
    assert_eq!(settle(stage, &[ticket, at_once, at_once]), Ok(1));
    stage.told(Event::CollectionSettled(CollectionSettled { ticket: at_once, burned: 0 }));
    stage.at(from_ms + DAY - 1);
    assert_eq!(settle(stage, &[ticket]), Ok(0), "it could be given back");
    stage.pass(1);
    let (stranger, here) = (stage.account("stranger"), stage.contract);
    let most = vec![ticket; 64];
    let settled = stage.network.state.execute(stranger, here, input("settle", &most));
    assert!(settled.result.is_ok() && settled.deposit < 0, "whoever settles has the deposit: {settled:?}");
    assert_eq!(settled.events.len(), 2, "{:?}", settled.events);
    assert_eq!(settled.events[0], Event::CollectionSettled(CollectionSettled { ticket, burned: amount }));
    assert_eq!((stage.held(), stage.supply(ContractKind::Time)), (0, supply - 2 * amount));
    assert_eq!(settle(stage, &most), Ok(0));
    stage.refused("shop", "refund", &ticket, Error::UnknownCollection);
}

/// The shop gives collected Time back within the window, once, to the
/// customer's present account, whatever the standing of the two.
pub fn refunds(stage: &mut Stage) {
    let privilege = stage.create_privilege(stage.privilege());
    let (from_ms, supply) = (stage.now(), stage.supply(ContractKind::Time));
    let tickets = [1, 2, 3].map(|nonce| stage.collected(privilege, nonce));
    let (shop, rival) = (stage.shop.account(), stage.rival.account());
    let confirmer = stage.account("task confirmer");
    stage.only(&[shop, rival, confirmer], "refund", &tickets[0], Error::NotShop);
    stage.refused("rival", "refund", &tickets[0], Error::NotOwner);
    stage.refused("task confirmer", "refund", &tickets[0], Error::NotOwner);
    stage.refused("shop", "refund", &Hash::default(), Error::UnknownCollection);
    stage.by("shop", "refund", &tickets[0]).unwrap();
    let account = stage.customer.account();
    let refunded = CollectionRefunded { ticket: tickets[0], account, amount: PRIVILEGE_PRICE };
    stage.told(Event::CollectionRefunded(refunded));
    assert!(stage.causes().is_empty());
    assert_eq!(stage.time_of("customer"), CUSTOMERS_TIME - 2 * PRIVILEGE_PRICE);
    assert_eq!(stage.read::<Option<Collection>>("collection", &tickets[0]).unwrap().held, 0);
    assert_eq!(stage.read::<Option<Privilege>>("privilege", &privilege).unwrap().terms.stock, 2, "as it was");
    stage.refused("shop", "refund", &tickets[0], Error::NothingHeld);
    // The privilege is over, both are out of the network, the customer has another account.
    stage.by("shop", "close_privilege", &privilege).unwrap();
    stage.set_status(Side::Merchant, stage.shop.index, Status::Removed);
    stage.set_status(Side::Customer, stage.customer.index, Status::Removed);
    stage.place_hold(Side::Customer, stage.customer.index);
    let customer = stage.customer.clone();
    stage.change_account(Side::Customer, &customer, "customer");
    stage.at(from_ms + DAY);
    stage.refused("shop", "refund", &tickets[1], Error::WindowOver);
    stage.at(from_ms + DAY - 1);
    stage.by("shop", "refund", &tickets[1]).unwrap();
    assert_eq!(stage.time_of("new customer"), PRIVILEGE_PRICE);
    assert_eq!(stage.held(), PRIVILEGE_PRICE);
    stage.pass(1);
    let stranger = stage.account("stranger");
    assert_eq!(stage.ask::<u32>(stranger, "settle", &tickets.to_vec()), Ok(3));
    assert_eq!((stage.held(), stage.supply(ContractKind::Time)), (0, supply - PRIVILEGE_PRICE));
}
