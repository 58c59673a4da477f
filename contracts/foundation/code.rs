//! Changes of code: which of them wait for their delay, and the two
//! resolutions that make a contract's code final (architecture.md, foundation).

use bizkey_primitives::{
    board::{Announcement, PendingCode, Resolution, ResolutionId, MAX_PENDING, OSSIFICATION_GAP_MS},
    errors::foundation::Error,
};
use ink::prelude::vec::Vec;

/// Lists a resolution that has just passed, in the place of an earlier entry
/// of the same one; entries whose time is over make room.
///
/// # Errors
/// `TooManyPending`.
pub fn enlist(
    pending: &mut Vec<PendingCode>,
    id: ResolutionId,
    resolution: &Resolution,
    now_ms: u64,
) -> Result<(), Error> {
    pending.retain(|entry| entry.resolution != id && now_ms < entry.expires_ms);
    let Some(executable_ms) = resolution.executable_ms() else { return Ok(()) };
    if pending.len() >= MAX_PENDING {
        return Err(Error::TooManyPending);
    }
    pending.push(PendingCode { resolution: id, executable_ms, expires_ms: resolution.expires_ms() });
    Ok(())
}

/// Takes a resolution off the list.
pub fn strike(pending: &mut Vec<PendingCode>, id: ResolutionId) {
    pending.retain(|entry| entry.resolution != id);
}

/// What a resolution to ossify a contract does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ossification {
    /// It is the first, and announces it.
    Announce(Announcement),
    /// It is the second, and does it.
    Complete,
}

/// Decides which of the two resolutions one is, that passed at `passed_ms`.
///
/// # Errors
/// `OssificationTooSoon` for a second that passed less than 90 days after the
/// first.
pub fn ossification(
    first: Option<Announcement>,
    resolution: ResolutionId,
    passed_ms: u64,
) -> Result<Ossification, Error> {
    match first {
        None => Ok(Ossification::Announce(Announcement { resolution, passed_ms })),
        Some(first) if passed_ms >= first.passed_ms.saturating_add(OSSIFICATION_GAP_MS) => Ok(Ossification::Complete),
        Some(_) => Err(Error::OssificationTooSoon),
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::board::{ResolutionState, CODE_DELAY_MS, EXECUTION_MS};

    fn passed(since_ms: u64) -> Resolution {
        let state = ResolutionState::Passed { since_ms };
        Resolution { proposer: 1, proposed_ms: since_ms, delayed: true, state, votes: Vec::new() }
    }

    #[test]
    fn the_list_has_each_waiting_resolution_once_and_forgets_the_expired() {
        let mut pending = Vec::new();
        enlist(&mut pending, 1, &passed(10), 10).unwrap();
        enlist(&mut pending, 1, &passed(20), 20).unwrap();
        let entry = PendingCode {
            resolution: 1,
            executable_ms: 20 + CODE_DELAY_MS,
            expires_ms: 20 + CODE_DELAY_MS + EXECUTION_MS,
        };
        assert_eq!(pending, [entry]);
        enlist(&mut pending, 2, &passed(entry.expires_ms - 1), entry.expires_ms - 1).unwrap();
        assert_eq!(pending.len(), 2);
        enlist(&mut pending, 3, &passed(entry.expires_ms), entry.expires_ms).unwrap();
        assert_eq!(pending.iter().map(|entry| entry.resolution).collect::<Vec<_>>(), [2, 3]);
        strike(&mut pending, 2);
        strike(&mut pending, 9);
        assert_eq!(pending.len(), 1);
    }

    #[test]
    fn at_most_thirty_two_wait() {
        let mut pending = Vec::new();
        for id in 1..=32 {
            enlist(&mut pending, id, &passed(10), 10).unwrap();
        }
        assert_eq!(enlist(&mut pending, 33, &passed(10), 10), Err(Error::TooManyPending));
        assert_eq!(enlist(&mut pending, 32, &passed(11), 11), Ok(()), "but one can pass again");
    }

    #[test]
    fn the_second_resolution_passes_ninety_days_after_the_first() {
        let first = Announcement { resolution: 4, passed_ms: 1_000 };
        assert_eq!(ossification(None, 4, 1_000), Ok(Ossification::Announce(first)));
        let second = |passed_ms| ossification(Some(first), 5, passed_ms);
        assert_eq!(second(1_000 + OSSIFICATION_GAP_MS - 1), Err(Error::OssificationTooSoon));
        assert_eq!(second(1_000 + OSSIFICATION_GAP_MS), Ok(Ossification::Complete));
        assert_eq!(second(0), Err(Error::OssificationTooSoon));
    }
}
