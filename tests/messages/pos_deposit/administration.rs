//! How it is deployed, and what admin and platform can do: nobody else, and the
//! deployer no more once it has handed over.

use super::stage::{own, Stage, FIRST, FUNDS, KIND, SECOND, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    administration::Administration,
    errors::pos_deposit::Error,
    events::{
        DeviceClassChanged, Event, PlatformChanged, PosDepositCodeChanged, PosDepositHandedOver, PosDepositOssified,
        ScheduleSet,
    },
    AccountId, Balance, Calendar, Hash, TOKEN,
};
use bizkey_tests::sandbox::{Raw, PENALTY_WINDOW};
use codec::Encode;

/// What `settings` tells.
type Settings = (Hash, AccountId, AccountId, AccountId, u64, Administration, Option<(AccountId, AccountId)>);

pub fn deployment(stage: &mut Stage) {
    let (admin, stranger) = (stage.account("admin"), stage.account("stranger"));
    let (at, calendar) = (stage.network.contracts, stage.network.calendar);
    let mut made = |calendar: Calendar, bzky: AccountId| {
        stage.network.instantiate(admin, KIND, &(calendar, bzky, at.registry, 7u64)).map(drop).map_err(own)
    };
    for other in [
        Calendar { epoch_ms: 0, ..calendar },
        Calendar { epoch_ms: calendar.epoch_ms + 1, ..calendar },
        Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar },
    ] {
        assert_eq!(made(other, at.bzky), Err(Error::BadCalendar), "{other:?} is not bzky's");
    }
    assert_eq!(made(calendar, stranger), Err(Error::CalleeFailed), "no token there");
    assert_eq!(made(calendar, at.vault), Err(Error::CalleeFailed), "it has a calendar and no genesis hash");
    assert_eq!(made(calendar, at.bzky), Ok(()));

    let settings: Option<Settings> = stage.read("settings", &());
    let bound = Some((at.receipts, at.rewards));
    let genesis = stage.network.genesis;
    let expected = (genesis, at.bzky, at.registry, admin, PENALTY_WINDOW, Administration::new(admin), bound);
    assert_eq!(settings, Some(expected));
    assert_eq!(stage.read::<Calendar>("calendar", &()), calendar);
    assert_eq!(stage.read::<u64>("penalty_window_ms", &()), PENALTY_WINDOW);
    assert_eq!(stage.read::<AccountId>("admin", &()), admin);
    stage.only(&[admin], "bind", &(stranger, stranger), Error::NotDeployer);
    stage.refuses("admin", "bind", &(stranger, stranger), Error::AlreadyBound);
}

/// Another instance of the network, and calls of it.
struct Another(AccountId);

impl Another {
    fn new(stage: &mut Stage, registry: AccountId, window_ms: u64) -> Self {
        let (admin, bzky) = (stage.account("admin"), stage.network.contracts.bzky);
        let arguments = (stage.network.calendar, bzky, registry, window_ms);
        let other = stage.network.instantiate(admin, KIND, &arguments).unwrap();
        let shop = stage.shop.account();
        stage.network.approve(shop, other, FUNDS);
        Self(other)
    }

    fn call(&self, stage: &mut Stage, name: &str, message: &str, arguments: &impl Encode) -> Result<(), Error> {
        let origin = stage.account(name);
        stage.network.call_at(self.0, origin, KIND, message, arguments).map_err(own)
    }
}

/// Not bound, it takes deposits and gives none back.
pub fn an_unbound_instance(stage: &mut Stage) {
    let at = stage.network.contracts;
    let (first, second, shop) = (stage.id(FIRST), stage.id(SECOND), stage.shop.account());
    let other = Another::new(stage, at.registry, 7);
    other.call(stage, "shop", "lock", &(first, 10u128)).unwrap();
    other.call(stage, "shop", "offer_transfer", &(first, Some(second))).unwrap();
    assert_eq!(other.call(stage, "admin", "confirm_return", &first), Err(Error::NotBound));
    assert_eq!(other.call(stage, "admin", "confirm_transfer", &(first, second)), Err(Error::NotBound));
    assert_eq!(other.call(stage, "admin", "penalise", &(first, 1u128, shop, 1u128, shop)), Err(Error::NotBound));
    assert_eq!(other.call(stage, "admin", "pledge", &(shop, 1u128, 99u32)), Err(Error::NotBound));
    let around = (at.receipts, at.rewards);
    for name in ["shop", "stranger", "director 1"] {
        assert_eq!(other.call(stage, name, "bind", &around), Err(Error::NotDeployer));
    }
    other.call(stage, "admin", "bind", &around).unwrap();
    assert_eq!(other.call(stage, "admin", "bind", &around), Err(Error::AlreadyBound));
    stage.switch(FIRST, false);
    other.call(stage, "admin", "confirm_return", &first).unwrap();
}

/// A registry that does not answer allows nothing.
pub fn a_silent_registry(stage: &mut Stage) {
    let (first, stranger, receipts) = (stage.id(FIRST), stage.account("stranger"), stage.account("receipts' part"));
    let other = Another::new(stage, stranger, 7);
    assert_eq!(other.call(stage, "shop", "lock", &(first, 10u128)), Err(Error::CalleeFailed));
    assert_eq!(other.call(stage, "shop", "set_agent", &(first, None::<AccountId>)), Err(Error::CalleeFailed));
    // Receipts that do not answer confirm no return.
    let registry = stage.network.contracts.registry;
    let other = Another::new(stage, registry, 7);
    other.call(stage, "admin", "bind", &(receipts, receipts)).unwrap();
    other.call(stage, "shop", "lock", &(first, 10u128)).unwrap();
    assert_eq!(other.call(stage, "admin", "confirm_return", &first), Err(Error::CalleeFailed));
}

/// A window past the end of time.
pub fn an_endless_window(stage: &mut Stage) {
    let at = stage.network.contracts;
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    let other = Another::new(stage, at.registry, u64::MAX);
    other.call(stage, "admin", "bind", &(at.receipts, at.rewards)).unwrap();
    other.call(stage, "shop", "lock", &(first, 10u128)).unwrap();
    other.call(stage, "shop", "offer_transfer", &(first, Some(second))).unwrap();
    stage.switch(FIRST, false);
    assert_eq!(other.call(stage, "admin", "confirm_return", &first), Err(Error::Overflow));
    assert_eq!(other.call(stage, "admin", "confirm_transfer", &(first, second)), Err(Error::Overflow));
}

pub fn hand_over(stage: &mut Stage) {
    let (admin, board, stranger) = (stage.account("admin"), stage.account("board"), stage.account("stranger"));
    let first = stage.id(FIRST);
    stage.only(&[admin], "hand_over", &stranger, Error::NotDeployer);
    stage.done("admin", "hand_over", &board);
    stage.said(&[Event::PosDepositHandedOver(PosDepositHandedOver { admin: board })]);
    assert_eq!(stage.read::<AccountId>("admin", &()), board);
    stage.refuses("admin", "hand_over", &admin, Error::AlreadyBound);
    stage.refuses("board", "hand_over", &board, Error::NotDeployer);
    let code = stage.network.code_hash(KIND);
    for (message, arguments) in [
        ("set_code", code.encode()),
        ("ossify", vec![]),
        ("set_platform", stranger.encode()),
        ("set_schedule", (1u8, Some(TOKEN)).encode()),
        ("seize", (first, TOKEN, stranger).encode()),
    ] {
        stage.only(&[board], message, &Raw(arguments), Error::NotAdmin);
    }
    // The deployer is the platform until the board names another.
    stage.done("admin", "assign_class", &(first, 1u8));
    stage.done("board", "set_platform", &stranger);
    stage.refuses("admin", "assign_class", &(first, 2u8), Error::NotPlatform);
    stage.done("board", "set_schedule", &(1u8, Some(TOKEN)));
    stage.done("board", "ossify", &());
}

/// Other code runs from the next call on, on the state that is there; final
/// code stays.
pub fn code(stage: &mut Stage) {
    let (admin, pos_deposit) = (stage.account("admin"), stage.network.contracts.pos_deposit);
    let (code, other) = (stage.network.code_hash(KIND), stage.network.code_hash(ContractKind::Vault));
    stage.only(&[admin], "set_code", &other, Error::NotAdmin);
    stage.refuses("admin", "set_code", &Hash::from([9; 32]), Error::UnknownCode);
    let changed = stage.network.rolled_back(|network| {
        network.call::<()>(admin, KIND, "set_code", &other).unwrap();
        network.state.code_of(pos_deposit)
    });
    assert_eq!(Hash::from(changed), other);
    stage.lock("shop", FIRST, TOKEN);
    stage.done("admin", "set_code", &code);
    stage.said(&[Event::PosDepositCodeChanged(PosDepositCodeChanged { code_hash: code })]);
    assert_eq!(stage.held(FIRST), Some((stage.shop.account(), TOKEN)));
    stage.only(&[admin], "ossify", &(), Error::NotAdmin);
    assert!(!stage.read::<bool>("is_ossified", &()));
    stage.done("admin", "ossify", &());
    stage.said(&[Event::PosDepositOssified(PosDepositOssified {})]);
    assert!(stage.read::<bool>("is_ossified", &()));
    stage.refuses("admin", "ossify", &(), Error::Ossified);
    stage.refuses("admin", "set_code", &code, Error::Ossified);
}

/// It confirms and classifies, and moves no deposit.
pub fn the_platform(stage: &mut Stage) {
    let (admin, platform) = (stage.account("admin"), stage.account("platform"));
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.only(&[admin], "set_platform", &platform, Error::NotAdmin);
    for _ in 0..2 {
        stage.done("admin", "set_platform", &platform);
        stage.said(&[Event::PlatformChanged(PlatformChanged { platform })]);
    }
    assert_eq!(stage.read::<Option<AccountId>>("platform", &()), Some(platform));
    stage.lock("shop", FIRST, TOKEN);
    stage.done("shop", "offer_transfer", &(first, Some(second)));
    stage.switch(FIRST, false);
    for (message, arguments) in [
        ("assign_class", (first, 1u8).encode()),
        ("confirm_return", first.encode()),
        ("confirm_transfer", (first, second).encode()),
    ] {
        stage.only(&[platform], message, &Raw(arguments), Error::NotPlatform);
    }
    // All of the admin's is refused it.
    let code = stage.network.code_hash(KIND);
    stage.refuses("platform", "set_code", &code, Error::NotAdmin);
    stage.refuses("platform", "ossify", &(), Error::NotAdmin);
    stage.refuses("platform", "set_platform", &platform, Error::NotAdmin);
    stage.refuses("platform", "set_schedule", &(0u8, None::<Balance>), Error::NotAdmin);
    stage.refuses("platform", "seize", &(first, TOKEN, platform), Error::NotAdmin);
    stage.refuses("platform", "penalise", &(first, TOKEN, platform, TOKEN, platform), Error::NotReceipts);
    stage.refuses("platform", "pledge", &(platform, TOKEN, 99u32), Error::NotRewards);
    stage.done("platform", "confirm_transfer", &(first, second));
    stage.switch(SECOND, false);
    stage.done("platform", "confirm_return", &second);
    assert_eq!((stage.bzky("platform"), stage.escrowed()), (0, TOKEN));
}

/// Classes and their least first deposits, as they are read.
pub fn the_schedule(stage: &mut Stage) {
    let admin = stage.account("admin");
    stage.only(&[admin], "set_schedule", &(1u8, Some(TOKEN)), Error::NotAdmin);
    let class_of = |stage: &mut Stage, device: u32| stage.read::<(u8, Option<Balance>)>("class_of", &device);
    assert_eq!(class_of(stage, UNKNOWN), (0, None));
    for amount in [Some(TOKEN), Some(TOKEN), None] {
        stage.done("admin", "set_schedule", &(1u8, amount));
        stage.said(&[Event::ScheduleSet(ScheduleSet { class: 1, amount })]);
        assert_eq!(stage.read::<Option<Balance>>("schedule_of", &1u8), amount);
        assert_eq!(stage.read::<Option<Balance>>("schedule_of", &0u8), None);
    }
    stage.done("admin", "set_schedule", &(1u8, Some(7u128)));
    let device = stage.id(FIRST);
    stage.done("admin", "assign_class", &(device, 0u8));
    stage.said(&[]);
    for class in [1, 2, 0] {
        stage.done("admin", "assign_class", &(device, class));
        stage.said(&[Event::DeviceClassChanged(DeviceClassChanged { device, class })]);
        stage.done("admin", "assign_class", &(device, class));
        stage.said(&[]);
        assert_eq!(class_of(stage, device), (class, (class == 1).then_some(7)));
    }
}
