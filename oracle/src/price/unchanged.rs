//! The age of a price whose source gives no date.

use super::{
    median::Quote,
    source::{Answer, SourceFailure},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was seen of sources that give no date: the digits that each shows, and
/// since when. Kept between runs, it lets a program that looks once and ends
/// tell a price that stands still from one that moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sightings(BTreeMap<String, Sighting>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sighting {
    /// The price as its source writes it: its last digits may be finer than
    /// what is taken of it.
    digits: String,
    /// Unix milliseconds.
    since_ms: u64,
}

impl Sightings {
    /// The quote of an answer that came to a question of `asked_ms`.
    ///
    /// One without a date is dated when it was asked for, but only while the
    /// price is known to be alive: its digits were seen to change within
    /// `max_unchanged_ms`. `Last-Modified` can make it older, and not younger:
    /// many servers write the present there whatever they serve. A price that
    /// is seen for the first time, without that header, passes for new.
    ///
    /// # Errors
    /// [`SourceFailure::Unchanged`].
    pub(super) fn quote(
        &mut self,
        authority: &str,
        answer: Answer,
        asked_ms: u64,
        max_unchanged_ms: u64,
    ) -> Result<Quote, SourceFailure> {
        let Answer { price, dated_ms, digits, modified_ms } = answer;
        if let Some(dated_ms) = dated_ms {
            return Ok(Quote { price, dated_ms });
        }
        let known_ms = self.0.get(authority).filter(|seen| seen.digits == digits).map(|seen| seen.since_ms);
        let since_ms = [known_ms, modified_ms].into_iter().flatten().fold(asked_ms, u64::min);
        self.0.insert(authority.to_owned(), Sighting { digits, since_ms });
        if asked_ms.saturating_sub(since_ms) > max_unchanged_ms {
            return Err(SourceFailure::Unchanged { since_ms, max_ms: max_unchanged_ms });
        }
        Ok(Quote { price, dated_ms: asked_ms })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUND: u64 = 1_000;

    fn undated(digits: &str, modified_ms: Option<u64>) -> Answer {
        Answer { price: 7, dated_ms: None, digits: digits.to_owned(), modified_ms }
    }

    #[test]
    fn a_price_that_stands_still_grows_stale_and_any_other_digit_makes_it_new() {
        let mut seen = Sightings::default();
        let mut look = |digits: &str, now_ms| seen.quote("a:1", undated(digits, None), now_ms, BOUND);
        for now_ms in [5_000, 5_500, 6_000] {
            assert_eq!(look("0.41", now_ms), Ok(Quote { price: 7, dated_ms: now_ms }));
        }
        let stale = Err(SourceFailure::Unchanged { since_ms: 5_000, max_ms: BOUND });
        assert_eq!(look("0.41", 6_001), stale);
        // Asked more often, it grows no younger.
        assert_eq!(look("0.41", 6_002), stale);
        assert_eq!(look("0.4100000000001", 6_003), Ok(Quote { price: 7, dated_ms: 6_003 }));
        assert!(look("0.4100000000001", 7_003).is_ok());
        assert!(look("0.4100000000001", 7_004).is_err());
    }

    #[test]
    fn a_header_makes_a_price_older_and_never_younger() {
        let mut seen = Sightings::default();
        let old = seen.quote("a:1", undated("1", Some(3_999)), 5_000, BOUND);
        assert_eq!(old, Err(SourceFailure::Unchanged { since_ms: 3_999, max_ms: BOUND }));
        // A server that writes the present each time, and one whose clock is ahead.
        for (authority, ahead_ms) in [("b:1", 0), ("c:1", 60_000)] {
            let mut look =
                |now_ms: u64| seen.quote(authority, undated("1", Some(now_ms + ahead_ms)), now_ms, BOUND).is_ok();
            assert_eq!([5_000, 6_000, 6_001].map(&mut look), [true, true, false], "{authority}");
        }
    }

    #[test]
    fn a_source_with_dates_is_left_to_its_dates() {
        let mut seen = Sightings::default();
        let answer = Answer { dated_ms: Some(4), ..undated("1", Some(1)) };
        for now_ms in [5_000, 50_000] {
            assert_eq!(seen.quote("a:1", answer.clone(), now_ms, BOUND), Ok(Quote { price: 7, dated_ms: 4 }));
        }
        assert_eq!(seen, Sightings::default());
    }

    proptest! {
        /// Exactly those looks fail whose digits were all the same for longer
        /// than the bound, whatever other sources show, and whether or not what
        /// was seen was written down in between.
        #[test]
        fn a_look_fails_if_and_only_if_all_looks_of_longer_than_the_bound_saw_the_same(
            looks in proptest::collection::vec((0u8..3, 0u64..900), 1..40), between in any::<bool>(),
        ) {
            let (mut seen, mut now_ms, mut history) = (Sightings::default(), 10_000, Vec::new());
            for (digit, pause_ms) in looks {
                now_ms += pause_ms;
                let digits = digit.to_string();
                history.push((now_ms, digit));
                let since_ms = history.iter().rev().take_while(|look| look.1 == digit).last().unwrap().0;
                let expected = now_ms - since_ms <= BOUND;
                prop_assert_eq!(seen.quote("a:1", undated(&digits, None), now_ms, BOUND).is_ok(), expected);
                let _ = seen.quote("b:1", undated(&now_ms.to_string(), None), now_ms, BOUND);
                if between {
                    seen = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
                }
            }
        }
    }
}
