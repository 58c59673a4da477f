//! A shop's capital figures: who states them, and from which epoch they count.

use crate::history::{entry_at, Dated};
use bizkey_primitives::{
    calendar::{month, EPOCHS_PER_MONTH},
    party::Capital,
    AccountId, Epoch, Stamp,
};

/// Largest floor area, square metres.
pub const MAX_AREA_M2: u32 = 1_000_000;
/// Largest staff.
pub const MAX_STAFF: u32 = 100_000;
/// Largest rent level (a square metre and month) and wage (a month), minor units.
pub const MAX_RENT_OR_WAGE: u64 = 1_000_000_000_000;

/// Figures that wait for a second attestor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Proposal {
    /// Who stated them.
    pub attestor: AccountId,
    /// The figures.
    pub capital: Capital,
}

/// Figures that two attestors agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Figures {
    /// First epoch scored by them.
    pub from: Epoch,
    /// The figures.
    pub capital: Capital,
}

impl Dated for Figures {
    fn begins(&self) -> u32 {
        self.from
    }
}

/// A shop's latest figures; they may begin in a coming month, the ones before
/// them are in a list of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Latest {
    /// Length of the list of earlier figures.
    pub earlier: u32,
    /// The latest figures.
    pub figures: Figures,
}

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

impl Latest {
    /// Books figures agreed on now. Returns the record, and the figures that
    /// it moves to the list with their position, for the caller to store.
    /// Figures that would begin in the same epoch as those before replace them.
    pub fn set(latest: Option<Latest>, now: Stamp, capital: Capital) -> (Latest, Option<(u32, Figures)>) {
        let figures = Figures { from: counts_from(now, latest.is_none()), capital };
        match latest {
            None => (Latest { earlier: 0, figures }, None),
            Some(Latest { earlier, figures: before }) if before.from >= figures.from => {
                (Latest { earlier, figures }, None)
            }
            Some(Latest { earlier, figures: before }) => {
                // One entry an epoch at most, and epochs are counted in a u32.
                (Latest { earlier: earlier.saturating_add(1), figures }, Some((earlier, before)))
            }
        }
    }

    /// The figures that score `epoch`; `None` before the first ones count.
    pub fn at(&self, epoch: Epoch, earlier: impl Fn(u32) -> Option<Figures>) -> Option<Capital> {
        if self.figures.from <= epoch {
            return Some(self.figures.capital);
        }
        entry_at(self.earlier, epoch, earlier).map(|figures| figures.capital)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::calendar::stamp;
    use proptest::prelude::*;

    fn capital(area_m2: u32) -> Capital {
        Capital { area_m2, staff: 2, rent_per_m2_month: 3, wage_month: 4 }
    }

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
        let largest = Capital {
            area_m2: MAX_AREA_M2,
            staff: MAX_STAFF,
            rent_per_m2_month: MAX_RENT_OR_WAGE,
            wage_month: MAX_RENT_OR_WAGE,
        };
        assert!(is_within_bounds(&largest));
        assert!(!is_within_bounds(&Capital { area_m2: MAX_AREA_M2 + 1, ..largest }));
        assert!(!is_within_bounds(&Capital { staff: MAX_STAFF + 1, ..largest }));
        assert!(!is_within_bounds(&Capital { rent_per_m2_month: MAX_RENT_OR_WAGE + 1, ..largest }));
        assert!(!is_within_bounds(&Capital { wage_month: MAX_RENT_OR_WAGE + 1, ..largest }));
    }

    proptest! {
        /// Against the plain definition: of the figures that begin by the
        /// epoch, the last agreed on. And no epoch that has begun ever changes.
        #[test]
        fn the_figures_of_an_epoch_are_exact_and_stay(
            changes in proptest::collection::vec((0u32..25, 1u32..1000), 1..40),
        ) {
            let mut latest: Option<Latest> = None;
            let mut list: Vec<Figures> = vec![];
            let mut log: Vec<(Epoch, Capital)> = vec![];
            let mut now = 0;
            for (step, area) in changes {
                now += step;
                let at = |epoch| latest.and_then(|l| l.at(epoch, |n| list.get(n as usize).copied()));
                let begun: Vec<Option<Capital>> = (0..now).map(at).collect();
                log.push((counts_from(now, latest.is_none()), capital(area)));
                let (next, ended) = Latest::set(latest, now, capital(area));
                if let Some((position, figures)) = ended {
                    prop_assert_eq!(position as usize, list.len());
                    list.push(figures);
                }
                latest = Some(next);
                for (epoch, before) in begun.into_iter().enumerate() {
                    let after = next.at(epoch as u32, |n| list.get(n as usize).copied());
                    prop_assert_eq!(before, after, "epoch {} changed at stamp {}", epoch, now);
                }
            }
            for epoch in 0..now + 70 {
                let expected = log.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, c)| *c);
                prop_assert_eq!(latest.unwrap().at(epoch, |n| list.get(n as usize).copied()), expected);
            }
        }
    }
}
