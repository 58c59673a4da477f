//! What the pool gives away, and when: the rule without the chain around it.

use bizkey_primitives::{
    calendar::stamp, emission::MERCHANT_EMISSION_CAP, errors::vault::Error, Balance, Calendar, Epoch, Stamp,
};

/// Checks that `epoch` may take `amount` at `now_ms`, when `last` is the last
/// epoch that took any (0 = none). Returns the new `last`.
pub fn release(calendar: Calendar, now_ms: u64, last: Stamp, epoch: Epoch, amount: Balance) -> Result<Stamp, Error> {
    if !calendar.is_closed(epoch, now_ms) {
        return Err(Error::EpochNotClosed);
    }
    let this = stamp(epoch);
    if this <= last {
        return Err(Error::EpochReleased);
    }
    if amount > MERCHANT_EMISSION_CAP {
        return Err(Error::OverCap);
    }
    Ok(this)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::TOKEN;

    const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };

    #[test]
    fn an_epoch_takes_three_million_at_most() {
        assert_eq!(release(CALENDAR, 1_100, 0, 0, 3_000_000 * TOKEN), Ok(1));
        assert_eq!(release(CALENDAR, 1_100, 0, 0, 3_000_000 * TOKEN + 1), Err(Error::OverCap));
    }

    #[test]
    fn only_a_closed_epoch_takes() {
        assert_eq!(release(CALENDAR, 1_099, 0, 0, 1), Err(Error::EpochNotClosed));
        assert_eq!(release(CALENDAR, 1_100, 0, 0, 1), Ok(1));
        assert_eq!(release(CALENDAR, u64::MAX, 0, u32::MAX - 1, 1), Ok(u32::MAX));
    }

    #[test]
    fn epochs_take_once_and_in_ascending_order() {
        let last = release(CALENDAR, 9_999, 0, 5, 1).unwrap();
        assert_eq!(release(CALENDAR, 9_999, last, 5, 1), Err(Error::EpochReleased));
        assert_eq!(release(CALENDAR, 9_999, last, 4, 1), Err(Error::EpochReleased));
        assert_eq!(release(CALENDAR, 9_999, last, 6, 0), Ok(7));
    }

    /// A compromised `rewards` takes no more than the cap times the epochs that are over.
    #[test]
    fn whoever_asks_takes_no_more_than_the_cap_an_epoch() {
        let (mut last, mut taken) = (0, 0u128);
        let now_ms = CALENDAR.start_ms(10);
        for round in 0..3 {
            for epoch in 0..20 {
                let amount = MERCHANT_EMISSION_CAP - round;
                if let Ok(next) = release(CALENDAR, now_ms, last, epoch, amount) {
                    (last, taken) = (next, taken + amount);
                }
            }
        }
        assert_eq!(taken, 10 * MERCHANT_EMISSION_CAP);
    }
}
