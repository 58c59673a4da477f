//! `bzky` message by message, as PSP22 specifies them, and what it adds. Its
//! checkpoints are held against a plain model in [`model`].

#[path = "bzky_model.rs"]
mod model;
#[path = "bzky_signed.rs"]
mod signed;

use bizkey_client::{Bundles, ContractError, ContractKind};
use bizkey_primitives::{
    errors::psp22::Error,
    events::{Approval, Event, Transfer},
    hash::selector,
    AccountId, Balance, Calendar, Hash, BZKY_SUPPLY, TOKEN,
};
use bizkey_tests::{sandbox, Sandbox};
use codec::Encode;

const KIND: ContractKind = ContractKind::Bzky;
/// Most payments or queries in one call.
const MANY: usize = 256;
/// What the holder of these tests has.
const HELD: Balance = 1_000 * TOKEN;
/// Errors of the shared enum that no message of `bzky` returns.
const OF_TIME: [&str; 14] = [
    "NotDeployer",
    "AlreadyBound",
    "NotBound",
    "NotMinter",
    "TransferRefused",
    "EpochCap",
    "RewardCap",
    "SupplyCap",
    "CalleeFailed",
    "NotRedemption",
    "NotFoundation",
    "Paused",
    "PauseTooLong",
    "PauseCoolingDown",
];
/// Selectors as the standard prints them, and PSP22Burnable as wallets know it.
const SELECTORS: [(&str, [u8; 4]); 13] = [
    ("PSP22::total_supply", [0x16, 0x2d, 0xf8, 0xc2]),
    ("PSP22::balance_of", [0x65, 0x68, 0x38, 0x2f]),
    ("PSP22::allowance", [0x4d, 0x47, 0xd9, 0x21]),
    ("PSP22::transfer", [0xdb, 0x20, 0xf9, 0xf5]),
    ("PSP22::transfer_from", [0x54, 0xb3, 0xc7, 0x6e]),
    ("PSP22::approve", [0xb2, 0x0f, 0x1b, 0xbd]),
    ("PSP22::increase_allowance", [0x96, 0xd6, 0xb5, 0x7a]),
    ("PSP22::decrease_allowance", [0xfe, 0xcb, 0x57, 0xd5]),
    ("PSP22Metadata::token_name", [0x3d, 0x26, 0x1b, 0xd4]),
    ("PSP22Metadata::token_symbol", [0x34, 0x20, 0x5b, 0xe5]),
    ("PSP22Metadata::token_decimals", [0x72, 0x71, 0xb7, 0x82]),
    ("PSP22Burnable::burn", [0x7a, 0x9d, 0xa5, 0x10]),
    // Not the standard's, but called by the suite's own contracts.
    ("transfer_many", [0xff, 0x08, 0x81, 0x53]),
];

pub fn every_message_and_error() {
    let mut network = Sandbox::new();
    construction(&mut network);
    the_standards_face(&mut network);
    transfers(&mut network);
    allowances(&mut network);
    transfers_from(&mut network);
    nobody_moves_what_is_anothers(&mut network);
    burning(&mut network);
    many_payments(&mut network);
    closed_epochs_only(&mut network);
    signed::actions(&mut network);
    let excused = OF_TIME.map(|error| (error, "the enum is shared with `time`; no message of `bzky` returns it"));
    network.coverage.assert_complete(KIND, &excused);
}

fn refused<V>(error: Error) -> Result<V, ContractError> {
    Err(ContractError::Bzky(error))
}

fn call(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode) -> Result<(), ContractError> {
    network.call(origin, KIND, message, arguments)
}

/// Checks that a call is refused for this reason, and leaves no trace.
fn refuses(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
    let before = network.snapshot();
    let outcome = network.execute(network.contracts.bzky, origin, KIND, message, arguments).result;
    let reason = sandbox::refused(KIND, message, &outcome.expect_err("a refusal"));
    assert_eq!(reason, ContractError::Bzky(error), "{message}");
    assert!(network.snapshot() == before, "{message} was refused and changed something");
}

/// Checks that a call succeeds and does nothing at all, as PSP22 asks of it.
fn does_nothing(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode) {
    let before = network.snapshot();
    assert_eq!(call(network, origin, message, arguments), Ok(()), "{message}");
    assert!(network.events.is_empty(), "{message}: {:?}", network.events);
    assert!(network.snapshot() == before, "{message} changed something");
}

fn account(network: &Sandbox, name: &str) -> AccountId {
    network.actor(name).account()
}

/// The arguments of `transfer`; `data` is not interpreted.
fn to(account: AccountId, value: Balance) -> (AccountId, Balance, Vec<u8>) {
    (account, value, b"not read by anybody".to_vec())
}

fn moved(from: AccountId, to: AccountId, value: Balance) -> Event {
    Event::Transfer(Transfer { from: Some(from), to: Some(to), value })
}

fn approved(owner: AccountId, spender: AccountId, amount: Balance) -> Event {
    Event::Approval(Approval { owner, spender, amount })
}

fn supply(network: &mut Sandbox) -> Balance {
    network.read(KIND, "PSP22::total_supply", &())
}

fn allowance(network: &mut Sandbox, owner: AccountId, spender: AccountId) -> Balance {
    network.read(KIND, "PSP22::allowance", &(owner, spender))
}

/// 10^10 tokens, once: 30 % to one account, the rest to the other.
fn construction(network: &mut Sandbox) {
    let (admin, genesis, calendar) = (account(network, "admin"), Hash::from([3; 32]), network.calendar);
    let (treasury, vault) = (account(network, "a treasury"), account(network, "a vault"));
    for calendar in [
        Calendar { epoch_ms: 0, ..calendar },
        Calendar { epoch_ms: 367 * bizkey_tests::DAY, ..calendar },
        Calendar { genesis_ms: u64::MAX, ..calendar },
    ] {
        let made = network.instantiate(admin, KIND, &(genesis, calendar, treasury, vault));
        assert_eq!(made.map(drop), refused(Error::BadCalendar), "{calendar:?}");
    }
    let made = network.instantiate(admin, KIND, &(genesis, calendar, treasury, vault)).unwrap();
    let balance_of = |network: &mut Sandbox, who| network.read_at::<Balance>(made, KIND, "PSP22::balance_of", &who);
    assert_eq!(balance_of(network, vault), 3_000_000_000 * TOKEN);
    assert_eq!(balance_of(network, treasury), 7_000_000_000 * TOKEN);
    assert_eq!(balance_of(network, admin), 0, "the deployer has nothing");
    assert_eq!(network.read_at::<Balance>(made, KIND, "PSP22::total_supply", &()), 10_000_000_000 * TOKEN);
    assert_eq!(network.read_at::<Hash>(made, KIND, "genesis", &()), genesis);
    assert_eq!(network.read_at::<Calendar>(made, KIND, "calendar", &()), calendar);
    // One account may be both.
    let one = network.instantiate(admin, KIND, &(genesis, calendar, vault, vault)).unwrap();
    assert_eq!(network.read_at::<Balance>(one, KIND, "PSP22::balance_of", &vault), BZKY_SUPPLY);
}

/// Wallets and explorers know it: selectors, name, ticker, decimals.
fn the_standards_face(network: &mut Sandbox) {
    for (message, bytes) in SELECTORS {
        assert_eq!(selector(message), bytes, "{message}");
    }
    assert_eq!(network.read::<Option<String>>(KIND, "PSP22Metadata::token_name", &()).as_deref(), Some("Bzky"));
    assert_eq!(network.read::<Option<String>>(KIND, "PSP22Metadata::token_symbol", &()).as_deref(), Some("BZKY"));
    assert_eq!(network.read::<u8>(KIND, "PSP22Metadata::token_decimals", &()), 12);
    let nobody = account(network, "nobody ever paid");
    assert_eq!(network.bzky_of(nobody), 0);
    assert_eq!(allowance(network, nobody, nobody), 0);
}

fn transfers(network: &mut Sandbox) {
    let (holder, payee) = (account(network, "holder"), account(network, "payee"));
    network.give(holder, HELD);
    call(network, holder, "PSP22::transfer", &to(payee, 1)).unwrap();
    assert_eq!(network.events, [moved(holder, payee, 1)]);
    assert_eq!((network.bzky_of(holder), network.bzky_of(payee)), (HELD - 1, 1));
    refuses(network, holder, "PSP22::transfer", &to(payee, HELD), Error::InsufficientBalance);
    refuses(network, holder, "PSP22::transfer", &to(payee, u128::MAX), Error::InsufficientBalance);
    refuses(
        network,
        account(network, "nobody ever paid"),
        "PSP22::transfer",
        &to(payee, 1),
        Error::InsufficientBalance,
    );
    // Nothing, or to oneself, also more than one has.
    does_nothing(network, holder, "PSP22::transfer", &to(payee, 0));
    does_nothing(network, holder, "PSP22::transfer", &to(holder, HELD));
    // All of it.
    call(network, payee, "PSP22::transfer", &to(holder, 1)).unwrap();
    assert_eq!((network.bzky_of(holder), network.bzky_of(payee)), (HELD, 0));
    assert_eq!(supply(network), BZKY_SUPPLY);
}

fn allowances(network: &mut Sandbox) {
    let (holder, spender) = (account(network, "holder"), account(network, "spender"));
    // A second call replaces the first; more than one has can be allowed.
    for value in [5, u128::MAX, 0, 10] {
        call(network, holder, "PSP22::approve", &(spender, value)).unwrap();
        assert_eq!(network.events, [approved(holder, spender, value)]);
        assert_eq!(allowance(network, holder, spender), value);
        assert_eq!(allowance(network, spender, holder), 0, "not the other way round");
    }
    call(network, holder, "PSP22::increase_allowance", &(spender, 7u128)).unwrap();
    assert_eq!(network.events, [approved(holder, spender, 17)]);
    refuses(network, holder, "PSP22::increase_allowance", &(spender, u128::MAX - 16), Error::Overflow);
    call(network, holder, "PSP22::decrease_allowance", &(spender, 2u128)).unwrap();
    assert_eq!(network.events, [approved(holder, spender, 15)]);
    refuses(network, holder, "PSP22::decrease_allowance", &(spender, 16u128), Error::InsufficientAllowance);
    assert_eq!(allowance(network, holder, spender), 15);
    for message in ["PSP22::increase_allowance", "PSP22::decrease_allowance"] {
        does_nothing(network, holder, message, &(spender, 0u128));
        does_nothing(network, holder, message, &(holder, 1u128));
    }
    does_nothing(network, holder, "PSP22::approve", &(holder, 1u128));
    call(network, holder, "PSP22::decrease_allowance", &(spender, 15u128)).unwrap();
    assert_eq!(network.events, [approved(holder, spender, 0)]);
}

fn transfers_from(network: &mut Sandbox) {
    const FROM: &str = "PSP22::transfer_from";
    let [holder, spender, payee] = ["holder", "spender", "payee"].map(|name| account(network, name));
    let from = |owner, payee, value: Balance| (owner, payee, value, b"not read".to_vec());
    call(network, holder, "PSP22::approve", &(spender, 10u128)).unwrap();
    call(network, spender, FROM, &from(holder, payee, 4)).unwrap();
    assert_eq!(network.events, [approved(holder, spender, 6), moved(holder, payee, 4)]);
    assert_eq!((allowance(network, holder, spender), network.bzky_of(payee)), (6, 4));
    refuses(network, spender, FROM, &from(holder, payee, 7), Error::InsufficientAllowance);
    // The allowance is the spender's, for the owner's tokens only.
    refuses(network, payee, FROM, &from(holder, payee, 1), Error::InsufficientAllowance);
    refuses(network, spender, FROM, &from(payee, holder, 1), Error::InsufficientAllowance);
    does_nothing(network, spender, FROM, &from(holder, payee, 0));
    does_nothing(network, spender, FROM, &from(holder, holder, HELD * 2));
    assert_eq!(allowance(network, holder, spender), 6, "what moves nothing uses nothing");
    // The owner needs no allowance, and uses none.
    call(network, holder, FROM, &from(holder, payee, 1)).unwrap();
    assert_eq!(network.events, [moved(holder, payee, 1)]);
    // Of two reasons the allowance comes first; with enough of it the balance refuses.
    refuses(network, spender, FROM, &from(holder, payee, HELD * 2), Error::InsufficientAllowance);
    call(network, holder, "PSP22::approve", &(spender, u128::MAX)).unwrap();
    refuses(network, spender, FROM, &from(holder, payee, HELD * 2), Error::InsufficientBalance);
    // The largest allowance is used up like any other.
    call(network, spender, FROM, &from(holder, spender, 3)).unwrap();
    assert_eq!(allowance(network, holder, spender), u128::MAX - 3);
    call(network, holder, "PSP22::approve", &(spender, 0u128)).unwrap();
    refuses(network, spender, FROM, &from(holder, spender, 1), Error::InsufficientAllowance);
    for (name, amount) in [("payee", 5), ("spender", 3)] {
        call(network, account(network, name), "PSP22::transfer", &to(holder, amount)).unwrap();
    }
    assert_eq!((network.bzky_of(holder), supply(network)), (HELD, BZKY_SUPPLY));
}

/// Whoever it is: without an allowance nobody's tokens move, also the vault's
/// and vesting's; and no message mints, or changes the code.
fn nobody_moves_what_is_anothers(network: &mut Sandbox) {
    let names = ["admin", "treasury", "attestor 1", "member 1", "director 1", "chief executive", "stranger"];
    let mut origins: Vec<_> = names.iter().map(|name| account(network, name)).collect();
    let contracts = network.contracts;
    origins.extend([contracts.rewards, contracts.foundation, contracts.otc, contracts.redemption, contracts.bzky]);
    for owner in [account(network, "holder"), contracts.vault, contracts.vesting] {
        for origin in &origins {
            let arguments = (owner, *origin, 1u128, Vec::<u8>::new());
            refuses(network, *origin, "PSP22::transfer_from", &arguments, Error::InsufficientAllowance);
        }
    }
    let bundle = bizkey_tests::sandbox::bundle(KIND);
    let mut changing: Vec<_> = bundle["spec"]["messages"].as_array().unwrap().iter().collect();
    changing.retain(|message| message["mutates"] == true);
    let mut changing: Vec<_> = changing.iter().map(|message| message["label"].as_str().unwrap()).collect();
    changing.sort_unstable();
    let known = [
        "PSP22::approve",
        "PSP22::decrease_allowance",
        "PSP22::increase_allowance",
        "PSP22::transfer",
        "PSP22::transfer_from",
        "PSP22Burnable::burn",
        "relay",
        "transfer_many",
    ];
    assert_eq!(changing, known, "a message more is a power more");
    let bundles = Bundles::embedded().unwrap();
    let asks_for = |kind, import: &[u8]| bundles.bundle(kind).code.windows(import.len()).any(|bytes| bytes == import);
    assert!(asks_for(ContractKind::Otc, b"set_code_hash"), "a contract that can be upgraded asks for it");
    for import in [&b"set_code_hash"[..], b"delegate_call", b"terminate"] {
        assert!(!asks_for(KIND, import), "{}", String::from_utf8_lossy(import));
    }
}

/// Only by the holder, and only its own; the supply falls by as much.
fn burning(network: &mut Sandbox) {
    let (holder, stranger) = (account(network, "holder"), account(network, "nobody ever paid"));
    refuses(network, stranger, "PSP22Burnable::burn", &1u128, Error::InsufficientBalance);
    refuses(network, holder, "PSP22Burnable::burn", &(HELD + 1), Error::InsufficientBalance);
    does_nothing(network, holder, "PSP22Burnable::burn", &0u128);
    for value in [TOKEN, HELD - TOKEN] {
        let (before, held) = (supply(network), network.bzky_of(holder));
        call(network, holder, "PSP22Burnable::burn", &value).unwrap();
        assert_eq!(network.events, [Event::Transfer(Transfer { from: Some(holder), to: None, value })]);
        assert_eq!((supply(network), network.bzky_of(holder)), (before - value, held - value));
    }
    assert_eq!(supply(network), BZKY_SUPPLY - HELD);
}

/// All or none, in one debit, an event each.
fn many_payments(network: &mut Sandbox) {
    const MESSAGE: &str = "transfer_many";
    let [holder, one, two] = ["holder", "one", "two"].map(|name| account(network, name));
    network.give(holder, HELD);
    let payments = vec![(one, 5u128), (two, 0), (holder, 7), (one, 11)];
    call(network, holder, MESSAGE, &payments).unwrap();
    let told: Vec<_> = payments.iter().map(|(to, value)| moved(holder, *to, *value)).collect();
    assert_eq!(network.events, told);
    assert_eq!([holder, one, two].map(|who| network.bzky_of(who)), [HELD - 16, 16, 0]);
    call(network, one, MESSAGE, &vec![(holder, 16u128)]).unwrap();
    // The last payment is one unit too much: the first ones are not made either.
    for payments in [
        vec![(one, HELD), (two, 1)],
        vec![(one, 1), (holder, HELD)],
        vec![(holder, HELD + 1)],
        vec![(one, 1), (two, u128::MAX - 1)],
    ] {
        refuses(network, holder, MESSAGE, &payments, Error::InsufficientBalance);
    }
    for payments in [vec![(one, u128::MAX), (two, 1)], vec![(holder, u128::MAX), (one, 1), (holder, 1)]] {
        refuses(network, holder, MESSAGE, &payments, Error::Overflow);
    }
    refuses(network, holder, MESSAGE, &vec![(one, 0u128); MANY + 1], Error::TooManyPayments);
    call(network, holder, MESSAGE, &vec![(one, 2u128); MANY]).unwrap();
    assert_eq!((network.events.len(), network.bzky_of(one)), (MANY, 512));
    call(network, one, "PSP22::transfer", &to(holder, 512)).unwrap();
    call(network, holder, MESSAGE, &Vec::<(AccountId, Balance)>::new()).unwrap();
    assert!(network.events.is_empty());
    call(network, holder, MESSAGE, &vec![(one, 1), (two, HELD - 1)]).unwrap();
    assert_eq!(network.bzky_of(holder), 0);
    for (who, amount) in [(one, 1), (two, HELD - 1)] {
        call(network, who, "PSP22::transfer", &to(holder, amount)).unwrap();
    }
}

/// The lowest balance of an epoch is told once it is over, at its very end, to
/// who names the checkpoint that covers it.
fn closed_epochs_only(network: &mut Sandbox) {
    const EPOCH: u32 = 2;
    let [holder, other, nobody] = ["holder", "one", "nobody ever paid"].map(|name| account(network, name));
    network.enter_epoch(EPOCH);
    call(network, holder, "PSP22::transfer", &to(other, 100)).unwrap();
    call(network, other, "PSP22::transfer", &to(holder, 40)).unwrap();
    let index: u32 = network.read(KIND, "checkpoint_index", &(holder, EPOCH));
    network.state.set_time(network.calendar.end_ms(EPOCH) - 1);
    refuses(network, holder, "low_at", &(holder, EPOCH, index), Error::EpochNotClosed);
    refuses(network, holder, "lows_at", &(EPOCH, vec![(holder, index)]), Error::EpochNotClosed);
    refuses(network, holder, "low_at", &(holder, u32::MAX, index), Error::EpochNotClosed);
    network.state.set_time(network.calendar.end_ms(EPOCH));
    let low = |network: &mut Sandbox, who: AccountId, epoch: u32, index: u32| {
        network.call::<Balance>(who, KIND, "low_at", &(who, epoch, index))
    };
    assert_eq!(low(network, holder, EPOCH, index), Ok(HELD - 100));
    assert_eq!(low(network, other, EPOCH, 1), Ok(0), "its opening balance counts");
    assert_eq!(low(network, holder, EPOCH - 1, index - 1), Ok(HELD), "what it opened with");
    assert_eq!(low(network, nobody, EPOCH, 0), Ok(0), "who never held any");
    refuses(network, holder, "low_at", &(holder, EPOCH, index - 1), Error::WrongCheckpoint);
    refuses(network, holder, "low_at", &(holder, EPOCH, index + 1), Error::WrongCheckpoint);
    refuses(network, holder, "low_at", &(holder, EPOCH, u32::MAX), Error::WrongCheckpoint);
    refuses(network, holder, "low_at", &(nobody, EPOCH, 1u32), Error::WrongCheckpoint);
    let queries = [(nobody, 0), (holder, index), (holder, index + 1), (holder, index), (nobody, 1)];
    let lows = network.call::<Vec<Option<Balance>>>(holder, KIND, "lows_at", &(EPOCH, queries.to_vec()));
    assert_eq!(lows, Ok(vec![Some(0), Some(HELD - 100), None, Some(HELD - 100), None]), "in the order asked");
    refuses(network, holder, "lows_at", &(EPOCH, vec![(nobody, 0u32); MANY + 1]), Error::TooManyPayments);
    let most = network.call::<Vec<Option<Balance>>>(holder, KIND, "lows_at", &(EPOCH, vec![(nobody, 0u32); MANY]));
    assert_eq!(most, Ok(vec![Some(0); MANY]));
}

/// Nobody can lower another's holding, or make its checkpoint of an epoch that
/// is over hard to name: dust sent later moves neither.
#[test]
fn what_others_send_touches_no_closed_epoch() {
    let mut network = Sandbox::new();
    let [victim, attacker] = ["victim", "attacker"].map(|name| account(&network, name));
    network.enter_epoch(0);
    network.give(victim, HELD);
    network.give(attacker, HELD);
    for epoch in 1..20 {
        network.enter_epoch(epoch);
        for _ in 0..3 {
            call(&mut network, attacker, "PSP22::transfer", &to(victim, 1)).unwrap();
        }
        network.enter_epoch(epoch + 1);
        let index: u32 = network.read(KIND, "checkpoint_index", &(victim, epoch));
        assert_eq!(index, epoch, "one a day, however often");
        // What is asked for later is still there.
        for earlier in 0..=epoch {
            let low = network.call::<Balance>(attacker, KIND, "low_at", &(victim, earlier, earlier));
            let opened = if earlier == 0 { 0 } else { HELD + Balance::from(earlier - 1) * 3 };
            assert_eq!(low, Ok(opened), "epoch {earlier}");
        }
    }
}
