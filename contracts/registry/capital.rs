//! A shop's capital figures: their bounds, and from which epoch they count.

use bizkey_primitives::{
    calendar::{month, EPOCHS_PER_MONTH},
    party::Capital,
    Epoch, Stamp,
};

/// Largest floor area, square metres.
pub const MAX_AREA_M2: u32 = 1_000_000;
/// Largest staff.
pub const MAX_STAFF: u32 = 100_000;
/// Largest rent level (a square metre and month) and wage (a month), minor units.
pub const MAX_RENT_OR_WAGE: u64 = 1_000_000_000_000;

/// The figures at their bounds.
pub const LARGEST: Capital = Capital {
    area_m2: MAX_AREA_M2,
    staff: MAX_STAFF,
    rent_per_m2_month: MAX_RENT_OR_WAGE,
    wage_month: MAX_RENT_OR_WAGE,
};

/// Whether the figures are within their bounds (contracts/README.md, registry).
pub fn is_within_bounds(capital: &Capital) -> bool {
    capital.area_m2 <= MAX_AREA_M2
        && capital.staff <= MAX_STAFF
        && capital.rent_per_m2_month <= MAX_RENT_OR_WAGE
        && capital.wage_month <= MAX_RENT_OR_WAGE
}

/// First epoch scored by figures agreed on now: epoch 0 before genesis; after
/// it a shop's first figures count from the next epoch, later ones from the
/// next month (architecture.md, registry).
pub fn counts_from(now: Stamp, is_first: bool) -> Epoch {
    match now.checked_sub(1) {
        None => 0,
        // The stamp is the epoch plus one.
        Some(_) if is_first => now,
        // Months count from 1, so the number of this one is the index of the next.
        Some(epoch) => month(epoch).saturating_mul(EPOCHS_PER_MONTH),
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::calendar::stamp;
    use proptest::prelude::*;

    #[test]
    fn first_figures_count_from_the_next_epoch_later_ones_from_the_next_month() {
        assert_eq!(counts_from(0, true), 0);
        assert_eq!(counts_from(0, false), 0);
        assert_eq!(counts_from(stamp(0), true), 1);
        assert_eq!(counts_from(stamp(29), true), 30);
        assert_eq!(counts_from(stamp(0), false), 30);
        assert_eq!(counts_from(stamp(29), false), 30);
        assert_eq!(counts_from(stamp(30), false), 60);
    }

    #[test]
    fn each_figure_has_its_bound() {
        assert!(is_within_bounds(&LARGEST));
        assert!(!is_within_bounds(&Capital { area_m2: MAX_AREA_M2 + 1, ..LARGEST }));
        assert!(!is_within_bounds(&Capital { staff: MAX_STAFF + 1, ..LARGEST }));
        assert!(!is_within_bounds(&Capital { rent_per_m2_month: MAX_RENT_OR_WAGE + 1, ..LARGEST }));
        assert!(!is_within_bounds(&Capital { wage_month: MAX_RENT_OR_WAGE + 1, ..LARGEST }));
    }

    proptest! {
        /// So a change never reaches an epoch that has begun, and a shop's
        /// dates never go back, as its series wants.
        #[test]
        fn figures_count_from_a_coming_epoch_and_dates_do_not_go_back(now in 0u32..1_000, step in 0u32..1_000) {
            for is_first in [true, false] {
                let from = counts_from(now, is_first);
                prop_assert!(from >= now, "epoch {} has begun", from);
                prop_assert!(counts_from(now + step, false) >= from);
            }
        }
    }
}
