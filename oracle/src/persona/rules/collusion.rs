//! A shop with a ring of customers: they come nearly daily, and all began at
//! about the same time.

use super::{slides, times_usual, Finding, Kind, Measure, Parties, TIMES_USUAL};
use crate::persona::features::{bits, Distance, Features, Pair, Sale, Shop};
use bizkey_primitives::Side;
use std::collections::BTreeSet;

/// Two weeks: every weekday comes twice, so that no day of the week weighs more.
pub const DAYS: u32 = 14;
/// On so many of the two weeks' days a member of a ring was there: every
/// second. A ring that comes less often is paid less than a shop's own regulars.
pub const MEMBER_DAYS: u32 = 7;
/// On at most so many of the two weeks before: who has long been a regular is
/// no sudden one.
pub const BEFORE_DAYS: u32 = 3;
/// The run of a member ends when it was there on fewer of the last two weeks' days.
pub const LEAVING_DAYS: u32 = 4;
/// Visits belong to a run when so many fall into one week.
pub const DENSE_DAYS: u32 = 3;
/// So many sudden regulars at the same time. One moves house, two are a couple.
pub const MEMBERS: u64 = 3;
/// From so many on, it is enough that they became regulars in the same weeks.
/// Three may be friends who found a new place: they are a ring only if they
/// also begin and end together.
pub const CROWD: u64 = 4;
/// And only once they have stayed away for so long: who still comes may have
/// moved in.
pub const OVER_DAYS: u32 = 5;
/// Three begin and end together when they do within so many days.
pub const TRIO_APART: u32 = 3;
/// A member begins and ends within so many days of the one in the middle: a
/// ring is won together, and stops together.
pub const APART: u32 = 5;
/// In thousandths of what the one in the middle does: who comes on fewer days
/// than that is no member, but somebody who found the shop in the same weeks.
pub const LIKE_THE_OTHERS: u32 = 667;
/// Who was there on fewer days than that follows no ring.
pub const FOLLOWER_DAYS: u32 = 5;
/// Within so many days they became regulars: who was won together begins
/// together.
pub const TOGETHER: u32 = 10;

/// The days during which a customer is a sudden regular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u32,
    last: u32,
    /// When it could first be seen.
    seen: u32,
}

/// A pair's runs. Nothing begins before two weeks are known beside those that
/// are judged: everybody's habits would seem sudden where a window, or a
/// network, begins.
fn runs(features: &Features, pair: &Pair) -> Vec<Run> {
    // Most pairs meet a few times: nothing to slide over.
    if pair.days.count_ones() < MEMBER_DAYS {
        return Vec::new();
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut open: Option<Run> = None;
    for day in slides(features.window(), DAYS) {
        let days = bits(pair.days, day, DAYS);
        let last = 127u32.saturating_sub(days.leading_zeros());
        match &mut open {
            Some(run) if days.count_ones() >= LEAVING_DAYS => run.last = last,
            Some(run) => {
                runs.push(*run);
                open = None;
            }
            None if days.count_ones() >= MEMBER_DAYS => {
                let before = day.checked_sub(DAYS).filter(|before| before + 1 >= DAYS);
                if before.is_some_and(|before| pair.days_in(before, DAYS) <= BEFORE_DAYS) {
                    open = Some(Run { first: days.trailing_zeros(), last, seen: day });
                }
            }
            None => {}
        }
    }
    runs.extend(open);
    runs.into_iter().filter_map(|run| trimmed(pair, run)).collect()
}

/// A run without the single visits before and after it: it begins and ends
/// with a week in which the customer came on [`DENSE_DAYS`] days.
fn trimmed(pair: &Pair, run: Run) -> Option<Run> {
    let came = |day: &u32| pair.days & (1 << day) != 0;
    let is_dense = |last: u32| pair.days_in(last, 7) >= DENSE_DAYS;
    // The window may end before the week is over.
    let first = (run.first..=run.last).filter(came).find(|day| is_dense((day + 6).min(127)))?;
    let last = (first..=run.last).filter(came).rfind(|day| is_dense(*day))?;
    Some(Run { first, last, ..run })
}

/// Rings, by shop and time.
pub fn find(features: &Features) -> Vec<Finding> {
    let epochs = features.window().epochs();
    let with_runs: Vec<(&Shop, Vec<(&Pair, Run)>)> = features
        .shops()
        .iter()
        .map(|shop| {
            let of = |pair| runs(features, pair).into_iter().map(move |run| (pair, run));
            (shop, features.pairs_of_shop(shop).iter().flat_map(of).collect())
        })
        .collect();
    // Sudden regulars of the whole network, by the day on which they could be seen.
    let mut everywhere = vec![0u64; epochs as usize];
    for (_, run) in with_runs.iter().flat_map(|(_, runs)| runs) {
        everywhere[run.seen as usize] += 1;
    }
    let mut findings = Vec::new();
    for (shop, runs) in &with_runs {
        let mut rings: Vec<_> = crowds(epochs, runs).into_iter().map(|crowd| alike(features, crowd)).collect();
        rings.retain(|ring| ring.len() as u64 >= CROWD);
        let in_crowd = |run: &(&Pair, Run)| rings.iter().flatten().any(|member| member == run);
        let is_over = |(_, run): &(&Pair, Run)| run.last + OVER_DAYS < epochs;
        let others = runs.iter().filter(|run| !in_crowd(run) && is_over(run)).copied().collect();
        rings.extend(trios(others).into_iter().map(|trio| alike(features, trio)));
        for ring in rings {
            let first = ring.iter().map(|(_, run)| run.seen).min().unwrap_or(0);
            let last = ring.iter().map(|(_, run)| run.seen).max().unwrap_or(0);
            let in_time: u64 = everywhere[first as usize..=last as usize].iter().sum();
            let (members, pairs) = (ring.len() as u64, shop.pairs.len() as u64);
            let times = times_usual(members, pairs, in_time - members, features.network().pairs - pairs);
            let ring = with_followers(features, shop, ring);
            findings.extend(finding(features, shop, &ring, times));
        }
    }
    findings
}

/// Runs of which each is one of [`CROWD`] that could first be seen within
/// [`TOGETHER`] days.
fn crowds<'a>(epochs: u32, runs: &[(&'a Pair, Run)]) -> Vec<Vec<(&'a Pair, Run)>> {
    if (runs.len() as u64) < CROWD {
        return Vec::new();
    }
    let mut rings = Vec::new();
    let mut crowded: Option<(u32, u32)> = None;
    // One step past the end closes what is open.
    for day in 0..=epochs {
        let start = (day + 1).saturating_sub(TOGETHER);
        let together = runs.iter().filter(|(_, run)| (start..=day).contains(&run.seen)).count() as u64;
        if day < epochs && together >= CROWD {
            crowded = Some(crowded.map_or((start, day), |(first, _)| (first, day)));
        } else if let Some((first, last)) = crowded.take() {
            rings.push(runs.iter().filter(|(_, run)| (first..=last).contains(&run.seen)).copied().collect());
        }
    }
    rings
}

/// The days of a member's busiest two weeks.
fn busiest(features: &Features, pair: &Pair, run: &Run) -> u32 {
    let ends = run.first..=run.last.max(DAYS - 1).min(features.window().epochs() - 1);
    ends.map(|day| pair.days_in(day, DAYS)).max().unwrap_or(0)
}

/// A ring without those who come much less often than the others, or begin or
/// end at another time.
fn alike<'a>(features: &Features, mut ring: Vec<(&'a Pair, Run)>) -> Vec<(&'a Pair, Run)> {
    let middle = |of: &dyn Fn(&(&Pair, Run)) -> u32| {
        let mut all: Vec<u32> = ring.iter().map(of).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0)
    };
    let days = middle(&|(pair, run)| busiest(features, pair, run));
    let first = middle(&|(_, run)| run.first);
    let last = middle(&|(_, run)| run.last);
    ring.retain(|(pair, run)| {
        busiest(features, pair, run) * 1_000 >= days * LIKE_THE_OTHERS
            && run.first.abs_diff(first) <= APART
            && run.last.abs_diff(last) <= APART
    });
    ring
}

/// Runs that begin within [`TRIO_APART`] days of each other and end likewise,
/// by three or more.
fn trios<'a>(mut runs: Vec<(&'a Pair, Run)>) -> Vec<Vec<(&'a Pair, Run)>> {
    let mut trios = Vec::new();
    runs.sort_unstable_by_key(|(pair, run)| (run.first, run.last, pair.customer));
    while let Some((_, earliest)) = runs.first().copied() {
        let begin = |run: &Run| run.first <= earliest.first + TRIO_APART;
        // Each last day is tried as the first of those on which they end.
        let ends = runs.iter().filter(|(_, run)| begin(run)).map(|(_, run)| run.last);
        let together = |end: u32| move |run: &Run| begin(run) && (end..=end + TRIO_APART).contains(&run.last);
        let count = |end: u32| runs.iter().filter(|(_, run)| together(end)(run)).count() as u64;
        match ends.max_by_key(|end| (count(*end), *end)).filter(|end| count(*end) >= MEMBERS) {
            Some(end) => {
                let (trio, rest) = runs.into_iter().partition(|(_, run)| together(end)(run));
                trios.push(trio);
                runs = rest;
            }
            None => {
                runs.remove(0);
            }
        }
    }
    trios
}

/// The ring with those who, in its days, came nearly as often as its members,
/// and hardly before: who shirks is a member too.
fn with_followers<'a>(features: &'a Features, shop: &Shop, mut ring: Vec<(&'a Pair, Run)>) -> Vec<(&'a Pair, Run)> {
    let middle = |of: fn(&Run) -> u32| {
        let mut all: Vec<u32> = ring.iter().map(|(_, run)| of(run)).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0)
    };
    let (first, last) = (middle(|run| run.first), middle(|run| run.last));
    let length = last - first + 1;
    let of_members: u32 = ring.iter().map(|(pair, _)| pair.days_in(last, length)).sum();
    let mean = of_members / (ring.len() as u32).max(1);
    for pair in features.pairs_of_shop(shop) {
        let before = first.checked_sub(1).map_or(0, |before| pair.days_in(before, DAYS));
        let days = pair.days_in(last, length);
        let is_like_them = days >= FOLLOWER_DAYS && days * 1_000 >= mean * LIKE_THE_OTHERS;
        if is_like_them && before <= BEFORE_DAYS && !ring.iter().any(|(member, _)| member.customer == pair.customer) {
            ring.push((pair, Run { first, last, seen: last }));
        }
    }
    ring
}

fn finding(features: &Features, shop: &Shop, ring: &[(&Pair, Run)], times: u64) -> Option<Finding> {
    let window = features.window();
    let in_run = |sale: &&Sale, run: &Run| (run.first..=run.last).contains(&window.day(sale.epoch));
    let sales: Vec<Sale> = ring
        .iter()
        .flat_map(|(pair, run)| features.sales_of(pair).iter().filter(move |sale| in_run(sale, run)))
        .copied()
        .collect();
    let customers: BTreeSet<_> = ring.iter().map(|(pair, _)| pair.customer).collect();
    let first = ring.iter().map(|(_, run)| run.first).min()?;
    let last = ring.iter().map(|(_, run)| run.last).max()?;
    let days: u64 = ring.iter().map(|(pair, run)| u64::from(busiest(features, pair, run))).sum();
    let mean_days = days / ring.len() as u64;
    let shop_sales = features.sales_of_shop(shop);
    let of_shop = shop_sales.iter().filter(|sale| (first..=last).contains(&window.day(sale.epoch))).count();
    let from_afar = ring.iter().filter(|(pair, _)| features.distance(pair) >= Distance::TwoSteps).count();
    let measures = vec![
        Measure {
            name: "sudden regulars at the same time",
            value: customers.len() as u64,
            threshold: MEMBERS,
            why: "one moves house, two are a couple; three count only if they begin and end together",
        },
        Measure {
            name: "days of their busiest two weeks, on average",
            value: mean_days,
            threshold: u64::from(MEMBER_DAYS),
            why: "every second day; hardly any household buys so often in one shop",
        },
        Measure {
            name: "times as many as usual for a shop with so many customers",
            value: times,
            threshold: TIMES_USUAL,
            why: "a large shop has some of everything",
        },
    ];
    let reason = format!(
        "Between day {} and day {} shop {} got {} customers who came nearly daily, all at about the same time: on {} \
         days of two weeks on average, and on at most {} of the two weeks before. {} of the shop's {} receipts of \
         those days are theirs. {} of them otherwise buy nowhere near, or nowhere at all.",
        window.first + first,
        window.first + last,
        shop.merchant,
        customers.len(),
        mean_days,
        BEFORE_DAYS,
        sales.len(),
        of_shop,
        from_afar,
    );
    let parties = Parties { merchants: BTreeSet::from([shop.merchant]), customers, suspected: &Side::ALL };
    Finding::new(features, Kind::Collusion, parties, measures, reason, &sales)
}
