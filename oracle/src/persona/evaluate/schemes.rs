//! What each cheat does, receipt by receipt.

use crate::persona::{
    features::{time_of_epoch, Sale, BASKET_MS},
    rules::Kind,
};
use crate::scoring::ReceiptId;
use bizkey_primitives::{Calendar, CustomerIndex, Epoch, MerchantIndex};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Draws, the same for the same seed.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number of a range that is not empty.
    fn number(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// Whether something happens that happens so many times in a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.number(1..=100) <= percent
    }

    /// One of a list; `None` of an empty one.
    pub(super) fn of<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let last = (list.len() as u64).checked_sub(1)?;
        Some(list[self.number(0..=last) as usize])
    }
}

/// A scheme's receipts, without their names, and honest ones that they replace.
pub(super) struct Played {
    pub(super) sales: Vec<Sale>,
    pub(super) replaces: Vec<ReceiptId>,
}

/// What cheats draw from.
pub(super) struct Shops<'a> {
    calendar: Calendar,
    counted: (Epoch, Epoch),
    owners: &'a BTreeMap<MerchantIndex, CustomerIndex>,
    /// Honest sales of the epochs that count, by shop.
    by_shop: BTreeMap<MerchantIndex, Vec<Sale>>,
    customers: Vec<CustomerIndex>,
    /// Their amounts, ascending.
    amounts: BTreeMap<MerchantIndex, Vec<u64>>,
    /// Shops with a receipt a week, and those with one a day.
    weekly: Vec<MerchantIndex>,
    daily: Vec<MerchantIndex>,
}

impl<'a> Shops<'a> {
    pub(super) fn new(
        honest: &[Sale],
        counted: (Epoch, Epoch),
        calendar: Calendar,
        owners: &'a BTreeMap<MerchantIndex, CustomerIndex>,
    ) -> Self {
        let mut by_shop: BTreeMap<MerchantIndex, Vec<Sale>> = BTreeMap::new();
        let mut amounts: BTreeMap<MerchantIndex, Vec<u64>> = BTreeMap::new();
        for sale in honest.iter().filter(|sale| (counted.0..=counted.1).contains(&sale.epoch)) {
            by_shop.entry(sale.merchant).or_default().push(*sale);
            amounts.entry(sale.merchant).or_default().push(sale.amount);
        }
        amounts.values_mut().for_each(|of_shop| of_shop.sort_unstable());
        let epochs = (counted.1 - counted.0 + 1) as usize;
        let with = |least: usize| by_shop.iter().filter(|(_, of)| of.len() >= least).map(|(shop, _)| *shop).collect();
        let customers = honest.iter().map(|sale| sale.customer).collect::<BTreeSet<_>>().into_iter().collect();
        let (weekly, daily) = (with(epochs / 7), with(epochs));
        Self { calendar, counted, owners, by_shop, customers, amounts, weekly, daily }
    }

    /// Plays one scheme in shops that no other scheme uses; `None` if the ones
    /// drawn do not suit it.
    pub(super) fn play(&self, kind: Kind, draw: &mut Draw, busy: &mut BTreeSet<MerchantIndex>) -> Option<Played> {
        let suits = if kind == Kind::Splitting { &self.daily } else { &self.weekly };
        let shop = draw.of(suits).filter(|shop| !busy.contains(shop))?;
        let mut replaces = Vec::new();
        let mut used = vec![shop];
        let sales = match kind {
            Kind::Collusion => self.collusion(shop, draw)?,
            Kind::Splitting => self.splitting(shop, draw, &mut replaces)?,
            Kind::Circular => {
                used = self.ring_of_shops(shop, draw, busy)?;
                self.circular(&used, draw)?
            }
            Kind::Sybil => self.sybil(shop, draw)?,
            Kind::Burst => self.burst(shop, draw)?,
            Kind::SelfDealing => self.self_dealing(shop, draw)?,
        };
        busy.extend(used);
        (!sales.is_empty()).then_some(Played { sales, replaces })
    }

    fn collusion(&self, shop: MerchantIndex, draw: &mut Draw) -> Option<Vec<Sale>> {
        let own: BTreeSet<CustomerIndex> = self.by_shop.get(&shop)?.iter().map(|sale| sale.customer).collect();
        let own: Vec<CustomerIndex> = own.into_iter().collect();
        let size = draw.number(3..=10);
        let mut ring = BTreeSet::new();
        while (ring.len() as u64) < size.min(self.customers.len() as u64) {
            let from = if draw.chance(33) { &own } else { &self.customers };
            // A shop may have fewer customers than a ring has members.
            ring.insert(draw.of(from)?);
        }
        let days = draw.number(14..=28);
        let percent = draw.number(50..=95);
        let start = self.start(days + 3, draw)?;
        let mut sales = Vec::new();
        for member in ring {
            let late = draw.number(0..=3) as Epoch;
            for day in 0..days as Epoch {
                if draw.chance(percent) {
                    let amount = draw.of(self.amounts.get(&shop)?)?;
                    sales.push(self.sale(shop, member, amount, start + late + day, draw)?);
                }
            }
        }
        Some(sales)
    }

    fn splitting(&self, shop: MerchantIndex, draw: &mut Draw, replaces: &mut Vec<ReceiptId>) -> Option<Vec<Sale>> {
        let days = draw.number(14..=42);
        let percent = draw.number(30..=80);
        let start = self.start(days, draw)?;
        let median = self.upper_half(shop)?.first().copied()?;
        let large = |sale: &&Sale| sale.amount > median && (start..start + days as Epoch).contains(&sale.epoch);
        let mut sales = Vec::new();
        for basket in self.by_shop.get(&shop)?.iter().filter(large) {
            if !draw.chance(percent) {
                continue;
            }
            replaces.push(basket.id);
            let pieces = draw.number(2..=6).max(draw.number(2..=6));
            let mut cuts: BTreeSet<u64> = BTreeSet::new();
            while (cuts.len() as u64) < pieces - 1 && basket.amount > pieces {
                cuts.insert(draw.number(1..=basket.amount - 1));
            }
            let mut before = 0;
            let mut at_ms = basket.at_ms;
            let latest = at_ms + BASKET_MS;
            for cut in cuts.into_iter().chain([basket.amount]) {
                sales.push(Sale { amount: cut - before, at_ms, ..*basket });
                before = cut;
                at_ms = (at_ms + draw.number(20_000..=180_000)).min(latest);
            }
        }
        Some(sales)
    }

    /// Two to four free shops whose owners are different people.
    fn ring_of_shops(
        &self,
        first: MerchantIndex,
        draw: &mut Draw,
        busy: &BTreeSet<MerchantIndex>,
    ) -> Option<Vec<MerchantIndex>> {
        let size = draw.number(2..=4);
        let mut ring = vec![first];
        let mut owners = BTreeSet::from([self.owners.get(&first)?]);
        for _ in 0..100 {
            if ring.len() as u64 == size {
                return Some(ring);
            }
            let next = draw.of(&self.weekly)?;
            let owner = self.owners.get(&next)?;
            if !busy.contains(&next) && !ring.contains(&next) && owners.insert(owner) {
                ring.push(next);
            }
        }
        None
    }

    fn circular(&self, ring: &[MerchantIndex], draw: &mut Draw) -> Option<Vec<Sale>> {
        let days = draw.number(14..=28);
        let percent = draw.number(50..=90);
        let start = self.start(days, draw)?;
        let mut sales = Vec::new();
        for day in 0..days as Epoch {
            if !draw.chance(percent) {
                continue;
            }
            let amount = draw.of(self.upper_half(*ring.first()?)?)?;
            for (shop, next) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let owner = *self.owners.get(shop)?;
                let passed_on = (amount * draw.number(90..=110) / 100).max(1);
                sales.push(self.sale(*next, owner, passed_on, start + day, draw)?);
            }
        }
        Some(sales)
    }

    fn sybil(&self, shop: MerchantIndex, draw: &mut Draw) -> Option<Vec<Sale>> {
        let count = draw.number(6..=20) as CustomerIndex;
        let days = draw.number(5..=14);
        let start = self.start(days + 14, draw)?;
        // Numbers that no honest customer has: above all, apart for each shop.
        let first = self.customers.last()?.checked_add(shop.checked_mul(32)?)?;
        let mut sales = Vec::new();
        for customer in first + 1..=first + count {
            let joined = start + draw.number(0..=days - 1) as Epoch;
            for visit in 0..draw.number(1..=3) {
                let later = if visit == 0 { 0 } else { draw.number(0..=13) as Epoch };
                let amount = draw.of(self.amounts.get(&shop)?)?;
                sales.push(self.sale(shop, customer, amount, joined + later, draw)?);
            }
        }
        Some(sales)
    }

    fn burst(&self, shop: MerchantIndex, draw: &mut Draw) -> Option<Vec<Sale>> {
        let own: Vec<CustomerIndex> = self.by_shop.get(&shop)?.iter().map(|sale| sale.customer).collect();
        let mut sales = Vec::new();
        for _ in 0..draw.number(1..=3) {
            let epoch = self.start(1, draw)?;
            // The last 10 to 25 minutes of a day, as a part of the epoch.
            let within_ms = (self.calendar.epoch_ms * draw.number(10..=25) / (24 * 60)).max(1);
            for _ in 0..draw.number(6..=20) {
                let (customer, amount) = (draw.of(&own)?, draw.of(self.amounts.get(&shop)?)?);
                let at_ms = self.calendar.end_ms(epoch) - draw.number(1..=within_ms);
                sales.push(Sale { at_ms, ..self.sale(shop, customer, amount, epoch, draw)? });
            }
        }
        Some(sales)
    }

    fn self_dealing(&self, shop: MerchantIndex, draw: &mut Draw) -> Option<Vec<Sale>> {
        let owner = *self.owners.get(&shop)?;
        let days = draw.number(14..=28);
        let start = self.start(days, draw)?;
        let mut sales = Vec::new();
        for day in 0..days as Epoch {
            for _ in 0..draw.number(1..=4) {
                let amount = draw.of(self.upper_half(shop)?)?;
                sales.push(self.sale(shop, owner, amount, start + day, draw)?);
            }
        }
        Some(sales)
    }

    /// A first day from which so many days lie in the epochs that count.
    fn start(&self, days: u64, draw: &mut Draw) -> Option<Epoch> {
        let spare = u64::from(self.counted.1 - self.counted.0 + 1).checked_sub(days)?;
        Some(self.counted.0 + draw.number(0..=spare) as Epoch)
    }

    /// A shop's honest amounts from the median up.
    fn upper_half(&self, shop: MerchantIndex) -> Option<&[u64]> {
        let amounts = self.amounts.get(&shop)?;
        amounts.get(amounts.len() / 2..)
    }

    /// A sale at a time of the day at which the shop sells.
    fn sale(
        &self,
        merchant: MerchantIndex,
        customer: CustomerIndex,
        amount: u64,
        epoch: Epoch,
        draw: &mut Draw,
    ) -> Option<Sale> {
        let like = draw.of(self.by_shop.get(&merchant)?)?;
        let at_ms = self.calendar.start_ms(epoch) + time_of_epoch(like.at_ms, &self.calendar);
        Some(Sale { id: like.id, merchant, customer, amount, at_ms, epoch })
    }
}
