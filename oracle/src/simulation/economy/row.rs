//! A day as a row of a file.

use super::Place;
use crate::rows::tokens;
use bizkey_primitives::{Balance, Epoch};

/// A day. Amounts are in the smallest unit of their token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayRow {
    /// The day, from 0; also the epoch.
    pub day: Epoch,
    /// Shops.
    pub shops: u64,
    /// Customers.
    pub customers: u64,
    /// Shops with a valid receipt.
    pub active_shops: u32,
    /// Customers with a valid receipt.
    pub active_customers: u32,
    /// Shops that found no Bzky for a deposit.
    pub shops_waiting: u64,
    /// Reserved for the day's receipts.
    pub bzky_emitted: Balance,
    /// What the pool lacked for the day's quota.
    pub bzky_short: Balance,
    /// Claimed on the day.
    pub bzky_claimed: Balance,
    /// Back in the pool since nobody claimed it.
    pub bzky_expired: Balance,
    /// Released by all lines of `vesting` so far.
    pub bzky_released: Balance,
    /// Taken by the foundation on the day.
    pub foundation_taken: Balance,
    /// What is at each [`Place`] in the evening, in the order of [`Place::ALL`].
    pub bzky: [Balance; Place::ALL.len()],
    /// Reserved for the day's receipts.
    pub time_emitted: Balance,
    /// What the pool lacked for the day's quota.
    pub time_short: Balance,
    /// Claimed, and thereby minted, on the day.
    pub time_claimed: Balance,
    /// Back in the pool since nobody claimed it.
    pub time_expired: Balance,
    /// Sold for fiat on the day, minted after the chargeback period.
    pub time_sold_for_fiat: Balance,
    /// Sold for Bzky on the day.
    pub time_sold_for_bzky: Balance,
    /// Left in the customers' pool.
    pub time_pool: Balance,
    /// Reserved and not claimed.
    pub time_claimable: Balance,
    /// All Time ever minted.
    pub time_minted: Balance,
    /// All Time ever burned.
    pub time_burned: Balance,
}

impl DayRow {
    /// Names of the fields of [`DayRow::record`].
    pub const HEADER: [&'static str; 31] = [
        "day",
        "merchants",
        "customers",
        "active_merchants",
        "active_customers",
        "merchants_without_deposit",
        "bzky_emitted",
        "bzky_short",
        "bzky_claimed",
        "bzky_expired",
        "bzky_vested",
        "bzky_foundation_taken",
        "bzky_vesting_left",
        "bzky_pool_left",
        "bzky_claimable",
        "bzky_treasury",
        "bzky_locked",
        "bzky_ecosystem",
        "bzky_burned",
        "bzky_float",
        "bzky_supply",
        "time_emitted",
        "time_short",
        "time_claimed",
        "time_expired",
        "time_sold_for_fiat",
        "time_sold_for_bzky",
        "time_pool_left",
        "time_claimable",
        "time_minted",
        "time_burned",
    ];

    /// What is at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> Balance {
        self.bzky[place as usize]
    }

    /// All Bzky that is not burned.
    #[must_use]
    pub fn supply(&self) -> Balance {
        self.bzky.iter().sum::<Balance>() - self.at(Place::Burned)
    }

    /// Time that can be spent.
    #[must_use]
    pub fn time_outstanding(&self) -> Balance {
        self.time_minted - self.time_burned
    }

    /// The row as text: amounts in whole tokens, exact to the unit.
    #[must_use]
    pub fn record(&self) -> [String; Self::HEADER.len()] {
        [
            self.day.to_string(),
            self.shops.to_string(),
            self.customers.to_string(),
            self.active_shops.to_string(),
            self.active_customers.to_string(),
            self.shops_waiting.to_string(),
            tokens(self.bzky_emitted),
            tokens(self.bzky_short),
            tokens(self.bzky_claimed),
            tokens(self.bzky_expired),
            tokens(self.bzky_released),
            tokens(self.foundation_taken),
            tokens(self.at(Place::Vesting)),
            tokens(self.at(Place::Pool)),
            tokens(self.at(Place::Claimable)),
            tokens(self.at(Place::Treasury)),
            tokens(self.at(Place::Locked)),
            tokens(self.at(Place::Ecosystem)),
            tokens(self.at(Place::Burned)),
            tokens(self.at(Place::Float)),
            tokens(self.supply()),
            tokens(self.time_emitted),
            tokens(self.time_short),
            tokens(self.time_claimed),
            tokens(self.time_expired),
            tokens(self.time_sold_for_fiat),
            tokens(self.time_sold_for_bzky),
            tokens(self.time_pool),
            tokens(self.time_claimable),
            tokens(self.time_minted),
            tokens(self.time_burned),
        ]
    }
}
