//! When the lines of Bzky that reward no merchant are released (whitepaper
//! 3.3, the table), in days of the network: what `vesting` pays when
//! everybody asks on the day on which something is due.

use bizkey_primitives::{
    calendar::EPOCHS_PER_MONTH,
    vesting::{Line, POINT},
    Balance,
};

/// Days of a month.
const MONTH: u64 = EPOCHS_PER_MONTH as u64;
/// Days between two releases of the foundation's line.
pub const HALF_YEAR: u64 = 6 * MONTH;
/// Early supporters' points at issue; the others follow the listing.
const AT_ISSUE: Balance = 3 * POINT;
/// The partners' tranches in quarters of a point: half a point at issue, then
/// one every three months.
const PARTNER_QUARTERS: [Balance; 7] = [2, 2, 2, 3, 3, 4, 4];

/// `total` spread evenly over `months`, of which `passed` are over; the last
/// month leaves nothing.
fn evenly(total: Balance, passed: u64, months: u64) -> Balance {
    total * u128::from(passed.min(months)) / u128::from(months)
}

/// All that a beneficiary's line has released by the start of `day`, issue
/// being day 0; 0 for the foundation's line, which takes what it chooses.
#[must_use]
pub fn released(line: Line, day: u64, listing_day: u64) -> Balance {
    match line {
        Line::EarlySupporters => {
            let months = day.saturating_sub(listing_day) / MONTH;
            AT_ISSUE + evenly(line.share() - AT_ISSUE, months, 12)
        }
        Line::Team => evenly(line.share(), day / MONTH, 18),
        Line::Partners => {
            let tranches = usize::try_from(day / (3 * MONTH)).unwrap_or(usize::MAX).min(PARTNER_QUARTERS.len() - 1);
            PARTNER_QUARTERS[..=tranches].iter().sum::<Balance>() * (POINT / 4)
        }
        Line::Foundation => 0,
    }
}

/// Whether the foundation may take something on `day`.
#[must_use]
pub fn is_half_year(day: u64) -> bool {
    day > 0 && day % HALF_YEAR == 0
}

/// The most that the foundation's line releases at once, of what it has left.
#[must_use]
pub fn foundation_most(left: Balance) -> Balance {
    left / 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::TOKEN;

    #[test]
    fn lines_release_their_share_to_the_unit_and_no_more() {
        for line in [Line::EarlySupporters, Line::Team, Line::Partners] {
            assert_eq!(released(line, 100_000, 90), line.share(), "{line:?}");
            assert!((0..1_000).all(|day| released(line, day, 90) <= released(line, day + 1, 90)));
        }
    }

    #[test]
    fn the_table_is_followed_month_by_month() {
        assert_eq!(released(Line::EarlySupporters, 119, 90), 300_000_000 * TOKEN);
        assert_eq!(released(Line::EarlySupporters, 120, 90), 300_000_000 * TOKEN + 141_666_666_666_666_666_666);
        assert_eq!(released(Line::EarlySupporters, 450, 90), 2_000_000_000 * TOKEN);
        assert_eq!(released(Line::Team, 30, 90), 83_333_333_333_333_333_333);
        let points = |day| released(Line::Partners, day, 90) * 100 / POINT;
        let quarters = [0, 90, 180, 270, 360, 450, 540, 630].map(points);
        assert_eq!(quarters, [50, 100, 150, 225, 300, 400, 500, 500]);
    }
}
