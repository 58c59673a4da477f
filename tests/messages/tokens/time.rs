//! `time`: every message, error and role. Who may mint, how much, and for
//! what; where Time may go; and that its holders' word is theirs alone.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    emission::CUSTOMER_EMISSION_CAP,
    errors::psp22::Error,
    events::{Event, TimeMinted, TimePaused, Transfer},
    pause::{COOL_DOWN_MS, MAX_PAUSE_MS},
    redemption::MintCause,
    AccountId, Balance, Calendar, Epoch, Hash, Side, Status, CUSTOMER_POOL, DECIMALS, TIME_CAP, TOKEN,
};
use bizkey_tests::{Sandbox, HOUR};
use codec::{Decode, Encode};

#[path = "time_signed.rs"]
mod time_signed;

const KIND: ContractKind = ContractKind::Time;
/// Time that can be minted for anything but receipts.
const OTHER_CAUSES_CAP: Balance = 9_000_000_000 * TOKEN;
/// Epochs that the customers' pool lasts at the cap of an epoch.
const EPOCHS: Epoch = 1_000;
/// Messages of PSP22 that `time` never carries out.
const CLOSED: [&str; 4] =
    ["PSP22::approve", "PSP22::increase_allowance", "PSP22::decrease_allowance", "PSP22::transfer_from"];

/// Tests all of `time`, on a network of its own.
pub fn every_message_and_error() {
    let mut network = Sandbox::new();
    deployment(&mut network);
    unbound(&mut network);
    for part in [
        receipts,
        pausing,
        the_gate,
        following,
        no_allowances,
        in_redemptions_hands,
        time_signed::signed_messages,
        caps,
    ] {
        // Each on a network of its own.
        let coverage = network.coverage;
        network = Sandbox::new();
        network.coverage = coverage;
        network.enter_epoch(1);
        part(&mut network);
    }
    let never = "the gate: nobody spends another's Time";
    network.coverage.assert_complete(
        KIND,
        &[
            ("InsufficientAllowance", "bzky's: there are no allowances of Time"),
            ("WrongCheckpoint", "bzky's: Time has no checkpoints"),
            (CLOSED[0], never),
            (CLOSED[1], never),
            (CLOSED[2], never),
            (CLOSED[3], never),
        ],
    );
}

type Outcome = Result<(), Error>;

fn own(error: ContractError) -> Error {
    match error {
        ContractError::Time(error) => error,
        error => panic!("another contract's error: {error}"),
    }
}

fn call(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode) -> Outcome {
    network.call(origin, KIND, message, arguments).map_err(own)
}

fn account(network: &Sandbox, name: &str) -> AccountId {
    network.actor(name).account()
}

fn read<V: Decode>(network: &mut Sandbox, message: &str, arguments: &impl Encode) -> V {
    network.read(KIND, message, arguments)
}

/// A call that is refused and changes nothing.
#[track_caller]
fn refused(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
    let time = network.contracts.time;
    let before = network.state.storage_of(time);
    assert_eq!(call(network, origin, message, arguments), Err(error), "{message}");
    assert!(before == network.state.storage_of(time), "{message} was refused and changed something");
}

/// Every role and contract, but `allowed`, is refused.
#[track_caller]
fn only(network: &mut Sandbox, allowed: AccountId, message: &str, arguments: &impl Encode, error: Error) {
    let names = ["admin", "treasury", "attestor 1", "member 1", "director 1", "director 2", "chief executive"];
    let named = names.into_iter().chain(["shop", "customer", "stranger"]).map(|name| account(network, name));
    let contracts = ContractKind::ALL.map(|kind| network.address(kind));
    let everybody: Vec<AccountId> = named.chain(contracts).collect();
    for origin in everybody.into_iter().filter(|origin| *origin != allowed) {
        refused(network, origin, message, arguments, error);
    }
}

fn mint(network: &mut Sandbox, to: AccountId, amount: Balance) -> Outcome {
    let redemption = network.contracts.redemption;
    call(network, redemption, "mint", &(MintCause::Task { task: 7 }, to, amount))
}

fn reward(network: &mut Sandbox, epoch: Epoch, payments: &[(AccountId, Balance)]) -> Outcome {
    let rewards = network.contracts.rewards;
    call(network, rewards, "mint_many", &(epoch, payments.to_vec()))
}

fn transfer(from: Option<AccountId>, to: Option<AccountId>, value: Balance) -> Event {
    Event::Transfer(Transfer { from, to, value })
}

/// Supply, what was minted ever, and what an epoch's receipts were given.
fn figures(network: &mut Sandbox, epoch: Epoch) -> [Balance; 3] {
    [read(network, "PSP22::total_supply", &()), read(network, "minted_total", &()), read(network, "minted_for", &epoch)]
}

fn deployment(network: &mut Sandbox) {
    let (admin, stranger, bzky) = (account(network, "admin"), account(network, "stranger"), network.contracts.bzky);
    let calendar = network.calendar;
    for bad in [Calendar { epoch_ms: 0, ..calendar }, Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar }] {
        let made = network.instantiate(admin, KIND, &(bad, bzky));
        assert_eq!(made.map_err(own), Err(Error::BadCalendar), "{bad:?}");
    }
    for nobody in [stranger, network.contracts.vault] {
        let made = network.instantiate(admin, KIND, &(calendar, nobody));
        assert_eq!(made.map_err(own), Err(Error::CalleeFailed), "not bzky");
    }
    assert_eq!(read::<Calendar>(network, "calendar", &()), calendar);
    assert_eq!(read::<Option<String>>(network, "PSP22Metadata::token_name", &()), Some("Time".to_owned()));
    assert_eq!(read::<Option<String>>(network, "PSP22Metadata::token_symbol", &()), Some("TIME".to_owned()));
    assert_eq!(read::<u8>(network, "PSP22Metadata::token_decimals", &()), DECIMALS);
    assert_eq!(figures(network, 0), [0; 3], "nothing exists yet");
    let of = network.contracts;
    let bound = Some((of.rewards, of.registry, of.redemption, of.foundation));
    assert_eq!(read::<Option<(AccountId, AccountId, AccountId, AccountId)>>(network, "contracts", &()), bound);
    let minters = (stranger, stranger, stranger, stranger);
    only(network, admin, "bind", &minters, Error::NotDeployer);
    refused(network, admin, "bind", &minters, Error::AlreadyBound);
}

/// Before it is bound it mints, moves and collects nothing; bound to what is
/// no registry it lets no gift pass.
fn unbound(network: &mut Sandbox) {
    let (admin, stranger, bzky) = (account(network, "admin"), account(network, "stranger"), network.contracts.bzky);
    let (shop, customer) = (network.merchant("shop").account(), network.customer("customer").account());
    let calendar = network.calendar;
    let time = network.instantiate(admin, KIND, &(calendar, bzky)).unwrap();
    let gift = (customer, 1u128, Vec::<u8>::new());
    let mut refused = |origin, message: &str, arguments: Vec<u8>, error| {
        let arguments = bizkey_tests::sandbox::Raw(arguments);
        let refused: Result<(), _> = network.call_at(time, origin, KIND, message, &arguments);
        assert_eq!(refused.map_err(own), Err(error), "{message}");
    };
    let cause = MintCause::Task { task: 1 };
    refused(admin, "mint_many", (0u32, vec![(admin, 1u128)]).encode(), Error::NotBound);
    refused(admin, "mint", (cause, admin, 1u128).encode(), Error::NotBound);
    refused(admin, "give", (admin, stranger, 0u128).encode(), Error::NotBound);
    refused(admin, "collect", (admin, 0u128).encode(), Error::NotBound);
    refused(admin, "pause", 1u64.encode(), Error::NotBound);
    refused(shop, "PSP22::transfer", gift.encode(), Error::NotBound);
    refused(stranger, "follow_account", shop.encode(), Error::NotBound);
    refused(stranger, "bind", (stranger, stranger, stranger, stranger).encode(), Error::NotDeployer);
    type Contracts = Option<(AccountId, AccountId, AccountId, AccountId)>;
    assert_eq!(network.read_at::<Contracts>(time, KIND, "contracts", &()), None);
    let bound: Result<(), _> = network.call_at(time, admin, KIND, "bind", &(admin, stranger, admin, admin));
    bound.unwrap();
    let told = network.read_at::<Contracts>(time, KIND, "contracts", &());
    assert_eq!(told, Some((admin, stranger, admin, admin)));
    let minted: Result<(), _> = network.call_at(time, admin, KIND, "mint", &(cause, shop, 1u128));
    minted.unwrap();
    let given: Result<(), _> = network.call_at(time, shop, KIND, "PSP22::transfer", &gift);
    assert_eq!(given.map_err(own), Err(Error::CalleeFailed), "never taken for a yes");
    let followed: Result<(), _> = network.call_at(time, stranger, KIND, "follow_account", &shop);
    assert_eq!(followed.map_err(own), Err(Error::CalleeFailed));
}

/// `rewards` alone mints for receipts, of closed epochs, all payments or none,
/// each with its `Transfer` and no other event.
fn receipts(network: &mut Sandbox) {
    let (shop, customer) = (account(network, "shop"), account(network, "customer"));
    let rewards = network.contracts.rewards;
    only(network, rewards, "mint_many", &(0u32, vec![(customer, 1u128)]), Error::NotMinter);
    let one = vec![(customer, 1u128)];
    for open in [1, 2, Epoch::MAX] {
        refused(network, rewards, "mint_many", &(open, one.clone()), Error::EpochNotClosed);
    }
    refused(network, rewards, "mint_many", &(0u32, vec![(customer, 1u128); 257]), Error::TooManyPayments);
    let past = vec![(shop, Balance::MAX), (customer, 1)];
    refused(network, rewards, "mint_many", &(0u32, past), Error::Overflow);
    reward(network, 0, &[(shop, 3), (customer, 4), (shop, 5)]).unwrap();
    let moved = [(shop, 3), (customer, 4), (shop, 5)].map(|(to, value)| transfer(None, Some(to), value));
    assert_eq!(network.events, moved);
    assert_eq!((network.time_of(shop), network.time_of(customer)), (8, 4));
    assert_eq!(figures(network, 0), [12; 3]);
    // The epoch's cap, to the unit: the last payment that passes it takes all others along.
    let rest = CUSTOMER_EMISSION_CAP - 12;
    let over = vec![(shop, rest), (customer, 1)];
    refused(network, rewards, "mint_many", &(0u32, over), Error::EpochCap);
    reward(network, 0, &vec![(customer, 0); 255]).unwrap();
    reward(network, 0, &[(customer, rest)]).unwrap();
    refused(network, rewards, "mint_many", &(0u32, one), Error::EpochCap);
    reward(network, 0, &[]).unwrap();
    assert_eq!(figures(network, 0), [CUSTOMER_EMISSION_CAP; 3]);
    network.enter_epoch(2);
    reward(network, 1, &vec![(customer, 1); 256]).unwrap();
    assert_eq!(figures(network, 1), [CUSTOMER_EMISSION_CAP + 256, CUSTOMER_EMISSION_CAP + 256, 256]);
}

/// Receipts mint 10^9 ever and all else 9·10^9, neither in the other's place,
/// together the 10^10 of the whitepaper; burning gives no room.
fn caps(network: &mut Sandbox) {
    let (redemption, rewards, holder) =
        (network.contracts.redemption, network.contracts.rewards, account(network, "holder"));
    let cause = MintCause::BzkySale { paid: 3 };
    only(network, redemption, "mint", &(cause, holder, 1u128), Error::NotMinter);
    refused(network, redemption, "mint", &(cause, holder, Balance::MAX), Error::SupplyCap);
    refused(network, redemption, "mint", &(cause, holder, OTHER_CAUSES_CAP + 1), Error::SupplyCap);
    mint(network, holder, OTHER_CAUSES_CAP - 1).unwrap();
    refused(network, redemption, "mint", &(cause, holder, 2u128), Error::SupplyCap);
    call(network, redemption, "mint", &(cause, holder, 1u128)).unwrap();
    let minted = Event::TimeMinted(TimeMinted { cause, to: holder, amount: 1 });
    assert_eq!(network.events, [minted, transfer(None, Some(holder), 1)]);
    call(network, holder, "PSP22Burnable::burn", &(OTHER_CAUSES_CAP / 2)).unwrap();
    refused(network, redemption, "mint", &(cause, holder, 1u128), Error::SupplyCap);
    mint(network, holder, 0).unwrap();
    assert!(network.events.is_empty(), "{:?}", network.events);
    // With all of it sold, the customers' pool can still be paid in full.
    network.enter_epoch(EPOCHS + 1);
    for epoch in 0..EPOCHS {
        reward(network, epoch, &[(holder, CUSTOMER_EMISSION_CAP)]).unwrap();
    }
    assert_eq!(CUSTOMER_EMISSION_CAP * Balance::from(EPOCHS), CUSTOMER_POOL);
    refused(network, rewards, "mint_many", &(EPOCHS, vec![(holder, 1u128)]), Error::RewardCap);
    refused(network, redemption, "mint", &(cause, holder, 1u128), Error::SupplyCap);
    assert_eq!(figures(network, EPOCHS), [TIME_CAP - OTHER_CAUSES_CAP / 2, TIME_CAP, 0]);
    assert_eq!(network.time_of(holder), TIME_CAP - OTHER_CAUSES_CAP / 2);
}

/// A pause is the foundation's and stops minting, nothing else.
fn pausing(network: &mut Sandbox) {
    let (shop, customer) = (network.merchant("shop").account(), network.customer("customer").account());
    let (foundation, redemption, now_ms) =
        (network.contracts.foundation, network.contracts.redemption, network.state.now_ms());
    mint(network, shop, 100).unwrap();
    only(network, foundation, "pause", &(now_ms + HOUR), Error::NotFoundation);
    for until_ms in [0, now_ms, now_ms + MAX_PAUSE_MS + 1] {
        refused(network, foundation, "pause", &until_ms, Error::PauseTooLong);
    }
    let until_ms = now_ms + MAX_PAUSE_MS;
    call(network, foundation, "pause", &until_ms).unwrap();
    assert_eq!(network.events, [Event::TimePaused(TimePaused { until_ms })]);
    refused(network, foundation, "pause", &until_ms, Error::PauseCoolingDown);
    for at_ms in [now_ms, until_ms - 1] {
        network.state.set_time(at_ms);
        assert_eq!(mint(network, shop, 1), Err(Error::Paused));
        assert_eq!(mint(network, shop, 0), Err(Error::Paused));
        assert_eq!(reward(network, 0, &[(shop, 1)]), Err(Error::Paused));
    }
    call(network, shop, "PSP22::transfer", &(customer, 1u128, Vec::<u8>::new())).unwrap();
    call(network, customer, "PSP22Burnable::burn", &1u128).unwrap();
    call(network, redemption, "give", &(shop, redemption, 2u128)).unwrap();
    call(network, redemption, "collect", &(redemption, 1u128)).unwrap();
    network.state.set_time(until_ms);
    mint(network, shop, 1).unwrap();
    reward(network, 0, &[(shop, 1)]).unwrap();
    network.state.set_time(until_ms + COOL_DOWN_MS - 1);
    refused(network, foundation, "pause", &(until_ms + COOL_DOWN_MS + 1), Error::PauseCoolingDown);
    network.pass(1);
    call(network, foundation, "pause", &(until_ms + COOL_DOWN_MS + 1)).unwrap();
}

/// Time of an account that its party left goes to the account that it has now,
/// whoever asks, and nowhere else; the escrow of `redemption` goes nowhere.
fn following(network: &mut Sandbox) {
    let anybody = account(network, "stranger");
    for (side, name) in [(Side::Merchant, "shop"), (Side::Customer, "customer")] {
        let party = network.register(side, name);
        let (left, new) = (party.account(), account(network, &format!("new {name}")));
        mint(network, left, 100).unwrap();
        call(network, anybody, "follow_account", &left).unwrap();
        assert!(network.events.is_empty(), "it is its party's present account");
        let proposed: Result<(), _> = network.call(left, ContractKind::Registry, "propose_account", &new);
        proposed.unwrap();
        let accepted: Result<(), _> = network.call(new, ContractKind::Registry, "accept_account", &(side, party.index));
        accepted.unwrap();
        call(network, anybody, "follow_account", &left).unwrap();
        assert_eq!(network.events, [transfer(Some(left), Some(new), 100)]);
        call(network, anybody, "follow_account", &left).unwrap();
        assert!(network.events.is_empty(), "nothing is left there");
        assert_eq!([left, new].map(|holder| network.time_of(holder)), [0, 100]);
    }
    let redemption = network.contracts.redemption;
    for holder in [redemption, account(network, "nobody")] {
        mint(network, holder, 5).unwrap();
    }
    refused(network, anybody, "follow_account", &redemption, Error::TransferRefused);
    call(network, anybody, "follow_account", &account(network, "nobody")).unwrap();
    assert!(network.events.is_empty());
}

/// Of all who are anything, only a shop gives, only to a customer, by present accounts.
fn the_gate(network: &mut Sandbox) {
    let attestor = account(network, "attestor 1");
    let (shop, customer) = (network.merchant("shop"), network.customer("customer"));
    let moved = [(Side::Merchant, network.merchant("old shop")), (Side::Customer, network.customer("old customer"))];
    for (side, party) in moved {
        let name = if side == Side::Merchant { "new shop" } else { "new customer" };
        let new = account(network, name);
        let proposed: Result<(), _> = network.call(party.account(), ContractKind::Registry, "propose_account", &new);
        proposed.unwrap();
        let accepted: Result<(), _> = network.call(new, ContractKind::Registry, "accept_account", &(side, party.index));
        accepted.unwrap();
    }
    let agent = account(network, "agent");
    let registered: Result<u32, _> = network.call(
        attestor,
        ContractKind::Registry,
        "register_agent",
        &(agent, Hash::from([1; 32]), Hash::default()),
    );
    registered.unwrap();
    let givers = ["shop", "new shop"];
    let takers = ["customer", "new customer"];
    let others = ["old shop", "old customer", "agent", "admin", "attestor 1", "director 1", "stranger"];
    let named: Vec<(&str, AccountId)> = givers
        .into_iter()
        .chain(takers)
        .chain(others)
        .map(|name| (name, account(network, name)))
        .chain(ContractKind::ALL.map(|kind| (kind.name(), network.address(kind))))
        .collect();
    for (_, holder) in &named {
        mint(network, *holder, 100).unwrap();
    }
    let supply: Balance = read(network, "PSP22::total_supply", &());
    for (from, payer) in &named {
        for (to, payee) in &named {
            let fair = givers.contains(from) && takers.contains(to);
            let answer = if fair { Ok(()) } else { Err(Error::TransferRefused) };
            let value = 1u128;
            assert_eq!(
                call(network, *payer, "PSP22::transfer", &(*payee, value, Vec::<u8>::new())),
                answer,
                "{from} to {to}"
            );
            let events = if fair { vec![transfer(Some(*payer), Some(*payee), value)] } else { vec![] };
            assert_eq!(network.events, events);
        }
    }
    let balances = givers.map(|name| account(network, name)).map(|holder| network.time_of(holder));
    assert_eq!(balances, [98; 2]);
    let balances = takers.map(|name| account(network, name)).map(|holder| network.time_of(holder));
    assert_eq!(balances, [102; 2]);
    let (shop, customer) = (shop.account(), customer.account());
    refused(network, shop, "PSP22::transfer", &(customer, 99u128, Vec::<u8>::new()), Error::InsufficientBalance);
    call(network, shop, "PSP22::transfer", &(customer, 0u128, vec![1u8])).unwrap();
    assert!(network.events.is_empty());
    refused(network, shop, "PSP22Burnable::burn", &99u128, Error::InsufficientBalance);
    call(network, shop, "PSP22Burnable::burn", &98u128).unwrap();
    assert_eq!(network.events, [transfer(Some(shop), None, 98)]);
    call(network, shop, "PSP22Burnable::burn", &0u128).unwrap();
    assert!(network.events.is_empty());
    assert_eq!(read::<Balance>(network, "PSP22::total_supply", &()), supply - 98);
    // A demoted shop still gives.
    let admin = account(network, "admin");
    let demoted: Result<(), _> = network.call(
        admin,
        ContractKind::Registry,
        "set_status",
        &(Side::Merchant, 1u32, Status::Demoted, Hash::default()),
    );
    demoted.unwrap();
    mint(network, shop, 1).unwrap();
    call(network, shop, "PSP22::transfer", &(customer, 1u128, Vec::<u8>::new())).unwrap();
}

/// Nobody spends another's Time: every such message is refused, to everybody.
fn no_allowances(network: &mut Sandbox) {
    let (shop, customer) = (network.merchant("shop").account(), network.customer("customer").account());
    let nobody = AccountId::from([0; 32]);
    mint(network, shop, 100).unwrap();
    for message in &CLOSED[..3] {
        only(network, nobody, message, &(customer, 1u128), Error::TransferRefused);
        only(network, nobody, message, &(customer, 0u128), Error::TransferRefused);
    }
    only(network, nobody, CLOSED[3], &(shop, customer, 1u128, Vec::<u8>::new()), Error::TransferRefused);
    assert_eq!(read::<Balance>(network, "PSP22::allowance", &(shop, customer)), 0);
    assert_eq!(read::<Balance>(network, "PSP22::allowance", &(shop, shop)), 0);
}

/// `redemption` alone moves others' Time, into its own hands and out of them,
/// and burns it.
fn in_redemptions_hands(network: &mut Sandbox) {
    let redemption = network.contracts.redemption;
    let (from, to) = (account(network, "stranger"), account(network, "somebody"));
    mint(network, from, 100).unwrap();
    mint(network, redemption, 10).unwrap();
    only(network, redemption, "give", &(from, redemption, 1u128), Error::NotRedemption);
    only(network, redemption, "give", &(redemption, from, 1u128), Error::NotRedemption);
    only(network, redemption, "collect", &(from, 1u128), Error::NotRedemption);
    for value in [0u128, 1] {
        refused(network, redemption, "give", &(from, to, value), Error::TransferRefused);
    }
    refused(network, redemption, "give", &(from, redemption, 101u128), Error::InsufficientBalance);
    refused(network, redemption, "give", &(redemption, to, 11u128), Error::InsufficientBalance);
    refused(network, redemption, "collect", &(from, 101u128), Error::InsufficientBalance);
    call(network, redemption, "give", &(from, redemption, 40u128)).unwrap();
    assert_eq!(network.events, [transfer(Some(from), Some(redemption), 40)]);
    call(network, redemption, "give", &(redemption, to, 50u128)).unwrap();
    assert_eq!(network.events, [transfer(Some(redemption), Some(to), 50)]);
    for nothing in [(from, redemption, 0u128), (redemption, redemption, 5)] {
        call(network, redemption, "give", &nothing).unwrap();
        assert!(network.events.is_empty());
    }
    call(network, redemption, "collect", &(from, 60u128)).unwrap();
    assert_eq!(network.events, [transfer(Some(from), None, 60)]);
    call(network, redemption, "collect", &(from, 0u128)).unwrap();
    assert!(network.events.is_empty());
    assert_eq!([from, to, redemption].map(|holder| network.time_of(holder)), [0, 50, 0]);
    assert_eq!(figures(network, 0), [50, 110, 0]);
}
