//! When how much of a line is due: the table of the whitepaper (3.3), to the
//! unit.

use bizkey_primitives::{
    calendar::EPOCHS_PER_MONTH,
    vesting::{Line, Tranche, POINT},
    Balance, Calendar,
};
use ink::prelude::{vec, vec::Vec};

/// Months in a half-year of the foundation's line.
const HALF_YEAR: u64 = 6;
/// Months from one tranche of the partners to the next.
const QUARTER: u64 = 3;
/// The partners' six tranches in quarters of a point. The paper prints five of
/// them, 0.5, 0.5, 0.75, 1 and 1; with a second 0.75 and the half point at
/// issue they are the 5 points of the line.
const PARTNER_QUARTERS: [Balance; 6] = [2, 2, 3, 3, 4, 4];
/// The listing date is set at most so many months ahead: it is set once, and a
/// slip in its unit would lock the early supporters' line for good.
const LISTING_MONTHS_AHEAD: u64 = 12;

/// What a line's months count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The moment at which the contract was instantiated.
    Issue,
    /// The listing date.
    Listing,
}

/// One date of a line, in months of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// What its months count from.
    pub base: Base,
    /// Months from there.
    pub months: u64,
    /// Smallest unit of Bzky.
    pub amount: Balance,
}

/// The dates that every line counts from, and how long a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Clock {
    /// When the contract was instantiated, Unix milliseconds.
    pub issued_ms: u64,
    /// The listing date, Unix milliseconds.
    pub listing_ms: Option<u64>,
    /// 30 epochs, in milliseconds.
    pub month_ms: u64,
}

/// The instalments of a beneficiary's line, one after the other; none for the
/// foundation's, whose amounts are its own choice.
pub fn instalments(line: Line) -> Vec<Instalment> {
    match line {
        Line::EarlySupporters => {
            let mut all = vec![at_issue(POINT.saturating_mul(3))];
            all.extend(evenly(Base::Listing, POINT.saturating_mul(17), 12));
            all
        }
        Line::Team => evenly(Base::Issue, line.share(), 18).collect(),
        Line::Partners => {
            let mut all = vec![at_issue(POINT / 2)];
            all.extend((1..).zip(PARTNER_QUARTERS).map(|(tranche, quarters): (u64, Balance)| Instalment {
                base: Base::Issue,
                months: QUARTER.saturating_mul(tranche),
                amount: (POINT / 4).saturating_mul(quarters),
            }));
            all
        }
        Line::Foundation => Vec::new(),
    }
}

fn at_issue(amount: Balance) -> Instalment {
    Instalment { base: Base::Issue, months: 0, amount }
}

/// `total` over `months` months: after k of them floor(total · k / months) is
/// due, so the last one is exact.
fn evenly(base: Base, total: Balance, months: u32) -> impl Iterator<Item = Instalment> {
    // The largest product, 17 points times 12, is far below 128 bits.
    let by =
        move |month: u32| total.saturating_mul(Balance::from(month)).checked_div(Balance::from(months)).unwrap_or(0);
    (1..=months).map(move |month| Instalment {
        base,
        months: u64::from(month),
        amount: by(month).saturating_sub(by(month.saturating_sub(1))),
    })
}

impl Clock {
    /// The clock of a contract that is instantiated now.
    pub fn new(calendar: &Calendar, issued_ms: u64) -> Self {
        // At most 30 times 366 days.
        let month_ms = calendar.epoch_ms.saturating_mul(u64::from(EPOCHS_PER_MONTH));
        Self { issued_ms, listing_ms: None, month_ms }
    }

    /// First moment at which an instalment is due; `None` before the listing
    /// date that it counts from is set.
    pub fn due_ms(&self, instalment: &Instalment) -> Option<u64> {
        let base_ms = match instalment.base {
            Base::Issue => self.issued_ms,
            Base::Listing => self.listing_ms?,
        };
        Some(self.after(base_ms, instalment.months))
    }

    /// What a beneficiary's line has released by `now_ms` if every instalment
    /// was paid when it was due.
    pub fn vested(&self, line: Line, now_ms: u64) -> Balance {
        instalments(line)
            .iter()
            .filter(|instalment| self.due_ms(instalment).is_some_and(|due_ms| due_ms <= now_ms))
            .fold(0, |sum: Balance, instalment| sum.saturating_add(instalment.amount))
    }

    /// The dates of a beneficiary's line.
    pub fn tranches(&self, line: Line) -> Vec<Tranche> {
        instalments(line)
            .iter()
            .map(|instalment| Tranche { due_ms: self.due_ms(instalment), amount: instalment.amount })
            .collect()
    }

    /// Half-years over since issue.
    pub fn half_years(&self, now_ms: u64) -> u64 {
        let half_year_ms = self.month_ms.saturating_mul(HALF_YEAR);
        now_ms.saturating_sub(self.issued_ms).checked_div(half_year_ms).unwrap_or(0)
    }

    /// When `half_years` half-years since issue are over, Unix milliseconds.
    pub fn half_year_ms(&self, half_years: u64) -> u64 {
        self.after(self.issued_ms, half_years.saturating_mul(HALF_YEAR))
    }

    /// Whether the listing date may be set to `listing_ms` now: not in the
    /// past, which would release months that nobody saw pass.
    pub fn may_list(&self, listing_ms: u64, now_ms: u64) -> bool {
        now_ms <= listing_ms && listing_ms <= self.after(now_ms, LISTING_MONTHS_AHEAD)
    }

    fn after(&self, from_ms: u64, months: u64) -> u64 {
        from_ms.saturating_add(self.month_ms.saturating_mul(months))
    }
}

/// Most that the foundation's line releases at once when `released` is gone:
/// 10 % of what the line still has, rounded down.
pub fn foundation_cap(released: Balance) -> Balance {
    Line::Foundation.share().saturating_sub(released) / 10
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::TOKEN;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    const BENEFICIARIES: [Line; 3] = [Line::EarlySupporters, Line::Team, Line::Partners];
    const MONTH_MS: u64 = 3_000;
    const ISSUED_MS: u64 = 50;

    fn clock(listing_ms: Option<u64>) -> Clock {
        let calendar = Calendar { genesis_ms: 1_000, epoch_ms: MONTH_MS / 30 };
        Clock { listing_ms, ..Clock::new(&calendar, ISSUED_MS) }
    }

    #[test]
    fn the_instalments_of_a_line_are_its_share() {
        for line in BENEFICIARIES {
            assert_eq!(instalments(line).iter().map(|one| one.amount).sum::<Balance>(), line.share(), "{line:?}");
        }
        assert!(instalments(Line::Foundation).is_empty());
    }

    #[test]
    fn early_supporters_have_three_points_at_issue_and_wait_for_the_listing() {
        let line = Line::EarlySupporters;
        assert_eq!(clock(None).vested(line, ISSUED_MS), 300_000_000 * TOKEN);
        assert_eq!(clock(None).vested(line, u64::MAX), 300_000_000 * TOKEN);
        let listed = clock(Some(10_000));
        assert_eq!(listed.vested(line, 10_000 + MONTH_MS - 1), 300_000_000 * TOKEN);
        // 1.7 · 10^21 / 12 has a remainder.
        assert_eq!(listed.vested(line, 10_000 + MONTH_MS), 300_000_000 * TOKEN + 141_666_666_666_666_666_666);
        assert_eq!(listed.vested(line, 10_000 + 6 * MONTH_MS), 1_150_000_000 * TOKEN);
        assert_eq!(
            listed.vested(line, 10_000 + 12 * MONTH_MS - 1),
            300_000_000 * TOKEN + 1_558_333_333_333_333_333_333
        );
        assert_eq!(listed.vested(line, 10_000 + 12 * MONTH_MS), 2_000_000_000 * TOKEN);
        assert_eq!(listed.vested(line, u64::MAX), 2_000_000_000 * TOKEN);
    }

    #[test]
    fn the_team_is_paid_over_eighteen_months() {
        let at = |months| clock(None).vested(Line::Team, ISSUED_MS + months * MONTH_MS);
        assert_eq!((at(0), at(1)), (0, 83_333_333_333_333_333_333));
        assert_eq!((at(9), at(18), at(40)), (750_000_000 * TOKEN, 1_500_000_000 * TOKEN, 1_500_000_000 * TOKEN));
    }

    #[test]
    fn partners_have_half_a_point_and_six_tranches() {
        let points = |months| clock(None).vested(Line::Partners, ISSUED_MS + months * MONTH_MS) * 100 / POINT;
        let expected =
            [50, 50, 50, 100, 100, 100, 150, 150, 150, 225, 225, 225, 300, 300, 300, 400, 400, 400, 500, 500];
        assert_eq!((0..20).map(points).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dates_are_told_once_they_are_known() {
        let supporters = clock(None).tranches(Line::EarlySupporters);
        assert_eq!(supporters.len(), 13);
        assert_eq!(supporters[0], Tranche { due_ms: Some(ISSUED_MS), amount: 300_000_000 * TOKEN });
        assert!(supporters[1..].iter().all(|tranche| tranche.due_ms.is_none()));
        let listed = clock(Some(9_000)).tranches(Line::EarlySupporters);
        assert_eq!(listed[12].due_ms, Some(9_000 + 12 * MONTH_MS));
        assert_eq!(clock(None).tranches(Line::Team)[17].due_ms, Some(ISSUED_MS + 18 * MONTH_MS));
        assert_eq!(clock(None).tranches(Line::Partners)[6].due_ms, Some(ISSUED_MS + 18 * MONTH_MS));
    }

    #[test]
    fn a_half_year_is_six_months_from_issue() {
        let half = |now_ms| clock(None).half_years(now_ms);
        let end = ISSUED_MS + 6 * MONTH_MS;
        assert_eq!((half(0), half(end - 1), half(end), half(end + 6 * MONTH_MS)), (0, 0, 1, 2));
        assert_eq!(clock(None).half_year_ms(1), end);
    }

    #[test]
    fn a_half_year_takes_a_tenth_of_what_is_left() {
        assert_eq!(foundation_cap(0), 300_000_000 * TOKEN);
        assert_eq!(foundation_cap(300_000_000 * TOKEN), 270_000_000 * TOKEN);
        assert_eq!(foundation_cap(Line::Foundation.share() - 19), 1);
    }

    #[test]
    fn the_listing_is_now_or_within_a_year() {
        let clock = clock(None);
        assert!(clock.may_list(500, 500) && clock.may_list(500 + 12 * MONTH_MS, 500));
        assert!(!clock.may_list(499, 500) && !clock.may_list(501 + 12 * MONTH_MS, 500));
    }

    proptest! {
        /// Against the table in exact rationals.
        #[test]
        fn a_line_releases_the_exact_fraction_rounded_down(now_ms in 0..200 * MONTH_MS, listing_ms in proptest::option::of(0..100 * MONTH_MS)) {
            let clock = clock(listing_ms);
            let months = |from_ms: u64, most: u64| (now_ms.saturating_sub(from_ms) / MONTH_MS).min(most);
            let points = |amount: i64, of: i64| {
                BigRational::new(BigInt::from(POINT) * BigInt::from(amount), BigInt::from(of))
            };
            let part = |total: i64, done: u64, of: u64| {
                points(total, 1) * BigRational::new(BigInt::from(done), BigInt::from(of))
            };
            let issued = now_ms >= ISSUED_MS;
            let zero = points(0, 1);
            let supporters = (if issued { points(3, 1) } else { zero.clone() })
                + listing_ms.map_or(zero.clone(), |listing_ms| part(17, months(listing_ms, 12), 12));
            let team = part(15, months(ISSUED_MS, 18), 18);
            let tranches = ["1/2", "1/2", "3/4", "3/4", "1", "1"].map(|text| text.parse::<BigRational>().unwrap());
            let given = usize::try_from(months(ISSUED_MS, 18) / 3).unwrap();
            let partners = tranches[..given].iter().sum::<BigRational>() * points(1, 1)
                + if issued { points(1, 2) } else { zero };
            for (line, exact) in BENEFICIARIES.into_iter().zip([supporters, team, partners]) {
                prop_assert_eq!(BigInt::from(clock.vested(line, now_ms)), exact.floor().to_integer(), "{:?}", line);
            }
        }

        #[test]
        fn time_takes_nothing_back(first in 0..300 * MONTH_MS, later in 0..300 * MONTH_MS, listing_ms in 0..50 * MONTH_MS) {
            let clock = clock(Some(listing_ms));
            for line in BENEFICIARIES {
                prop_assert!(clock.vested(line, first) <= clock.vested(line, first + later));
                prop_assert!(clock.vested(line, first) <= line.share());
            }
        }
    }
}
