//! The chief executive, the budget, and pauses.

use super::*;
use bizkey_primitives::{
    board::{BudgetLine, Power},
    pause::{Pause, COOL_DOWN_MS, MAX_PAUSE_MS},
    Balance,
};
use scale::Encode;

fn set_status() -> [u8; 4] {
    ink::selector_bytes!("set_status")
}

fn grant(limit: Option<u32>) -> Motion {
    Motion::GrantPower { target: account(TARGET), selector: set_status(), limit }
}

fn balances(foundation: &Foundation) -> [Balance; 5] {
    foundation.budget().lines.map(|funds| funds.balance)
}

#[ink::test]
fn the_board_appoints_and_dismisses_the_chief_executive() {
    let mut foundation = foundation();
    resolve(&mut foundation, grant(None)).unwrap();
    resolve(&mut foundation, Motion::AppointChiefExecutive { account: account(70) }).unwrap();
    by(CHIEF);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::NotChiefExecutive));
    by(70);
    foundation.execute(account(TARGET), call_input()).unwrap();
    resolve(&mut foundation, Motion::DismissChiefExecutive).unwrap();
    assert_eq!(foundation.chief_executive(), None);
    by(70);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::NotChiefExecutive));
}

#[ink::test]
fn the_chief_executive_calls_what_it_was_given_as_often_as_it_may() {
    let mut foundation = foundation();
    by(CHIEF);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::UnknownPower));
    resolve(&mut foundation, grant(Some(2))).unwrap();
    by(CHIEF);
    for _ in 0..2 {
        foundation.execute(account(TARGET), call_input()).unwrap();
    }
    assert_eq!(calls(), vec![(account(TARGET), set_status(), vec![7; 5]); 2]);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::PowerExhausted));
    assert_eq!(foundation.execute(account(61), call_input()), Err(Error::UnknownPower));
    let expected = Power { target: account(TARGET), selector: set_status(), limit: Some(2), epoch: 2, used: 2 };
    assert_eq!(foundation.powers(), [expected]);
    at(START_MS + EPOCH_MS);
    foundation.execute(account(TARGET), call_input()).unwrap();
    resolve(&mut foundation, Motion::RevokePower { target: account(TARGET), selector: set_status() }).unwrap();
    by(CHIEF);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::UnknownPower));
}

#[ink::test]
fn no_power_reaches_code_roles_pauses_the_token_or_the_foundation() {
    let mut foundation = foundation();
    by(1);
    let power = |target, selector| Motion::GrantPower { target, selector, limit: None };
    for name in ["set_code", "ossify", "hand_over", "bind", "pause"] {
        let selector = bizkey_primitives::hash::selector(name);
        assert_eq!(foundation.propose(power(account(TARGET), selector)), Err(Error::SelectorRefused), "{name}");
        by(CHIEF);
        assert_eq!(foundation.execute(account(TARGET), selector.to_vec()), Err(Error::SelectorRefused), "{name}");
        by(1);
    }
    assert_eq!(foundation.propose(power(account(BZKY), set_status())), Err(Error::TargetRefused));
    assert_eq!(foundation.propose(power(own(), set_status())), Err(Error::TargetRefused));
    by(CHIEF);
    assert_eq!(foundation.execute(account(BZKY), call_input()), Err(Error::TargetRefused));
    assert_eq!(foundation.execute(own(), call_input()), Err(Error::TargetRefused));
    assert_eq!(foundation.execute(account(TARGET), vec![1; 3]), Err(Error::BadInput));
    assert_eq!(foundation.execute(account(TARGET), vec![1; 4_097]), Err(Error::BadInput));
    assert_eq!(calls(), []);
}

#[ink::test]
fn a_callee_that_refuses_fails_the_chief_executives_call() {
    let mut foundation = foundation();
    resolve(&mut foundation, grant(None)).unwrap();
    by(CHIEF);
    world(|world| world.refusing = vec![account(TARGET)]);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::CallRefused));
    world(|world| world.silent = vec![account(TARGET)]);
    assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::CalleeFailed));
}

#[ink::test]
fn an_unknown_power_is_not_revoked() {
    let mut foundation = foundation();
    let revoke = Motion::RevokePower { target: account(TARGET), selector: set_status() };
    assert_eq!(resolve(&mut foundation, revoke), Err(Error::UnknownPower));
}

#[ink::test]
fn income_is_booked_when_anybody_asks() {
    let mut foundation = foundation();
    by(STRANGER);
    assert_eq!(foundation.book_income(), Ok(false));
    world(|world| world.held = 1_003);
    let before = events();
    assert_eq!((foundation.book_income(), foundation.book_income()), (Ok(true), Ok(false)));
    assert_eq!(events() - before, 1);
    assert_eq!(balances(&foundation), [200, 300, 200, 200, 103]);
}

#[ink::test]
fn the_board_pays_and_moves_funds() {
    let mut foundation = foundation();
    world(|world| world.held = 1_000);
    let (line, to) = (BudgetLine::Marketing, account(9));
    resolve(&mut foundation, Motion::Pay { line, to, amount: 150 }).unwrap();
    let arguments = (to, 150u128, Vec::<u8>::new()).encode();
    assert_eq!(calls(), [(account(BZKY), ink::selector_bytes!("PSP22::transfer"), arguments)]);
    assert_eq!(balances(&foundation), [200, 300, 50, 200, 100], "what came in is booked first");
    let (from, to) = (BudgetLine::Reserve, BudgetLine::Marketing);
    resolve(&mut foundation, Motion::MoveFunds { from, to, amount: 100 }).unwrap();
    assert_eq!(balances(&foundation), [200, 300, 150, 200, 0]);
    let pay = Motion::Pay { line, to: account(9), amount: 151 };
    assert_eq!(resolve(&mut foundation, pay), Err(Error::InsufficientFunds));
    assert_eq!(world(|world| world.held), 850);
}

#[ink::test]
fn other_shares_are_for_what_comes_in_later() {
    let mut foundation = foundation();
    world(|world| world.held = 1_000);
    resolve(&mut foundation, Motion::SetShares { shares: [0, 0, 0, 0, 10_000] }).unwrap();
    world(|world| world.held = 1_500);
    by(STRANGER);
    foundation.book_income().unwrap();
    assert_eq!(balances(&foundation), [200, 300, 200, 200, 600]);
}

#[ink::test]
fn the_chief_executive_spends_within_the_lines_limit() {
    let mut foundation = foundation();
    world(|world| world.held = 1_000);
    let (line, to) = (BudgetLine::Operation, account(9));
    by(CHIEF);
    assert_eq!(foundation.spend(line, to, 1), Err(Error::SpendingLimit));
    resolve(&mut foundation, Motion::SetSpendingLimit { line, limit: 250 }).unwrap();
    by(CHIEF);
    assert_eq!(foundation.spend(line, to, 0), Err(Error::BadPayment));
    assert_eq!(foundation.spend(line, own(), 1), Err(Error::BadPayment));
    assert_eq!(foundation.spend(line, account(0), 1), Err(Error::ZeroAccount));
    foundation.spend(line, to, 250).unwrap();
    assert_eq!(foundation.spend(line, to, 1), Err(Error::SpendingLimit));
    assert_eq!(calls().len(), 1);
    at(GENESIS_MS + 30 * EPOCH_MS);
    assert_eq!(foundation.spend(line, to, 51), Err(Error::InsufficientFunds));
}

#[ink::test]
fn a_payment_that_the_token_refuses_fails() {
    let mut foundation = foundation();
    world(|world| {
        world.held = 1_000;
        world.refusing = vec![account(BZKY)];
    });
    let pay = Motion::Pay { line: BudgetLine::Research, to: account(9), amount: 1 };
    assert_eq!(resolve(&mut foundation, pay), Err(Error::CallRefused));
}

/// Three contracts that can be paused.
fn pausable(foundation: &mut Foundation) -> [AccountId; 3] {
    let contracts = [account(61), account(62), account(63)];
    by(DEPLOYER);
    foundation.bind(contracts.to_vec()).unwrap();
    by(CHIEF);
    contracts
}

#[ink::test]
fn the_chief_executive_pauses_every_pausable_contract() {
    let mut foundation = foundation();
    let contracts = pausable(&mut foundation);
    let until_ms = START_MS + MAX_PAUSE_MS;
    assert_eq!(foundation.pause(START_MS, false), Err(Error::PauseTooLong));
    assert_eq!(foundation.pause(until_ms + 1, false), Err(Error::PauseTooLong));
    foundation.pause(until_ms, false).unwrap();
    let expected = contracts.map(|contract| (contract, ink::selector_bytes!("pause"), until_ms.encode()));
    assert_eq!(calls(), expected);
    assert_eq!(foundation.pause_state(), Pause { since_ms: START_MS, until_ms });
    at(until_ms + COOL_DOWN_MS - 1);
    assert_eq!(foundation.pause(until_ms + COOL_DOWN_MS, false), Err(Error::PauseCoolingDown));
    at(until_ms + COOL_DOWN_MS);
    foundation.pause(until_ms + COOL_DOWN_MS + 1, false).unwrap();
}

#[ink::test]
fn the_board_takes_the_power_to_pause_and_pauses_itself() {
    let mut foundation = foundation();
    pausable(&mut foundation);
    resolve(&mut foundation, Motion::SetPausePower { granted: false }).unwrap();
    by(CHIEF);
    assert_eq!(foundation.pause(START_MS + 1, false), Err(Error::PauseNotGranted));
    let id = pass(&mut foundation, Motion::Pause { duration_ms: 1_000, skip_failing: false });
    at(START_MS + 500);
    foundation.enact(id).unwrap();
    assert_eq!(foundation.pause_state(), Pause { since_ms: START_MS + 500, until_ms: START_MS + 1_500 });
    assert_eq!(calls().len(), 3);
    let again = Motion::Pause { duration_ms: 1_000, skip_failing: true };
    assert_eq!(resolve(&mut foundation, again), Err(Error::PauseCoolingDown));
}

#[ink::test]
fn a_contract_that_does_not_pause_keeps_all_from_pausing() {
    let mut foundation = foundation();
    let contracts = pausable(&mut foundation);
    world(|world| world.silent = vec![contracts[1]]);
    assert_eq!(foundation.pause(START_MS + 1, false), Err(Error::CalleeFailed));
}

#[ink::test]
fn or_is_passed_over_and_follows_later() {
    let mut foundation = foundation();
    let contracts = pausable(&mut foundation);
    assert_eq!(foundation.spread_pause(), Err(Error::NotPaused));
    world(|world| world.silent = vec![contracts[1]]);
    let before = events();
    foundation.pause(START_MS + 1_000, true).unwrap();
    assert_eq!((calls().len(), events() - before), (3, 1));
    // Those that stand still refuse, the other one answers again.
    world(|world| {
        world.silent = vec![];
        world.refusing = vec![contracts[0], contracts[2]];
    });
    at(START_MS + 999);
    by(STRANGER);
    foundation.spread_pause().unwrap();
    world(|world| world.refusing = contracts.to_vec());
    assert_eq!(foundation.spread_pause(), Err(Error::NothingPaused));
    at(START_MS + 1_000);
    assert_eq!(foundation.spread_pause(), Err(Error::NotPaused));
}

#[ink::test]
fn a_pause_of_nothing_is_refused() {
    let mut foundation = foundation();
    by(CHIEF);
    assert_eq!(foundation.pause(START_MS + 1, true), Err(Error::NothingPaused));
}
