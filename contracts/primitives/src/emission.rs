//! What an epoch pays, and to whom how much (whitepaper 3.4, architecture.md,
//! Rewards).

use crate::{calendar, wide, Balance, Epoch, Side, TOKEN};

/// Bzky emitted an epoch for each merchant that had a valid receipt.
pub const BZKY_PER_MERCHANT: Balance = 100 * TOKEN;
/// Merchants at which the emission of Bzky reaches its cap of 3,000,000.
pub const MERCHANT_CAP: u32 = 30_000;
/// Most Bzky that an epoch can emit.
pub const MERCHANT_EMISSION_CAP: Balance = BZKY_PER_MERCHANT * MERCHANT_CAP as Balance;
/// Time emitted an epoch for each customer that had a valid receipt.
pub const TIME_PER_CUSTOMER: Balance = 10 * TOKEN;
/// Customers at which the emission of Time reaches its cap of 1,000,000.
pub const CUSTOMER_CAP: u32 = 100_000;
/// Most Time that an epoch can emit.
pub const CUSTOMER_EMISSION_CAP: Balance = TIME_PER_CUSTOMER * CUSTOMER_CAP as Balance;

/// Shares, in percent, by which an emission is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blend {
    /// Percent paid by score: BizPower for merchants, sales for customers.
    pub score: u8,
    /// Percent paid by holding of Bzky.
    pub holding: u8,
}

/// The split of an epoch's emission: merchants start at 100 % BizPower and
/// move by ten points a month to 50 %; customers are always paid by sales
/// (whitepaper 3.4, table).
#[must_use]
pub fn blend(side: Side, epoch: Epoch) -> Blend {
    let holding = match side {
        Side::Customer => 0,
        Side::Merchant => match calendar::month(epoch) {
            0 | 1 => 0,
            2 => 10,
            3 => 20,
            4 => 30,
            5 => 40,
            _ => 50,
        },
    };
    Blend { score: 100u8.saturating_sub(holding), holding }
}

/// Q: the emission for `participants` merchants or customers, capped, before
/// the pool's end is considered. Smallest unit of Bzky or Time.
#[must_use]
pub fn quota(side: Side, participants: u32) -> Balance {
    let (each, cap) = match side {
        Side::Merchant => (BZKY_PER_MERCHANT, MERCHANT_CAP),
        Side::Customer => (TIME_PER_CUSTOMER, CUSTOMER_CAP),
    };
    each.saturating_mul(Balance::from(participants.min(cap)))
}

/// E: the quota, or what the pool still has.
#[must_use]
pub fn emission(side: Side, participants: u32, pool: Balance) -> Balance {
    quota(side, participants).min(pool)
}

/// What an epoch of emission `emission` reserves: the emission less each part
/// whose denominator is zero, which nobody can claim.
#[must_use]
pub fn reserved(emission: Balance, blend: Blend, sum_v1: u128, sum_v2: u128) -> Balance {
    let part = |percent: u8| mul_div(emission, u128::from(percent), 100);
    let lost = |percent: u8, sum: u128| if sum == 0 { part(percent) } else { 0 };
    if sum_v1 == 0 && blend.holding == 0 {
        return 0;
    }
    emission.saturating_sub(lost(blend.score, sum_v1)).saturating_sub(lost(blend.holding, sum_v2))
}

/// The reward of one leaf: `floor(E·ws·v1 / (100·Σv1)) + floor(E·wh·v2 / (100·Σv2))`.
/// A part whose denominator is zero is zero. For customers `blend.holding` is
/// 0 and this is `floor(E·sales / Σsales)`.
///
/// Returns 0 for values above their own sums: no leaf of a checked tree has them.
#[must_use]
pub fn reward(emission: Balance, blend: Blend, v1: u128, v2: u128, sum_v1: u128, sum_v2: u128) -> Balance {
    share(emission, blend.score, v1, sum_v1).saturating_add(share(emission, blend.holding, v2, sum_v2))
}

/// `floor(emission · percent · value / (100 · sum))`, 0 when `sum` is 0.
fn share(emission: Balance, percent: u8, value: u128, sum: u128) -> Balance {
    if sum == 0 || value > sum || percent == 0 {
        return 0;
    }
    // An emission is below 2^63, so the product fits; checked all the same.
    let Some(hundredfold) = emission.checked_mul(u128::from(percent)) else { return 0 };
    // Rounded down twice is rounded down once: floor(floor(x) / 100) = floor(x / 100).
    mul_div(mul_div(hundredfold, value, sum), 1, 100)
}

/// `floor(a · b / c)`; 0 when `c` is 0 or the result does not fit.
#[must_use]
pub fn mul_div(a: u128, b: u128, c: u128) -> u128 {
    wide::mul_div(a, b, c).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    #[test]
    fn month_one_of_five_merchants_pays_shop_a_100_bzky() {
        let emission = emission(Side::Merchant, 5, crate::MERCHANT_POOL);
        assert_eq!(emission, 500 * TOKEN);
        assert_eq!(reward(emission, blend(Side::Merchant, 0), 80, 0, 400, 0), 100 * TOKEN);
    }

    #[test]
    fn month_two_of_a_hundred_merchants_pays_shop_a_95_bzky() {
        let emission = emission(Side::Merchant, 100, crate::MERCHANT_POOL);
        assert_eq!(emission, 10_000 * TOKEN);
        let blend = blend(Side::Merchant, 30);
        assert_eq!(reward(emission, blend, 85, 10 * TOKEN, 9_000, 1_000 * TOKEN), 95 * TOKEN);
    }

    #[test]
    fn the_blend_follows_the_table_month_by_month() {
        let holding: Vec<u8> = (0..8).map(|m| blend(Side::Merchant, m * 30 + 29).holding).collect();
        assert_eq!(holding, [0, 10, 20, 30, 40, 50, 50, 50]);
        assert!((0..400).all(|e| blend(Side::Customer, e) == Blend { score: 100, holding: 0 }));
    }

    #[test]
    fn both_pools_last_a_thousand_days_at_the_cap() {
        assert_eq!(crate::MERCHANT_POOL / quota(Side::Merchant, u32::MAX), 1_000);
        assert_eq!(crate::CUSTOMER_POOL / quota(Side::Customer, u32::MAX), 1_000);
    }

    #[test]
    fn a_zero_denominator_reserves_nothing_for_its_part() {
        let blend = blend(Side::Merchant, 30);
        assert_eq!(reserved(1_001, blend, 1, 1), 1_001);
        assert_eq!(reserved(1_001, blend, 0, 1), 1_001 - 900);
        assert_eq!(reserved(1_001, blend, 1, 0), 1_001 - 100);
        assert_eq!(reserved(1_001, Blend { score: 100, holding: 0 }, 0, 0), 0);
    }

    proptest! {
        /// Each reward is the exact rational rounded down part by part, and
        /// all rewards of an epoch together never pass what it reserved.
        #[test]
        fn rewards_are_exact_and_never_pass_the_reservation(
            leaves in proptest::collection::vec((0u128..1u128 << 100, 0u128..1u128 << 92), 1..40),
            epoch in 0u32..400,
            participants in 0u32..40_000,
        ) {
            let blend = blend(Side::Merchant, epoch);
            let emission = quota(Side::Merchant, participants);
            let sum_v1: u128 = leaves.iter().map(|l| l.0).sum();
            let sum_v2: u128 = leaves.iter().map(|l| l.1).sum();
            let exact = |percent: u8, value: u128, sum: u128| {
                if sum == 0 { return BigInt::from(0) }
                let top = BigInt::from(emission) * BigInt::from(percent) * BigInt::from(value);
                BigRational::new(top, BigInt::from(100) * BigInt::from(sum)).floor().to_integer()
            };
            let mut paid = 0u128;
            for (v1, v2) in &leaves {
                let ours = reward(emission, blend, *v1, *v2, sum_v1, sum_v2);
                prop_assert_eq!(BigInt::from(ours), exact(blend.score, *v1, sum_v1) + exact(blend.holding, *v2, sum_v2));
                paid += ours;
            }
            prop_assert!(paid <= reserved(emission, blend, sum_v1, sum_v2));
        }
    }
}
