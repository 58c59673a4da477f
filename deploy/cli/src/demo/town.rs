//! A made-up town, the same for the same seed: 100 shops, 3,000 customers,
//! seven days, a tenth of the sales outside.

use super::input::{Input, ReceiptRow, Shop};
use crate::system::DAY_MS;
use bizkey_gateway::payment::SaleChannel;
use bizkey_primitives::party::Capital;
use rand::{rngs::StdRng, Rng, SeedableRng};

const SHOPS: u32 = 100;
const CUSTOMERS: u32 = 3_000;
const DAYS: u32 = 7;
/// Sales of the town in a day.
const RECEIPTS_PER_DAY: u32 = 2_500;
/// Monday, 2026-01-05, as days since 1970.
const FIRST_DAY: u64 = 20_458;

/// The town that a seed makes, cut to its first `days`.
#[must_use]
pub fn town(seed: u64, days: Option<u32>) -> Input {
    let mut random = StdRng::seed_from_u64(seed);
    let mut input = Input::default();
    for shop in 1..=SHOPS {
        input.shops.push(Shop {
            id: shop.to_string(),
            capital: Capital {
                area_m2: random.random_range(20..600),
                staff: random.random_range(1..20),
                rent_per_m2_month: random.random_range(1_000..6_000),
                wage_month: random.random_range(200_000..600_000),
            },
        });
    }
    let days_played = days.unwrap_or(DAYS).min(DAYS);
    for day in 0..DAYS {
        for number in 0..RECEIPTS_PER_DAY {
            // Shops open from 8 to 22; the lower of two draws makes some shops busier.
            let second = random.random_range(8 * 3_600..22 * 3_600);
            let shop = random.random_range(1..=SHOPS).min(random.random_range(1..=SHOPS));
            let customer = random.random_range(1..=CUSTOMERS);
            let outside = random.random_range(0..10) == 0;
            input.receipts.push(ReceiptRow {
                id: format!("{}", u64::from(day) * u64::from(RECEIPTS_PER_DAY) + u64::from(number) + 1),
                store_id: shop.to_string(),
                household_id: customer.to_string(),
                at_ms: (FIRST_DAY + u64::from(day)) * DAY_MS + second * 1_000,
                amount: random.random_range(100..20_000),
                channel: if outside { SaleChannel::Outside } else { SaleChannel::InStore },
            });
        }
    }
    input.close((FIRST_DAY, FIRST_DAY + u64::from(DAYS) - 1), Some(days_played));
    input
}
