//! One shop and one customer.

use super::{sale::Sale, Window, BASKET_MS, END_PARTS, PIECE_MS, SPLIT_PIECES};
use bizkey_primitives::{Calendar, CustomerIndex, MerchantIndex};
use std::ops::Range;

/// What a shop and a customer did together in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The shop.
    pub merchant: MerchantIndex,
    /// The customer.
    pub customer: CustomerIndex,
    /// Its rows.
    pub rows: Range<u32>,
    /// Days with a receipt: bit n is the window's day n.
    pub days: u128,
    /// Hours with a receipt: bit n is the n-th twenty-fourth of an epoch.
    pub hours: u32,
    /// Summed amount, minor units.
    pub total: u128,
    /// Lowest amount.
    pub least: u64,
    /// Highest amount.
    pub most: u64,
    /// Baskets: see [`BASKET_MS`] and [`PIECE_MS`].
    pub baskets: u32,
    /// Of those, baskets of [`SPLIT_PIECES`] receipts or more.
    pub split: u32,
    /// Receipts in the last part of an epoch.
    pub at_end: u32,
}

impl Pair {
    /// Receipts.
    #[must_use]
    pub fn receipts(&self) -> u32 {
        self.rows.end - self.rows.start
    }

    /// Days with a receipt among the `length` days that end with day `last`.
    #[must_use]
    pub fn days_in(&self, last: u32, length: u32) -> u32 {
        bits(self.days, last, length).count_ones()
    }

    /// How far the amounts lie apart, in thousandths of their mean: 0 for a
    /// customer who always pays the same.
    #[must_use]
    pub fn amount_spread(&self) -> u64 {
        let spread = u128::from(self.most - self.least) * 1_000 * u128::from(self.receipts());
        spread.checked_div(self.total).map_or(0, |ratio| u64::try_from(ratio).unwrap_or(u64::MAX))
    }
}

/// The `length` bits of `days` that end with bit `last`, at their places.
pub(crate) fn bits(days: u128, last: u32, length: u32) -> u128 {
    let up_to = |day: u32| if day >= 127 { u128::MAX } else { (1u128 << (day + 1)) - 1 };
    let before = match (last + 1).checked_sub(length) {
        Some(first) if first > 0 => up_to(first - 1),
        _ => 0,
    };
    days & up_to(last) & !before
}

/// Receipts that are one visit to the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basket<'a> {
    /// Its receipts, in the order of time.
    pub pieces: &'a [Sale],
}

impl Basket<'_> {
    /// Summed amount, minor units.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.pieces.iter().map(|sale| u128::from(sale.amount)).sum()
    }

    /// Whether it has so many pieces that they call for an explanation.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.pieces.len() >= SPLIT_PIECES as usize
    }
}

/// The baskets of one pair's receipts, which are in the order of epochs, and of
/// time within each ([`BASKET_MS`], [`PIECE_MS`]). None goes on in another epoch.
pub fn baskets(sales: &[Sale]) -> impl Iterator<Item = Basket<'_>> {
    let mut rest = sales;
    std::iter::from_fn(move || {
        let start_ms = rest.first()?.at_ms;
        let gap = |pair: &[Sale]| pair[1].at_ms - pair[0].at_ms;
        // A clock that stands still makes no basket of a week.
        let is_apart = |pair: &[Sale]| {
            pair[1].epoch != pair[0].epoch || gap(pair) > PIECE_MS || pair[1].at_ms - start_ms > BASKET_MS
        };
        let length = rest.windows(2).position(is_apart).map_or(rest.len(), |before| before + 1);
        let (pieces, after) = rest.split_at(length);
        rest = after;
        Some(Basket { pieces })
    })
}

/// How far into its epoch a moment lies, milliseconds. A time of the device
/// counts by the clock, whatever epoch the receipt came to be in.
pub(crate) fn time_of_epoch(at_ms: u64, calendar: &Calendar) -> u64 {
    // Before genesis the epochs are counted back.
    let epoch = i128::from(calendar.epoch_ms.max(1));
    let since = (i128::from(at_ms) - i128::from(calendar.genesis_ms)).rem_euclid(epoch);
    u64::try_from(since).unwrap_or(0)
}

/// Whether a moment lies in the last part of an epoch.
pub(crate) fn is_at_end(at_ms: u64, calendar: &Calendar) -> bool {
    time_of_epoch(at_ms, calendar) >= calendar.epoch_ms - calendar.epoch_ms / END_PARTS
}

/// The pairs of rows sorted by shop, customer, epoch and time, in one pass.
pub(crate) fn pairs(sales: &[Sale], window: Window, calendar: &Calendar) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut start = 0u32;
    for rows in sales.chunk_by(|left, right| (left.merchant, left.customer) == (right.merchant, right.customer)) {
        // Rows are fewer than 2^32.
        let end = start + rows.len() as u32;
        let mut pair = Pair {
            merchant: rows[0].merchant,
            customer: rows[0].customer,
            rows: start..end,
            days: 0,
            hours: 0,
            total: 0,
            least: u64::MAX,
            most: 0,
            baskets: 0,
            split: 0,
            at_end: 0,
        };
        for basket in baskets(rows) {
            pair.baskets += 1;
            pair.split += u32::from(basket.is_split());
            for sale in basket.pieces {
                pair.days |= 1 << window.day(sale.epoch);
                let hour = u128::from(time_of_epoch(sale.at_ms, calendar)) * 24 / u128::from(calendar.epoch_ms.max(1));
                pair.hours |= 1 << hour.min(23);
                pair.total += u128::from(sale.amount);
                pair.least = pair.least.min(sale.amount);
                pair.most = pair.most.max(sale.amount);
                pair.at_end += u32::from(is_at_end(sale.at_ms, calendar));
            }
        }
        pairs.push(pair);
        start = end;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_a_part_of_the_window_are_exactly_its_days() {
        for last in 0..128u32 {
            for length in 0..=128u32 {
                let expected: u128 =
                    (0..128).filter(|day| *day <= last && day + length > last).map(|day| 1u128 << day).sum();
                assert_eq!(bits(u128::MAX, last, length), expected, "{length} days that end with {last}");
            }
        }
    }

    #[test]
    fn a_moment_before_genesis_has_the_time_of_its_day() {
        let calendar = Calendar { genesis_ms: 1_000_000, epoch_ms: 1_000 };
        assert_eq!(time_of_epoch(1_000_250, &calendar), 250);
        assert_eq!(time_of_epoch(999_250, &calendar), 250);
        assert!(is_at_end(1_000_980, &calendar) && !is_at_end(1_000_979, &calendar));
    }
}
