//! What a founder asks of all days.

use super::{DayRow, Place};
use bizkey_primitives::{Balance, Epoch};

/// Days of a year.
pub const YEAR: u32 = 365;

/// The evening of a year's last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// The year, from 1; the last may be cut short.
    pub year: u32,
    /// Its last day.
    pub row: DayRow,
}

/// What all days together say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// First day whose quota the merchants' pool could not pay in full. Rewards
    /// that nobody claimed still fall back into it, and are emitted again.
    pub merchant_pool_ends: Option<Epoch>,
    /// The same of the customers' pool.
    pub customer_pool_ends: Option<Epoch>,
    /// First day on which a shop found no Bzky for its deposit.
    pub first_waiting: Option<Epoch>,
    /// Years, the last one perhaps cut short.
    pub years: Vec<Year>,
}

impl Summary {
    /// Adds a day; they come in order.
    pub fn add(&mut self, row: &DayRow) {
        let first = |slot: &mut Option<Epoch>, holds: bool| {
            if holds && slot.is_none() {
                *slot = Some(row.day);
            }
        };
        first(&mut self.merchant_pool_ends, row.bzky_short > 0);
        first(&mut self.customer_pool_ends, row.time_short > 0);
        first(&mut self.first_waiting, row.shops_waiting > 0);
        let year = row.day / YEAR + 1;
        match self.years.last_mut() {
            Some(last) if last.year == year => last.row = row.clone(),
            _ => self.years.push(Year { year, row: row.clone() }),
        }
    }
}

impl Year {
    /// Locked Bzky of all that is not burned, per mille.
    #[must_use]
    pub fn locked_per_mille(&self) -> Balance {
        self.row.at(Place::Locked).saturating_mul(1_000) / self.row.supply().max(1)
    }
}
