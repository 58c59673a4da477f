//! What is usual between the shops and customers of a finding: told with it,
//! and judged by nobody.
//!
//! A rule speaks by its measures alone. Whoever decides on its finding, and
//! whoever is accused, wants to see more: how often the two met, in how many
//! shops the customer buys, how far the amounts lie apart, at what hours, and
//! how far the shop lies from where the customer buys otherwise. All of it is
//! of the whole window, so that it also shows what speaks for them.

use crate::persona::features::{Distance, Features, Pair, Sale};
use bizkey_primitives::{CustomerIndex, MerchantIndex};
use serde::Serialize;
use std::{collections::BTreeSet, fmt};

/// The lowest, the middle and the highest of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// The lowest.
    pub least: u64,
    /// The one in the middle; of an even number, the higher of the two.
    pub middle: u64,
    /// The highest.
    pub most: u64,
}

impl Spread {
    /// Of these numbers; zeros of none.
    fn of(numbers: impl Iterator<Item = u64>) -> Self {
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
        Self { least: at(0), middle: at(numbers.len() / 2), most: at(numbers.len().saturating_sub(1)) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, middle, most } = self;
        if least == most {
            write!(formatter, "{least}")
        } else {
            write!(formatter, "{least} to {most} ({middle} in the middle)")
        }
    }
}

/// How many pairs' shops lie how far from where the customer buys otherwise:
/// see [`Distance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Distances {
    /// Customers of that other shop buy here.
    pub neighbour: u64,
    /// Both have a neighbour in common.
    pub two_steps: u64,
    /// Nothing of the kind.
    pub far: u64,
    /// The customer buys nowhere else.
    pub nowhere_else: u64,
}

/// What is usual between the shops and customers whose receipts are a
/// finding's evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Habits {
    /// Epochs of the window.
    pub epochs: u32,
    /// Pairs of a shop and a customer with a receipt in the evidence.
    pub pairs: u64,
    /// Frequency: a pair's receipts in the window.
    pub receipts: Spread,
    /// Frequency: a pair's epochs with a receipt.
    pub days: Spread,
    /// Spread over shops: in how many one of the customers bought.
    pub shops: Spread,
    /// How far a pair's amounts lie apart, thousandths of their mean; 0 for
    /// amounts that are all the same.
    pub amount_spread: Spread,
    /// In how many different hours a pair met.
    pub hours: Spread,
    /// Those hours, of all pairs together, ascending: twenty-fourths of an
    /// epoch, from 0.
    pub hours_of_day: Vec<u32>,
    /// Distance in the graph of shops.
    pub distance: Distances,
}

impl Habits {
    /// Of the pairs that these receipts are of.
    pub(super) fn of(features: &Features, sales: &[Sale]) -> Self {
        let met: BTreeSet<(MerchantIndex, CustomerIndex)> =
            sales.iter().map(|sale| (sale.merchant, sale.customer)).collect();
        let pairs: Vec<&Pair> =
            met.iter().filter_map(|(merchant, customer)| features.pair(*merchant, *customer)).collect();
        let customers: BTreeSet<CustomerIndex> = pairs.iter().map(|pair| pair.customer).collect();
        let shops = customers.iter().filter_map(|customer| features.customer(*customer));
        let hours = pairs.iter().fold(0u32, |hours, pair| hours | pair.hours);
        let mut distance = Distances::default();
        for pair in &pairs {
            let count = match features.distance(pair) {
                Distance::Neighbour => &mut distance.neighbour,
                Distance::TwoSteps => &mut distance.two_steps,
                Distance::Far => &mut distance.far,
                Distance::NowhereElse => &mut distance.nowhere_else,
            };
            *count += 1;
        }
        Self {
            epochs: features.window().epochs(),
            pairs: pairs.len() as u64,
            receipts: Spread::of(pairs.iter().map(|pair| u64::from(pair.receipts()))),
            days: Spread::of(pairs.iter().map(|pair| u64::from(pair.days.count_ones()))),
            shops: Spread::of(shops.map(|customer| customer.shops() as u64)),
            amount_spread: Spread::of(pairs.iter().map(|pair| pair.amount_spread())),
            hours: Spread::of(pairs.iter().map(|pair| u64::from(pair.hours.count_ones()))),
            hours_of_day: (0..24).filter(|hour| hours & (1u32 << *hour) != 0).collect(),
            distance,
        }
    }
}

impl fmt::Display for Habits {
    /// In words; nothing where there is no pair.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pairs == 0 {
            return Ok(());
        }
        let Distances { neighbour, two_steps, far, nowhere_else } = self.distance;
        write!(
            formatter,
            "In the {} days looked at, a pair of shop and customer ({} in all) had {} receipts on {} days; a customer \
             bought in {} shops; a pair's amounts lay {} per mille of their mean apart; it met in {} different hours \
             of the day, all pairs in the hours {}. From where its customer buys otherwise, the shop lies next door \
             for {neighbour} pairs, two steps away for {two_steps}, far off for {far}; {nowhere_else} buy nowhere else.",
            self.epochs,
            self.pairs,
            self.receipts,
            self.days,
            self.shops,
            self.amount_spread,
            self.hours,
            stretches(&self.hours_of_day),
        )
    }
}

/// Ascending numbers as people write them: `8-10, 23`.
fn stretches(numbers: &[u32]) -> String {
    let in_a_row = numbers.chunk_by(|left, right| left + 1 == *right);
    let text = in_a_row.map(|row| match row {
        [first, .., last] => format!("{first}-{last}"),
        row => row.iter().map(u32::to_string).collect(),
    });
    text.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_lowest_the_middle_and_the_highest() {
        let of = |numbers: &[u64]| Spread::of(numbers.iter().copied());
        assert_eq!(of(&[]), Spread::default());
        assert_eq!(of(&[7]), Spread { least: 7, middle: 7, most: 7 });
        assert_eq!(of(&[9, 1, 4]), Spread { least: 1, middle: 4, most: 9 });
        assert_eq!(of(&[9, 1, 4, 6]), Spread { least: 1, middle: 6, most: 9 });
        assert_eq!(of(&[7]).to_string(), "7");
        assert_eq!(of(&[9, 1, 4]).to_string(), "1 to 9 (4 in the middle)");
    }

    #[test]
    fn hours_in_a_row_are_written_as_one_stretch() {
        for (hours, text) in [(vec![], ""), (vec![3], "3"), (vec![3, 4], "3-4"), (vec![0, 8, 9, 10, 23], "0, 8-10, 23")]
        {
            assert_eq!(stretches(&hours), text);
        }
    }

    #[test]
    fn no_pair_has_no_words() {
        assert_eq!(Habits::default().to_string(), "");
    }
}
