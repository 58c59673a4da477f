//! A small town with every oddity that a file can have.

use rand::{rngs::StdRng, Rng, SeedableRng};
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub struct Town {
    pub receipts: PathBuf,
    pub shops: PathBuf,
}

/// Writes a town of a dozen shops over `days` days, the second of them empty.
pub fn write(directory: &Path, seed: u64, days: u32) -> Town {
    let mut random = StdRng::seed_from_u64(seed);
    let mut shops = "store_id,area_m2,staff,rent_per_m2_month,wage_month\n".to_owned();
    for shop in 1..=12 {
        // Shop 12 has no capital: it scores zero.
        let area = if shop == 12 { 0 } else { random.random_range(10..300) };
        let staff = if shop == 12 { 0 } else { random.random_range(1..9) };
        let _ = writeln!(shops, "{shop},{area},{staff},{},{}", random.random_range(900..5_000), 300_000);
    }
    let mut rows = Vec::new();
    let mut id = 1_000;
    for day in (0..days).filter(|day| *day != 1) {
        for _ in 0..random.random_range(5..40) {
            id += 1;
            let at = format!(
                "{}T{:02}:{:02}:{:02}",
                date(day),
                random.random_range(0..24),
                random.random_range(0..60),
                random.random_range(0..60)
            );
            let shop: u32 = random.random_range(1..=12);
            // Some customers are unknown, and some days have many faces in one shop.
            let customer = match random.random_range(0..10) {
                0 => String::new(),
                n => format!("{}", random.random_range(1..=n * 4)),
            };
            let amount: i64 = random.random_range(1..30_000);
            let channel = if random.random_range(0..4) == 0 { "outside" } else { "in_store" };
            rows.push(format!("{id},{shop},{customer},{at},{amount},1,{channel}"));
        }
        // One shop with more than twenty buyers, whose shares are its own.
        for customer in 1..=22 {
            id += 1;
            rows.push(format!("{id},3,{customer},{}T12:00:{customer:02},{},1,in_store", date(day), 100 + customer));
        }
    }
    let first = date(0);
    rows.push(format!("1,1,5,{first}T10:00:00,0,1,in_store"));
    rows.push(format!("2,1,5,{first}T10:00:00,-250,1,in_store"));
    rows.push(format!("3,1,5,{first}T10:00:00,281474976710656,1,in_store"));
    rows.push(format!("4,1,5,{first}T10:00:00,99999999999999999999999,1,in_store"));
    rows.push(format!("5,99,5,{first}T10:00:00,100,1,in_store"));
    rows.push(format!("6,1,5,{first}T10:00:00,12.50,1,in_store"));
    rows.push("7,1,5,yesterday,100,1,in_store".to_owned());
    rows.push(format!("8,1,5,{first}T10:00:00"));
    rows.push(format!("9,1,5,{first}T23:59:59,100,1,in_store"));
    rows.push(format!("9,1,5,{first}T23:59:59,100,1,in_store"));
    rows.push(format!("9,1,5,{first}T23:59:59,101,1,in_store"));
    rows.push(format!("10,1,5,{}T00:00:00,100,1,in_store", date(days - 1)));
    rows.push(format!("11,2,5,{first}T00:00:00,281474976710655,1,in_store"));
    // Files need not be in order.
    for index in (1..rows.len()).rev() {
        rows.swap(index, random.random_range(0..=index));
    }
    let town = Town { receipts: directory.join("receipts.csv"), shops: directory.join("shops.csv") };
    let text = format!("receipt_id,store_id,household_id,at,amount_cents,lines,channel\n{}\n", rows.join("\n"));
    std::fs::write(&town.receipts, text).expect("written");
    std::fs::write(&town.shops, shops).expect("written");
    town
}

/// The date of a day, from 2024-02-20 over the end of a leap February.
fn date(day: u32) -> String {
    match day {
        0..=9 => format!("2024-02-{:02}", 20 + day),
        _ => format!("2024-03-{:02}", day - 9),
    }
}
