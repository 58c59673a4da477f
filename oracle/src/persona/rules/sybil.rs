//! One person as many customers: newcomers to the network who come to one shop
//! alone.

use super::{slides, times_usual, Finding, Kind, Measure, Parties, TIMES_USUAL};
use crate::persona::features::{Features, Pair, Sale};
use bizkey_primitives::Side;
use std::collections::BTreeSet;

/// Two weeks.
pub const EPOCHS: u32 = 14;
/// So many lone newcomers of two weeks at one shop.
pub const NEWCOMERS: u64 = 6;
/// A lone newcomer who has come on more days is a regular whom the shop brought along.
pub const MOST_DAYS: u32 = 4;
/// So long before the window's end it was registered: there was time to look around.
pub const TIME_TO_LOOK: u32 = 7;
/// So long after the window's beginning: in the first weeks of a network
/// everybody is new, and most have their first shop only.
pub const QUIET_START: u32 = 14;

/// Shops with many lone newcomers.
pub fn find(features: &Features) -> Vec<Finding> {
    let network = features.network();
    // Lone newcomers of the whole network, by the day of registration.
    let mut by_day = vec![0u64; features.window().epochs() as usize];
    for (_, day) in features.pairs().iter().filter_map(|pair| newcomer(features, pair)) {
        by_day[day as usize] += 1;
    }
    let mut findings = Vec::new();
    for shop in features.shops() {
        let newcomers: Vec<(&Pair, u32)> =
            features.pairs_of_shop(shop).iter().filter_map(|pair| newcomer(features, pair)).collect();
        if (newcomers.len() as u64) < NEWCOMERS {
            continue;
        }
        let pairs = shop.pairs.len() as u64;
        let mut crowd: BTreeSet<u32> = BTreeSet::new();
        let (mut most, mut most_times) = (0, 0);
        for end in slides(features.window(), EPOCHS) {
            let start = (end + 1).saturating_sub(EPOCHS);
            let now: Vec<_> = newcomers.iter().filter(|(_, joined)| (start..=end).contains(joined)).collect();
            let count = now.len() as u64;
            let everywhere: u64 = by_day[start as usize..=end as usize].iter().sum();
            let times = times_usual(count, pairs, everywhere - count, network.pairs - pairs);
            if count >= NEWCOMERS && times >= TIMES_USUAL {
                crowd.extend(now.iter().map(|(pair, _)| pair.customer));
                (most, most_times) = (most, most_times).max((count, times));
            }
        }
        let of_crowd: Vec<&Pair> =
            newcomers.iter().map(|(pair, _)| *pair).filter(|pair| crowd.contains(&pair.customer)).collect();
        findings.extend(finding(features, shop.merchant, &of_crowd, most, most_times));
    }
    findings
}

/// A lone newcomer who hardly came, with the day of registration.
fn newcomer<'a>(features: &Features, pair: &'a Pair) -> Option<(&'a Pair, u32)> {
    let joined = features.customer(pair.customer)?.joined?;
    let window = features.window();
    let day = window.day(joined);
    let is_in_time = day >= QUIET_START && day + TIME_TO_LOOK < window.epochs();
    let is_suspect = is_in_time && features.is_lone_newcomer(pair) && pair.days.count_ones() <= MOST_DAYS;
    is_suspect.then_some((pair, day))
}

fn finding(features: &Features, merchant: u32, crowd: &[&Pair], most: u64, times: u64) -> Option<Finding> {
    let sales: Vec<Sale> = crowd.iter().flat_map(|pair| features.sales_of(pair).iter().copied()).collect();
    let measures = vec![
        Measure {
            name: "customers registered within two weeks who bought here and nowhere else",
            value: most,
            threshold: NEWCOMERS,
            why: "newcomers to a network look around",
        },
        Measure {
            name: "times as many as usual for a shop with so many customers",
            value: times,
            threshold: TIMES_USUAL,
            why: "where a network grows, every shop has newcomers",
        },
    ];
    let reason = format!(
        "{} customers were registered one after the other, bought at shop {merchant} on a few days, {} receipts \
         together, and were seen in no other shop before or after: {most} of them within two weeks.",
        crowd.len(),
        sales.len(),
    );
    let customers = crowd.iter().map(|pair| pair.customer).collect();
    let parties = Parties { merchants: BTreeSet::from([merchant]), customers, suspected: &[Side::Customer] };
    Finding::new(features, Kind::Sybil, parties, measures, reason, &sales)
}
