//! An honest town: shops, customers, and what they buy day by day.

use crate::simulation::AttackParameters;
use bizkey_primitives::{
    membership::Business,
    party::Capital,
    receipt::{Channel, Rail},
    CustomerIndex, MerchantIndex,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A shop of a town.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shop {
    /// What its place and people cost.
    pub capital: Capital,
    /// What it sells and where.
    pub business: Business,
}

/// A sale as its receipt tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sale {
    /// The shop, from 1.
    pub merchant: MerchantIndex,
    /// The customer, from 1; `None` for an unknown one.
    pub customer: Option<CustomerIndex>,
    /// In store or outside.
    pub channel: Channel,
    /// How it was paid.
    pub rail: Rail,
    /// Minor units.
    pub amount: u64,
    /// Whether the receipt carries a reference.
    pub is_ticketed: bool,
}

/// A town that nobody attacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Town {
    /// Its shops; the first is merchant 1.
    pub shops: Vec<Shop>,
    /// Its customers are 1 to this number.
    pub customers: u32,
    /// What was sold on each day.
    pub days: Vec<Vec<Sale>>,
}

/// How busy the days of a week are, percent of an average one.
const WEEK: [u32; 7] = [80, 80, 90, 95, 125, 140, 90];
/// What a sale in a trade is about, minor units: a meal, groceries, clothes.
const TRADES: [u64; 3] = [1_200, 2_500, 6_000];
/// The one region of a made-up town.
const REGION: u16 = 1;

/// A rail as people pay: three in ten in cash, one at a terminal that is not
/// ours, the others by card and wallet.
fn rail(random: &mut ChaCha8Rng) -> Rail {
    match random.random_range(0..10u32) {
        0..=2 => Rail::Cash,
        3 => Rail::External,
        4..=6 => Rail::Card,
        7..=8 => Rail::WechatPay,
        _ => Rail::Bzky,
    }
}

impl Town {
    /// The town that a seed makes, for as many days as the parameters ask.
    #[must_use]
    pub fn made_up(parameters: &AttackParameters, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shops = u32::try_from(parameters.town_shops).unwrap_or(u32::MAX);
        let customers = u32::try_from(parameters.town_customers).unwrap_or(u32::MAX);
        let mut town = Self { customers, ..Self::default() };
        for number in 0..shops {
            town.shops.push(Shop {
                capital: Capital {
                    area_m2: random.random_range(20..400),
                    staff: random.random_range(1..12),
                    rent_per_m2_month: random.random_range(1_000..6_000),
                    wage_month: random.random_range(200_000..600_000),
                },
                business: Business { trade: u16::try_from(number % 3 + 1).unwrap_or(1), region: REGION },
            });
        }
        // The lower of two draws makes some shops busier than others.
        let shop = |random: &mut ChaCha8Rng| random.random_range(1..=shops).min(random.random_range(1..=shops));
        let regular: Vec<MerchantIndex> = (0..customers).map(|_| shop(&mut random)).collect();
        for day in 0..parameters.warmup_days + parameters.attack_days {
            let busy = WEEK[usize::try_from(day % 7).unwrap_or(0)];
            let mut sales = Vec::new();
            for (customer, regular) in (1..).zip(&regular) {
                // One customer in two on an average day.
                if random.random_range(0..200) >= busy {
                    continue;
                }
                let merchant = if random.random_range(0..10) < 6 { *regular } else { shop(&mut random) };
                let usual = TRADES[(merchant as usize - 1) % TRADES.len()];
                let stray = random.random_range(500..2_000u64) * random.random_range(500..2_000u64);
                let is_known = random.random_range(0..20) > 0;
                sales.push(Sale {
                    merchant,
                    customer: is_known.then_some(customer),
                    channel: if random.random_range(0..10) == 0 { Channel::Outside } else { Channel::InStore },
                    rail: rail(&mut random),
                    amount: usual * stray / 1_000_000,
                    is_ticketed: is_known,
                });
            }
            town.days.push(sales);
        }
        town
    }

    /// A town of real receipts: (day, shop, customer, channel, amount), shops
    /// and customers numbered from 1. Real receipts name no trade, so that all
    /// shops are of one; how they were paid is drawn from the seed.
    #[must_use]
    pub fn of_receipts(
        shops: &[Capital],
        customers: u32,
        days: u32,
        receipts: &[(u32, MerchantIndex, Option<CustomerIndex>, Channel, u64)],
        seed: u64,
    ) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let business = Business { trade: 1, region: REGION };
        let mut town = Self {
            shops: shops.iter().map(|capital| Shop { capital: *capital, business }).collect(),
            customers,
            days: vec![Vec::new(); days as usize],
        };
        for (day, merchant, customer, channel, amount) in receipts {
            let (rail, is_ticketed) = (rail(&mut random), customer.is_some());
            let sale = Sale {
                merchant: *merchant,
                customer: *customer,
                channel: *channel,
                rail,
                amount: *amount,
                is_ticketed,
            };
            if let Some(sales) = town.days.get_mut(*day as usize) {
                sales.push(sale);
            }
        }
        town
    }
}
