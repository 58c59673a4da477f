//! The foundation's Bzky by what it is for (whitepaper 7.3). What comes in is
//! split over five lines by their shares; what leaves, leaves one line.

use bizkey_primitives::{
    board::{Budget, BudgetLine, Funds, PerLine, INITIAL_SHARES, SHARE_UNIT},
    errors::foundation::Error,
    Balance, Stamp,
};

/// Epochs in a month (whitepaper 3.4, our reading).
const EPOCHS_PER_MONTH: u32 = bizkey_primitives::calendar::EPOCHS_PER_MONTH;

/// An empty budget with the whitepaper's shares; the chief executive may pay nothing.
pub fn initial() -> Budget {
    let mut budget = Budget::default();
    put_shares(&mut budget, &INITIAL_SHARES);
    budget
}

/// Splits what the foundation holds beyond its lines over them: each line gets
/// the floor of its share, the reserve gets the rest. Returns what each got,
/// or `None` if nothing had come in.
///
/// # Errors
/// `Overflow`.
pub fn book(budget: &mut Budget, held: Balance) -> Result<Option<PerLine<Balance>>, Error> {
    let income = held.saturating_sub(assigned(budget)?);
    if income == 0 {
        return Ok(None);
    }
    let mut parts = [0; 5];
    let mut rest = income;
    for (part, funds) in parts.iter_mut().zip(&budget.lines).take(BudgetLine::Reserve.position()) {
        let share = income.checked_mul(funds.share.into()).ok_or(Error::Overflow)?;
        *part = share.checked_div(SHARE_UNIT.into()).ok_or(Error::Overflow)?;
        // The shares make up the whole, so the parts never pass the income.
        rest = rest.checked_sub(*part).ok_or(Error::Overflow)?;
    }
    if let Some(reserve) = parts.last_mut() {
        *reserve = rest;
    }
    for (part, funds) in parts.iter().zip(&mut budget.lines) {
        funds.balance = funds.balance.checked_add(*part).ok_or(Error::Overflow)?;
    }
    Ok(Some(parts))
}

/// Checks that shares make up the whole.
///
/// # Errors
/// `BadShares`.
pub fn check_shares(shares: &PerLine<u16>) -> Result<(), Error> {
    let sum = shares.iter().fold(0u32, |sum, share| sum.saturating_add(u32::from(*share)));
    if sum == u32::from(SHARE_UNIT) {
        Ok(())
    } else {
        Err(Error::BadShares)
    }
}

/// Splits later income by other shares.
///
/// # Errors
/// `BadShares`.
pub fn set_shares(budget: &mut Budget, shares: &PerLine<u16>) -> Result<(), Error> {
    check_shares(shares)?;
    put_shares(budget, shares);
    Ok(())
}

/// Changes what the chief executive may pay out of a line in a month; what it
/// has paid in the present month counts on.
pub fn set_limit(budget: &mut Budget, line: BudgetLine, limit: Balance) {
    funds(budget, line).limit = limit;
}

/// Takes a payment out of a line.
///
/// # Errors
/// `InsufficientFunds`.
pub fn pay(budget: &mut Budget, line: BudgetLine, amount: Balance) -> Result<(), Error> {
    let funds = funds(budget, line);
    funds.balance = funds.balance.checked_sub(amount).ok_or(Error::InsufficientFunds)?;
    Ok(())
}

/// Takes a payment by the chief executive out of a line, in the epoch with
/// stamp `now`.
///
/// # Errors
/// `SpendingLimit`, `InsufficientFunds`.
pub fn spend(budget: &mut Budget, line: BudgetLine, amount: Balance, now: Stamp) -> Result<(), Error> {
    let funds = funds(budget, line);
    let month = now.div_ceil(EPOCHS_PER_MONTH);
    let before = if funds.month == month { funds.spent } else { 0 };
    let spent = before.checked_add(amount).filter(|spent| *spent <= funds.limit).ok_or(Error::SpendingLimit)?;
    funds.month = month;
    funds.spent = spent;
    pay(budget, line, amount)
}

/// Moves funds from one line to another.
///
/// # Errors
/// `InsufficientFunds`, `Overflow`.
pub fn shift(budget: &mut Budget, from: BudgetLine, to: BudgetLine, amount: Balance) -> Result<(), Error> {
    pay(budget, from, amount)?;
    let funds = funds(budget, to);
    funds.balance = funds.balance.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(())
}

fn assigned(budget: &Budget) -> Result<Balance, Error> {
    let sum = |sum: Balance, funds: &Funds| sum.checked_add(funds.balance);
    budget.lines.iter().try_fold(0, sum).ok_or(Error::Overflow)
}

fn put_shares(budget: &mut Budget, shares: &PerLine<u16>) {
    for (funds, share) in budget.lines.iter_mut().zip(shares) {
        funds.share = *share;
    }
}

fn funds(budget: &mut Budget, line: BudgetLine) -> &mut Funds {
    let [research, operation, marketing, terminals, reserve] = &mut budget.lines;
    match line {
        BudgetLine::Research => research,
        BudgetLine::Operation => operation,
        BudgetLine::Marketing => marketing,
        BudgetLine::Terminals => terminals,
        BudgetLine::Reserve => reserve,
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::{board::BudgetLine as Line, calendar, BZKY_SUPPLY, TOKEN};
    use proptest::prelude::*;

    fn balances(budget: &Budget) -> PerLine<Balance> {
        budget.lines.map(|funds| funds.balance)
    }

    #[test]
    fn income_is_split_by_the_whitepapers_shares() {
        let mut budget = initial();
        let parts = book(&mut budget, 1_000 * TOKEN).unwrap().unwrap();
        assert_eq!(parts, [200 * TOKEN, 300 * TOKEN, 200 * TOKEN, 200 * TOKEN, 100 * TOKEN]);
        assert_eq!(balances(&budget), parts);
        assert_eq!(book(&mut budget, 1_000 * TOKEN), Ok(None), "and booked once");
        assert_eq!(book(&mut budget, 1_000 * TOKEN + 9).unwrap().unwrap(), [1, 2, 1, 1, 4], "rounding goes to reserve");
        assert!(book(&mut initial(), BZKY_SUPPLY).is_ok());
        assert_eq!(book(&mut initial(), Balance::MAX), Err(Error::Overflow));
    }

    #[test]
    fn shares_make_up_the_whole() {
        let mut budget = initial();
        for bad in [[0; 5], [2_000, 3_000, 2_000, 2_000, 1_001], [u16::MAX; 5]] {
            assert_eq!(set_shares(&mut budget, &bad), Err(Error::BadShares));
        }
        set_shares(&mut budget, &[0, 0, 0, 0, 10_000]).unwrap();
        assert_eq!(book(&mut budget, 7).unwrap().unwrap(), [0, 0, 0, 0, 7]);
        set_shares(&mut budget, &[10_000, 0, 0, 0, 0]).unwrap();
        assert_eq!(book(&mut budget, 10).unwrap().unwrap(), [3, 0, 0, 0, 0]);
    }

    #[test]
    fn a_line_pays_what_it_has() {
        let mut budget = initial();
        book(&mut budget, 100).unwrap();
        assert_eq!(pay(&mut budget, Line::Operation, 31), Err(Error::InsufficientFunds));
        pay(&mut budget, Line::Operation, 30).unwrap();
        assert_eq!(balances(&budget), [20, 0, 20, 20, 10]);
        assert_eq!(shift(&mut budget, Line::Reserve, Line::Operation, 11), Err(Error::InsufficientFunds));
        shift(&mut budget, Line::Reserve, Line::Operation, 4).unwrap();
        assert_eq!(balances(&budget), [20, 4, 20, 20, 6]);
    }

    #[test]
    fn the_chief_executive_spends_up_to_the_limit_in_a_month_of_thirty_epochs() {
        let mut budget = initial();
        book(&mut budget, 1_000).unwrap();
        assert_eq!(spend(&mut budget, Line::Operation, 1, 0), Err(Error::SpendingLimit), "nothing at first");
        set_limit(&mut budget, Line::Operation, 100);
        let at = |epoch| calendar::stamp(epoch);
        spend(&mut budget, Line::Operation, 60, 0).unwrap();
        spend(&mut budget, Line::Operation, 100, at(0)).unwrap();
        assert_eq!(spend(&mut budget, Line::Operation, 1, at(29)), Err(Error::SpendingLimit));
        set_limit(&mut budget, Line::Operation, 110);
        assert_eq!(spend(&mut budget, Line::Operation, 11, at(29)), Err(Error::SpendingLimit));
        spend(&mut budget, Line::Operation, 10, at(29)).unwrap();
        spend(&mut budget, Line::Operation, 110, at(30)).unwrap();
        assert_eq!(spend(&mut budget, Line::Research, 1, at(30)), Err(Error::SpendingLimit), "each line has its own");
        assert_eq!(spend(&mut budget, Line::Operation, Balance::MAX, at(30)), Err(Error::SpendingLimit));
        assert_eq!(balances(&budget)[1], 300 - 60 - 110 - 110);
        assert_eq!(spend(&mut budget, Line::Operation, 21, at(60)), Err(Error::InsufficientFunds));
    }

    #[test]
    fn a_month_is_the_calendars() {
        for epoch in [0, 1, 29, 30, 59, 60, 1_000, u32::MAX - 1] {
            assert_eq!(calendar::stamp(epoch).div_ceil(EPOCHS_PER_MONTH), calendar::month(epoch), "epoch {epoch}");
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Income(Balance),
        Shares([u16; 4]),
        Pay(usize, Balance),
        Spend(usize, Balance),
        Shift(usize, usize, Balance),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (line, amount) = (0usize..5, 0u128..2_000);
        prop_oneof![
            amount.clone().prop_map(Step::Income),
            proptest::array::uniform4(0u16..=2_500).prop_map(Step::Shares),
            (line.clone(), amount.clone()).prop_map(|(l, a)| Step::Pay(l, a)),
            (line.clone(), amount.clone()).prop_map(|(l, a)| Step::Spend(l, a)),
            (line.clone(), line, amount).prop_map(|(f, t, a)| Step::Shift(f, t, a)),
        ]
    }

    proptest! {
        /// Once income is booked the lines add up to what the foundation
        /// holds, whatever happened; every part is within one unit below its
        /// exact share, and the reserve has what that leaves.
        #[test]
        fn the_lines_add_up_to_what_is_held(steps in proptest::collection::vec(step(), 1..60)) {
            let (mut budget, mut held) = (initial(), 0);
            for (n, step) in (0u32..).zip(steps) {
                let snapshot = budget;
                match step {
                    Step::Income(amount) => held += amount,
                    Step::Shares([a, b, c, d]) => {
                        set_shares(&mut budget, &[a, b, c, d, 10_000 - a - b - c - d]).unwrap();
                        set_limit(&mut budget, Line::ALL[n as usize % 5], 1_000);
                    }
                    Step::Pay(line, amount) => match pay(&mut budget, Line::ALL[line], amount) {
                        Ok(()) => held -= amount,
                        Err(_) => budget = snapshot,
                    },
                    Step::Spend(line, amount) => match spend(&mut budget, Line::ALL[line], amount, n) {
                        Ok(()) => held -= amount,
                        Err(_) => budget = snapshot,
                    },
                    Step::Shift(from, to, amount) => {
                        if shift(&mut budget, Line::ALL[from], Line::ALL[to], amount).is_err() { budget = snapshot; }
                    }
                }
                let before: Balance = balances(&budget).iter().sum();
                if let Some(parts) = book(&mut budget, held).unwrap() {
                    let income = held - before;
                    for (part, funds) in parts.iter().zip(&budget.lines).take(4) {
                        let exact = income * u128::from(funds.share);
                        prop_assert!(part * 10_000 <= exact && exact < (part + 1) * 10_000);
                    }
                    prop_assert_eq!(parts.iter().sum::<Balance>(), income);
                }
                prop_assert_eq!(balances(&budget).iter().sum::<Balance>(), held);
            }
        }
    }
}
