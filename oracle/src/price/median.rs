//! One price out of several.

/// What one source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Of one Bzky, millionths of a minor unit.
    pub price: u64,
    /// When it was observed, Unix milliseconds.
    pub dated_ms: u64,
}

/// When several quotes make a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Fewest quotes that are fresh and close together.
    pub quorum: usize,
    /// How old a quote may be, milliseconds.
    pub max_age_ms: u64,
    /// How far from the median a quote may be, percent.
    pub spread_percent: u8,
}

/// Why several quotes make no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// Too few sources gave a fresh quote.
    #[error("{fresh} fresh quotes are too few: {quorum} are needed")]
    TooFew {
        /// Fresh quotes.
        fresh: usize,
        /// How many are needed.
        quorum: usize,
    },
    /// Too few fresh quotes are close to their median.
    #[error("{near} of {fresh} fresh quotes are close to their median {median}: {quorum} are needed")]
    Scattered {
        /// Quotes close to the median.
        near: usize,
        /// Fresh quotes.
        fresh: usize,
        /// The median of the fresh ones.
        median: u64,
        /// How many are needed.
        quorum: usize,
    },
}

/// The median of the quotes that are fresh and close to the median of all
/// fresh ones. As long as liars are fewer than half of the fresh quotes, it
/// lies between two honest ones. Its date is the lower median of theirs, so
/// that one source whose clock stands still cannot hold it back.
///
/// # Errors
/// [`NoPrice`].
pub fn consensus(quotes: &[Quote], now_ms: u64, rules: &Rules) -> Result<Quote, NoPrice> {
    let quorum = rules.quorum.max(1);
    let is_fresh = |quote: &&Quote| now_ms.saturating_sub(quote.dated_ms) <= rules.max_age_ms;
    let fresh: Vec<Quote> = quotes.iter().filter(is_fresh).copied().collect();
    let too_few = NoPrice::TooFew { fresh: fresh.len(), quorum };
    if fresh.len() < quorum {
        return Err(too_few);
    }
    let median = median(fresh.iter().map(|quote| quote.price)).ok_or(too_few)?;
    let near: Vec<Quote> =
        fresh.iter().filter(|quote| is_near(quote.price, median, rules.spread_percent)).copied().collect();
    let scattered = NoPrice::Scattered { near: near.len(), fresh: fresh.len(), median, quorum };
    if near.len() < quorum {
        return Err(scattered);
    }
    let price = self::median(near.iter().map(|quote| quote.price)).ok_or(scattered)?;
    let mut dates: Vec<u64> = near.iter().map(|quote| quote.dated_ms).collect();
    dates.sort_unstable();
    let dated_ms = dates.get((dates.len().saturating_sub(1)) / 2).copied().ok_or(scattered)?;
    Ok(Quote { price, dated_ms })
}

/// The middle one; of an even number the middle of the middle two, rounded
/// down. `None` of none.
fn median(prices: impl Iterator<Item = u64>) -> Option<u64> {
    let mut prices: Vec<u64> = prices.collect();
    prices.sort_unstable();
    let half = prices.len() / 2;
    let upper = *prices.get(half)?;
    if prices.len() % 2 == 1 {
        return Some(upper);
    }
    Some(prices.get(half.checked_sub(1)?)?.midpoint(upper))
}

fn is_near(price: u64, median: u64, percent: u8) -> bool {
    let distance = u128::from(price.abs_diff(median));
    distance.saturating_mul(100) <= u128::from(median).saturating_mul(u128::from(percent))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: Rules = Rules { quorum: 2, max_age_ms: 100, spread_percent: 5 };

    fn quote(price: u64, dated_ms: u64) -> Quote {
        Quote { price, dated_ms }
    }

    #[test]
    fn one_liar_changes_nothing_and_a_clock_that_stands_still_holds_nothing_back() {
        let quotes = [quote(1_000, 990), quote(1_010, 995), quote(999_999, 1_000)];
        assert_eq!(consensus(&quotes, 1_000, &RULES), Ok(quote(1_005, 990)));
        let quotes = [quote(1_000, 990), quote(1_010, 995), quote(1_005, 900)];
        assert_eq!(consensus(&quotes, 1_000, &RULES), Ok(quote(1_005, 990)));
    }

    #[test]
    fn fewer_than_a_quorum_is_no_price() {
        assert_eq!(consensus(&[], 1_000, &RULES), Err(NoPrice::TooFew { fresh: 0, quorum: 2 }));
        let stale = [quote(1_000, 899), quote(1_000, 900)];
        assert_eq!(consensus(&stale, 1_000, &RULES), Err(NoPrice::TooFew { fresh: 1, quorum: 2 }));
        let apart = [quote(1_000, 1_000), quote(2_000, 1_000)];
        assert!(matches!(consensus(&apart, 1_000, &RULES), Err(NoPrice::Scattered { near: 0, fresh: 2, .. })));
    }

    proptest! {
        /// Whatever a minority says, the price lies among honest ones.
        #[test]
        fn a_minority_of_liars_cannot_move_the_price_out_of_the_honest_ones(
            honest in proptest::collection::vec(10_000u64..10_200, 2..8),
            lies in proptest::collection::vec(any::<u64>(), 0..7),
        ) {
            let liars = lies.len().min(honest.len() - 1);
            let quotes: Vec<Quote> =
                honest.iter().chain(&lies[..liars]).map(|price| quote(*price, 1_000)).collect();
            let rules = Rules { quorum: honest.len(), ..RULES };
            let (low, high) = (*honest.iter().min().unwrap(), *honest.iter().max().unwrap());
            let agreed = consensus(&quotes, 1_000, &rules).unwrap();
            // Lies close by may pull it, by no more than the spread.
            prop_assert!(agreed.price >= low * 95 / 100 && agreed.price <= high * 105 / 100);
        }

        #[test]
        fn the_median_of_prices_has_half_on_either_side(prices in proptest::collection::vec(any::<u64>(), 1..30)) {
            let middle = median(prices.iter().copied()).unwrap();
            let below = prices.iter().filter(|price| **price < middle).count();
            let above = prices.iter().filter(|price| **price > middle).count();
            prop_assert!(below * 2 <= prices.len() && above * 2 <= prices.len());
        }
    }
}
