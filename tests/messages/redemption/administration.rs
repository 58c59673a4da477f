//! Who sets it up, who governs it, and how it stands still.

use super::stage::{own, Stage, FEE, FUNDS, KIND, OFFICIAL, POOL, PRICE, ROLES, TICKET_MS};
use bizkey_primitives::{
    action::redemption::{Action, TillAction},
    errors::redemption::Error,
    events::{
        BzkyPriceAnchored, Event, RedemptionCodeChanged, RedemptionHandedOver, RedemptionOssified,
        RedemptionParametersSet, RedemptionPaused, RedemptionRoleSet,
    },
    pause::{COOL_DOWN_MS, MAX_PAUSE_MS},
    redemption::{Price, PrivilegeTerms, RedemptionContracts, RedemptionParameters, RedemptionRole, TaskTerms},
    AccountId, Balance, Calendar, Hash, TIME_CAP, TOKEN,
};
use bizkey_tests::{DAY, HOUR};

/// Another instance than the network's, still its deployer's; it is called from now on.
pub fn another(stage: &mut Stage) -> AccountId {
    let (admin, calendar) = (stage.account("admin"), stage.network.calendar);
    let around: RedemptionContracts = stage.read("contracts", &());
    stage.contract = stage.network.instantiate(admin, KIND, &(calendar, around)).unwrap();
    stage.contract
}

/// It is built on the network's calendar, sells nothing at first, and is
/// handed over once, by its deployer, who is nobody then.
pub fn deployment(stage: &mut Stage) {
    let (admin, stranger) = (stage.account("admin"), stage.account("stranger"));
    let (calendar, suite) = (stage.network.calendar, stage.network.contracts.clone());
    let around: RedemptionContracts = stage.read("contracts", &());
    let (bzky, time, registry, receipts) = (suite.bzky, suite.time, suite.registry, suite.receipts);
    assert_eq!(around, RedemptionContracts { bzky, time, registry, receipts });
    let later = Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar };
    for bad in [later, Calendar { epoch_ms: 0, ..calendar }] {
        let made = stage.network.instantiate(admin, KIND, &(bad, around));
        assert_eq!(made.map_err(own), Err(Error::BadCalendar), "{bad:?}");
    }
    for nobody in [stranger, suite.vault] {
        let made = stage.network.instantiate(admin, KIND, &(calendar, RedemptionContracts { bzky: nobody, ..around }));
        assert_eq!(made.map_err(own), Err(Error::CalleeFailed), "not bzky");
    }
    another(stage);
    assert_eq!((stage.read::<AccountId>("admin", &()), stage.read::<bool>("is_ossified", &())), (admin, false));
    assert_eq!(stage.read::<RedemptionParameters>("parameters", &()), RedemptionParameters::initial(DAY));
    assert_eq!(stage.read::<Price>("price", &()), Price::default());
    assert_eq!(stage.read::<Calendar>("calendar", &()), calendar);
    for (role, _) in ROLES {
        assert_eq!(stage.read::<Option<AccountId>>("role", &role), None);
    }
    assert_eq!(stage.quote(TOKEN), Err(Error::SaleClosed));
    stage.only(&[admin], "hand_over", &stranger, Error::NotDeployer);
    stage.only(&[admin], "anchor_price", &PRICE, Error::NotAdmin);
    let board = stage.admin();
    stage.call(admin, "hand_over", &board).unwrap();
    stage.told(Event::RedemptionHandedOver(RedemptionHandedOver { admin: board }));
    assert_eq!(stage.read::<AccountId>("admin", &()), board);
    stage.refused("admin", "hand_over", &stranger, Error::AlreadyBound);
    stage.only(&[admin], "hand_over", &stranger, Error::NotDeployer);
    stage.only(&[board], "anchor_price", &PRICE, Error::NotAdmin);
}

/// Only the admin gives roles and sets figures, each within its bounds; the
/// official price of Time is set once.
pub fn roles_and_figures(stage: &mut Stage) {
    let (board, stranger) = (stage.admin(), stage.account("stranger"));
    stage.only(&[board], "set_role", &(RedemptionRole::FiatSeller, Some(stranger)), Error::NotAdmin);
    let fair: RedemptionParameters = stage.read("parameters", &());
    stage.only(&[board], "set_parameters", &fair, Error::NotAdmin);
    let sale = (Hash::from([1; 32]), stranger, 1u64);
    for (role, name) in ROLES {
        assert_eq!(stage.read::<Option<AccountId>>("role", &role), Some(stage.account(name)));
        for account in [Some(stranger), None, None] {
            stage.call(board, "set_role", &(role, account)).unwrap();
            stage.told(Event::RedemptionRoleSet(RedemptionRoleSet { role, account }));
            assert_eq!(stage.read::<Option<AccountId>>("role", &role), account);
        }
    }
    // Nobody has the roles now, whoever had them.
    let now_ms = stage.now();
    stage.only(&[], "set_price", &(PRICE, now_ms), Error::NotPriceSetter);
    stage.only(&[], "sell_for_fiat", &sale, Error::NotFiatSeller);
    let bad = [
        RedemptionParameters { task_fee: 1_000_000 * TOKEN + 1, ..fair },
        RedemptionParameters { privilege_fee: 1_000_000 * TOKEN + 1, ..fair },
        RedemptionParameters { burn_percent: 101, ..fair },
        RedemptionParameters { discount_percent: 51, ..fair },
        RedemptionParameters { change_percent: 0, ..fair },
        RedemptionParameters { change_percent: 51, ..fair },
        RedemptionParameters { price_age_ms: 7 * DAY + 1, ..fair },
        RedemptionParameters { bzky_cap: TIME_CAP + 1, ..fair },
        RedemptionParameters { fiat_cap: TIME_CAP + 1, ..fair },
        RedemptionParameters { lock_epochs: 401, ..fair },
    ];
    for parameters in bad {
        assert_eq!(stage.call(board, "set_parameters", &parameters), Err(Error::BadParameters), "{parameters:?}");
    }
    for official_price in [0, OFFICIAL - 1, OFFICIAL + 1] {
        let other = RedemptionParameters { official_price, ..fair };
        assert_eq!(stage.call(board, "set_parameters", &other), Err(Error::OfficialPriceFixed));
    }
    let most = RedemptionParameters {
        task_fee: 1_000_000 * TOKEN,
        privilege_fee: 1_000_000 * TOKEN,
        burn_percent: 100,
        discount_percent: 50,
        change_percent: 50,
        price_age_ms: 7 * DAY,
        bzky_cap: TIME_CAP,
        fiat_cap: TIME_CAP,
        lock_epochs: 400,
        ..fair
    };
    stage.call(board, "set_parameters", &most).unwrap();
    stage.told(Event::RedemptionParametersSet(RedemptionParametersSet { parameters: most }));
    assert_eq!(stage.read::<RedemptionParameters>("parameters", &()), most);
    // Half price, and nothing of it reaches the pool.
    stage.buy("friend", TOKEN).unwrap();
    assert_eq!(stage.bzky_of("friend"), FUNDS - TOKEN);
    assert_eq!(stage.pool(), POOL);
    assert_eq!(stage.call(board, "anchor_price", &0u64), Err(Error::ZeroAmount));
    stage.call(board, "anchor_price", &1u64).unwrap();
    stage.told(Event::BzkyPriceAnchored(BzkyPriceAnchored { price: 1 }));
}

/// The board changes the code, which keeps the state, until it is final.
pub fn code(stage: &mut Stage) {
    let board = stage.admin();
    let (own_code, unknown) = (stage.network.code_hash(KIND), Hash::from([3; 32]));
    stage.only(&[board], "set_code", &own_code, Error::NotAdmin);
    stage.only(&[board], "ossify", &(), Error::NotAdmin);
    let before = stage.kept();
    assert_eq!(stage.call(board, "set_code", &unknown), Err(Error::UnknownCode));
    stage.call(board, "set_code", &own_code).unwrap();
    stage.told(Event::RedemptionCodeChanged(RedemptionCodeChanged { code_hash: own_code }));
    assert!(before == stage.kept(), "other code took the state along");
    stage.call(board, "ossify", &()).unwrap();
    stage.told(Event::RedemptionOssified(RedemptionOssified {}));
    assert!(stage.read::<bool>("is_ossified", &()));
    assert_eq!(stage.call(board, "ossify", &()), Err(Error::Ossified));
    assert_eq!(stage.call(board, "set_code", &own_code), Err(Error::Ossified));
    // It still governs in all else.
    stage.set_parameters(|parameters| parameters.burn_percent = 0);
}

/// A pause is the admin's, 72 hours at most, 30 days after the last one.
pub fn a_pause_is_short_and_rare(stage: &mut Stage) {
    let (board, now_ms) = (stage.admin(), stage.now());
    stage.only(&[board], "pause", &(now_ms + HOUR), Error::NotAdmin);
    for until_ms in [0, now_ms, now_ms + MAX_PAUSE_MS + 1, u64::MAX] {
        assert_eq!(stage.call(board, "pause", &until_ms), Err(Error::PauseTooLong), "{until_ms}");
    }
    let until_ms = now_ms + MAX_PAUSE_MS;
    stage.call(board, "pause", &until_ms).unwrap();
    stage.told(Event::RedemptionPaused(RedemptionPaused { until_ms }));
    for (at_ms, error) in [(now_ms, Error::PauseCoolingDown), (until_ms + COOL_DOWN_MS - 1, Error::PauseCoolingDown)] {
        stage.at(at_ms);
        assert_eq!(stage.call(board, "pause", &(at_ms + HOUR)), Err(error));
    }
    stage.at(until_ms - 1);
    stage.set_price(PRICE).unwrap();
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::Paused);
    stage.at(until_ms);
    stage.buy("friend", TOKEN).unwrap();
    stage.at(until_ms + COOL_DOWN_MS);
    let again_ms = stage.now() + 1;
    stage.call(board, "pause", &again_ms).unwrap();
}

/// A pause stops earning, collecting and minting, by whatever way, and
/// nothing by which somebody gets its own back.
pub fn what_a_pause_stops(stage: &mut Stage) {
    let (board, stranger) = (stage.admin(), stage.account("stranger"));
    let customer = stage.customer.index;
    let bizkeys: u32 = stage.ask(board, "create_task", &stage.task(TOKEN, 2)).unwrap();
    let (task, closing) = (stage.create_task(stage.task(TOKEN, 2)), stage.create_task(stage.task(TOKEN, 2)));
    let (privilege, old) = (stage.create_privilege(stage.privilege()), stage.create_privilege(stage.privilege()));
    let brief = stage.create_privilege(PrivilegeTerms { refund_ms: 1, ..stage.privilege() });
    let (given_back, over) = (stage.collected(privilege, 1), stage.collected(brief, 2));
    let sales = [1u8, 2, 3].map(|number| Hash::from([number; 32]));
    for (payment, lock_epochs) in sales.into_iter().zip([0, 1, 1]) {
        stage.set_parameters(|parameters| parameters.lock_epochs = lock_epochs);
        stage.by_seller(payment, stranger, 100).unwrap();
    }
    stage.pass(TICKET_MS);
    stage.pass(1);
    let until_ms = stage.now() + HOUR;
    stage.call(board, "pause", &until_ms).unwrap();

    let ticket = stage.signed(stage.ticket(privilege, 3));
    stage.refused("shop", "fulfil", &(task, customer), Error::Paused);
    stage.refused("task confirmer", "fulfil", &(bizkeys, customer), Error::Paused);
    stage.refused("shop", "collect", &ticket, Error::Paused);
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::Paused);
    stage.refused("stranger", "release_sale", &sales[0], Error::Paused);
    for action in [TillAction::Fulfil { task, customer }, TillAction::Collect { ticket: ticket.0, signature: ticket.1 }]
    {
        assert_eq!(stage.by_device(action), Err(Error::Paused));
        assert_eq!(stage.relay(&stage.shop.actor.clone(), &Action::Till { action }), Err(Error::Paused));
    }
    assert_eq!(stage.call(board, "create_task", &stage.task(TOKEN, 2)), Err(Error::Paused));
    assert_eq!(stage.call(board, "restock_task", &(bizkeys, 2u32)), Err(Error::Paused));

    stage.by("shop", "restock_task", &(task, 1u32)).unwrap();
    stage.by("shop", "close_task", &closing).unwrap();
    stage.call(board, "close_task", &bizkeys).unwrap();
    stage.create_task(stage.task(TOKEN, 1));
    stage.by("shop", "change_privilege", &(privilege, stage.privilege())).unwrap();
    stage.by("shop", "close_privilege", &old).unwrap();
    stage.by("shop", "refund", &given_back).unwrap();
    assert_eq!(stage.ask::<u32>(stranger, "settle", &vec![over]), Ok(1));
    stage.by("fiat seller", "charge_back", &sales[1]).unwrap();
    stage.by_seller(Hash::from([9; 32]), stranger, 1).unwrap();
    stage.set_price(PRICE).unwrap();
    stage.even();
    stage.at(until_ms);
    stage.by("stranger", "release_sale", &sales[0]).unwrap();
    stage.by("shop", "fulfil", &(task, customer)).unwrap();
    stage.even();
}

/// Every window that a pause meets is the longer by it: a task's and a
/// privilege's life, the time to give back, a chargeback period. A ticket's is not.
pub fn windows_are_longer_by_a_pause(stage: &mut Stage) {
    let (board, stranger) = (stage.admin(), stage.account("stranger"));
    let end_ms = stage.now() + DAY;
    let task = stage.create_task(TaskTerms { expires_ms: end_ms, ..stage.task(TOKEN, 3) });
    let privilege = stage.create_privilege(PrivilegeTerms { expires_ms: end_ms, ..stage.privilege() });
    let collections = [1, 2].map(|nonce| stage.collected(privilege, nonce));
    let unused = stage.ticket(privilege, 3);
    stage.set_parameters(|parameters| parameters.lock_epochs = 1);
    let sales = [1u8, 2].map(|number| Hash::from([number; 32]));
    for payment in sales {
        stage.by_seller(payment, stranger, 100).unwrap();
    }
    stage.pass(HOUR);
    stage.call(board, "pause", &(stage.now() + MAX_PAUSE_MS)).unwrap();
    stage.at(end_ms + MAX_PAUSE_MS - 1);
    let ticket = stage.ticket(privilege, 4);
    stage.collect(ticket).unwrap();
    assert_eq!(stage.collect(unused), Err(Error::TicketExpired));
    stage.by("shop", "fulfil", &(task, stage.customer.index)).unwrap();
    stage.refused("stranger", "close_task", &task, Error::NotShop);
    stage.by("shop", "refund", &collections[0]).unwrap();
    assert_eq!(stage.ask::<u32>(stranger, "settle", &collections.to_vec()), Ok(0));
    stage.refused("stranger", "release_sale", &sales[0], Error::WindowOpen);
    stage.by("fiat seller", "charge_back", &sales[0]).unwrap();
    stage.pass(1);
    stage.refused("shop", "fulfil", &(task, stage.friend.index), Error::OfferExpired);
    let late = stage.ticket(privilege, 5);
    stage.refused("shop", "collect", &stage.signed(late), Error::OfferExpired);
    stage.refused("shop", "refund", &collections[1], Error::WindowOver);
    assert_eq!(stage.ask::<u32>(stranger, "settle", &collections.to_vec()), Ok(2));
    stage.refused("fiat seller", "charge_back", &sales[1], Error::WindowOver);
    stage.by("stranger", "release_sale", &sales[1]).unwrap();
    stage.by("stranger", "close_task", &task).unwrap();
    stage.by("stranger", "close_privilege", &privilege).unwrap();
    stage.even();
}

/// A contract of the suite that does not answer stops what needs it, and nothing is lost.
pub fn a_silent_contract(stage: &mut Stage) {
    let (admin, calendar) = (stage.account("admin"), stage.network.calendar);
    let around: RedemptionContracts = stage.read("contracts", &());
    let nobody = stage.account("nobody");
    let action = TillAction::Refund { ticket: Hash::default() };
    let task = stage.task(TOKEN, 1);
    let silent = RedemptionContracts { registry: nobody, receipts: nobody, ..around };
    stage.contract = stage.network.instantiate(admin, KIND, &(calendar, silent)).unwrap();
    stage.refused("shop", "create_task", &task, Error::CalleeFailed);
    let signature = stage.word(&stage.device, &action);
    stage.refused("relayer", "by_device", &(stage.device.id, action, signature), Error::CalleeFailed);
    let silent = RedemptionContracts { time: nobody, ..around };
    stage.contract = stage.network.instantiate(admin, KIND, &(calendar, silent)).unwrap();
    let (shop, here) = (stage.shop.account(), stage.contract);
    stage.network.approve(shop, here, FEE);
    let before = stage.bzky_of("shop");
    stage.refused("shop", "create_task", &task, Error::CalleeFailed);
    assert_eq!(stage.bzky_of("shop"), before, "the fee came back");
}
