//! Receipts made up just before an epoch closes.

use super::{Finding, Kind, Measure, Parties};
use crate::persona::features::{is_at_end, Features, Sale};
use bizkey_primitives::Side;
use std::collections::{BTreeMap, BTreeSet};

/// So many receipts in the last half hour: one every four minutes.
pub const RECEIPTS: u64 = 8;
/// So many times what the shop records in the last half hour on its other
/// days. A bar, which is always busy then, has no bursts.
pub const TIMES_OWN: u64 = 5;

/// Bursts, by shop.
pub fn find(features: &Features) -> Vec<Finding> {
    let calendar = features.facts().calendar;
    let mut findings = Vec::new();
    for shop in features.shops() {
        let at_end: u64 = features.pairs_of_shop(shop).iter().map(|pair| u64::from(pair.at_end)).sum();
        if at_end < RECEIPTS {
            continue;
        }
        let mut days: BTreeMap<u32, Vec<Sale>> = BTreeMap::new();
        for sale in features.sales_of_shop(shop) {
            let late = days.entry(sale.epoch).or_default();
            if is_at_end(sale.at_ms, &calendar) {
                late.push(*sale);
            }
        }
        let is_large = |late: &&Vec<Sale>| late.len() as u64 >= RECEIPTS;
        let bursts: Vec<&Vec<Sale>> = days.values().filter(is_large).collect();
        // What is usual: all days but the suspected ones, unless those are most.
        let quiet = (days.len() - bursts.len()) as u64;
        let is_habit = bursts.len() as u64 >= quiet;
        let usual: u64 =
            if is_habit { at_end } else { days.values().map(|l| l.len() as u64).filter(|n| *n < RECEIPTS).sum() };
        let usual_days = if is_habit { days.len() as u64 } else { quiet };
        let sales: Vec<Sale> = bursts.iter().flat_map(|late| late.iter().copied()).collect();
        let Some(mean) = (sales.len() as u64).checked_div(bursts.len() as u64) else {
            continue;
        };
        let times = (mean * usual_days).checked_div(usual).unwrap_or(u64::MAX);
        let measures = vec![
            Measure {
                name: "receipts in the last half hour of the day",
                value: mean,
                threshold: RECEIPTS,
                why: "one every four minutes, when most shops are closed",
            },
            Measure {
                name: "times as many as on the shop's other days",
                value: times,
                threshold: TIMES_OWN,
                why: "a bar, which is always busy then, has no bursts",
            },
        ];
        let reason = format!(
            "On {} days shop {} recorded {mean} receipts on average in the last half hour before the day's close; on \
             its other {usual_days} days it recorded {usual} then, in all.",
            bursts.len(),
            shop.merchant,
        );
        let customers = sales.iter().map(|sale| sale.customer).collect();
        let parties = Parties { merchants: BTreeSet::from([shop.merchant]), customers, suspected: &[Side::Merchant] };
        findings.extend(Finding::new(features, Kind::Burst, parties, measures, reason, &sales));
    }
    findings
}
