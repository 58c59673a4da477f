//! Accounts on their way to another one: by the party's own will in two steps,
//! or, if its key is lost, by two attestors and after a delay (architecture.md,
//! registry).

use bizkey_primitives::{
    errors::registry::Error,
    membership::{AccountProposal, Recovery, RecoveryState},
    AccountId, Side,
};
use ink::storage::Mapping;

/// For how long a proposed account can accept, milliseconds: 7 days.
pub const ACCEPT_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// From the second attestor's word to the earliest end of a recovery,
/// milliseconds: 7 days, for whoever still has the old key to object.
pub const RECOVERY_DELAY_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// From then on, for how long a recovery can be finished, milliseconds: 30 days.
pub const RECOVERY_OPEN_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Proposed accounts and recoveries of every party.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Successions {
    /// By the party's own will.
    pub proposals: Mapping<(Side, u32), AccountProposal>,
    /// By attestors.
    pub recoveries: Mapping<(Side, u32), Recovery>,
}

/// Checks that `account` is the one that its party proposed, and in time.
///
/// # Errors
/// `NotProposed`, `Expired`.
pub fn check_acceptance(proposal: Option<AccountProposal>, account: AccountId, now_ms: u64) -> Result<(), Error> {
    let proposal = proposal.filter(|proposal| proposal.account == account).ok_or(Error::NotProposed)?;
    if now_ms > proposal.expires_ms {
        return Err(Error::Expired);
    }
    Ok(())
}

/// An attestor says that the party lost its account and `account` is to take
/// over: the first one proposes, a second one who names the same account
/// starts the delay. Another account replaces a proposal, but not what two
/// attestors support, unless that has expired, was cancelled, or one of them
/// is no attestor any more.
///
/// # Errors
/// `RecoveryPending`, `SameAttestor`.
pub fn attest(
    before: Option<Recovery>,
    attestor: AccountId,
    account: AccountId,
    now_ms: u64,
    is_attestor: impl Fn(AccountId) -> bool,
) -> Result<Recovery, Error> {
    let state = RecoveryState::Open;
    let first = Recovery { account, first: attestor, second: None, ready_ms: 0, consented: false, state };
    let stands = |recovery: &Recovery| recovery.state != RecoveryState::Cancelled && is_attestor(recovery.first);
    let Some(recovery) = before.filter(stands) else { return Ok(first) };
    match recovery.second {
        Some(second) if is_attestor(second) && now_ms <= last_ms(&recovery) => Err(Error::RecoveryPending),
        None if recovery.account == account && recovery.first == attestor => Err(Error::SameAttestor),
        None if recovery.account == account => {
            Ok(Recovery { second: Some(attestor), ready_ms: now_ms.saturating_add(RECOVERY_DELAY_MS), ..recovery })
        }
        _ => Ok(first),
    }
}

/// The party's present account says that it is not lost.
///
/// # Errors
/// `NoRecovery`; `NotAdmin` once the board has confirmed it.
pub fn cancel(recovery: Option<Recovery>) -> Result<Recovery, Error> {
    let recovery = recovery.ok_or(Error::NoRecovery)?;
    if recovery.state == RecoveryState::Confirmed {
        return Err(Error::NotAdmin);
    }
    Ok(Recovery { state: RecoveryState::Cancelled, ..recovery })
}

/// The board says that the old account's key is in foreign hands, whether or
/// not that key has objected: else a thief could keep what it stole by
/// cancelling every recovery.
///
/// # Errors
/// `NoRecovery`, `NotProposed` if it is for another account,
/// `RecoveryNotReady` before the second attestor's word, `Expired`.
pub fn confirm(recovery: Option<Recovery>, account: AccountId, now_ms: u64) -> Result<Recovery, Error> {
    let recovery = recovery.ok_or(Error::NoRecovery)?;
    if recovery.account != account {
        return Err(Error::NotProposed);
    }
    if recovery.second.is_none() {
        return Err(Error::RecoveryNotReady);
    }
    if now_ms > last_ms(&recovery) {
        return Err(Error::Expired);
    }
    Ok(Recovery { state: RecoveryState::Confirmed, ..recovery })
}

/// The account that takes over now: two attestors who still are attestors
/// support it, the delay has passed, and it agreed.
///
/// # Errors
/// `NoRecovery`, `RecoveryNotReady`, `Expired`, `NotConsented`, `NotAttestor`.
pub fn finish(
    recovery: Option<Recovery>,
    now_ms: u64,
    is_attestor: impl Fn(AccountId) -> bool,
) -> Result<AccountId, Error> {
    let recovery = recovery.filter(|recovery| recovery.state != RecoveryState::Cancelled).ok_or(Error::NoRecovery)?;
    let second = recovery.second.filter(|_| now_ms >= recovery.ready_ms).ok_or(Error::RecoveryNotReady)?;
    if now_ms > last_ms(&recovery) {
        return Err(Error::Expired);
    }
    if !recovery.consented {
        return Err(Error::NotConsented);
    }
    if !is_attestor(recovery.first) || !is_attestor(second) {
        return Err(Error::NotAttestor);
    }
    Ok(recovery.account)
}

/// The last moment at which a supported recovery can be finished.
fn last_ms(recovery: &Recovery) -> u64 {
    recovery.ready_ms.saturating_add(RECOVERY_OPEN_MS)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    const NEW: u8 = 9;
    const OTHER: u8 = 8;
    const NOW_MS: u64 = 1_000;
    const READY_MS: u64 = NOW_MS + RECOVERY_DELAY_MS;

    /// Accounts 1 to 3 are attestors.
    fn is_attestor(of: AccountId) -> bool {
        (1..=3).any(|n| of == account(n))
    }

    fn state(before: Option<Recovery>, attestor: u8, new: u8, now_ms: u64) -> Result<Recovery, Error> {
        attest(before, account(attestor), account(new), now_ms, is_attestor)
    }

    fn supported() -> Recovery {
        let first = state(None, 1, NEW, 0).unwrap();
        state(Some(first), 2, NEW, NOW_MS).unwrap()
    }

    #[test]
    fn a_proposed_account_accepts_in_time() {
        let proposal = AccountProposal { account: account(NEW), expires_ms: 5 };
        assert_eq!(check_acceptance(None, account(NEW), 0), Err(Error::NotProposed));
        assert_eq!(check_acceptance(Some(proposal), account(OTHER), 0), Err(Error::NotProposed));
        assert_eq!(check_acceptance(Some(proposal), account(NEW), 6), Err(Error::Expired));
        assert_eq!(check_acceptance(Some(proposal), account(NEW), 5), Ok(()));
    }

    #[test]
    fn two_attestors_who_name_the_same_account_start_the_delay() {
        let first = state(None, 1, NEW, 0).unwrap();
        assert_eq!((first.second, first.ready_ms), (None, 0));
        assert_eq!(state(Some(first), 1, NEW, 0), Err(Error::SameAttestor));
        let other = state(Some(first), 2, OTHER, 0).unwrap();
        assert_eq!((other.first, other.second), (account(2), None), "another account is another proposal");
        let supported = supported();
        assert_eq!((supported.first, supported.second), (account(1), Some(account(2))));
        assert_eq!(supported.ready_ms, READY_MS);
    }

    #[test]
    fn what_two_attestors_support_stands_until_it_expires_or_one_is_dismissed() {
        let supported = supported();
        for new in [NEW, OTHER] {
            assert_eq!(state(Some(supported), 3, new, READY_MS + RECOVERY_OPEN_MS), Err(Error::RecoveryPending));
            let again = state(Some(supported), 3, new, READY_MS + RECOVERY_OPEN_MS + 1).unwrap();
            assert_eq!((again.first, again.second), (account(3), None));
        }
        for dismissed in [1, 2] {
            let still = |of| is_attestor(of) && of != account(dismissed);
            let again = attest(Some(supported), account(3), account(NEW), NOW_MS, still).unwrap();
            assert_eq!((again.first, again.second), (account(3), None));
        }
        let first = state(None, 1, NEW, 0).unwrap();
        let again = attest(Some(first), account(2), account(NEW), 0, |of| of != account(1)).unwrap();
        assert_eq!((again.first, again.second), (account(2), None), "the word of a dismissed one does not count");
    }

    #[test]
    fn it_ends_after_the_delay_with_the_new_accounts_consent() {
        let agreed = Recovery { consented: true, ..supported() };
        let end = |recovery, now_ms| finish(Some(recovery), now_ms, is_attestor);
        assert_eq!(finish(None, READY_MS, is_attestor), Err(Error::NoRecovery));
        let alone = Recovery { consented: true, ..state(None, 1, NEW, 0).unwrap() };
        assert_eq!(end(alone, READY_MS), Err(Error::RecoveryNotReady));
        assert_eq!(end(agreed, READY_MS - 1), Err(Error::RecoveryNotReady));
        assert_eq!(end(supported(), READY_MS), Err(Error::NotConsented));
        assert_eq!(end(agreed, READY_MS), Ok(account(NEW)));
        assert_eq!(end(agreed, READY_MS + RECOVERY_OPEN_MS), Ok(account(NEW)));
        assert_eq!(end(agreed, READY_MS + RECOVERY_OPEN_MS + 1), Err(Error::Expired));
        for dismissed in [1, 2] {
            let still = |of| is_attestor(of) && of != account(dismissed);
            assert_eq!(finish(Some(agreed), READY_MS, still), Err(Error::NotAttestor));
        }
    }

    #[test]
    fn the_old_account_can_cancel_until_the_board_has_confirmed() {
        let agreed = Recovery { consented: true, ..supported() };
        assert_eq!(cancel(None), Err(Error::NoRecovery));
        let cancelled = cancel(Some(agreed)).unwrap();
        assert_eq!(finish(Some(cancelled), READY_MS, is_attestor), Err(Error::NoRecovery));
        assert_eq!(cancel(Some(cancelled)), Ok(cancelled));
        let again = state(Some(cancelled), 2, NEW, NOW_MS).unwrap();
        assert_eq!((again.first, again.second), (account(2), None), "both attestors have to speak again");
        let alone = cancel(Some(state(None, 1, NEW, 0).unwrap())).unwrap();
        assert_eq!(state(Some(alone), 2, NEW, 0).unwrap().second, None);

        let decide = |recovery, new, now_ms| confirm(recovery, account(new), now_ms);
        assert_eq!(decide(None, NEW, 0), Err(Error::NoRecovery));
        assert_eq!(decide(Some(cancelled), OTHER, 0), Err(Error::NotProposed));
        assert_eq!(decide(Some(alone), NEW, 0), Err(Error::RecoveryNotReady));
        assert_eq!(decide(Some(cancelled), NEW, READY_MS + RECOVERY_OPEN_MS + 1), Err(Error::Expired));
        let confirmed = decide(Some(cancelled), NEW, NOW_MS).unwrap();
        assert_eq!(cancel(Some(confirmed)), Err(Error::NotAdmin));
        assert_eq!(finish(Some(confirmed), READY_MS - 1, is_attestor), Err(Error::RecoveryNotReady));
        assert_eq!(finish(Some(confirmed), READY_MS, is_attestor), Ok(account(NEW)));
    }
}
