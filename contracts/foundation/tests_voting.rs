//! Resolutions from their proposal to the last moment at which they can be
//! carried out; changes of code.

use super::*;
use bizkey_primitives::board::{
    Announcement, PendingCode, ResolutionState, Vote, CODE_DELAY_MS, EXECUTION_MS, OSSIFICATION_GAP_MS, VOTING_MS,
};
use scale::Encode;

fn text() -> Motion {
    Motion::AdoptText { text: hash(7) }
}

fn upgrade(target: AccountId) -> Motion {
    Motion::Upgrade { target, code_hash: hash(8) }
}

fn state(foundation: &Foundation, id: ResolutionId) -> ResolutionState {
    foundation.resolution(id).unwrap().state
}

#[ink::test]
fn a_resolution_is_proposed_voted_on_by_name_and_carried_out_once() {
    let mut foundation = foundation();
    let before = events();
    let id = propose(&mut foundation, text());
    assert_eq!((id, foundation.resolutions(), foundation.motion_of(1)), (1, 1, Some(text())));
    assert_eq!(foundation.votes_of(id), [], "a proposal is no vote");
    assert_eq!(foundation.enact(id), Err(Error::NotPassed));
    for (director, expected) in [(2, ResolutionState::Open), (3, ResolutionState::Open)] {
        by(director);
        foundation.vote(id, true).unwrap();
        assert_eq!(state(&foundation, id), expected);
        assert_eq!(foundation.enact(id), Err(Error::NotPassed));
    }
    by(4);
    foundation.vote(id, false).unwrap();
    foundation.vote(id, true).unwrap();
    assert_eq!(state(&foundation, id), ResolutionState::Passed { since_ms: START_MS });
    let vote = |director| Vote { director, in_favour: true };
    assert_eq!(foundation.votes_of(id), [vote(2), vote(3), vote(4)]);
    by(STRANGER);
    foundation.enact(id).unwrap();
    assert_eq!(state(&foundation, id), ResolutionState::Enacted);
    assert_eq!(events() - before, 1 + 4 + 1 + 1, "proposed, four votes, passed, carried out");
    assert_eq!(foundation.enact(id), Err(Error::ResolutionClosed));
    by(5);
    assert_eq!(foundation.vote(id, true), Err(Error::ResolutionClosed));
}

#[ink::test]
fn what_can_never_be_carried_out_is_not_proposed() {
    let mut foundation = foundation();
    by(1);
    let call = |target, input| Motion::Call { target, input };
    let set_code = [ink::selector_bytes!("set_code").as_slice(), &[1; 32]].concat();
    assert_eq!(foundation.propose(call(account(TARGET), set_code)), Err(Error::SelectorRefused));
    assert_eq!(foundation.propose(call(own(), call_input())), Err(Error::TargetRefused));
    assert_eq!(foundation.propose(call(account(BZKY), call_input())), Err(Error::TargetRefused));
    assert_eq!(foundation.propose(call(account(TARGET), vec![0; 4_097])), Err(Error::BadInput));
    assert_eq!(foundation.resolutions(), 0);
}

#[ink::test]
fn an_unknown_resolution_is_refused() {
    let mut foundation = foundation();
    by(1);
    assert_eq!(foundation.vote(1, true), Err(Error::UnknownResolution));
    assert_eq!(foundation.enact(1), Err(Error::UnknownResolution));
    assert_eq!(resolve(&mut foundation, Motion::Cancel { resolution: 99 }), Err(Error::UnknownResolution));
}

#[ink::test]
fn a_resolution_fails_when_more_than_half_cannot_be_reached() {
    let mut foundation = foundation();
    let id = propose(&mut foundation, text());
    for director in [1, 2, 3] {
        by(director);
        foundation.vote(id, false).unwrap();
    }
    assert_eq!(state(&foundation, id), ResolutionState::Failed);
    by(4);
    assert_eq!(foundation.vote(id, true), Err(Error::ResolutionClosed));
    assert_eq!(foundation.enact(id), Err(Error::ResolutionClosed));
}

#[ink::test]
fn its_time_is_over_after_fourteen_days() {
    let mut foundation = foundation();
    let (late, passed) = (propose(&mut foundation, text()), pass(&mut foundation, text()));
    at(START_MS + VOTING_MS);
    by(1);
    assert_eq!(foundation.vote(late, true), Err(Error::ResolutionExpired));
    at(START_MS + EXECUTION_MS - 1);
    assert_eq!(foundation.resolution(passed).unwrap().expires_ms(), START_MS + EXECUTION_MS);
    at(START_MS + EXECUTION_MS);
    assert_eq!(foundation.enact(passed), Err(Error::ResolutionExpired));
}

#[ink::test]
fn the_directors_in_office_count_when_it_is_carried_out() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, text());
    resolve(&mut foundation, Motion::ReplaceDirector { director: 3, account: account(30), name: name(30) }).unwrap();
    by(STRANGER);
    assert_eq!(foundation.enact(id), Err(Error::NotPassed));
    by(30);
    foundation.vote(id, true).unwrap();
    foundation.enact(id).unwrap();
}

#[ink::test]
fn a_call_is_made_as_given() {
    let mut foundation = foundation();
    resolve(&mut foundation, Motion::Call { target: account(TARGET), input: call_input() }).unwrap();
    assert_eq!(calls(), [(account(TARGET), ink::selector_bytes!("set_status"), vec![7; 5])]);
}

#[ink::test]
fn a_callee_that_refuses_or_is_silent_fails_the_enactment() {
    // On the chain the failure reverts, so that the resolution stays passed.
    let mut foundation = foundation();
    let motion = Motion::Call { target: account(TARGET), input: call_input() };
    world(|world| world.refusing = vec![account(TARGET)]);
    assert_eq!(resolve(&mut foundation, motion.clone()), Err(Error::CallRefused));
    world(|world| world.silent = vec![account(TARGET)]);
    assert_eq!(resolve(&mut foundation, motion), Err(Error::CalleeFailed));
}

#[ink::test]
fn an_upgrade_waits_fourteen_days_in_everybodys_sight() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(account(TARGET)));
    let executable_ms = START_MS + CODE_DELAY_MS;
    let entry = PendingCode { resolution: id, executable_ms, expires_ms: executable_ms + EXECUTION_MS };
    assert_eq!(foundation.pending_code(), [entry]);
    at(executable_ms - 1);
    assert_eq!(foundation.enact(id), Err(Error::TimeLocked));
    at(executable_ms);
    foundation.enact(id).unwrap();
    assert_eq!(foundation.pending_code(), []);
    assert_eq!(calls(), [(account(TARGET), ink::selector_bytes!("set_code"), hash(8).encode())]);
}

#[ink::test]
fn a_pending_upgrade_is_forgotten_when_its_time_is_over() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(account(TARGET)));
    at(START_MS + CODE_DELAY_MS + EXECUTION_MS);
    assert_eq!(foundation.pending_code(), []);
    assert_eq!(foundation.enact(id), Err(Error::ResolutionExpired));
}

#[ink::test]
fn a_later_resolution_cancels_an_upgrade() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(account(TARGET)));
    at(START_MS + CODE_DELAY_MS);
    resolve(&mut foundation, Motion::Cancel { resolution: id }).unwrap();
    assert_eq!((state(&foundation, id), foundation.pending_code()), (ResolutionState::Cancelled, vec![]));
    assert_eq!(foundation.enact(id), Err(Error::ResolutionClosed));
    assert_eq!(resolve(&mut foundation, Motion::Cancel { resolution: id }), Err(Error::ResolutionClosed));
}

#[ink::test]
fn what_was_done_is_not_cancelled() {
    let mut foundation = foundation();
    resolve(&mut foundation, text()).unwrap();
    assert_eq!(resolve(&mut foundation, Motion::Cancel { resolution: 1 }), Err(Error::ResolutionClosed));
}

#[ink::test]
fn an_upgrade_that_loses_its_majority_waits_anew() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(account(TARGET)));
    let again_ms = START_MS + VOTING_MS - 1;
    at(again_ms);
    by(3);
    foundation.vote(id, false).unwrap();
    assert_eq!((state(&foundation, id), foundation.pending_code()), (ResolutionState::Open, vec![]));
    foundation.vote(id, true).unwrap();
    assert_eq!(foundation.pending_code()[0].executable_ms, again_ms + CODE_DELAY_MS);
    at(START_MS + CODE_DELAY_MS);
    assert_eq!(foundation.enact(id), Err(Error::TimeLocked));
}

#[ink::test]
fn the_foundation_changes_its_own_code_after_the_same_delay() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(own()));
    assert_eq!(foundation.enact(id), Err(Error::TimeLocked));
    at(START_MS + CODE_DELAY_MS);
    world(|world| world.codes = vec![hash(8)]);
    foundation.enact(id).unwrap();
    assert_eq!((world(|world| world.own_code), calls()), (Some(hash(8)), vec![]));
}

#[ink::test]
fn a_code_that_the_chain_does_not_have_is_refused() {
    let mut foundation = foundation();
    let id = pass(&mut foundation, upgrade(own()));
    at(START_MS + CODE_DELAY_MS);
    assert_eq!(foundation.enact(id), Err(Error::UnknownCode));
}

/// Passes a resolution to ossify `target` at `passed_ms` and carries it out
/// when its delay is over.
fn ossify(foundation: &mut Foundation, target: AccountId, passed_ms: u64) -> Result<(), Error> {
    at(passed_ms);
    let id = pass(foundation, Motion::Ossify { target });
    at(passed_ms + CODE_DELAY_MS);
    foundation.enact(id)
}

#[ink::test]
fn a_code_is_final_by_two_resolutions_ninety_days_apart() {
    let mut foundation = foundation();
    ossify(&mut foundation, account(TARGET), START_MS).unwrap();
    assert_eq!(calls(), []);
    let first = Announcement { resolution: 1, passed_ms: START_MS };
    assert_eq!(foundation.ossification_of(account(TARGET)), Some(first));
    let second_ms = START_MS + OSSIFICATION_GAP_MS;
    assert_eq!(ossify(&mut foundation, account(TARGET), second_ms - 1), Err(Error::OssificationTooSoon));
    ossify(&mut foundation, account(TARGET), second_ms).unwrap();
    assert_eq!(calls(), [(account(TARGET), ink::selector_bytes!("ossify"), vec![])]);
    assert_eq!(foundation.ossification_of(account(TARGET)), None);
    assert!(!foundation.is_ossified());
}

#[ink::test]
fn a_final_foundation_changes_no_more() {
    let mut foundation = foundation();
    ossify(&mut foundation, own(), START_MS).unwrap();
    assert!(!foundation.is_ossified());
    let second_ms = START_MS + OSSIFICATION_GAP_MS;
    ossify(&mut foundation, own(), second_ms).unwrap();
    assert!(foundation.is_ossified());
    world(|world| world.codes = vec![hash(8)]);
    let id = pass(&mut foundation, upgrade(own()));
    at(second_ms + 2 * CODE_DELAY_MS);
    assert_eq!(foundation.enact(id), Err(Error::Ossified));
    assert_eq!(ossify(&mut foundation, own(), second_ms + 3 * CODE_DELAY_MS), Err(Error::Ossified));
    assert_eq!(world(|world| world.own_code), None);
}

#[ink::test]
fn an_announced_ossification_is_taken_back() {
    let mut foundation = foundation();
    ossify(&mut foundation, account(TARGET), START_MS).unwrap();
    resolve(&mut foundation, Motion::Cancel { resolution: 1 }).unwrap();
    assert_eq!(foundation.ossification_of(account(TARGET)), None);
    assert_eq!(resolve(&mut foundation, Motion::Cancel { resolution: 1 }), Err(Error::ResolutionClosed));
    // The next one is a first one again.
    ossify(&mut foundation, account(TARGET), START_MS + OSSIFICATION_GAP_MS).unwrap();
    assert_eq!(calls(), []);
}
