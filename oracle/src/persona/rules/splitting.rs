//! One basket as many receipts, again and again: a habit of a shop, or of a
//! customer.

use super::{money, times_usual, Finding, Kind, Measure, Parties, TIMES_USUAL};
use crate::persona::features::{baskets, Basket, Features, Sale, SPLIT_PIECES};
use bizkey_primitives::{Epoch, Side};
use std::collections::BTreeSet;

/// Four weeks: a shop that sells little has few baskets to split in less.
pub const EPOCHS: u32 = 28;
/// So many split baskets in four weeks are a habit. Now and then somebody has
/// three receipts for a reason: a voucher, a neighbour's shopping, an item forgotten twice.
pub const BASKETS: u64 = 5;
/// In thousandths: so much of a shop's baskets are split, one in ten. Among
/// honest ones it is about five in a thousand.
pub const SHARE: u64 = 100;
/// A basket whose sum is more than so many mean baskets is no single one.
pub const LIKE_ONE_BASKET: u128 = 8;

/// Habits of shops, then those of customers that no shop's habit explains.
pub fn find(features: &Features) -> Vec<Finding> {
    let network = features.network();
    let limit = LIKE_ONE_BASKET * network.total / u128::from(network.baskets.max(1));
    let mut findings = Vec::new();
    let mut explained = BTreeSet::new();
    for shop in features.shops() {
        if shop.split < BASKETS {
            continue;
        }
        let pairs = features.pairs_of_shop(shop).iter().filter(|pair| pair.split > 0);
        let split = split_baskets(pairs.map(|pair| features.sales_of(pair)), limit);
        let others = (network.split - shop.split, network.baskets - shop.baskets);
        for habit in habits(&split) {
            let (first, last) = epochs(habit);
            let all = baskets_between(features, shop.pairs.clone(), first, last);
            let times = times_usual(habit.len() as u64, all, others.0, others.1);
            let found = finding(features, (Side::Merchant, shop.merchant), habit, all, times);
            explained.extend(found.iter().flat_map(|finding| finding.receipts.iter().copied()));
            findings.extend(found);
        }
    }
    for customer in features.customers() {
        let pairs: Vec<_> = features.pairs_of_customer(customer.customer).collect();
        if pairs.iter().map(|pair| u64::from(pair.split)).sum::<u64>() < BASKETS {
            continue;
        }
        let mut split = split_baskets(pairs.iter().map(|pair| features.sales_of(pair)), limit);
        split.retain(|basket| !explained.contains(&basket.pieces[0].id));
        let all: u64 = pairs.iter().map(|pair| u64::from(pair.baskets)).sum();
        for habit in habits(&split) {
            let own = habit.len() as u64;
            let others = (network.split.saturating_sub(own), network.baskets.saturating_sub(all));
            let times = times_usual(own, all, others.0, others.1);
            findings.extend(finding(features, (Side::Customer, customer.customer), habit, all, times));
        }
    }
    findings
}

/// The split baskets of some pairs, in the order of time.
fn split_baskets<'a>(pairs: impl Iterator<Item = &'a [Sale]>, limit: u128) -> Vec<Basket<'a>> {
    let is_one = |basket: &Basket<'_>| basket.is_split() && basket.total() <= limit;
    let mut split: Vec<Basket<'a>> = pairs.flat_map(baskets).filter(is_one).collect();
    split.sort_by_key(|basket| (basket.pieces[0].epoch, basket.pieces[0].at_ms, basket.pieces[0].id));
    split
}

/// The longest stretches in which every basket belongs to [`BASKETS`] within
/// [`EPOCHS`].
fn habits<'b, 'a>(split: &'b [Basket<'a>]) -> Vec<&'b [Basket<'a>]> {
    let size = BASKETS as usize;
    let is_dense = |at: usize| split[at + size - 1].pieces[0].epoch - split[at].pieces[0].epoch < EPOCHS;
    let mut habits = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for at in 0..(split.len() + 1).saturating_sub(size) {
        if !is_dense(at) {
            continue;
        }
        open = match open {
            Some((start, end)) if at < end => Some((start, at + size)),
            Some((start, end)) => {
                habits.push(&split[start..end]);
                Some((at, at + size))
            }
            None => Some((at, at + size)),
        };
    }
    habits.extend(open.map(|(start, end)| &split[start..end]));
    habits
}

fn epochs(habit: &[Basket<'_>]) -> (Epoch, Epoch) {
    let first = habit.first().map_or(0, |basket| basket.pieces[0].epoch);
    let last = habit.last().map_or(0, |basket| basket.pieces[0].epoch);
    (first, last)
}

/// Baskets of a shop from one epoch to another.
fn baskets_between(features: &Features, pairs: std::ops::Range<usize>, first: Epoch, last: Epoch) -> u64 {
    let of = |pair| baskets(features.sales_of(pair)).filter(|b| (first..=last).contains(&b.pieces[0].epoch)).count();
    features.pairs()[pairs].iter().map(|pair| of(pair) as u64).sum()
}

fn finding(
    features: &Features,
    (side, index): (Side, u32),
    habit: &[Basket<'_>],
    all: u64,
    times: u64,
) -> Option<Finding> {
    let share = habit.len() as u64 * 1_000 / all.max(1);
    let whose = match side {
        Side::Merchant => format!("shop {index}"),
        Side::Customer => format!("customer {index}"),
    };
    let sales: Vec<Sale> = habit.iter().flat_map(|basket| basket.pieces.iter().copied()).collect();
    let total: u128 = habit.iter().map(Basket::total).sum();
    let measures = vec![
        Measure {
            name: "baskets in three receipts or more, within four weeks of each other",
            value: habit.len() as u64,
            threshold: BASKETS,
            why: "now and then somebody has a reason, but no shop or customer always has",
        },
        Measure {
            name: "thousandths of all baskets",
            value: share,
            threshold: SHARE,
            why: "one in ten; among honest ones it is one in two hundred",
        },
        Measure {
            name: "times as often as elsewhere",
            value: times,
            threshold: TIMES_USUAL,
            why: "where many baskets are sold, some are split for good reasons",
        },
    ];
    let (first, last) = epochs(habit);
    let reason = format!(
        "From day {first} to day {last}, {} of the {all} baskets of {whose} were rung up in {SPLIT_PIECES} receipts or \
         more within fifteen minutes: {} receipts in all. A basket came to {} on average, which is what one costs, not \
         several.",
        habit.len(),
        sales.len(),
        money(total / habit.len().max(1) as u128),
    );
    let parties = Parties {
        merchants: sales.iter().map(|sale| sale.merchant).collect(),
        customers: sales.iter().map(|sale| sale.customer).collect(),
        suspected: if side == Side::Merchant { &[Side::Merchant] } else { &[Side::Customer] },
    };
    Finding::new(features, Kind::Splitting, parties, measures, reason, &sales)
}
