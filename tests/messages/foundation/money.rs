//! Budget lines: what comes in, what leaves, and by whose word.

use super::steps::{account, assert_refused, Board, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::{Budget, BudgetLine, Motion, PerLine},
    calendar::EPOCHS_PER_MONTH,
    errors::foundation::Error,
    events::Event,
    AccountId, Balance, TOKEN,
};
use bizkey_tests::Sandbox;

/// An income that the shares do not divide evenly, smallest unit.
const UNEVEN: Balance = 1_000 * TOKEN + 9;
/// The whitepaper's 20, 30, 20, 20 and 10 % of it: rounding goes to the reserve.
const PARTS: PerLine<Balance> = [200 * TOKEN + 1, 300 * TOKEN + 2, 200 * TOKEN + 1, 200 * TOKEN + 1, 100 * TOKEN + 4];

fn book(network: &mut Sandbox) -> Result<bool, ContractError> {
    let stranger = account(network, "stranger");
    network.call(stranger, KIND, "book_income", &())
}

fn balances(network: &mut Sandbox) -> PerLine<Balance> {
    network.read::<Budget>(KIND, "budget", &()).lines.map(|line| line.balance)
}

/// Every unit that the foundation holds belongs to a line.
fn assert_all_is_assigned(network: &mut Sandbox) {
    let held = network.bzky_of(network.contracts.foundation);
    assert_eq!(balances(network).iter().sum::<Balance>(), held);
}

/// What comes in is split by the shares of the moment at which it is booked.
pub fn income(network: &mut Sandbox) {
    let (board, foundation) = (Board::of(network), network.contracts.foundation);
    assert_eq!(book(network), Ok(false), "nothing came in");
    network.give(foundation, UNEVEN);
    assert_eq!(balances(network), [0; 5], "nobody asked yet");
    assert_eq!(book(network), Ok(true));
    assert!(matches!(&network.events[..], [Event::IncomeBooked(booked)] if booked.parts == PARTS));
    assert_eq!(balances(network), PARTS);
    assert_eq!(book(network), Ok(false), "once");
    assert_eq!(network.events, []);
    assert_eq!(balances(network), PARTS);

    // What came in before other shares is split by those that held.
    network.give(foundation, UNEVEN);
    let shares = [0, 0, 10_000, 0, 0];
    board.resolve(network, &Motion::SetShares { shares }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::IncomeBooked(booked), Event::SharesChanged(changed)]
            if booked.parts == PARTS && changed.shares == shares));
    assert_eq!(balances(network), PARTS.map(|part| 2 * part));
    network.give(foundation, 7);
    assert_eq!(book(network), Ok(true));
    assert_eq!(balances(network)[2], 2 * PARTS[2] + 7);
    assert_all_is_assigned(network);
    board.resolve(network, &Motion::SetShares { shares: bizkey_primitives::board::INITIAL_SHARES }).unwrap();
}

/// By resolution a line pays what it has, and its funds move to another.
pub fn payments(network: &mut Sandbox) {
    let (board, payee) = (Board::of(network), account(network, "payee"));
    let line = BudgetLine::Terminals;
    let before = balances(network)[line.position()];
    let motion = Motion::Pay { line, to: payee, amount: 5 * TOKEN };
    let resolution = board.pass(network, &motion);
    board.enact(network, resolution).unwrap();
    assert!(
        matches!(&network.events[..], [_, Event::BudgetPaid(paid), Event::Transfer(_)]
            if paid.resolution == Some(resolution) && (paid.line, paid.to, paid.amount) == (line, payee, 5 * TOKEN)),
        "{:?}",
        network.events
    );
    assert_eq!(network.bzky_of(payee), 5 * TOKEN);
    assert_eq!(balances(network)[line.position()], before - 5 * TOKEN);

    // The others' funds are not its own.
    let too_much = before - 5 * TOKEN + 1;
    let over = board.pass(network, &Motion::Pay { line, to: payee, amount: too_much });
    assert_refused(network, Error::InsufficientFunds, |network| board.enact(network, over));
    let from = BudgetLine::Reserve;
    let all = balances(network)[from.position()];
    let over_all = board.pass(network, &Motion::MoveFunds { from, to: line, amount: all + 1 });
    assert_refused(network, Error::InsufficientFunds, |network| board.enact(network, over_all));
    board.resolve(network, &Motion::MoveFunds { from, to: line, amount: 1 }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::FundsMoved(moved)] if (moved.from, moved.to) == (from, line)));
    assert_eq!(balances(network)[from.position()], all - 1);
    board.enact(network, over).expect("the line has enough now");
    assert_eq!(balances(network)[line.position()], 0);

    // A payment books what came in first, so that it can be paid at once.
    network.give(network.contracts.foundation, 1_000 * TOKEN);
    board.resolve(network, &Motion::Pay { line, to: payee, amount: 200 * TOKEN }).unwrap();
    assert_eq!(balances(network)[line.position()], 0);
    assert_all_is_assigned(network);
}

fn spend(
    network: &mut Sandbox,
    origin: AccountId,
    line: BudgetLine,
    to: AccountId,
    amount: Balance,
) -> Result<(), ContractError> {
    network.call(origin, KIND, "spend", &(line, to, amount))
}

/// The chief executive pays up to a line's limit in a month of 30 epochs.
pub fn spending(network: &mut Sandbox) {
    let (board, chief, payee) =
        (Board::of(network), account(network, "chief executive"), account(network, "a supplier"));
    let (line, zero) = (BudgetLine::Operation, AccountId::from([0; 32]));
    let month = 100;
    let first = month * EPOCHS_PER_MONTH;
    network.enter_epoch(first);
    network.give(network.contracts.foundation, 1_000 * TOKEN);
    let refuses = |network: &mut Sandbox, error, to: AccountId, amount: Balance| {
        assert_refused(network, error, |network| spend(network, chief, line, to, amount));
    };
    refuses(network, Error::SpendingLimit, payee, 1);
    board.resolve(network, &Motion::SetSpendingLimit { line, limit: 100 * TOKEN }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::SpendingLimitChanged(changed)] if changed.limit == 100 * TOKEN));
    for name in ["admin", "director 1", "treasury", "stranger", "member 1"] {
        let origin = account(network, name);
        let attempt = |network: &mut Sandbox| spend(network, origin, line, origin, TOKEN);
        assert_refused(network, Error::NotChiefExecutive, attempt);
    }
    refuses(network, Error::ZeroAccount, zero, 1);
    refuses(network, Error::BadPayment, payee, 0);
    refuses(network, Error::BadPayment, board.address, 1);
    refuses(network, Error::SpendingLimit, payee, 100 * TOKEN + 1);
    refuses(network, Error::SpendingLimit, payee, Balance::MAX);
    spend(network, chief, line, payee, 60 * TOKEN).unwrap();
    assert!(
        matches!(&network.events[..], [Event::IncomeBooked(_), Event::BudgetPaid(paid), Event::Transfer(_)]
            if paid.resolution.is_none()),
        "{:?}",
        network.events
    );
    network.enter_epoch(first + EPOCHS_PER_MONTH - 1);
    refuses(network, Error::SpendingLimit, payee, 40 * TOKEN + 1);
    spend(network, chief, line, payee, 40 * TOKEN).unwrap();
    assert_eq!(network.bzky_of(payee), 100 * TOKEN);
    let other = |network: &mut Sandbox| spend(network, chief, BudgetLine::Research, payee, 1);
    assert_refused(network, Error::SpendingLimit, other);
    // A higher limit: what was spent this month counts on.
    board.resolve(network, &Motion::SetSpendingLimit { line, limit: 101 * TOKEN }).unwrap();
    refuses(network, Error::SpendingLimit, payee, TOKEN + 1);
    spend(network, chief, line, payee, TOKEN).unwrap();
    network.enter_epoch(first + EPOCHS_PER_MONTH);
    spend(network, chief, line, payee, 101 * TOKEN).expect("a new month");

    let left = balances(network)[line.position()];
    board.resolve(network, &Motion::SetSpendingLimit { line, limit: Balance::MAX }).unwrap();
    refuses(network, Error::InsufficientFunds, payee, left + 1);
    board.resolve(network, &Motion::SetSpendingLimit { line, limit: 0 }).unwrap();
    refuses(network, Error::SpendingLimit, payee, 1);
    assert_all_is_assigned(network);
    let allowance: Balance =
        network.read(ContractKind::Bzky, "PSP22::allowance", &(board.address, network.contracts.redemption));
    assert_eq!(allowance, 0, "the foundation gives none");
}

/// Before genesis all time is one month.
#[test]
fn before_genesis_is_a_month_of_its_own() {
    let mut network = Sandbox::new();
    let (board, chief, payee) = (Board::of(&network), account(&network, "chief executive"), account(&network, "payee"));
    let line = BudgetLine::Operation;
    network.give(board.address, 1_000 * TOKEN);
    board.resolve(&mut network, &Motion::SetSpendingLimit { line, limit: TOKEN }).unwrap();
    spend(&mut network, chief, line, payee, TOKEN).unwrap();
    let more = |network: &mut Sandbox| spend(network, chief, line, payee, 1);
    assert_refused(&mut network, Error::SpendingLimit, more);
    network.enter_epoch(0);
    spend(&mut network, chief, line, payee, TOKEN).expect("month 1");
    assert_refused(&mut network, Error::SpendingLimit, more);
}
