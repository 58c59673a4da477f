//! Appeals against a change on the ladder (architecture.md, registry).

use bizkey_primitives::{
    errors::registry::Error,
    membership::{Appeal, Decision, StatusChange},
    Hash, Status,
};

/// From a change to the last moment of an appeal, milliseconds: 30 days.
pub const APPEAL_WINDOW_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Whether an appeal waits for its decision.
pub fn is_pending(change: Option<&StatusChange>) -> bool {
    change.and_then(|change| change.appeal).is_some_and(|appeal| appeal.decision.is_none())
}

/// The record of a change made now, after `last`. A change that could still be
/// appealed is not lost for that: an appeal is then against both, and restores
/// what was before the first.
pub fn record(last: Option<StatusChange>, before: Status, status: Status, reason: Hash, now_ms: u64) -> StatusChange {
    let open = last.filter(|last| last.appeal.is_none() && is_in_time(last, now_ms));
    let before = open.map(|last| last.before).filter(|first| rung(*first) < rung(before)).unwrap_or(before);
    StatusChange { before, status, reason, changed_ms: now_ms, appeal: None }
}

/// Files an appeal against `change`, which there can be once, in time, and
/// only if it was for the worse: there is nothing to restore otherwise.
///
/// # Errors
/// `NothingToAppeal`, `AppealTooLate`.
pub fn file(change: Option<StatusChange>, statement: Hash, now_ms: u64) -> Result<StatusChange, Error> {
    let change = change.ok_or(Error::NothingToAppeal)?;
    if change.appeal.is_some() || rung(change.status) <= rung(change.before) {
        return Err(Error::NothingToAppeal);
    }
    if !is_in_time(&change, now_ms) {
        return Err(Error::AppealTooLate);
    }
    Ok(StatusChange { appeal: Some(Appeal { statement, filed_ms: now_ms, decision: None }), ..change })
}

/// Decides the appeal that waits.
///
/// # Errors
/// `NothingToAppeal` if none does.
pub fn decide(change: Option<StatusChange>, granted: bool, reason: Hash) -> Result<StatusChange, Error> {
    let change = change.ok_or(Error::NothingToAppeal)?;
    let appeal = change.appeal.filter(|appeal| appeal.decision.is_none()).ok_or(Error::NothingToAppeal)?;
    let decision = Some(Decision { granted, reason });
    Ok(StatusChange { appeal: Some(Appeal { decision, ..appeal }), ..change })
}

/// Whether a change can still be appealed.
fn is_in_time(change: &StatusChange, now_ms: u64) -> bool {
    now_ms <= change.changed_ms.saturating_add(APPEAL_WINDOW_MS)
}

/// How far down the ladder.
fn rung(status: Status) -> u8 {
    match status {
        Status::Active => 0,
        Status::Demoted => 1,
        Status::Restricted => 2,
        Status::Removed => 3,
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;

    fn hash(n: u8) -> Hash {
        Hash::from([n; 32])
    }

    fn change(before: Status, status: Status) -> StatusChange {
        StatusChange { before, status, reason: hash(1), changed_ms: 100, appeal: None }
    }

    #[test]
    fn a_change_for_the_worse_can_be_appealed_once_and_in_time() {
        let worse = change(Status::Active, Status::Removed);
        let end_ms = 100 + APPEAL_WINDOW_MS;
        assert_eq!(file(None, hash(2), 100), Err(Error::NothingToAppeal));
        assert_eq!(file(Some(worse), hash(2), end_ms + 1), Err(Error::AppealTooLate));
        let filed = file(Some(worse), hash(2), end_ms).unwrap();
        assert_eq!(filed.appeal, Some(Appeal { statement: hash(2), filed_ms: end_ms, decision: None }));
        assert!(is_pending(Some(&filed)) && !is_pending(Some(&worse)) && !is_pending(None));
        assert_eq!(file(Some(filed), hash(3), end_ms), Err(Error::NothingToAppeal));
        for (before, status) in [
            (Status::Removed, Status::Active),
            (Status::Restricted, Status::Demoted),
            (Status::Demoted, Status::Active),
        ] {
            assert_eq!(file(Some(change(before, status)), hash(2), 100), Err(Error::NothingToAppeal), "{status:?}");
        }
        for (before, status) in [
            (Status::Active, Status::Demoted),
            (Status::Demoted, Status::Restricted),
            (Status::Active, Status::Removed),
        ] {
            assert!(file(Some(change(before, status)), hash(2), 100).is_ok(), "{status:?}");
        }
    }

    #[test]
    fn an_appeal_is_decided_once_and_then_stays_so() {
        let worse = change(Status::Active, Status::Removed);
        assert_eq!(decide(None, true, hash(3)), Err(Error::NothingToAppeal));
        assert_eq!(decide(Some(worse), true, hash(3)), Err(Error::NothingToAppeal));
        let filed = file(Some(worse), hash(2), 100).unwrap();
        for granted in [true, false] {
            let decided = decide(Some(filed), granted, hash(3)).unwrap();
            assert_eq!(decided.appeal.unwrap().decision, Some(Decision { granted, reason: hash(3) }));
            assert!(!is_pending(Some(&decided)));
            assert_eq!(decide(Some(decided), granted, hash(3)), Err(Error::NothingToAppeal));
            assert_eq!(file(Some(decided), hash(4), 100), Err(Error::NothingToAppeal));
        }
    }

    #[test]
    fn further_changes_do_not_take_an_appeal_away() {
        let first = change(Status::Active, Status::Demoted);
        let within = 100 + APPEAL_WINDOW_MS;
        let after = |last, before, now_ms| record(last, before, Status::Removed, hash(5), now_ms).before;
        assert_eq!(after(None, Status::Demoted, within), Status::Demoted);
        assert_eq!(after(Some(first), Status::Demoted, within), Status::Active, "both can be appealed at once");
        assert_eq!(after(Some(first), Status::Demoted, within + 1), Status::Demoted, "the first cannot any more");
        let refused = decide(Some(file(Some(first), hash(2), 100).unwrap()), false, hash(3)).unwrap();
        assert_eq!(after(Some(refused), Status::Demoted, within), Status::Demoted, "the first was appealed");
        let pardon = change(Status::Removed, Status::Active);
        assert_eq!(
            after(Some(pardon), Status::Active, within),
            Status::Active,
            "a pardon is no reason to stay removed"
        );
        let second = record(Some(first), Status::Demoted, Status::Removed, hash(5), within);
        assert_eq!((second.status, second.changed_ms, second.appeal), (Status::Removed, within, None));
        assert!(file(Some(second), hash(2), within + APPEAL_WINDOW_MS).is_ok());
        let back = record(Some(second), Status::Removed, Status::Active, hash(5), within);
        assert_eq!(file(Some(back), hash(2), within), Err(Error::NothingToAppeal), "all is restored already");
    }
}
