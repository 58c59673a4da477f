//! What Time is earned by and spent on beside receipts, and how it is sold
//! (architecture.md, redemption; whitepaper 3.1).
//!
//! A price is a `u64` in millionths of a minor unit of the accounting currency
//! for one whole token, Bzky or Time: both have the same decimals, so an
//! amount of one costs the amount of the other times the quotient of the prices.
// The codec's derive casts the constant indices of these enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{AccountId, Balance, CustomerIndex, Hash, MerchantIndex, Stamp, TIME_CAP, TOKEN};
use codec::{Decode, Encode, MaxEncodedLen};
use primitive_types::U256;

/// Number of a task, from 1; never reused.
pub type TaskId = u32;
/// Number of a privilege, from 1; never reused.
pub type PrivilegeId = u32;

/// The merchant index that stands for Bizkey itself.
pub const BIZKEY: MerchantIndex = 0;
/// Parts of a minor unit in which prices are given.
pub const PRICE_SCALE: u64 = 1_000_000;
/// Minutes of a day, the unit of opening hours.
pub const DAY_MINUTES: u16 = 1_440;
/// Longest life of a task or privilege, milliseconds: 366 days.
pub const MAX_LIFE_MS: u64 = 366 * 24 * 60 * 60 * 1000;
/// Longest refund window of a privilege, milliseconds: 30 days.
pub const MAX_REFUND_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Largest fee for creating a task or privilege: 1,000,000 Bzky.
const MAX_FEE: Balance = 1_000_000 * TOKEN;
/// Largest discount of Time for Bzky, percent.
const MAX_DISCOUNT: u8 = 50;
/// Largest change of Bzky's price in a day that can be allowed, percent.
const MAX_CHANGE: u8 = 50;
/// Longest that a price can be allowed to count, milliseconds: 7 days.
const MAX_AGE_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Longest chargeback period, epochs.
const MAX_LOCK_EPOCHS: u32 = 400;

/// The addresses that `redemption` works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct RedemptionContracts {
    /// Bzky, PSP22.
    pub bzky: AccountId,
    /// Time, PSP22 with a transfer gate.
    pub time: AccountId,
    /// Merchants, customers, devices.
    pub registry: AccountId,
    /// Devices' keys.
    pub receipts: AccountId,
}

/// Why `redemption` had Time minted. Each names its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum MintCause {
    /// Sold for fiat, after the chargeback period.
    FiatSale {
        /// Hash of the payment's id at its provider.
        payment: Hash,
    },
    /// Sold for Bzky.
    BzkySale {
        /// Bzky paid, smallest unit.
        paid: Balance,
    },
    /// For a task of Bizkey itself, against Bzky burned from the ecosystem pool.
    Task {
        /// The task.
        task: TaskId,
    },
}

/// Who does what the admin cannot do by itself from day to day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum RedemptionRole {
    /// Sets Bzky's price within bounds.
    PriceSetter,
    /// Sells Time for fiat within a quota.
    FiatSeller,
    /// Confirms fulfilments of Bizkey's own tasks.
    TaskConfirmer,
}

/// What a task asks and gives (whitepaper 3.1, Earn).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct TaskTerms {
    /// Hash of the text that says what is to be done.
    pub conditions: Hash,
    /// For one fulfilment, smallest unit of Time; more than zero.
    pub reward: Balance,
    /// Fulfilments left; more than zero at first.
    pub stock: u32,
    /// First moment at which it can no longer be fulfilled, Unix milliseconds,
    /// pauses since its creation not counted; at most [`MAX_LIFE_MS`] away.
    pub expires_ms: u64,
}

/// A task as `redemption` keeps it; its Time is in the contract's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Task {
    /// Its shop, or [`BIZKEY`].
    pub merchant: MerchantIndex,
    /// When it was created, Unix milliseconds.
    pub from_ms: u64,
    /// What it asks and gives, with the stock that is left.
    pub terms: TaskTerms,
}

/// What Time buys at a shop (whitepaper 3.1, Spend).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct PrivilegeTerms {
    /// Hash of the text that says what is given.
    pub conditions: Hash,
    /// For one use, smallest unit of Time; more than zero.
    pub price: Balance,
    /// Uses left.
    pub stock: u32,
    /// First moment at which it can no longer be bought, Unix milliseconds,
    /// pauses since these terms began not counted; at most [`MAX_LIFE_MS`] away.
    pub expires_ms: u64,
    /// First minute of the network's day at which it can be bought, below
    /// [`DAY_MINUTES`].
    pub opens: u16,
    /// First minute at which it no longer can, below [`DAY_MINUTES`]. Before
    /// `opens` it is one of the next day; equal means open all day.
    pub closes: u16,
    /// From its collection, how long the shop can give the Time back,
    /// milliseconds; at most [`MAX_REFUND_MS`]; 0 for never.
    pub refund_ms: u64,
}

/// A privilege as `redemption` keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Privilege {
    /// Its shop.
    pub merchant: MerchantIndex,
    /// Version of the terms, from 1; a ticket names it.
    pub version: u32,
    /// When these terms began, Unix milliseconds.
    pub from_ms: u64,
    /// What is given for what, with the stock that is left.
    pub terms: PrivilegeTerms,
}

/// Time that was collected, from then until it is burned or given back and
/// the ticket cannot be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Collection {
    /// The shop.
    pub merchant: MerchantIndex,
    /// What was bought.
    pub privilege: PrivilegeId,
    /// The customer.
    pub customer: CustomerIndex,
    /// Smallest unit of Time in the contract's hands; 0 once it was given
    /// back, or if it was burned at once.
    pub held: Balance,
    /// When, Unix milliseconds.
    pub from_ms: u64,
    /// How long it can be given back, milliseconds.
    pub refund_ms: u64,
    /// When the ticket's own time is over, Unix milliseconds.
    pub expires_ms: u64,
}

/// A sale of Time for fiat, under the id of its payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum FiatSale {
    /// The chargeback period runs, or is over and nobody asked for the Time yet.
    Pending {
        /// Who gets the Time.
        to: AccountId,
        /// Smallest unit of Time.
        amount: Balance,
        /// When it was booked, Unix milliseconds.
        from_ms: u64,
        /// The chargeback period, milliseconds.
        lock_ms: u64,
    },
    /// The Time was minted.
    Released,
    /// The payment was charged back: no Time was, or will be, minted for it.
    ChargedBack,
}

/// Bzky's price, and how far it may move today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Price {
    /// Of one Bzky, millionths of a minor unit; 0 before the first.
    pub price: u64,
    /// When it was observed, Unix milliseconds; 0 if nobody has confirmed it yet.
    pub dated_ms: u64,
    /// The price that today's changes are measured from: the last of an earlier day.
    pub anchor: u64,
    /// The day of the last change.
    pub day: Stamp,
}

/// What the admin sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct RedemptionParameters {
    /// Price of one Time, millionths of a minor unit; 0 before it is set, and
    /// then the same for ever (whitepaper 3.3: fixed in fiat).
    pub official_price: u64,
    /// What a shop pays to create a task, smallest unit of Bzky; at most 1,000,000 Bzky.
    pub task_fee: Balance,
    /// What a shop pays to create a privilege, likewise.
    pub privilege_fee: Balance,
    /// Percent burned of Bzky that is paid; the rest goes to the ecosystem pool.
    pub burn_percent: u8,
    /// Percent by which Time is cheaper for Bzky; at most 50.
    pub discount_percent: u8,
    /// Most that Bzky's price may move in a day, percent; 1 to 50.
    pub change_percent: u8,
    /// How long a price counts from its date, milliseconds; at most 7 days.
    pub price_age_ms: u64,
    /// Most Time sold for Bzky in a day, smallest unit.
    pub bzky_cap: Balance,
    /// Most Time sold for fiat in a day, smallest unit.
    pub fiat_cap: Balance,
    /// Chargeback period of a sale for fiat, epochs; at most 400.
    pub lock_epochs: u32,
}

impl RedemptionParameters {
    /// What a new contract starts with: 10 Bzky a task or privilege, half of
    /// it burned; 10 % discount; 10 % a day; a price counts for an epoch (at
    /// most 7 days); 100,000 Time a day for Bzky and as much for fiat; 120
    /// epochs for chargebacks. No official price: nothing is sold.
    #[must_use]
    pub fn initial(epoch_ms: u64) -> Self {
        Self {
            official_price: 0,
            task_fee: 10 * TOKEN,
            privilege_fee: 10 * TOKEN,
            burn_percent: 50,
            discount_percent: 10,
            change_percent: 10,
            price_age_ms: epoch_ms.min(MAX_AGE_MS),
            bzky_cap: 100_000 * TOKEN,
            fiat_cap: 100_000 * TOKEN,
            lock_epochs: 120,
        }
    }

    /// Whether every figure is within the bounds named at its field.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.task_fee <= MAX_FEE
            && self.privilege_fee <= MAX_FEE
            && self.burn_percent <= 100
            && self.discount_percent <= MAX_DISCOUNT
            && self.change_percent >= 1
            && self.change_percent <= MAX_CHANGE
            && self.price_age_ms <= MAX_AGE_MS
            && self.bzky_cap <= TIME_CAP
            && self.fiat_cap <= TIME_CAP
            && self.lock_epochs <= MAX_LOCK_EPOCHS
    }
}

/// What `amount` of Time costs in Bzky: `ceil(amount · official · percent / (100 · price))`,
/// `percent` being 100 less the discount. Rounded up, in the network's favour.
/// `None` when `price` is 0 or the cost passes `u128`.
#[must_use]
pub fn bzky_cost(amount: Balance, official: u64, percent: u8, price: u64) -> Option<Balance> {
    let top = U256::from(amount).checked_mul(U256::from(official))?.checked_mul(U256::from(percent))?;
    let below = U256::from(price).checked_mul(U256::from(100u8))?;
    let cost = top.checked_add(below)?.checked_sub(U256::one())?.checked_div(below)?;
    u128::try_from(cost).ok()
}

/// The Time that `paid` minor units buy: `floor(paid · 10^6 · 10^12 / official)`,
/// smallest unit. Rounded down, in the network's favour. `None` when
/// `official` is 0.
#[must_use]
pub fn time_for_fiat(paid: u64, official: u64) -> Option<Balance> {
    // Below 2^64 · 2^20 · 2^40.
    let millionths = u128::from(paid).checked_mul(u128::from(PRICE_SCALE))?;
    millionths.checked_mul(TOKEN)?.checked_div(u128::from(official))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    const MINOR: u64 = PRICE_SCALE;

    #[test]
    fn time_costs_its_price_in_bzky_less_the_discount() {
        // Time at 100 minor units, Bzky at 40: 2.5 Bzky a Time, 2.25 at 10 % off.
        assert_eq!(bzky_cost(TOKEN, 100 * MINOR, 100, 40 * MINOR), Some(TOKEN * 5 / 2));
        assert_eq!(bzky_cost(TOKEN, 100 * MINOR, 90, 40 * MINOR), Some(TOKEN * 9 / 4));
        assert_eq!(bzky_cost(1, 1, 50, u64::MAX), Some(1), "nothing is free");
        assert_eq!(bzky_cost(1, 1, 100, 0), None);
        assert_eq!(bzky_cost(u128::MAX, u64::MAX, 100, 1), None);
    }

    #[test]
    fn fiat_buys_time_at_the_official_price() {
        assert_eq!(time_for_fiat(250, 100 * MINOR), Some(TOKEN * 5 / 2));
        assert_eq!(time_for_fiat(1, 3 * MINOR), Some(333_333_333_333), "rounded down");
        assert_eq!(time_for_fiat(1, 0), None);
        assert!(time_for_fiat(u64::MAX, 1).is_some());
    }

    #[test]
    fn the_initial_parameters_are_within_their_bounds() {
        for epoch_ms in [1, 86_400_000, 366 * 86_400_000] {
            assert!(RedemptionParameters::initial(epoch_ms).is_valid());
        }
    }

    #[test]
    fn each_parameter_has_its_bound() {
        let fair = RedemptionParameters::initial(1);
        let bad = [
            RedemptionParameters { task_fee: MAX_FEE + 1, ..fair },
            RedemptionParameters { privilege_fee: MAX_FEE + 1, ..fair },
            RedemptionParameters { burn_percent: 101, ..fair },
            RedemptionParameters { discount_percent: 51, ..fair },
            RedemptionParameters { change_percent: 0, ..fair },
            RedemptionParameters { change_percent: 51, ..fair },
            RedemptionParameters { price_age_ms: MAX_AGE_MS + 1, ..fair },
            RedemptionParameters { bzky_cap: TIME_CAP + 1, ..fair },
            RedemptionParameters { fiat_cap: TIME_CAP + 1, ..fair },
            RedemptionParameters { lock_epochs: 401, ..fair },
        ];
        assert!(bad.iter().all(|parameters| !parameters.is_valid()));
    }

    proptest! {
        /// The cost is the exact quotient rounded up, and never less for two
        /// halves than for the whole.
        #[test]
        fn costs_are_exact_and_splitting_never_pays(
            first in 0u128..TIME_CAP,
            second in 0u128..TIME_CAP,
            official in 1u64..,
            percent in 50u8..=100,
            price in 1u64..,
        ) {
            let exact = |amount: u128| {
                let below = BigUint::from(price) * 100u32;
                (BigUint::from(amount) * official * percent + &below - 1u32) / below
            };
            let cost = |amount: u128| bzky_cost(amount, official, percent, price).map(BigUint::from);
            prop_assert_eq!(cost(first), Some(exact(first)));
            prop_assert!(exact(first) + exact(second) >= exact(first + second));
        }

        /// Nobody gets more Time than was paid for at the official price.
        #[test]
        fn fiat_is_never_overpaid(paid: u64, official in 1u64..) {
            let time = time_for_fiat(paid, official).unwrap();
            let worth = BigUint::from(time) * official;
            let given = BigUint::from(paid) * PRICE_SCALE * TOKEN;
            prop_assert!(worth <= given);
            prop_assert!(given - worth < BigUint::from(official));
        }
    }
}
