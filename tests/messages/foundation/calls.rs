//! What the board calls at the other contracts, read back there.

use super::steps::{account, assert_refused, call, Board, KIND};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    bizpower::SCALE,
    board::{Budget, Motion},
    errors::foundation::Error,
    membership::Clamp,
    opening::OpeningRules,
    redemption::{RedemptionParameters, RedemptionRole},
    report::EpochState,
    signature::PublicKey,
    vesting::Line,
    AccountId, Balance, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{Sandbox, DAY};
use codec::{Decode, Encode};
use std::fmt::Debug;

/// An epoch in which all of this happens, half-years after issue.
const EPOCH: u32 = 4_000;

/// Resolves a call and checks what the contract says then.
fn assert_call<V: Decode + Debug + PartialEq>(
    network: &mut Sandbox,
    kind: ContractKind,
    (message, arguments): (&str, &impl Encode),
    (read, key): (&str, &impl Encode),
    expected: V,
) {
    let board = Board::of(network);
    let before: V = network.read(kind, read, key);
    assert_ne!(before, expected, "{kind}.{message} would change nothing");
    let motion = call(network, kind, message, arguments);
    board.resolve(network, &motion).unwrap_or_else(|error| panic!("{kind}.{message}: {error}"));
    let after: V = network.read(kind, read, key);
    assert_eq!(after, expected, "{kind}.{message}");
}

pub fn effects(network: &mut Sandbox) {
    network.enter_epoch(EPOCH);
    members(network);
    parameters(network);
    deposits(network);
    reports(network);
    vesting(network);
}

fn members(network: &mut Sandbox) {
    let kind = ContractKind::Registry;
    let (newcomer, shop) = (account(network, "new attestor"), network.merchant("a shop on the ladder"));
    assert_call(network, kind, ("set_attestor", &(newcomer, true)), ("is_attestor", &newcomer), true);
    assert_call(network, kind, ("set_attestor", &(newcomer, false)), ("is_attestor", &newcomer), false);
    let of = (Side::Merchant, shop.index);
    let removed = (Side::Merchant, shop.index, Status::Removed, Hash::default());
    assert_call(network, kind, ("set_status", &removed), ("status_of", &of), Some(Status::Removed));
    let statement = Hash::from([5; 32]);
    network.call::<()>(shop.account(), kind, "appeal", &statement).unwrap();
    let granted = (Side::Merchant, shop.index, true, Hash::default());
    assert_call(network, kind, ("decide_appeal", &granted), ("status_of", &of), Some(Status::Active));
    let hold = (Side::Merchant, shop.index, network.state.now_ms() + DAY, Hash::default());
    assert_call(network, kind, ("place_hold", &hold), ("is_party_held", &of), true);
}

fn parameters(network: &mut Sandbox) {
    let next = EPOCH + 100;
    let registry = ContractKind::Registry;
    let clamp = Clamp { lo: 1, hi: 1_000 };
    assert_call(network, registry, ("set_clamp", &(7u16, clamp, next)), ("clamp_of", &(7u16, next)), Some(clamp));
    assert_call(network, registry, ("set_cash_cap", &(9u64, next)), ("cash_cap", &next), Some(9u64));
    let rules = OpeningRules { bond: TOKEN, penalty: 2 * TOKEN, epochs: 3 };
    assert_call(network, ContractKind::Receipts, ("set_opening_rules", &rules), ("opening_rules", &()), rules);
    let rewards = ContractKind::Rewards;
    let bonds: (Balance, Balance) = (0, 5 * TOKEN);
    assert_call(network, rewards, ("set_bonds", &bonds), ("required_bonds", &()), bonds);
    let none: (Balance, Balance) = (0, 0);
    assert_call(network, rewards, ("set_bonds", &none), ("required_bonds", &()), none);
    let members: Vec<AccountId> = (1..=4u8).map(|n| AccountId::from([n; 32])).collect();
    assert_call(network, rewards, ("set_committee", &(next, &members)), ("committee_at", &next), members.clone());
    assert_call(network, rewards, ("set_algorithm", &(next, 2u16)), ("algorithm_at", &next), 2u16);

    let redemption = ContractKind::Redemption;
    let setter = Some(account(network, "price setter"));
    let role = RedemptionRole::PriceSetter;
    assert_call(network, redemption, ("set_role", &(role, setter)), ("role", &role), setter);
    let parameters = RedemptionParameters { official_price: 100_000_000, ..RedemptionParameters::initial(DAY) };
    assert_call(network, redemption, ("set_parameters", &parameters), ("parameters", &()), parameters);
    let (desk, key) = (account(network, "desk"), Some(PublicKey::Sr25519([3; 32])));
    assert_call(network, ContractKind::Otc, ("set_desk", &(desk, key)), ("desk_key", &desk), key);
}

/// The platform, the schedule, and `seize`: what it takes for the foundation
/// is income of its lines.
fn deposits(network: &mut Sandbox) {
    let kind = ContractKind::PosDeposit;
    let platform = account(network, "platform");
    assert_call(network, kind, ("set_platform", &platform), ("platform", &()), Some(platform));
    let amount = Some(100 * TOKEN);
    assert_call(network, kind, ("set_schedule", &(1u8, amount)), ("schedule_of", &1u8), amount);
    let shop = network.merchant("a shop that owes");
    let (device, pos_deposit, board) =
        (network.device(shop.index, "its till").id, network.contracts.pos_deposit, Board::of(network));
    network.give(shop.account(), 50 * TOKEN);
    network.approve(shop.account(), pos_deposit, 50 * TOKEN);
    network.call::<()>(shop.account(), kind, "lock", &(device, 50 * TOKEN)).unwrap();
    let debt = (Side::Merchant, shop.index, 30 * TOKEN, Hash::default());
    let of = (Side::Merchant, shop.index);
    assert_call(network, ContractKind::Rewards, ("book_debt", &debt), ("debt_of", &of), 30 * TOKEN);
    let held = network.bzky_of(board.address);
    let seized = (device, 30 * TOKEN, board.address);
    assert_call(network, kind, ("seize", &seized), ("balance_of", &shop.account()), 20 * TOKEN);
    assert_eq!(network.bzky_of(board.address), held + 30 * TOKEN);
    let settled = (Side::Merchant, shop.index, 30 * TOKEN);
    assert_call(network, ContractKind::Rewards, ("settle_debt", &settled), ("debt_of", &of), 0 as Balance);
}

/// The board freezes a report and has it struck; the committee reports again.
fn reports(network: &mut Sandbox) {
    let (kind, board, epoch) = (ContractKind::Rewards, Board::of(network), EPOCH - 1);
    let merchants = network.tree(Side::Merchant, epoch, &[(1, SCALE, 0)]);
    let customers = network.tree(Side::Customer, epoch, &[]);
    network.report(epoch, &merchants, &customers);
    assert_eq!(network.record_of(epoch).state, EpochState::Pending);
    let motion = call(network, kind, "dispute", &epoch);
    board.resolve(network, &motion).unwrap();
    assert_eq!(network.record_of(epoch).state, EpochState::Disputed);
    let motion = call(network, kind, "decide", &(epoch, true));
    board.resolve(network, &motion).unwrap();
    let record = network.record_of(epoch);
    assert_eq!((record.state, record.round), (EpochState::Open, 1));
}

/// A tenth of the foundation's line in a half-year, and the listing date, once.
fn vesting(network: &mut Sandbox) {
    let (kind, board) = (ContractKind::Vesting, Board::of(network));
    let listing_ms = network.state.now_ms() + DAY;
    assert_call(network, kind, ("set_listing_date", &listing_ms), ("listing_date", &()), Some(listing_ms));
    let again = call(network, kind, "set_listing_date", &(listing_ms + 1));
    let again = board.pass(network, &again);
    assert_refused(network, Error::CallRefused, |network| board.enact(network, again));

    let tenth = Line::Foundation.share() / 10;
    let over = call(network, kind, "release_foundation", &(tenth + 1));
    let over = board.pass(network, &over);
    assert_refused(network, Error::CallRefused, |network| board.enact(network, over));
    let held = network.bzky_of(board.address);
    let release = ("release_foundation", &tenth);
    assert_call(network, kind, release, ("released", &Line::Foundation), tenth);
    assert_eq!(network.bzky_of(board.address), held + tenth);
    let stranger = account(network, "stranger");
    assert_eq!(network.call::<bool>(stranger, KIND, "book_income", &()), Ok(true));
    let lines = network.read::<Budget>(KIND, "budget", &()).lines;
    assert_eq!(lines.map(|line| line.balance).iter().sum::<Balance>(), held + tenth);
    let again = call(network, kind, "release_foundation", &(1 as Balance));
    let again = board.pass(network, &again);
    assert_refused(network, Error::CallRefused, |network| board.enact(network, again));
}

/// A callee that refuses or is silent reverts the attempt alone.
pub fn failures(network: &mut Sandbox) {
    let board = Board::of(network);
    let stranger = account(network, "stranger");
    let silent = [
        Motion::Call { target: stranger, input: vec![0; 4] },
        call(network, ContractKind::Registry, "no such message", &()),
        // Arguments that the message cannot read.
        call(network, ContractKind::Registry, "set_attestor", &7u8),
        call(network, ContractKind::Vesting, "set_listing_date", &()),
    ];
    for motion in silent {
        let resolution = board.pass(network, &motion);
        assert_refused(network, Error::CalleeFailed, |network| board.enact(network, resolution));
    }
    let debtor = (Side::Customer, 1u32);
    let settle = call(network, ContractKind::Rewards, "settle_debt", &(debtor, TOKEN));
    let settle = board.pass(network, &settle);
    assert_refused(network, Error::CallRefused, |network| board.enact(network, settle));
    let debt = call(network, ContractKind::Rewards, "book_debt", &(debtor, TOKEN, Hash::default()));
    board.resolve(network, &debt).unwrap();
    board.enact(network, settle).expect("what failed can be tried again");

    // A plain value that begins with one is taken for a refusal; it changes nothing either way.
    let attestor = account(network, "attestor 1");
    for (account, error) in [(attestor, Some(Error::CallRefused)), (stranger, None)] {
        let motion = call(network, ContractKind::Registry, "is_attestor", &account);
        let resolution = board.pass(network, &motion);
        match error {
            Some(error) => assert_refused(network, error, |network| board.enact(network, resolution)),
            None => board.enact(network, resolution).unwrap(),
        }
    }
}
