//! Money that goes round: owners buy at each other's shops for about the same.

use super::{money, slides, Finding, Kind, Measure, Parties};
use crate::persona::features::{Features, Pair, Sale};
use bizkey_primitives::{Epoch, MerchantIndex, Side};
use petgraph::{algo::kosaraju_scc, graphmap::DiGraphMap};
use std::collections::{BTreeMap, BTreeSet};

/// Four weeks.
pub const EPOCHS: u32 = 28;
/// An owner was at the other's shop on so many days of four weeks: more than
/// once a week. Neighbours buy from each other, but not all of them all the time.
pub const DAYS: u32 = 6;
/// Two owners alone: on so many. That two neighbours are each other's regulars
/// happens, that three are in a ring hardly.
pub const DAYS_OF_TWO: u64 = 9;
/// In thousandths: what the owner of each shop spends with the others is at
/// least so much of what theirs spend with it, and the other way round. Money
/// that goes round comes back; that of neighbours seldom matches.
pub const BALANCE: u64 = 600;

/// An owner who buys at another's shop.
struct Leg<'a> {
    pair: &'a Pair,
    sales: Vec<Sale>,
    total: u128,
}

/// What goes round in one set of shops, over all the times at which it was seen.
#[derive(Default)]
struct Circle {
    sales: BTreeMap<(MerchantIndex, u64, usize), Sale>,
    balance: u64,
    days: u64,
}

/// Circles, by their shops.
pub fn find(features: &Features) -> Vec<Finding> {
    let window = features.window();
    let mut circles: BTreeMap<BTreeSet<MerchantIndex>, Circle> = BTreeMap::new();
    // A week at a time: whoever goes round for two weeks is in some step.
    let ends = slides(window, EPOCHS);
    let last_end = ends.end.saturating_sub(1);
    for end in ends.step_by(7).chain([last_end]) {
        let legs = legs(features, end);
        let graph: DiGraphMap<MerchantIndex, ()> = legs.keys().map(|(from, to)| (*from, *to, ())).collect();
        for component in kosaraju_scc(&graph) {
            let shops: BTreeSet<MerchantIndex> = component.into_iter().collect();
            if shops.len() < 2 {
                continue;
            }
            let inside: Vec<_> =
                legs.iter().filter(|((from, to), _)| shops.contains(from) && shops.contains(to)).collect();
            let balance = shops.iter().map(|shop| balance(*shop, &inside)).min().unwrap_or(0);
            if balance < BALANCE {
                continue;
            }
            let days = inside.iter().map(|(_, leg)| u64::from(leg.pair.days_in(end, EPOCHS))).min().unwrap_or(0);
            if days < least_days(&shops) {
                continue;
            }
            let circle = circles.entry(shops).or_default();
            circle.balance = circle.balance.max(balance);
            circle.days = circle.days.max(days);
            for (_, leg) in inside {
                let numbered = leg.sales.iter().enumerate();
                circle.sales.extend(numbered.map(|(n, sale)| ((sale.merchant, sale.at_ms, n), *sale)));
            }
        }
    }
    circles.into_iter().filter_map(|(shops, circle)| finding(features, shops, circle)).collect()
}

/// On how many days of four weeks each owner must have been at another's.
fn least_days(shops: &BTreeSet<MerchantIndex>) -> u64 {
    if shops.len() == 2 {
        DAYS_OF_TWO
    } else {
        u64::from(DAYS)
    }
}

/// Owners' visits to other shops in the four weeks that end with day `end`,
/// from the owner's shop to the other.
fn legs(features: &Features, end: u32) -> BTreeMap<(MerchantIndex, MerchantIndex), Leg<'_>> {
    let window = features.window();
    let last: Epoch = window.first + end;
    let mut legs = BTreeMap::new();
    for (own, owner) in &features.facts().owners {
        for pair in features.pairs_of_customer(*owner) {
            // Whoever owns both deals with nobody else.
            let is_own = features.facts().owners.get(&pair.merchant) == Some(owner);
            if is_own || pair.days_in(end, EPOCHS) < DAYS {
                continue;
            }
            let in_time = |sale: &&Sale| sale.epoch <= last && last - sale.epoch < EPOCHS;
            let sales: Vec<Sale> = features.sales_of(pair).iter().filter(in_time).copied().collect();
            let total = sales.iter().map(|sale| u128::from(sale.amount)).sum();
            legs.insert((*own, pair.merchant), Leg { pair, sales, total });
        }
    }
    legs
}

/// The smaller of what a shop's owner pays to the others and what theirs pay
/// to it, in thousandths of the larger.
fn balance(shop: MerchantIndex, legs: &[(&(MerchantIndex, MerchantIndex), &Leg<'_>)]) -> u64 {
    let paid: u128 = legs.iter().filter(|((from, _), _)| *from == shop).map(|(_, leg)| leg.total).sum();
    let got: u128 = legs.iter().filter(|((_, to), _)| *to == shop).map(|(_, leg)| leg.total).sum();
    (paid.min(got) * 1_000).checked_div(paid.max(got)).map_or(0, |ratio| u64::try_from(ratio).unwrap_or(0))
}

fn finding(features: &Features, shops: BTreeSet<MerchantIndex>, circle: Circle) -> Option<Finding> {
    let sales: Vec<Sale> = circle.sales.into_values().collect();
    let total: u128 = sales.iter().map(|sale| u128::from(sale.amount)).sum();
    let measures = vec![
        Measure {
            name: "days of four weeks on which the owners bought at each other's, each at least",
            value: circle.days,
            threshold: least_days(&shops),
            why: "neighbours buy from each other, but not all of them more than once a week",
        },
        Measure {
            name: "thousandths of what each owner paid that came back",
            value: circle.balance,
            threshold: BALANCE,
            why: "what neighbours spend at each other's seldom matches",
        },
    ];
    let names: Vec<String> = shops.iter().map(u32::to_string).collect();
    let reason = format!(
        "The owners of the shops {} bought at each other's, each on {} days of four weeks or more, {} receipts for {} \
         together; of what each paid, at least {} per mille came back from the others.",
        names.join(", "),
        circle.days,
        sales.len(),
        money(total),
        circle.balance,
    );
    let customers = shops.iter().filter_map(|shop| features.facts().owners.get(shop).copied()).collect();
    let parties = Parties { merchants: shops, customers, suspected: &Side::ALL };
    Finding::new(features, Kind::Circular, parties, measures, reason, &sales)
}
