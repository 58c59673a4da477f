//! What merchants and customers owe: paid first, out of their claims
//! (architecture.md, Rewards).
//!
//! Who owes anything is marked in words of 128 indices, so that a push asks
//! once for all its neighbours and not for each leaf.

use crate::{
    bitmap,
    numbers::{Kind, Numbers},
};
use bizkey_primitives::{errors::rewards::Error, Balance, Side};

/// A word of debtors that was read: its number and its bits.
pub type Word = Option<(u32, u128)>;

/// What a party owes, smallest unit of Bzky or Time.
pub fn of(numbers: &Numbers, side: Side, index: u32) -> Balance {
    numbers.get(Kind::Debt, side, index, 0)
}

/// Has a party owe `amount` more.
///
/// # Errors
/// [`Error::Overflow`].
pub fn book(numbers: &mut Numbers, side: Side, index: u32, amount: Balance) -> Result<(), Error> {
    let debt = of(numbers, side, index).checked_add(amount).ok_or(Error::Overflow)?;
    set(numbers, side, index, debt);
    Ok(())
}

/// Has a party owe `amount` less.
///
/// # Errors
/// [`Error::NoDebt`] when it owes less than that.
pub fn settle(numbers: &mut Numbers, side: Side, index: u32, amount: Balance) -> Result<(), Error> {
    let debt = of(numbers, side, index).checked_sub(amount).ok_or(Error::NoDebt)?;
    set(numbers, side, index, debt);
    Ok(())
}

/// Pays what a party owes out of `reward`; returns how much of it that takes.
/// `word` keeps the last word of debtors for the next leaf.
pub fn withhold(numbers: &mut Numbers, word: &mut Word, side: Side, index: u32, reward: Balance) -> Balance {
    let place = bitmap::place(index);
    let bits = match *word {
        Some((number, bits)) if number == place.word => bits,
        _ => numbers.get(Kind::Debtors, side, place.word, 0),
    };
    *word = Some((place.word, bits));
    if !bitmap::is_set(bits, place.bit) {
        return 0;
    }
    let debt = of(numbers, side, index);
    let withheld = debt.min(reward);
    // The kept word may go on saying that somebody owes who owes nothing any more.
    set(numbers, side, index, debt.saturating_sub(withheld));
    withheld
}

fn set(numbers: &mut Numbers, side: Side, index: u32, debt: Balance) {
    let place = bitmap::place(index);
    let bits = numbers.get(Kind::Debtors, side, place.word, 0);
    let bits = if debt > 0 { bitmap::set(bits, place.bit) } else { bitmap::clear(bits, place.bit) };
    numbers.set(Kind::Debtors, side, place.word, 0, bits);
    numbers.set(Kind::Debt, side, index, 0, debt);
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Action {
        Book(u32, u128),
        Settle(u32, u128),
        Withhold(Vec<(u32, u128)>),
    }

    fn action() -> impl Strategy<Value = Action> {
        let index = || prop_oneof![0u32..4, 126u32..131];
        prop_oneof![
            (index(), 0u128..50).prop_map(|(i, n)| Action::Book(i, n)),
            (index(), 0u128..50).prop_map(|(i, n)| Action::Settle(i, n)),
            proptest::collection::vec((index(), 0u128..50), 1..6).prop_map(Action::Withhold),
        ]
    }

    proptest! {
        /// Against a plain book of who owes how much.
        #[test]
        fn a_debt_is_paid_out_of_rewards_to_the_unit(actions in proptest::collection::vec(action(), 0..60)) {
            ink::env::test::run_test::<ink::env::DefaultEnvironment, _>(|_| {
                let debts = &mut Numbers::default();
                let mut owing: BTreeMap<u32, u128> = BTreeMap::new();
                for action in actions {
                    match action {
                        Action::Book(i, n) => {
                            book(debts, Side::Merchant, i, n).unwrap();
                            *owing.entry(i).or_default() += n;
                        }
                        Action::Settle(i, n) => {
                            let owed = owing.entry(i).or_default();
                            let settled = settle(debts, Side::Merchant, i, n);
                            assert_eq!(settled, if *owed < n { Err(Error::NoDebt) } else { Ok(()) });
                            if settled.is_ok() { *owed -= n }
                        }
                        Action::Withhold(rewards) => {
                            let mut word = None;
                            for (i, reward) in rewards {
                                let owed = owing.entry(i).or_default();
                                let withheld = withhold(debts, &mut word, Side::Merchant, i, reward);
                                assert_eq!(withheld, reward.min(*owed));
                                *owed -= withheld;
                            }
                        }
                    }
                    for (i, owed) in &owing {
                        assert_eq!(of(debts, Side::Merchant, *i), *owed);
                        assert_eq!(of(debts, Side::Customer, *i), 0, "the other side's");
                    }
                }
                Ok(())
            }).unwrap();
        }
    }

    #[ink::test]
    fn nobody_owes_more_than_can_be_counted() {
        let debts = &mut Numbers::default();
        book(debts, Side::Customer, 3, u128::MAX).unwrap();
        assert_eq!(book(debts, Side::Customer, 3, 1), Err(Error::Overflow));
        assert_eq!(withhold(debts, &mut None, Side::Customer, 3, 9), 9);
    }
}
