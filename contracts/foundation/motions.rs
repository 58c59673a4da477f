//! What can be told of a motion without the chain: refused when it is
//! proposed, so that nobody votes on what can never be carried out, and once
//! more when it is carried out.

use crate::{budget, names::check_name, powers, powers::OffLimits};
use bizkey_primitives::{
    board::{Motion, MAX_PAUSABLE},
    errors::foundation::Error,
    pause::MAX_PAUSE_MS,
    AccountId, Balance,
};

/// Checks a motion by itself.
///
/// # Errors
/// `BadName`, `BadInput`, `TargetRefused`, `SelectorRefused`, `BadLimit`,
/// `BadShares`, `BadPayment`, `ZeroAccount`, `PauseTooLong`, `BadPausable`.
pub fn check(motion: &Motion, off_limits: &OffLimits) -> Result<(), Error> {
    match motion {
        Motion::AppointChiefExecutive { account } => check_account(account),
        Motion::AddDirector { account, name } | Motion::ReplaceDirector { account, name, .. } => {
            check_account(account)?;
            check_name(name)
        }
        Motion::Call { target, input } => powers::check_call(off_limits, *target, input).map(|_| ()),
        Motion::GrantPower { limit: Some(0), .. } => Err(Error::BadLimit),
        Motion::GrantPower { target, selector, .. } => powers::check_message(off_limits, *target, *selector),
        Motion::SetShares { shares } => budget::check_shares(shares),
        Motion::Pay { to, amount, .. } => check_payment(off_limits, to, *amount),
        Motion::MoveFunds { from, to, amount } if from == to || *amount == 0 => Err(Error::BadPayment),
        Motion::Pause { duration_ms, .. } if *duration_ms == 0 || *duration_ms > MAX_PAUSE_MS => {
            Err(Error::PauseTooLong)
        }
        Motion::SetPausable { contracts } => check_pausable(contracts, off_limits),
        _ => Ok(()),
    }
}

/// Checks who is paid how much.
///
/// # Errors
/// `ZeroAccount`, `BadPayment`.
pub fn check_payment(off_limits: &OffLimits, to: &AccountId, amount: Balance) -> Result<(), Error> {
    check_account(to)?;
    // Paid to itself, a line's funds would come back as income of all lines.
    if amount == 0 || *to == off_limits.own {
        return Err(Error::BadPayment);
    }
    Ok(())
}

/// Checks a list of contracts that are paused together.
///
/// # Errors
/// `BadPausable`.
pub fn check_pausable(contracts: &[AccountId], off_limits: &OffLimits) -> Result<(), Error> {
    let repeats = |(position, contract)| contracts.iter().take(position).any(|other| other == contract);
    if contracts.len() > MAX_PAUSABLE
        || contracts.contains(&off_limits.own)
        || contracts.iter().enumerate().any(repeats)
    {
        return Err(Error::BadPausable);
    }
    Ok(())
}

/// Checks that an account is somebody's.
///
/// # Errors
/// `ZeroAccount`.
pub fn check_account(account: &AccountId) -> Result<(), Error> {
    if *account == AccountId::from([0; 32]) {
        return Err(Error::ZeroAccount);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::{
        board::{BudgetLine, INITIAL_SHARES},
        Hash,
    };

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    fn refusal(motion: Motion) -> Option<Error> {
        check(&motion, &OffLimits { own: account(1), bzky: account(2) }).err()
    }

    fn pay(to: u8, amount: Balance) -> Option<Error> {
        refusal(Motion::Pay { line: BudgetLine::Research, to: account(to), amount })
    }

    fn pausable(contracts: &[u8]) -> Option<Error> {
        refusal(Motion::SetPausable { contracts: contracts.iter().map(|n| account(*n)).collect() })
    }

    #[test]
    fn what_can_never_be_carried_out_is_refused() {
        let name = b"Ada".to_vec();
        assert_eq!(refusal(Motion::AddDirector { account: account(0), name: name.clone() }), Some(Error::ZeroAccount));
        assert_eq!(refusal(Motion::AddDirector { account: account(9), name: vec![] }), Some(Error::BadName));
        let replace = Motion::ReplaceDirector { director: 1, account: account(9), name: b"\n".to_vec() };
        assert_eq!(refusal(replace), Some(Error::BadName));
        assert_eq!(refusal(Motion::AppointChiefExecutive { account: account(0) }), Some(Error::ZeroAccount));
        assert_eq!(refusal(Motion::Call { target: account(9), input: vec![1, 2, 3] }), Some(Error::BadInput));
        assert_eq!(refusal(Motion::Call { target: account(2), input: vec![1; 4] }), Some(Error::TargetRefused));
        let grant = |target, selector, limit| refusal(Motion::GrantPower { target: account(target), selector, limit });
        assert_eq!(grant(9, ink::selector_bytes!("set_code"), None), Some(Error::SelectorRefused));
        assert_eq!(grant(1, [1; 4], None), Some(Error::TargetRefused));
        assert_eq!(grant(9, [1; 4], Some(0)), Some(Error::BadLimit));
        assert_eq!(refusal(Motion::SetShares { shares: [1; 5] }), Some(Error::BadShares));
        assert_eq!([pay(0, 1), pay(1, 1)], [Some(Error::ZeroAccount), Some(Error::BadPayment)]);
        assert_eq!(pay(9, 0), Some(Error::BadPayment));
        let shift = |to, amount| refusal(Motion::MoveFunds { from: BudgetLine::Research, to, amount });
        assert_eq!(shift(BudgetLine::Research, 1), Some(Error::BadPayment));
        assert_eq!(shift(BudgetLine::Reserve, 0), Some(Error::BadPayment));
        let pause = |duration_ms| refusal(Motion::Pause { duration_ms, skip_failing: true });
        assert_eq!([pause(0), pause(MAX_PAUSE_MS + 1)], [Some(Error::PauseTooLong); 2]);
        assert_eq!([pausable(&[5, 6, 5]), pausable(&[1])], [Some(Error::BadPausable); 2]);
        assert_eq!(pausable(&(10..27).collect::<Vec<u8>>()), Some(Error::BadPausable));
    }

    #[test]
    fn what_depends_on_the_day_is_not() {
        let name = "김민준".as_bytes().to_vec();
        assert_eq!(pay(9, Balance::MAX), None);
        assert_eq!(pausable(&(10..26).collect::<Vec<u8>>()), None);
        assert_eq!(pausable(&[]), None);
        for motion in [
            Motion::AdoptText { text: Hash::from([0; 32]) },
            Motion::ElectChair { director: 77 },
            Motion::AppointChiefExecutive { account: account(9) },
            Motion::DismissChiefExecutive,
            Motion::AddDirector { account: account(9), name: name.clone() },
            Motion::RemoveDirector { director: 77 },
            Motion::ReplaceDirector { director: 77, account: account(9), name },
            Motion::Call { target: account(9), input: vec![1; 4096] },
            Motion::Upgrade { target: account(1), code_hash: Hash::from([0; 32]) },
            Motion::Ossify { target: account(1) },
            Motion::Cancel { resolution: 99 },
            Motion::GrantPower { target: account(9), selector: [1; 4], limit: Some(1) },
            Motion::RevokePower { target: account(1), selector: [1; 4] },
            Motion::SetPausePower { granted: false },
            Motion::SetShares { shares: INITIAL_SHARES },
            Motion::SetSpendingLimit { line: BudgetLine::Reserve, limit: 0 },
            Motion::Pause { duration_ms: MAX_PAUSE_MS, skip_failing: false },
        ] {
            assert_eq!(refusal(motion.clone()), None, "{motion:?}");
        }
    }
}
