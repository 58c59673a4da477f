//! The demo's files computed a second time, from the spec and the input alone.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Expected {
    pub merchants: Vec<Vec<String>>,
    pub customers: Vec<Vec<String>>,
    pub rejected: Vec<Vec<String>>,
}

const TOKEN: u128 = 1_000_000_000_000;

struct Sale {
    day: usize,
    shop: u64,
    customer: Option<u64>,
    amount: u128,
    outside: bool,
}

fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let child = Command::new("gzip").arg("-dc").arg(path).stdout(Stdio::piped()).spawn().expect("gzip");
        child.stdout.expect("its output").read_to_string(&mut text).expect("text");
    } else {
        text = std::fs::read_to_string(path).expect("text");
    }
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let row = |line: &str| header.iter().zip(line.split(',')).map(|(k, v)| ((*k).to_owned(), v.to_owned())).collect();
    lines.map(row).collect()
}

/// Days since 0000-03-01, by the usual count of leap years.
fn day_number(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1)
}

fn ratio(top: impl Into<BigInt>, bottom: impl Into<BigInt>) -> BigRational {
    let bottom = bottom.into();
    if bottom.is_zero() {
        return BigRational::zero();
    }
    BigRational::new(top.into(), bottom)
}

fn floor(value: BigRational) -> u128 {
    value.floor().to_integer().to_u128().expect("no negative and not too large")
}

pub fn compute(receipts: &Path, shops: &Path, days: Option<u32>) -> Expected {
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<u128>().expect("a number");
    let capital: BTreeMap<u64, u128> = table(shops)
        .iter()
        .map(|row| {
            let total = number(row, "area_m2") * number(row, "rent_per_m2_month")
                + number(row, "staff") * number(row, "wage_month");
            (row["store_id"].parse().expect("a number"), total)
        })
        .collect();

    let mut rejected = Vec::new();
    let mut rows = table(receipts);
    let dated = |row: &BTreeMap<String, String>| row.get("at").and_then(|at| day_number(at.get(..10)?));
    let first = rows.iter().filter_map(dated).min().expect("a first day");
    let last = rows.iter().filter_map(dated).max().expect("a last day");
    let day_count = (last - first + 1).min(days.map_or(i64::MAX, i64::from)) as usize;
    let mut names = BTreeMap::new();
    rows.sort_by_key(|row| row.get("at").cloned());
    let (mut sales, mut taken) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        let id = row["receipt_id"].clone();
        let mut refuse = |reason: &str| rejected.push(vec![id.clone(), reason.to_owned()]);
        let Some(day) = dated(row) else {
            refuse("malformed_row");
            continue;
        };
        let day = (day - first) as usize;
        names.insert(day, row["at"][..10].to_owned());
        if day >= day_count {
            continue;
        }
        let amount = row.get("amount_cents").and_then(|text| text.parse::<i128>().ok());
        let Some(amount) = amount else {
            refuse("malformed_row");
            continue;
        };
        let shop = row["store_id"].parse::<u64>().expect("a number");
        if taken.contains(&id) {
            refuse("duplicate_receipt_id");
        } else if !capital.contains_key(&shop) {
            refuse("unknown_shop");
        } else if amount == 0 {
            refuse("zero_amount");
        } else if amount < 0 {
            refuse("negative_amount");
        } else if amount >= 1 << 48 {
            refuse("amount_too_large");
        } else {
            taken.insert(id.clone());
            let customer = row["household_id"].parse::<u64>().ok();
            let outside = row.get("channel").is_some_and(|channel| channel == "outside");
            sales.push(Sale { day, shop, customer, amount: amount as u128, outside });
        }
    }

    let mut expected = Expected { merchants: Vec::new(), customers: Vec::new(), rejected };
    let header = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    expected.merchants.push(header("day,store_id,pl,pm,um,un,uo,uom,uon,score,holding,reward"));
    expected.customers.push(header("day,household_id,sales,reward"));
    let mut earned: BTreeMap<u64, Vec<(usize, u128)>> = BTreeMap::new();
    for day in 0..day_count {
        let Some(name) = names.get(&day) else { continue };
        merchants_of(day, name, &sales, &capital, &mut earned, &mut expected.merchants);
        customers_of(day, name, &sales, &mut expected.customers);
    }
    expected
}

/// Um, Un, Uo of a shop on a day, from the whole history.
fn buyers(sales: &[Sale], shop: u64, day: usize) -> [u64; 3] {
    let ours = || sales.iter().filter(move |sale| sale.shop == shop);
    let before: BTreeSet<_> = ours().filter(|sale| sale.day < day).filter_map(|sale| sale.customer).collect();
    let of = |outside| -> BTreeSet<_> {
        ours().filter(|sale| sale.day == day && sale.outside == outside).filter_map(|sale| sale.customer).collect()
    };
    let in_store = of(false);
    let repeat = in_store.intersection(&before).count() as u64;
    [in_store.len() as u64 - repeat, repeat, of(true).len() as u64]
}

fn merchants_of(
    day: usize,
    name: &str,
    sales: &[Sale],
    capital: &BTreeMap<u64, u128>,
    earned: &mut BTreeMap<u64, Vec<(usize, u128)>>,
    rows: &mut Vec<Vec<String>>,
) {
    let shops: BTreeSet<u64> = sales.iter().filter(|sale| sale.day == day).map(|sale| sale.shop).collect();
    let mut scored = Vec::new();
    for shop in shops {
        let sum = |outside: bool| {
            let today =
                sales.iter().filter(move |sale| sale.shop == shop && sale.day == day && sale.outside == outside);
            today.fold((0u64, 0u128), |(count, amount), sale| (count + 1, amount + sale.amount))
        };
        let ((pl, pm), (uom, uon)) = (sum(false), sum(true));
        let own = buyers(sales, shop, day);
        let mut weights = own;
        if own.iter().sum::<u64>() < 20 {
            weights = [0; 3];
            for earlier in (day + 1).saturating_sub(30)..=day {
                let then = buyers(sales, shop, earlier);
                (0..3).for_each(|kind| weights[kind] += then[kind]);
            }
        }
        let total: u64 = weights.iter().sum();
        let share = |kind: usize| ratio(weights[kind], total);
        let in_store = ratio(pl, pm);
        let score = ratio(own[0], 1) * &in_store * share(0)
            + ratio(own[1], 1) * &in_store * share(1)
            + ratio(own[2], 1) * ratio(uom, uon) * share(2);
        let score = floor(score * ratio(10u128.pow(18), 1) * ratio(1, capital[&shop]));
        let free: u128 =
            earned.get(&shop).into_iter().flatten().filter(|(then, _)| then + 2 <= day).map(|(_, r)| r).sum();
        scored.push((
            shop,
            [u128::from(pl), pm, own[0].into(), own[1].into(), own[2].into(), uom.into(), uon],
            score,
            1_000 * TOKEN + free,
        ));
    }
    let emission = 100 * TOKEN * scored.len() as u128;
    let by_holding = [0, 10, 20, 30, 40, 50][(day / 30).min(5)];
    let (score_sum, holding_sum) = scored.iter().fold((0, 0), |(s, h), shop| (s + shop.2, h + shop.3));
    for (shop, counts, score, holding) in scored {
        let part =
            |percent: u128, value: u128, sum: u128| floor(ratio(emission, 1) * ratio(percent, 100) * ratio(value, sum));
        let reward = part(100 - by_holding, score, score_sum) + part(by_holding, holding, holding_sum);
        earned.entry(shop).or_default().push((day, reward));
        let mut row = vec![name.to_owned(), shop.to_string()];
        row.extend(counts.iter().chain(&[score, holding, reward]).map(u128::to_string));
        rows.push(row);
    }
}

fn customers_of(day: usize, name: &str, sales: &[Sale], rows: &mut Vec<Vec<String>>) {
    let mut sums: BTreeMap<u64, u128> = BTreeMap::new();
    for sale in sales.iter().filter(|sale| sale.day == day) {
        if let Some(customer) = sale.customer {
            *sums.entry(customer).or_default() += sale.amount;
        }
    }
    let emission = 10 * TOKEN * sums.len() as u128;
    let total: u128 = sums.values().sum();
    for (customer, sum) in sums {
        let reward = floor(ratio(emission, 1) * ratio(sum, total));
        rows.push(vec![name.to_owned(), customer.to_string(), sum.to_string(), reward.to_string()]);
    }
}
