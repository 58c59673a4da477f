//! Successor keys (architecture.md, foundation): a director that lost its key
//! is followed, after 30 days in which it could have cancelled, by the account
//! that it named before.

use bizkey_primitives::{
    board::{Succession, SUCCESSION_MS},
    errors::foundation::Error,
    AccountId,
};

/// A director names its successor; nobody claims yet.
pub fn named(successor: AccountId) -> Succession {
    Succession { successor, takes_over_ms: None }
}

/// The successor claims the seat. Returns when it can take it.
///
/// # Errors
/// `NotSuccessor`, `AlreadyClaimed`.
pub fn claim(succession: &mut Succession, claimant: AccountId, now_ms: u64) -> Result<u64, Error> {
    if succession.successor != claimant {
        return Err(Error::NotSuccessor);
    }
    if succession.takes_over_ms.is_some() {
        return Err(Error::AlreadyClaimed);
    }
    let takes_over_ms = now_ms.saturating_add(SUCCESSION_MS);
    succession.takes_over_ms = Some(takes_over_ms);
    Ok(takes_over_ms)
}

/// Checks that the successor can take the seat now.
///
/// # Errors
/// `NotClaimed`, `SuccessionOpen`.
pub fn check_take(succession: &Succession, now_ms: u64) -> Result<(), Error> {
    match succession.takes_over_ms {
        None => Err(Error::NotClaimed),
        Some(takes_over_ms) if now_ms < takes_over_ms => Err(Error::SuccessionOpen),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    #[test]
    fn the_named_successor_takes_over_thirty_days_after_its_claim() {
        let mut succession = named(account(5));
        assert_eq!(check_take(&succession, u64::MAX), Err(Error::NotClaimed));
        assert_eq!(claim(&mut succession, account(6), 100), Err(Error::NotSuccessor));
        assert_eq!(claim(&mut succession, account(5), 100), Ok(100 + SUCCESSION_MS));
        assert_eq!(claim(&mut succession, account(5), 200), Err(Error::AlreadyClaimed), "which does not begin again");
        assert_eq!(check_take(&succession, 99 + SUCCESSION_MS), Err(Error::SuccessionOpen));
        assert_eq!(check_take(&succession, 100 + SUCCESSION_MS), Ok(()));
    }
}
