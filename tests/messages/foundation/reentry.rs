//! No contract is entered again while it runs. No contract of the suite calls
//! back, so foundations of an attacker play those that do: they carry on
//! whatever their chief executive says, and that is a contract here.

use super::steps::{assert_refused, Board};
use bizkey_primitives::{board::Motion, errors::foundation::Error, hash::selector, AccountId, Hash, TOKEN};
use bizkey_tests::{sandbox::input, Sandbox};

/// The input by which an attacker's foundation carries `call` on to `target`.
fn carry_on(target: AccountId, call: &[u8]) -> Vec<u8> {
    input("execute", &(target, call.to_vec()))
}

/// A foundation of the attacker's that does what `chief` says.
fn puppet(network: &mut Sandbox, chief: AccountId) -> Board {
    let puppet = Board::sized(network, 3);
    puppet.resolve(network, &Motion::AppointChiefExecutive { account: chief }).unwrap();
    puppet
}

fn may_call(network: &mut Sandbox, puppet: &Board, target: AccountId, message: &str) {
    let motion = Motion::GrantPower { target, selector: selector(message), limit: None };
    puppet.resolve(network, &motion).unwrap();
}

/// Whether it would be carried out if nothing else was running; it is undone.
fn works_alone(network: &mut Sandbox, origin: AccountId, target: AccountId, call: &[u8]) -> bool {
    network.state.rolled_back(|state| state.execute(origin, target, call.to_vec()).result.is_ok())
}

/// What the board calls cannot enact, book or do anything else at the
/// foundation until the board's call is done.
#[test]
fn what_the_board_calls_cannot_call_the_board() {
    let mut network = Sandbox::new();
    network.hand_over();
    let board = Board::of(&network);
    let puppet = puppet(&mut network, board.address);
    for message in ["book_income", "enact", "is_ossified"] {
        may_call(&mut network, &puppet, board.address, message);
    }
    network.give(board.address, TOKEN);
    let waiting = board.pass(&mut network, &Motion::AdoptText { text: Hash::default() });
    for back in [input("book_income", &()), input("enact", &waiting), input("is_ossified", &())] {
        let outward = carry_on(board.address, &back);
        assert!(works_alone(&mut network, board.address, puppet.address, &outward), "by itself it is allowed");
        let resolution = board.pass(&mut network, &Motion::Call { target: puppet.address, input: outward });
        assert_refused(&mut network, Error::CalleeFailed, |network| board.enact(network, resolution));
    }
    // A resolution that would carry itself out: entered again, it would be told `ResolutionClosed`.
    let itself = waiting + 4;
    let outward = carry_on(board.address, &input("enact", &itself));
    assert_eq!(board.pass(&mut network, &Motion::Call { target: puppet.address, input: outward }), itself);
    assert_refused(&mut network, Error::CalleeFailed, |network| board.enact(network, itself));
}

/// Nor is any other contract on the stack entered again, however far down.
#[test]
fn a_contract_on_the_call_stack_is_not_entered_again() {
    let mut network = Sandbox::new();
    network.hand_over();
    let board = Board::of(&network);
    let first = puppet(&mut network, board.address);
    let second = puppet(&mut network, first.address);
    may_call(&mut network, &first, second.address, "execute");
    let registry = network.contracts.registry;
    for target in [first.address, board.address, registry] {
        may_call(&mut network, &second, target, "is_ossified");
        let last = carry_on(target, &input("is_ossified", &()));
        assert!(works_alone(&mut network, first.address, second.address, &last), "second to last, by itself");
        let outward = carry_on(second.address, &last);
        let resolution = board.pass(&mut network, &Motion::Call { target: first.address, input: outward });
        if target == registry {
            board.enact(&mut network, resolution).expect("it is not on the stack");
        } else {
            assert_refused(&mut network, Error::CallRefused, |network| board.enact(network, resolution));
        }
    }
}
