//! One customer over all shops.

use super::{pair::Pair, Facts, Window};
use bizkey_primitives::{CustomerIndex, Epoch, MerchantIndex};
use std::ops::Range;

/// What a customer did in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The customer.
    pub customer: CustomerIndex,
    /// Its pairs, positions in the list by customer.
    pub pairs: Range<usize>,
    /// Receipts.
    pub receipts: u64,
    /// Summed amount, minor units.
    pub total: u128,
    /// When it was registered, if that was in the window.
    pub joined: Option<Epoch>,
    /// The shop where it was on most days.
    pub home: MerchantIndex,
    /// The shop where it was on most days but for `home`.
    pub second: Option<MerchantIndex>,
    /// Thousandths of its receipts that it has from `home`.
    pub home_share: u32,
}

impl Customer {
    /// In how many shops it bought.
    #[must_use]
    pub fn shops(&self) -> usize {
        self.pairs.len()
    }

    /// Where it buys most, one shop left aside; `None` if it buys nowhere else.
    #[must_use]
    pub fn home_beside(&self, merchant: MerchantIndex) -> Option<MerchantIndex> {
        if self.home == merchant {
            self.second
        } else {
            Some(self.home)
        }
    }
}

/// The customers of pairs, ascending, and the pairs' positions by customer.
pub(crate) fn customers(pairs: &[Pair], window: Window, facts: &Facts) -> (Vec<Customer>, Vec<u32>) {
    // Pairs are no more than rows, of which there are fewer than 2^32.
    let mut by_customer: Vec<u32> = (0..pairs.len() as u32).collect();
    let pair = |position: &u32| &pairs[*position as usize];
    by_customer.sort_unstable_by_key(|position| (pair(position).customer, pair(position).merchant));
    let mut customers = Vec::new();
    let mut start = 0;
    for group in by_customer.chunk_by(|left, right| pair(left).customer == pair(right).customer) {
        let customer = pair(&group[0]).customer;
        let receipts = group.iter().map(|at| u64::from(pair(at).receipts())).sum::<u64>();
        // Most days first; of equals, the shop with the lower number.
        let mut best: [Option<&Pair>; 2] = [None, None];
        for candidate in group.iter().map(pair) {
            let days = |of: Option<&Pair>| of.map_or(0, |pair| pair.days.count_ones());
            if days(Some(candidate)) > days(best[0]) {
                best = [Some(candidate), best[0]];
            } else if days(Some(candidate)) > days(best[1]) {
                best[1] = Some(candidate);
            }
        }
        let home_receipts = best[0].map_or(0, |home| u64::from(home.receipts()));
        customers.push(Customer {
            customer,
            pairs: start..start + group.len(),
            receipts,
            total: group.iter().map(|at| pair(at).total).sum(),
            joined: facts.joined.get(&customer).copied().filter(|epoch| window.contains(*epoch)),
            home: best[0].map_or(0, |home| home.merchant),
            second: best[1].map(|second| second.merchant),
            home_share: u32::try_from(home_receipts * 1_000 / receipts.max(1)).unwrap_or(1_000),
        });
        start += group.len();
    }
    (customers, by_customer)
}
