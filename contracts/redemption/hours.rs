//! Opening hours, in minutes of the network's day.

use bizkey_primitives::{redemption::DAY_MINUTES, Calendar};

/// The minute of the network's day at `now_ms`, below 1,440. An epoch has
/// 1,440 of them whatever its length, and the first begins with the epoch:
/// local midnight where the calendar was set up so. Days before genesis are
/// divided alike.
pub fn minute(calendar: &Calendar, now_ms: u64) -> u16 {
    let into = |span: u64| span.checked_rem(calendar.epoch_ms).unwrap_or(0);
    let elapsed = match now_ms.checked_sub(calendar.genesis_ms) {
        Some(since) => into(since),
        None => into(calendar.epoch_ms.saturating_sub(into(calendar.genesis_ms.saturating_sub(now_ms)))),
    };
    // An epoch has at most 366 days of milliseconds: the product is below 2^46.
    let minute = elapsed.saturating_mul(u64::from(DAY_MINUTES)).checked_div(calendar.epoch_ms).unwrap_or(0);
    u16::try_from(minute).unwrap_or(0)
}

/// Whether `minute` is in the hours from `opens` on and before `closes`, over
/// midnight if that comes first; equal means all day.
pub fn is_open(minute: u16, opens: u16, closes: u16) -> bool {
    match opens.cmp(&closes) {
        core::cmp::Ordering::Equal => true,
        core::cmp::Ordering::Less => opens <= minute && minute < closes,
        core::cmp::Ordering::Greater => opens <= minute || minute < closes,
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_MS: u64 = 86_400_000;

    #[test]
    fn a_minute_of_a_real_day_is_sixty_seconds() {
        let calendar = Calendar { genesis_ms: 10 * DAY_MS + 5, epoch_ms: DAY_MS };
        assert_eq!(minute(&calendar, calendar.genesis_ms), 0);
        assert_eq!(minute(&calendar, calendar.genesis_ms + 59_999), 0);
        assert_eq!(minute(&calendar, calendar.genesis_ms + 3 * DAY_MS + 60_000), 1);
        assert_eq!(minute(&calendar, calendar.genesis_ms + DAY_MS - 1), 1_439);
        assert_eq!(minute(&calendar, calendar.genesis_ms - 1), 1_439, "the day before genesis");
        assert_eq!(minute(&calendar, calendar.genesis_ms - DAY_MS), 0);
        assert_eq!(minute(&calendar, calendar.genesis_ms - 2 * DAY_MS + 60_000), 1);
    }

    #[test]
    fn hours_may_pass_midnight() {
        assert!(is_open(540, 540, 1_020) && is_open(1_019, 540, 1_020));
        assert!(!is_open(539, 540, 1_020) && !is_open(1_020, 540, 1_020));
        assert!(is_open(1_439, 1_320, 120) && is_open(0, 1_320, 120) && !is_open(120, 1_320, 120));
        assert!((0..DAY_MINUTES).all(|minute| is_open(minute, 7, 7)));
    }

    proptest! {
        /// A minute is one of the day's, and hours and their complement part it.
        #[test]
        fn hours_and_their_complement_part_the_day(
            genesis_ms in 0u64..1 << 50, epoch_ms in 1u64..=366 * DAY_MS, now_ms in 0u64..1 << 50,
            opens in 0..DAY_MINUTES, closes in 0..DAY_MINUTES,
        ) {
            let minute = minute(&Calendar { genesis_ms, epoch_ms }, now_ms);
            prop_assert!(minute < DAY_MINUTES);
            let since = (i128::from(now_ms) - i128::from(genesis_ms)).rem_euclid(i128::from(epoch_ms));
            prop_assert_eq!(i128::from(minute), since * i128::from(DAY_MINUTES) / i128::from(epoch_ms));
            if opens != closes {
                prop_assert_eq!(is_open(minute, opens, closes), !is_open(minute, closes, opens));
            }
        }
    }
}
