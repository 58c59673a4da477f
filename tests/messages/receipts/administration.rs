//! How it is deployed, and what its administrator can do: nobody else, and the
//! deployer no more once it has handed over.

use super::stage::{own, payload, plain, sale, Stage, AMOUNT, BOND, FUNDS, KIND, SECOND, TILL};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    administration::Administration,
    errors::receipts::Error,
    events::{Event, OpeningRulesSet, ReceiptsCodeChanged, ReceiptsHandedOver, ReceiptsOssified, ReceiptsPaused},
    opening::{Evidence, OpeningRules, MAX_BOND, MAX_OPENING_EPOCHS, MAX_PENALTY},
    pause::{Pause, COOL_DOWN_MS, MAX_PAUSE_MS},
    receipt::{batch_hash, void_hash},
    ticket::Ticket,
    AccountId, Calendar, Hash, TOKEN,
};
use bizkey_tests::{party::DeviceKey, sandbox::Raw, DAY};
use codec::Encode;

/// What `settings` tells.
type Settings = (Administration, AccountId, AccountId, Option<(AccountId, AccountId, AccountId)>, OpeningRules);

pub fn deployment(stage: &mut Stage) {
    let (admin, stranger) = (stage.account("admin"), stage.account("stranger"));
    let at = stage.network.contracts;
    let calendar = stage.network.calendar;
    let mut made = |calendar: Calendar, bzky: AccountId| {
        stage.network.instantiate(admin, KIND, &(calendar, bzky, at.registry)).map(drop).map_err(own)
    };
    for other in [
        Calendar { epoch_ms: 0, ..calendar },
        Calendar { epoch_ms: calendar.epoch_ms + 1, ..calendar },
        Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar },
    ] {
        assert_eq!(made(other, at.bzky), Err(Error::BadCalendar), "{other:?} is not bzky's");
    }
    assert_eq!(made(calendar, stranger), Err(Error::CalleeFailed), "no token there");
    assert_eq!(made(calendar, at.bzky), Ok(()));

    assert_eq!(stage.read::<Calendar>("calendar", &()), calendar);
    assert_eq!(stage.read::<Hash>("genesis", &()), stage.network.genesis);
    let (administration, bzky, registry, bound, rules) = stage.read::<Option<Settings>>("settings", &()).unwrap();
    assert_eq!(administration, Administration::new(admin));
    assert_eq!((bzky, registry, bound), (at.bzky, at.registry, Some((at.pos_deposit, at.rewards, at.vault))));
    assert_eq!(rules, OpeningRules::default());
    let around = (stranger, stranger, stranger);
    stage.only(&[admin], "bind", &around, Error::NotDeployer);
    stage.refuses(admin, "bind", &around, Error::AlreadyBound);
}

/// An instance that is not bound records, and demands nothing.
pub fn an_unbound_instance(stage: &mut Stage) {
    let (admin, stand_in) = (stage.account("admin"), stage.account("stand-in"));
    let at = stage.network.contracts;
    let other = stage.network.instantiate(admin, KIND, &(stage.network.calendar, at.bzky, stand_in)).unwrap();
    let evidence = Evidence {
        device: 1,
        epoch: 0,
        seq: 0,
        count: 1,
        index: 0,
        head_before: [0; 32],
        later: Vec::new(),
        payload: Vec::new(),
    };
    let refused = stage.network.call_at::<()>(other, admin, KIND, "demand_opening", &evidence).map_err(own);
    assert_eq!(refused, Err(Error::NotBound), "before anything of the evidence");
    for origin in stage.all_but(&[admin]) {
        let refused = stage.network.call_at::<()>(other, origin, KIND, "bind", &(origin, origin, origin)).map_err(own);
        assert_eq!(refused, Err(Error::NotDeployer));
    }
    let around = (at.pos_deposit, at.rewards, at.vault);
    stage.network.call_at::<()>(other, admin, KIND, "bind", &around).unwrap();
    let refused = stage.network.call_at::<()>(other, admin, KIND, "bind", &around).map_err(own);
    assert_eq!(refused, Err(Error::AlreadyBound));
    let settings: Option<Settings> = stage.network.read_at(other, KIND, "settings", &());
    assert_eq!(settings.unwrap().3, Some(around));
}

pub fn hand_over(stage: &mut Stage) {
    let (admin, board, stranger) = (stage.account("admin"), stage.account("board"), stage.account("stranger"));
    stage.only(&[admin], "hand_over", &stranger, Error::NotDeployer);
    stage.done(admin, "hand_over", &board);
    assert_eq!(stage.events(), [Event::ReceiptsHandedOver(ReceiptsHandedOver { admin: board })]);
    assert_eq!(stage.read::<AccountId>("admin", &()), board);
    stage.refuses(admin, "hand_over", &admin, Error::AlreadyBound);
    stage.refuses(board, "hand_over", &board, Error::NotDeployer);
    let code = stage.network.code_hash(KIND);
    let until_ms = stage.network.state.now_ms() + DAY;
    for origin in stage.all_but(&[board]) {
        assert_eq!(stage.call::<()>(origin, "set_code", &code), Err(Error::NotAdmin));
        assert_eq!(stage.call::<()>(origin, "ossify", &()), Err(Error::NotAdmin));
        assert_eq!(stage.call::<()>(origin, "pause", &until_ms), Err(Error::NotAdmin));
        let rules = OpeningRules::default();
        assert_eq!(stage.call::<()>(origin, "set_opening_rules", &rules), Err(Error::NotAdmin));
    }
    stage.done(board, "pause", &until_ms);
    stage.done(board, "set_opening_rules", &OpeningRules::default());
    stage.done(board, "ossify", &());
}

/// Other code runs from the next call on, on the state that is there; final
/// code stays.
pub fn code(stage: &mut Stage) {
    let (admin, receipts) = (stage.account("admin"), stage.network.contracts.receipts);
    let (code, other) = (stage.network.code_hash(KIND), stage.network.code_hash(ContractKind::Vault));
    stage.only(&[admin], "set_code", &other, Error::NotAdmin);
    stage.refuses(admin, "set_code", &Hash::from([9; 32]), Error::UnknownCode);
    stage.record_as(TILL, 1, plain(1));
    stage.done(admin, "set_code", &other);
    assert_eq!(stage.events(), [Event::ReceiptsCodeChanged(ReceiptsCodeChanged { code_hash: other })]);
    assert_eq!(Hash::from(stage.network.state.code_of(receipts)), other);
    // Vault's code has no way back, so the rest happens elsewhere.
    *stage = Stage::with(std::mem::take(&mut stage.network.coverage));
    stage.record_as(TILL, 1, plain(1));
    let before = stage.device_of(TILL);
    stage.done(admin, "set_code", &code);
    assert_eq!(stage.device_of(TILL), before);
    stage.record_as(TILL, 1, plain(1));
    stage.only(&[admin], "ossify", &(), Error::NotAdmin);
    assert!(!stage.read::<bool>("is_ossified", &()));
    stage.done(admin, "ossify", &());
    assert_eq!(stage.events(), [Event::ReceiptsOssified(ReceiptsOssified {})]);
    assert!(stage.read::<bool>("is_ossified", &()));
    stage.refuses(admin, "ossify", &(), Error::Ossified);
    stage.refuses(admin, "set_code", &code, Error::Ossified);
}

pub fn a_pause_is_short_and_rare(stage: &mut Stage) {
    let admin = stage.account("admin");
    let now_ms = stage.network.state.now_ms();
    assert_eq!(stage.read::<Pause>("last_pause", &()), Pause::default());
    stage.only(&[admin], "pause", &(now_ms + DAY), Error::NotAdmin);
    for until_ms in [0, now_ms, now_ms + MAX_PAUSE_MS + 1, u64::MAX] {
        stage.refuses(admin, "pause", &until_ms, Error::PauseTooLong);
    }
    let until_ms = now_ms + MAX_PAUSE_MS;
    stage.done(admin, "pause", &until_ms);
    assert_eq!(stage.events(), [Event::ReceiptsPaused(ReceiptsPaused { until_ms })]);
    assert_eq!(stage.read::<Pause>("last_pause", &()), Pause { since_ms: now_ms, until_ms });
    stage.refuses(admin, "pause", &(now_ms + DAY), Error::PauseCoolingDown);
    let batch = stage.batch(TILL, 0, 1, plain(1));
    stage.network.state.set_time(until_ms - 1);
    assert_eq!(stage.send(&batch), Err(Error::Paused));
    stage.network.state.set_time(until_ms);
    assert_eq!(stage.send(&batch), Ok(()), "it ends by itself");
    let next_ms = until_ms + COOL_DOWN_MS;
    stage.network.state.set_time(next_ms - 1);
    stage.refuses(admin, "pause", &next_ms, Error::PauseCoolingDown);
    stage.network.state.set_time(next_ms);
    stage.done(admin, "pause", &(next_ms + 1));
}

/// Both ways into `record` are shut, and nothing else is.
pub fn a_pause_stops_recording_only(stage: &mut Stage) {
    let (admin, shop, registry) = (stage.account("admin"), stage.shop.account(), stage.network.contracts.registry);
    let (opened, key) = stage.demanded(1);
    let (_, shown) = stage.sold(2);
    stage.record_as(TILL, 3, plain(3));
    let until_ms = stage.network.state.now_ms() + DAY;
    stage.done(admin, "pause", &until_ms);
    let next = stage.devices[TILL].next_seq;
    for batch in [stage.batch(TILL, next, 3, plain(3)), stage.batch(SECOND, 0, 1, plain(1))] {
        assert_eq!(stage.send(&batch), Err(Error::Paused));
    }
    let (till, second) = (stage.id(TILL), stage.id(SECOND));
    let hash = void_hash(&stage.network.genesis, &stage.contract(), till, 0, 0);
    let signature = stage.devices[TILL].key.sign(&hash);
    stage.done(shop, "void_receipt", &(till, 0u64, 0u16, signature));
    stage.done(shop, "void_by_merchant", &(till, 0u64, 0u16));
    stage.demand(&shown).unwrap();
    let signature = stage.signed(&opened);
    stage.open(key, &opened, &signature).unwrap();
    stage.done(admin, "set_opening_rules", &OpeningRules::default());
    stage.done(registry, "set_device_active", &(second, false));
    stage.done(registry, "retire_device", &second);
    stage.done(registry, "add_device", &(50u32, 1u32, stage.devices[TILL].key.public()));
    stage.network.state.set_time(until_ms);
    stage.record_as(TILL, 3, plain(3));
}

pub fn opening_rules(stage: &mut Stage) {
    let admin = stage.account("admin");
    let rules = OpeningRules { bond: 1, penalty: 0, epochs: 1 };
    stage.only(&[admin], "set_opening_rules", &rules, Error::NotAdmin);
    for bad in [
        OpeningRules { bond: 0, ..rules },
        OpeningRules { bond: MAX_BOND + 1, ..rules },
        OpeningRules { penalty: MAX_PENALTY + 1, ..rules },
        OpeningRules { epochs: 0, ..rules },
        OpeningRules { epochs: MAX_OPENING_EPOCHS + 1, ..rules },
    ] {
        stage.refuses(admin, "set_opening_rules", &bad, Error::BadRules);
    }
    assert_eq!(stage.read::<Option<u128>>("demand_bond", &1u32), Some(BOND));
    let largest = OpeningRules { bond: MAX_BOND, penalty: MAX_PENALTY, epochs: MAX_OPENING_EPOCHS };
    assert_eq!((MAX_BOND, MAX_PENALTY, MAX_OPENING_EPOCHS), (100_000 * TOKEN, 1_000_000 * TOKEN, 30));
    for rules in [largest, rules, rules] {
        stage.done(admin, "set_opening_rules", &rules);
        assert_eq!(stage.events(), [Event::OpeningRulesSet(OpeningRulesSet { rules })]);
        assert_eq!(stage.read::<OpeningRules>("opening_rules", &()), rules);
        assert_eq!(stage.read::<Option<u128>>("demand_bond", &1u32), Some(rules.bond));
    }
}

/// An instance whose registry is nobody: whatever needs it fails as a whole,
/// and the bond stays where it is.
pub fn a_silent_registry(stage: &mut Stage) {
    let (admin, registry, doubter) = (stage.account("admin"), stage.account("stand-in"), stage.account("doubter"));
    let at = stage.network.contracts;
    let other = stage.network.instantiate(admin, KIND, &(stage.network.calendar, at.bzky, registry)).unwrap();
    let key = DeviceKey::ecdsa("a till elsewhere");
    let call = |stage: &mut Stage, origin: AccountId, message: &str, arguments: &dyn Fn() -> Vec<u8>| {
        let arguments = Raw(arguments());
        stage.network.call_at::<()>(other, origin, KIND, message, &arguments).map_err(own)
    };
    call(stage, admin, "bind", &|| (registry, registry, registry).encode()).unwrap();
    call(stage, registry, "add_device", &|| (1u32, 1u32, key.public()).encode()).unwrap();
    let (genesis, contract) = (stage.network.genesis, *AsRef::<[u8; 32]>::as_ref(&other));
    let (epoch, ticket) = (stage.epoch(), Ticket { contract, amount: AMOUNT, ..stage.ticket(1) });
    let payload = payload(&[sale(&ticket)]);
    let signature = key.sign(&batch_hash(&genesis, &contract, 1, 0, 1, &payload));
    call(stage, admin, "record", &|| (1u32, 0u64, 1u16, &payload, signature).encode()).unwrap();
    let shop = stage.shop.account();
    assert_eq!(call(stage, shop, "void_by_merchant", &|| (1u32, 0u64, 0u16).encode()), Err(Error::CalleeFailed));
    stage.network.enter_epoch(epoch + 1);
    let evidence = Evidence {
        device: 1,
        epoch,
        seq: 0,
        count: 1,
        index: 0,
        head_before: [0; 32],
        later: Vec::new(),
        payload: payload.clone(),
    };
    stage.network.approve(doubter, other, FUNDS);
    call(stage, doubter, "demand_opening", &|| evidence.encode()).unwrap();
    let word = stage.signed(&ticket);
    let open = (1u32, 0u64, 0u16, ticket, word);
    assert_eq!(call(stage, admin, "open_receipt", &|| open.encode()), Err(Error::CalleeFailed));
    stage.network.pass(8 * DAY);
    assert_eq!(call(stage, admin, "fail_opening", &|| (1u32, 0u64, 0u16).encode()), Err(Error::CalleeFailed));
    assert_eq!(stage.network.bzky_of(other), BOND);
    assert_eq!(stage.network.read_at::<u32>(other, KIND, "open_demands", &1u32), 1);
}
