//! The ways in which each attack can be made.

use super::{
    scene::{Scene, FIRST_MONTH, SIXTH_MONTH},
    suspicion,
    town::Sale,
    Attack,
};
use crate::scoring::Algorithm;
use bizkey_primitives::{
    checkpoint::{Checkpoint, Live},
    receipt::{Channel, Rail, MAX_AMOUNT},
    Balance, CustomerIndex, Epoch, Stamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// One way to make an attack: what the chain sees, and what it takes.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In words.
    pub what: String,
    /// The town's sales with the attack in them.
    pub days: Vec<Vec<Sale>>,
    /// The month whose split of the emission serves the attacker best.
    pub month: Epoch,
    /// Customers whose Time is the attacker's.
    pub own: BTreeSet<CustomerIndex>,
    /// Customers whom the shop gives the Time that the attack costs them.
    pub compensated: BTreeSet<CustomerIndex>,
    /// Receipts with a reference for which no valid ticket can be shown.
    pub unopenable: u64,
    /// Receipts beyond the honest ones.
    pub added: u64,
    /// Sales that never were, in minor units, by rails that take a fee.
    pub through_rails: u128,
    /// Identities bought.
    pub identities: u64,
    /// Days of accomplices who want to be paid.
    pub paid_days: u64,
    /// Lowest balance that the attacker shows, where it is not the honest one.
    pub holding: Option<Balance>,
    /// Bzky rented each day.
    pub rented: Balance,
}

/// Every plan for an attack.
pub fn plans(scene: &Scene<'_>, attack: Attack) -> Vec<Plan> {
    match attack {
        Attack::OneCentOrders => one_cent_orders(scene),
        Attack::SybilCustomers => sybil_customers(scene),
        Attack::CashSelfDealing => cash_self_dealing(scene),
        Attack::RentedHoldings => rented_holdings(scene),
        Attack::SplitReceipts => split_receipts(scene),
        Attack::LateReceipts => late_receipts(scene),
        Attack::InventedReceipts => invented_receipts(scene),
    }
}

/// One, a few, a quarter, and all of what there can be. Of those who come
/// daily, the rules see four, and not three.
fn sizes(most: u64) -> BTreeSet<u64> {
    BTreeSet::from([most.min(1), most.min(2), most.min(3), most.div_ceil(4), most])
}

/// Likewise of buyers, and as few as it takes to be no small shop any more,
/// which is audited less.
fn buyers(scene: &Scene<'_>) -> BTreeSet<u64> {
    let most = scene.parameters.size;
    let days = scene.honest_days().len() as u64;
    let needed = scene.parameters.small_shop_buyers_day.saturating_mul(days);
    let missing = needed.saturating_sub(suspicion::buyers(scene, scene.honest_days()));
    let mut sizes = sizes(most);
    for rhythm in Rhythm::ALL {
        let (mut number, mut come) = (0, 0);
        while come < missing && number < most {
            let nth = usize::try_from(number).unwrap_or(usize::MAX);
            come += (0..scene.honest_days().len()).filter(|day| rhythm.comes(nth, *day)).count() as u64;
            number += 1;
        }
        sizes.extend((number > 0).then_some(number));
    }
    sizes
}

/// On which days people come who buy for the attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    /// On all of them.
    Daily,
    /// On six of any fourteen, each beginning on another day: the most that
    /// the rule against rings lets pass, and too often for the one against
    /// newcomers who hardly come.
    SixOfFourteen,
}

impl Rhythm {
    const ALL: [Rhythm; 2] = [Rhythm::Daily, Rhythm::SixOfFourteen];

    /// Whether the `nth` of them comes on a day.
    fn comes(self, nth: usize, day: usize) -> bool {
        let place = (day + nth) % 14;
        match self {
            Rhythm::Daily => true,
            Rhythm::SixOfFourteen => place % 2 == 0 && place < 12,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Rhythm::Daily => "daily",
            Rhythm::SixOfFourteen => "on 6 of 14 days",
        }
    }
}

impl Scene<'_> {
    /// What a customer's total counts at least at the attacker's shop.
    fn lo(&self) -> u64 {
        let shop = self.town.shops.get(self.attacker as usize - 1);
        self.board.clamp(shop.map(|shop| &shop.business)).map_or(1, |clamp| clamp.lo)
    }

    /// The honest days with or without the attacker's own sales.
    fn days(&self, with_own: bool) -> Vec<Vec<Sale>> {
        let keep = |sale: &&Sale| with_own || sale.merchant != self.attacker;
        self.honest_days().iter().map(|sales| sales.iter().filter(keep).copied().collect()).collect()
    }

    /// Whether to keep the attacker's honest sales: with or without them, if
    /// there are any.
    fn with_own(&self) -> &'static [bool] {
        let has_own = self.honest_days().iter().flatten().any(|sale| sale.merchant == self.attacker);
        if has_own {
            &[true, false]
        } else {
            &[true]
        }
    }

    fn fake(&self, customer: Option<CustomerIndex>, rail: Rail, amount: u64, is_ticketed: bool) -> Sale {
        let merchant = self.attacker;
        Sale { merchant, customer, channel: Channel::InStore, rail, amount: amount.clamp(1, MAX_AMOUNT), is_ticketed }
    }

    /// Amounts and rails worth trying for a sale that never was: as little as
    /// can be, which under bizpower-2 is what the clamp makes of it anyway; as
    /// much as counts in cash; and far more by card.
    fn amounts(&self) -> [(u64, Rail); 3] {
        let cap = self.parameters.cash_cap;
        let least = match self.algorithm {
            Algorithm::Bizpower1 => 1,
            // Less would count as much for the shop, and give less Time.
            Algorithm::Bizpower2 => self.lo(),
        };
        [(least, Rail::Cash), (cap, Rail::Cash), (cap.saturating_mul(5), Rail::Card)]
    }

    /// Plans in which `number` newcomers buy in each rhythm for each amount,
    /// beside or instead of the shop's own sales. `unpaid` of them want nothing.
    fn purchases(&self, who: &str, number: u64, unpaid: u64) -> Vec<Plan> {
        let first = self.town.customers.saturating_add(1);
        let buyers: Vec<CustomerIndex> = (first..).take(usize::try_from(number).unwrap_or(usize::MAX)).collect();
        let unpaid = usize::try_from(unpaid).unwrap_or(usize::MAX);
        let mut plans = Vec::new();
        for rhythm in Rhythm::ALL {
            for (amount, rail) in self.amounts() {
                for &with_own in self.with_own() {
                    let mut days = self.days(with_own);
                    let (mut added, mut paid_days) = (0u64, 0);
                    for (day, sales) in days.iter_mut().enumerate() {
                        for (nth, buyer) in buyers.iter().enumerate().filter(|(nth, _)| rhythm.comes(*nth, day)) {
                            sales.push(self.fake(Some(*buyer), rail, amount, true));
                            added += 1;
                            paid_days += u64::from(nth >= unpaid);
                        }
                    }
                    let by_rail = if rail == Rail::Cash { 0 } else { u128::from(amount) * u128::from(added) };
                    let (what, beside) = (amount_of(amount, rail), beside(with_own));
                    plans.push(Plan {
                        what: format!("{number} {who} buying {} for {what} {beside}", rhythm.name()),
                        days,
                        month: FIRST_MONTH,
                        own: buyers.iter().copied().collect(),
                        added,
                        through_rails: by_rail,
                        paid_days,
                        ..Plan::default()
                    });
                }
            }
        }
        plans
    }
}

fn amount_of(amount: u64, rail: Rail) -> String {
    let means = if rail == Rail::Cash { "in cash" } else { "by card" };
    format!("{}.{:02} {means}", amount / 100, amount % 100)
}

fn beside(with_own: bool) -> &'static str {
    if with_own {
        "beside honest sales"
    } else {
        "instead of honest sales"
    }
}

fn one_cent_orders(scene: &Scene<'_>) -> Vec<Plan> {
    let mut plans = Vec::new();
    for number in sizes(scene.parameters.size * 50) {
        let mut days = scene.days(true);
        for sales in &mut days {
            sales.extend((0..number).map(|_| scene.fake(None, Rail::Cash, 1, false)));
        }
        let added = number * days.len() as u64;
        plans.push(Plan { what: format!("{number} orders of 0.01 a day"), days, added, ..Plan::default() });
    }
    // Real customers are asked to sign for less than they pay, and are given
    // the Time that this costs them.
    for amount in [1, scene.lo()] {
        let mut days = scene.days(true);
        let mut compensated = BTreeSet::new();
        for sale in days.iter_mut().flatten().filter(|sale| sale.merchant == scene.attacker) {
            sale.amount = sale.amount.min(amount);
            compensated.extend(sale.customer);
        }
        let what = format!("all sales stated at {} at most", amount_of(amount, Rail::Cash));
        plans.push(Plan { what, days, compensated, ..Plan::default() });
    }
    plans
}

fn sybil_customers(scene: &Scene<'_>) -> Vec<Plan> {
    let of = |number: u64| {
        let plans = scene.purchases("sybils", number, number);
        plans.into_iter().map(move |plan| Plan { identities: number, ..plan })
    };
    buyers(scene).into_iter().flat_map(of).collect()
}

/// Accomplices are taken to be people who do not use Bizkey otherwise: they
/// have nothing to lose.
fn cash_self_dealing(scene: &Scene<'_>) -> Vec<Plan> {
    let free = scene.parameters.free_accomplices;
    let numbers: BTreeSet<u64> = buyers(scene).into_iter().chain([free]).filter(|n| *n > 0).collect();
    numbers.into_iter().flat_map(|number| scene.purchases("accomplices", number, free)).collect()
}

/// The lowest balance of the attacker in the days of the attack, by the
/// checkpoints that `bzky` keeps: rented Bzky comes and goes within each day,
/// or comes before midnight and goes after it.
fn lowest_with_rent(own: Balance, rented: Balance, days: Epoch, over_midnight: bool) -> Balance {
    let mut live = None;
    let mut stored: BTreeMap<u32, Checkpoint> = BTreeMap::new();
    let mut book = |live: &mut Option<Live>, now: Stamp, balance: Balance| {
        let (next, closed) = Live::change(*live, now, balance);
        stored.extend(closed);
        *live = Some(next);
    };
    book(&mut live, 0, own);
    for day in 1..=days {
        if over_midnight && day > 1 {
            book(&mut live, day, own);
        }
        book(&mut live, day, own + rented);
        if !over_midnight {
            book(&mut live, day, own);
        }
    }
    let low = |day| {
        let index = Live::index_at(live, day, |position| stored.get(&position).copied());
        Live::low_at(live, day, index, |position| stored.get(&position).copied()).unwrap_or(0)
    };
    (1..=days).map(low).max().unwrap_or(own)
}

fn rented_holdings(scene: &Scene<'_>) -> Vec<Plan> {
    let own = scene.holdings.get(&scene.attacker).copied().unwrap_or(0);
    let all: Balance = scene.holdings.values().sum();
    let rented = all.saturating_mul(scene.parameters.rented_multiple.into());
    let days = u32::try_from(scene.parameters.attack_days).unwrap_or(1);
    let hours = scene.parameters.rented_hours;
    let plan = |over_midnight: bool| Plan {
        what: format!("Bzky moved in for {hours} h {}", if over_midnight { "over midnight" } else { "of the day" }),
        days: scene.days(true),
        month: SIXTH_MONTH,
        holding: Some(lowest_with_rent(own, rented, days, over_midnight)),
        rented,
        ..Plan::default()
    };
    vec![plan(false), plan(true)]
}

fn split_receipts(scene: &Scene<'_>) -> Vec<Plan> {
    let mut plans = Vec::new();
    let numbers: BTreeSet<u64> = sizes(scene.parameters.size.max(2)).into_iter().map(|parts| parts.max(2)).collect();
    for parts in numbers {
        let mut added = 0;
        let mut split = |sale: &Sale| -> Vec<Sale> {
            if sale.merchant != scene.attacker || sale.amount < parts {
                return vec![*sale];
            }
            added += parts - 1;
            let part = |number| Sale { amount: sale.amount / parts + u64::from(number < sale.amount % parts), ..*sale };
            (0..parts).map(part).collect()
        };
        let days = scene.honest_days().iter().map(|sales| sales.iter().flat_map(&mut split).collect()).collect();
        plans.push(Plan { what: format!("each sale as {parts} receipts"), days, added, ..Plan::default() });
    }
    plans
}

/// Days whose sales are recorded on a quieter one within the week after, all
/// of which are quieter by a tenth or more; only the busiest of them if `few`.
fn delays(scene: &Scene<'_>, few: bool) -> Vec<(usize, usize)> {
    let counts: Vec<usize> = scene.honest_days().iter().map(Vec::len).collect();
    let average = counts.iter().sum::<usize>() / counts.len().max(1);
    let mut delays = Vec::new();
    for (from, count) in counts.iter().enumerate() {
        let week = (from + 1..counts.len()).take(7);
        let Some(to) = week.min_by_key(|day| counts[*day]) else { continue };
        if counts[to] * 10 < count * 9 && (!few || count * 10 > average * 11) {
            delays.push((from, to));
        }
    }
    delays
}

fn late_receipts(scene: &Scene<'_>) -> Vec<Plan> {
    let plan = |few: bool| {
        let mut days = scene.days(true);
        let mut unopenable = 0;
        for (from, to) in delays(scene, few) {
            let is_own = |sale: &Sale| sale.merchant == scene.attacker;
            let own: Vec<Sale> = scene.honest_days()[from].iter().filter(|&sale| is_own(sale)).copied().collect();
            // What is recorded late is late however long ago the day was that it came from.
            let mut seen = 0;
            days[from].retain(|sale| {
                let is_moved = is_own(sale) && seen < own.len();
                seen += usize::from(is_moved);
                !is_moved
            });
            let is_expired = (to - from) as u64 > scene.parameters.ticket_days;
            for sale in own {
                // bizpower-1 counts sales without a ticket, of which nobody can demand one.
                let is_ticketed = sale.is_ticketed && (!is_expired || scene.algorithm == Algorithm::Bizpower2);
                unopenable += u64::from(is_ticketed && is_expired);
                days[to].push(Sale { is_ticketed, ..sale });
            }
        }
        let what = if few { "the busiest days recorded on quiet ones" } else { "all days recorded on quieter ones" };
        Plan { what: what.to_owned(), days, unopenable, ..Plan::default() }
    };
    vec![plan(false), plan(true)]
}

fn invented_receipts(scene: &Scene<'_>) -> Vec<Plan> {
    let mut plans = Vec::new();
    let customers = u64::from(scene.town.customers);
    // bizpower-1 asks for no ticket, so that none can be demanded.
    let is_ticketed = scene.algorithm == Algorithm::Bizpower2;
    for number in sizes(scene.parameters.size.min(customers)) {
        for (amount, rail) in [(1, Rail::Cash), (scene.lo(), Rail::Cash)] {
            for &with_own in scene.with_own() {
                let mut days = scene.days(with_own);
                for (day, sales) in (0u64..).zip(&mut days) {
                    let stranger = |nth| u32::try_from((day * number + nth) % customers + 1).ok();
                    sales.extend((0..number).map(|nth| scene.fake(stranger(nth), rail, amount, is_ticketed)));
                }
                let added = number * days.len() as u64;
                plans.push(Plan {
                    what: format!("{number} receipts of {} a day {}", amount_of(amount, rail), beside(with_own)),
                    days,
                    added,
                    unopenable: if is_ticketed { added } else { 0 },
                    ..Plan::default()
                });
            }
        }
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bzky_that_comes_and_goes_is_never_the_lowest_balance() {
        for over_midnight in [false, true] {
            assert_eq!(lowest_with_rent(7, 1_000, 30, over_midnight), 7, "over midnight: {over_midnight}");
        }
    }
}
