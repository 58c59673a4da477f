//! A made-up town of honest households with habits: a home shop, some other
//! shops, regulars who come nearly daily, some who move house, forgotten milk,
//! now and then three receipts for a reason, newcomers, a bar that is busy at
//! midnight. Nothing in it is drawn from real receipts.
#![allow(clippy::unwrap_used, dead_code)]

use bizkey_oracle::{persona::Sale, scoring::ReceiptId};
use bizkey_primitives::Calendar;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub const DAY_MS: u64 = 86_400_000;
pub const CALENDAR: Calendar = Calendar { genesis_ms: 1_700_006_400_000, epoch_ms: DAY_MS };
pub const DAYS: u32 = 120;
const SHOPS: u32 = 40;
const HOUSEHOLDS: u32 = 700;
/// The shop that is open past midnight.
pub const BAR: u32 = SHOPS;
const MINUTE_MS: u64 = 60_000;

/// The moment of a day so many minutes after its start.
pub fn at(day: u32, minute: u64) -> u64 {
    CALENDAR.start_ms(day) + minute * MINUTE_MS
}

/// A receipt, named by its number.
pub fn sale(number: u64, merchant: u32, customer: u32, amount: u64, day: u32, minute: u64) -> Sale {
    let id = ReceiptId { device: merchant, seq: number, index: 0 };
    Sale { id, merchant, customer, amount, at_ms: at(day, minute), epoch: day }
}

struct Town {
    random: ChaCha8Rng,
    sales: Vec<Sale>,
}

impl Town {
    fn chance(&mut self, per_mille: u32) -> bool {
        self.random.random_range(0..1_000) < per_mille
    }

    /// Many small amounts, few large ones.
    fn amount(&mut self) -> u64 {
        let draw = |random: &mut ChaCha8Rng| random.random_range(100u64..10_000);
        let (a, b, c) = (draw(&mut self.random), draw(&mut self.random), draw(&mut self.random));
        a * b / 10_000 + c / 8 + 50
    }

    fn push(&mut self, merchant: u32, customer: u32, day: u32, minute: u64) {
        let amount = self.amount();
        let number = self.sales.len() as u64;
        self.sales.push(sale(number, merchant, customer, amount, day, minute.min(1_439)));
    }

    /// A visit, with what may be forgotten in it.
    fn visit(&mut self, merchant: u32, customer: u32, day: u32) {
        let minute = if merchant == BAR {
            self.random.random_range(1_200..1_440)
        } else {
            // Busier in the evening.
            self.random.random_range(480..1_320u64).max(self.random.random_range(480..1_320))
        };
        self.push(merchant, customer, day, minute);
        if self.chance(60) {
            let later = self.random.random_range(1..15);
            self.push(merchant, customer, day, minute + later);
            if self.chance(80) {
                let later = later + self.random.random_range(1..5);
                self.push(merchant, customer, day, minute + later);
            }
        }
    }
}

/// The town that a seed makes.
pub fn town(seed: u64) -> Vec<Sale> {
    let mut town = Town { random: ChaCha8Rng::seed_from_u64(seed), sales: Vec::new() };
    for customer in 1..=HOUSEHOLDS {
        // The lower of two draws makes some shops larger.
        let mut home = town.random.random_range(1..SHOPS).min(town.random.random_range(1..SHOPS));
        let others: Vec<u32> = (0..3).map(|_| town.random.random_range(1..=SHOPS)).collect();
        // Most come every week or two, a few nearly daily.
        let mut often = match town.random.random_range(0..100) {
            0..3 => 700,
            3..15 => 350,
            _ => town.random.random_range(20..200),
        };
        let joined = if town.chance(100) { town.random.random_range(20..DAYS - 10) } else { 0 };
        let moves = town.chance(150).then(|| town.random.random_range(10..DAYS - 10));
        for day in joined..DAYS {
            if moves == Some(day) {
                home = town.random.random_range(1..SHOPS);
                often = town.random.random_range(100..800);
            }
            if town.chance(often) {
                town.visit(home, customer, day);
            }
            if town.chance(60) {
                let other = others[town.random.random_range(0..others.len())];
                town.visit(other, customer, day);
            }
        }
    }
    town.sales
}
