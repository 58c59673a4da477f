//! How a resolution is voted on (whitepaper 8): by name, and it passes with
//! more than half of ALL directors in office, whoever did not vote included.
//!
//! Votes are counted by the directors in office at that moment, when a vote is
//! cast and once more when the resolution is carried out. Until then a vote
//! can be changed, so the board can take back what it has not done yet.

use crate::board::Board;
use bizkey_primitives::{
    board::{DirectorId, Motion, Resolution, ResolutionState, Vote},
    errors::foundation::Error,
};
use ink::prelude::vec::Vec;

/// What a vote did to a resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It stands where it stood.
    None,
    /// It passed; its delay, if it has one, begins now.
    Passed,
    /// It had passed, and has no majority any more.
    MajorityLost,
    /// It can no longer pass.
    Failed,
}

/// A resolution as it is proposed.
pub fn open(proposer: DirectorId, proposed_ms: u64, motion: &Motion) -> Resolution {
    let delayed = motion.is_delayed();
    Resolution { proposer, proposed_ms, delayed, state: ResolutionState::Open, votes: Vec::new() }
}

/// Books a director's vote, or its change of mind. The same vote again counts
/// anew by the present board. Returns whether the vote differs from before,
/// and what it did.
///
/// A resolution whose majority broke, be it by a director's leaving, has to
/// pass again within its 14 days of voting, and its delay begins again.
///
/// # Errors
/// `ResolutionClosed`, `ResolutionExpired`.
pub fn cast(
    resolution: &mut Resolution,
    board: &Board,
    director: DirectorId,
    in_favour: bool,
    now_ms: u64,
) -> Result<(bool, Change), Error> {
    let had_passed = match resolution.state {
        ResolutionState::Open => false,
        ResolutionState::Passed { .. } => true,
        _ => return Err(Error::ResolutionClosed),
    };
    resolution.votes.retain(|vote| board.has(vote.director));
    if had_passed && !is_passed(resolution, board) {
        resolution.state = ResolutionState::Open;
    }
    if now_ms >= resolution.expires_ms() {
        return Err(Error::ResolutionExpired);
    }
    let differs = match resolution.votes.iter_mut().find(|vote| vote.director == director) {
        Some(vote) => core::mem::replace(&mut vote.in_favour, in_favour) != in_favour,
        None => {
            resolution.votes.push(Vote { director, in_favour });
            true
        }
    };
    let change = if is_passed(resolution, board) {
        if resolution.state == ResolutionState::Open {
            resolution.state = ResolutionState::Passed { since_ms: now_ms };
            Change::Passed
        } else {
            Change::None
        }
    } else if is_lost(resolution, board) {
        resolution.state = ResolutionState::Failed;
        Change::Failed
    } else {
        resolution.state = ResolutionState::Open;
        if had_passed {
            Change::MajorityLost
        } else {
            Change::None
        }
    };
    Ok((differs, change))
}

/// Counts a resolution anew by a board that has changed. Returns whether it
/// had passed and has no majority any more: then it has to pass again.
pub fn recount(resolution: &mut Resolution, board: &Board) -> bool {
    let broke = matches!(resolution.state, ResolutionState::Passed { .. }) && !is_passed(resolution, board);
    if broke {
        resolution.votes.retain(|vote| board.has(vote.director));
        resolution.state = ResolutionState::Open;
    }
    broke
}

/// Checks that a resolution can be carried out now. Returns since when it has
/// passed, Unix milliseconds.
///
/// # Errors
/// `ResolutionClosed`, `NotPassed`, `ResolutionExpired`, `TimeLocked`.
pub fn check_enactable(resolution: &Resolution, board: &Board, now_ms: u64) -> Result<u64, Error> {
    let since_ms = match resolution.state {
        ResolutionState::Open => return Err(Error::NotPassed),
        ResolutionState::Passed { since_ms } => since_ms,
        _ => return Err(Error::ResolutionClosed),
    };
    if !is_passed(resolution, board) {
        return Err(Error::NotPassed);
    }
    if now_ms >= resolution.expires_ms() {
        return Err(Error::ResolutionExpired);
    }
    if resolution.executable_ms().is_none_or(|executable_ms| now_ms < executable_ms) {
        return Err(Error::TimeLocked);
    }
    Ok(since_ms)
}

/// Whether more than half of all directors in office are for it.
fn is_passed(resolution: &Resolution, board: &Board) -> bool {
    count(resolution, board, true).saturating_mul(2) > board.seats.len()
}

/// Whether so many are against it that the rest is not more than half.
fn is_lost(resolution: &Resolution, board: &Board) -> bool {
    count(resolution, board, false).saturating_mul(2) >= board.seats.len()
}

fn count(resolution: &Resolution, board: &Board, in_favour: bool) -> usize {
    resolution.votes.iter().filter(|vote| vote.in_favour == in_favour && board.has(vote.director)).count()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use crate::board::tests::{account, board};
    use bizkey_primitives::{
        board::{CODE_DELAY_MS, EXECUTION_MS, VOTING_MS},
        AccountId, Hash,
    };
    use proptest::prelude::*;

    const START_MS: u64 = 1_000;

    fn text() -> Resolution {
        open(1, START_MS, &Motion::AdoptText { text: Hash::from([1; 32]) })
    }

    fn upgrade() -> Resolution {
        open(1, START_MS, &Motion::Upgrade { target: AccountId::from([9; 32]), code_hash: Hash::from([1; 32]) })
    }

    fn vote(resolution: &mut Resolution, board: &Board, director: u32, in_favour: bool) -> Change {
        cast(resolution, board, director, in_favour, START_MS).unwrap().1
    }

    #[test]
    fn it_passes_with_more_than_half_of_all_and_half_is_not_enough() {
        for (size, needed) in [(3, 2), (4, 3), (5, 3), (31, 16), (32, 17)] {
            let (board, mut resolution) = (board(size), text());
            for director in 1..=needed {
                let expected = if director == needed { Change::Passed } else { Change::None };
                assert_eq!(vote(&mut resolution, &board, director, true), expected, "{director} of {size}");
            }
            assert_eq!(vote(&mut resolution, &board, needed, true), Change::None, "and passes once");
        }
    }

    #[test]
    fn it_fails_as_soon_as_more_than_half_cannot_be_reached() {
        for (size, enough) in [(3, 2), (4, 2), (5, 3), (31, 16), (32, 16)] {
            let (board, mut resolution) = (board(size), text());
            for director in 1..=enough {
                let expected = if director == enough { Change::Failed } else { Change::None };
                assert_eq!(vote(&mut resolution, &board, director, false), expected, "{director} of {size}");
            }
            assert_eq!(cast(&mut resolution, &board, 3, true, START_MS), Err(Error::ResolutionClosed));
            assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::ResolutionClosed));
        }
    }

    #[test]
    fn a_vote_can_be_changed_until_it_is_carried_out() {
        let (board, mut resolution) = (board(5), text());
        for director in 1..=3 {
            vote(&mut resolution, &board, director, true);
        }
        assert_eq!(check_enactable(&resolution, &board, START_MS), Ok(START_MS));
        assert_eq!(vote(&mut resolution, &board, 3, false), Change::MajorityLost);
        assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::NotPassed));
        assert_eq!(vote(&mut resolution, &board, 4, true), Change::Passed);
        resolution.state = ResolutionState::Enacted;
        assert_eq!(cast(&mut resolution, &board, 4, false, START_MS), Err(Error::ResolutionClosed));
        assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::ResolutionClosed));
    }

    #[test]
    fn who_leaves_takes_its_vote_along_and_who_follows_starts_without() {
        let (mut board, mut resolution) = (board(4), text());
        for director in 1..=3 {
            vote(&mut resolution, &board, director, true);
        }
        board.replace(3, account(30)).unwrap();
        assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::NotPassed));
        assert_eq!(vote(&mut resolution, &board, 4, false), Change::MajorityLost);
        assert_eq!(vote(&mut resolution, &board, 5, true), Change::Passed);
        assert!(resolution.votes.iter().all(|vote| vote.director != 3));
    }

    #[test]
    fn a_board_that_changes_breaks_a_majority_for_good() {
        let (mut board, mut resolution) = (board(3), upgrade());
        vote(&mut resolution, &board, 1, true);
        assert!(!recount(&mut resolution, &board), "it had not passed");
        vote(&mut resolution, &board, 2, true);
        assert!(!recount(&mut resolution, &board), "nothing changed");
        board.add(account(4)).unwrap();
        assert!(recount(&mut resolution, &board));
        board.remove(4).unwrap();
        let ready_ms = START_MS + CODE_DELAY_MS;
        assert_eq!(check_enactable(&resolution, &board, ready_ms), Err(Error::NotPassed), "until it passes again");
        assert_eq!(vote(&mut resolution, &board, 1, true), Change::Passed);
    }

    #[test]
    fn a_successor_keeps_the_vote_of_its_seat() {
        let (mut board, mut resolution) = (board(3), text());
        vote(&mut resolution, &board, 1, true);
        vote(&mut resolution, &board, 2, true);
        board.hand(2, account(20)).unwrap();
        assert_eq!(check_enactable(&resolution, &board, START_MS), Ok(START_MS));
    }

    #[test]
    fn a_smaller_board_needs_fewer_votes_once_they_are_counted_anew() {
        let (mut board, mut resolution) = (board(4), text());
        vote(&mut resolution, &board, 1, true);
        vote(&mut resolution, &board, 2, true);
        board.remove(4).unwrap();
        assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::NotPassed));
        assert_eq!(cast(&mut resolution, &board, 1, true, START_MS), Ok((false, Change::Passed)));
    }

    #[test]
    fn a_larger_board_needs_more_votes() {
        let (mut board, mut resolution) = (board(3), text());
        vote(&mut resolution, &board, 1, true);
        vote(&mut resolution, &board, 2, true);
        board.add(account(4)).unwrap();
        assert_eq!(check_enactable(&resolution, &board, START_MS), Err(Error::NotPassed));
        assert_eq!(cast(&mut resolution, &board, 4, true, START_MS), Ok((true, Change::Passed)));
    }

    #[test]
    fn its_time_is_over_after_fourteen_days_of_voting_and_fourteen_of_carrying_out() {
        let (board, mut resolution) = (board(3), text());
        let last_ms = START_MS + VOTING_MS - 1;
        assert_eq!(cast(&mut resolution, &board, 1, true, last_ms + 1), Err(Error::ResolutionExpired));
        cast(&mut resolution, &board, 1, true, last_ms).unwrap();
        assert_eq!(cast(&mut resolution, &board, 2, true, last_ms), Ok((true, Change::Passed)));
        assert_eq!(check_enactable(&resolution, &board, last_ms), Ok(last_ms));
        assert_eq!(check_enactable(&resolution, &board, last_ms + EXECUTION_MS - 1), Ok(last_ms));
        assert_eq!(check_enactable(&resolution, &board, last_ms + EXECUTION_MS), Err(Error::ResolutionExpired));
        assert_eq!(cast(&mut resolution, &board, 1, false, last_ms + EXECUTION_MS), Err(Error::ResolutionExpired));
    }

    #[test]
    fn code_changes_wait_fourteen_days_and_a_broken_majority_starts_them_again() {
        let (mut board, mut resolution) = (board(4), upgrade());
        for director in 1..=3 {
            cast(&mut resolution, &board, director, true, START_MS).unwrap();
        }
        let ready_ms = START_MS + CODE_DELAY_MS;
        assert_eq!(check_enactable(&resolution, &board, ready_ms - 1), Err(Error::TimeLocked));
        assert_eq!(check_enactable(&resolution, &board, ready_ms), Ok(START_MS));
        // A director leaves, and on the sixth day its follower makes up the majority again.
        board.replace(3, account(30)).unwrap();
        let again_ms = START_MS + 6 * 24 * 60 * 60 * 1000;
        assert_eq!(cast(&mut resolution, &board, 5, true, again_ms), Ok((true, Change::Passed)));
        assert_eq!(check_enactable(&resolution, &board, ready_ms), Err(Error::TimeLocked));
        assert_eq!(check_enactable(&resolution, &board, again_ms + CODE_DELAY_MS), Ok(again_ms));
        // After the days of voting a lost majority cannot be made up.
        let late_ms = START_MS + VOTING_MS;
        assert_eq!(cast(&mut resolution, &board, 5, false, late_ms), Ok((true, Change::MajorityLost)));
        assert_eq!(cast(&mut resolution, &board, 5, true, late_ms), Err(Error::ResolutionExpired));
    }

    proptest! {
        /// Against the plain definition: the last vote of each director in
        /// office, and more than half of all of them.
        #[test]
        fn the_state_is_that_of_the_last_votes(
            size in 3u8..12,
            votes in proptest::collection::vec((1u8..12, any::<bool>()), 1..40),
        ) {
            let (board, mut resolution) = (board(size), text());
            let mut last = std::collections::BTreeMap::new();
            for (director, in_favour) in votes.into_iter().filter(|(director, _)| *director <= size) {
                let answer = cast(&mut resolution, &board, director.into(), in_favour, START_MS);
                if resolution.state == ResolutionState::Failed && answer.is_err() {
                    break;
                }
                last.insert(director, in_favour);
                let for_it = last.values().filter(|vote| **vote).count();
                let against = last.len() - for_it;
                let can_pass = for_it + (usize::from(size) - last.len());
                prop_assert_eq!(check_enactable(&resolution, &board, START_MS).is_ok(), 2 * for_it > usize::from(size));
                prop_assert_eq!(resolution.state == ResolutionState::Failed, 2 * can_pass <= usize::from(size));
                prop_assert_eq!(resolution.votes.len(), for_it + against);
            }
        }
    }
}
