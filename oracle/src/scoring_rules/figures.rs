//! What was observed of trade, and the figures that follow from it.

use super::distribution::Distribution;
use crate::scoring::Parameters;
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::Capital,
    receipt::{Channel, MAX_AMOUNT},
    CustomerIndex, MerchantIndex,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which percentiles the board takes. [`crate::simulation::defaults`] argues
/// each of the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Of customers' totals in a trade, for lo.
    pub clamp_lo: u64,
    /// The same for hi.
    pub clamp_hi: u64,
    /// Of capital in a trade and region, for the floor.
    pub capital_floor: u64,
}

/// What a figure has to rest on at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Least {
    /// Customers' totals, for a trade's clamp.
    pub totals: u64,
    /// Shops, for a clamp and for a floor.
    pub shops: u64,
}

impl Default for Least {
    /// 200 totals: the median of so many moves by a few percentiles when they
    /// are drawn again. 5 shops: a shop must not set the figures that it is
    /// scored by, and of fewer than five the 25th percentile of capital is that
    /// of the smallest shop, a floor that lifts nobody.
    fn default() -> Self {
        Self { totals: 200, shops: 5 }
    }
}

/// Why there is no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// Customers bought too seldom.
    #[error("{seen} daily totals of customers are too few: {least} are needed")]
    TooFewTotals {
        /// Totals that were seen.
        seen: u64,
        /// How many are needed.
        least: u64,
    },
    /// Too few shops.
    #[error("{seen} shops are too few: {least} are needed, lest a shop set the figure that it is scored by")]
    TooFewShops {
        /// Shops that were seen.
        seen: u64,
        /// How many are needed.
        least: u64,
    },
}

/// What each customer spent at each shop in one epoch, in store and outside
/// apart: what bizpower-2 clamps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochTotals(HashMap<(MerchantIndex, CustomerIndex, Channel), u128>);

impl EpochTotals {
    /// Adds a receipt. One whose amount is no receipt's, minor units, is left
    /// out, as by every algorithm.
    pub fn add(&mut self, merchant: MerchantIndex, customer: CustomerIndex, channel: Channel, amount: u64) {
        if (1..=MAX_AMOUNT).contains(&amount) {
            // Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
            let total = self.0.entry((merchant, customer, channel)).or_default();
            *total = total.saturating_add(u128::from(amount));
        }
    }
}

/// What was seen of one trade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trade {
    totals: Distribution,
    shops: BTreeSet<MerchantIndex>,
}

/// What was observed: customers' totals by trade, and shops' capital by trade
/// and region. Holds no receipt and no customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    trades: BTreeMap<u16, Trade>,
    capitals: BTreeMap<(u16, u16), Distribution>,
}

impl Observations {
    /// Adds the totals of one epoch, by what each shop's trade is. Those at
    /// shops without one are left out, as no figure reaches these shops.
    pub fn add_epoch(&mut self, totals: EpochTotals, trade_of: impl Fn(MerchantIndex) -> Option<u16>) {
        for ((merchant, ..), total) in totals.0 {
            let Some(trade) = trade_of(merchant) else { continue };
            let trade = self.trades.entry(trade).or_default();
            trade.totals.add(total);
            trade.shops.insert(merchant);
        }
    }

    /// Adds a shop with its capital.
    pub fn add_shop(&mut self, business: Business, capital: &Capital) {
        self.capitals.entry((business.trade, business.region)).or_default().add(capital.total());
    }

    /// Trades in which somebody bought, ascending.
    pub fn trades(&self) -> impl Iterator<Item = u16> + '_ {
        self.trades.keys().copied()
    }

    /// Trades and regions with a shop that has capital, ascending.
    pub fn businesses(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        self.capitals.keys().copied()
    }

    /// Of a trade, how many totals and how many shops were seen.
    #[must_use]
    pub fn seen_in(&self, trade: u16) -> (u64, u64) {
        self.trades.get(&trade).map_or((0, 0), |trade| (trade.totals.observations(), trade.shops.len() as u64))
    }

    /// Of a trade and region, how many shops were seen.
    #[must_use]
    pub fn shops_in(&self, business: (u16, u16)) -> u64 {
        self.capitals.get(&business).map_or(0, Distribution::observations)
    }

    /// The clamp of a trade, as `registry` takes it: 1 ≤ lo ≤ hi < 2^48.
    ///
    /// # Errors
    /// [`LeftOut`] if it would rest on less than `least`.
    pub fn clamp(&self, trade: u16, percentiles: &Percentiles, least: &Least) -> Result<Clamp, LeftOut> {
        let (totals, shops) = self.seen_in(trade);
        let too_few = LeftOut::TooFewTotals { seen: totals, least: least.totals };
        if totals < least.totals {
            return Err(too_few);
        }
        if shops < least.shops {
            return Err(LeftOut::TooFewShops { seen: shops, least: least.shops });
        }
        let at = |percent| self.trades.get(&trade)?.totals.percentile(percent);
        let (Some(lo), Some(hi)) = (at(percentiles.clamp_lo), at(percentiles.clamp_hi)) else { return Err(too_few) };
        let lo = minor_units(lo).max(1);
        Ok(Clamp { lo, hi: minor_units(hi).max(lo) })
    }

    /// The capital floor of a trade and region, minor units a month.
    ///
    /// # Errors
    /// [`LeftOut`] if it would rest on less than `least`.
    pub fn capital_floor(
        &self,
        business: (u16, u16),
        percentiles: &Percentiles,
        least: &Least,
    ) -> Result<u128, LeftOut> {
        let shops = self.shops_in(business);
        let too_few = LeftOut::TooFewShops { seen: shops, least: least.shops };
        let floor = self.capitals.get(&business).filter(|_| shops >= least.shops);
        floor.and_then(|capitals| capitals.percentile(percentiles.capital_floor)).ok_or(too_few)
    }

    /// All figures that rest on enough.
    #[must_use]
    pub fn figures(&self, percentiles: &Percentiles, least: &Least, cash_cap: Option<u64>) -> Parameters {
        let clamps = self.trades().filter_map(|trade| Some((trade, self.clamp(trade, percentiles, least).ok()?)));
        let floors = self
            .businesses()
            .filter_map(|business| Some((business, self.capital_floor(business, percentiles, least).ok()?)));
        Parameters { clamps: clamps.collect(), capital_floors: floors.collect(), cash_cap }
    }
}

/// A total as a clamp can say it.
fn minor_units(total: u128) -> u64 {
    u64::try_from(total).map_or(MAX_AMOUNT, |total| total.min(MAX_AMOUNT))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALVES: Percentiles = Percentiles { clamp_lo: 50, clamp_hi: 50, capital_floor: 25 };

    fn capital(rent: u32) -> Capital {
        Capital { area_m2: 1, staff: 1, rent_per_m2_month: rent.into(), wage_month: 1 }
    }

    #[test]
    fn a_figure_that_rests_on_too_little_is_left_out_with_the_reason() {
        let mut seen = Observations::default();
        let mut day = EpochTotals::default();
        for (shop, customers) in [(1, 3), (2, 1), (3, 9)] {
            for customer in 1..=customers {
                day.add(shop, customer, Channel::InStore, 100);
            }
        }
        // Shop 3 has no trade.
        seen.add_epoch(day, |shop| (shop < 3).then_some(7));
        seen.add_shop(Business { trade: 7, region: 1 }, &capital(9));
        let clamp = |totals, shops| seen.clamp(7, &HALVES, &Least { totals, shops });
        assert_eq!(clamp(4, 2), Ok(Clamp { lo: 100, hi: 100 }));
        assert_eq!(clamp(5, 2), Err(LeftOut::TooFewTotals { seen: 4, least: 5 }));
        assert_eq!(clamp(4, 3), Err(LeftOut::TooFewShops { seen: 2, least: 3 }));
        assert_eq!(
            seen.clamp(8, &HALVES, &Least { totals: 0, shops: 0 }),
            Err(LeftOut::TooFewTotals { seen: 0, least: 0 })
        );
        let floor = |shops| seen.capital_floor((7, 1), &HALVES, &Least { totals: 0, shops });
        assert_eq!((floor(1), floor(2)), (Ok(10), Err(LeftOut::TooFewShops { seen: 1, least: 2 })));
        assert!(seen.figures(&HALVES, &Least::default(), Some(5)).clamps.is_empty());
    }

    #[test]
    fn a_clamp_is_always_one_that_the_registry_takes() {
        let mut day = EpochTotals::default();
        for _ in 0..3 {
            day.add(1, 1, Channel::InStore, MAX_AMOUNT);
        }
        // No receipts: nothing is added.
        day.add(1, 2, Channel::InStore, 0);
        day.add(1, 3, Channel::InStore, MAX_AMOUNT + 1);
        let mut seen = Observations::default();
        seen.add_epoch(day, |_| Some(1));
        assert_eq!(seen.seen_in(1), (1, 1));
        let crossed = Percentiles { clamp_lo: 99, clamp_hi: 1, capital_floor: 0 };
        let clamp = seen.clamp(1, &crossed, &Least { totals: 1, shops: 1 });
        assert_eq!(clamp, Ok(Clamp { lo: MAX_AMOUNT, hi: MAX_AMOUNT }));
    }

    /// A receipt: epoch, shop, customer, channel, amount.
    type Sale = (u32, u32, u32, bool, u64);

    proptest! {
        /// Figures are those of the definition, computed the long way: every
        /// total of every day in one list, sorted.
        #[test]
        fn figures_equal_a_naive_computation(
            sales in proptest::collection::vec((0u32..4, 0u32..6, 0u32..4, any::<bool>(), 0u64..50), 0..120),
            rents in proptest::collection::vec(0u32..30, 6),
            (lo, width, floor) in (1u64..99, 0u64..50, 0u64..99), least_totals in 1u64..6, least_shops in 1u64..3,
        ) {
            let business = |shop: u32| Business { trade: (shop % 2) as u16, region: (shop % 3) as u16 };
            let percentiles = Percentiles { clamp_lo: lo, clamp_hi: (lo + width).min(99), capital_floor: floor };
            let least = Least { totals: least_totals, shops: least_shops };
            let mut seen = Observations::default();
            for epoch in 0..4 {
                let mut day = EpochTotals::default();
                for (_, shop, customer, outside, amount) in sales.iter().filter(|sale| sale.0 == epoch) {
                    let channel = if *outside { Channel::Outside } else { Channel::InStore };
                    day.add(*shop, *customer, channel, *amount);
                }
                seen.add_epoch(day, |shop| Some(business(shop).trade));
            }
            for (shop, rent) in (0..).zip(&rents) {
                seen.add_shop(business(shop), &capital(*rent));
            }
            let found = seen.figures(&percentiles, &least, None);

            let at = |sorted: &[u128], percent: u64| sorted[(sorted.len() - 1) * percent as usize / 100];
            let of_trade = |trade: u16| move |sale: &&Sale| business(sale.1).trade == trade && sale.4 > 0;
            for trade in 0..2u16 {
                let mut groups: Vec<(u32, u32, u32, bool)> =
                    sales.iter().filter(of_trade(trade)).map(|sale| (sale.0, sale.1, sale.2, sale.3)).collect();
                groups.sort_unstable();
                groups.dedup();
                let sum = |group: &(u32, u32, u32, bool)| {
                    let own = sales.iter().filter(|sale| (sale.0, sale.1, sale.2, sale.3) == *group);
                    own.map(|sale| u128::from(sale.4)).sum::<u128>()
                };
                let mut totals: Vec<u128> = groups.iter().map(sum).collect();
                totals.sort_unstable();
                let shops: BTreeSet<u32> = groups.iter().map(|group| group.1).collect();
                let is_enough = totals.len() as u64 >= least_totals && shops.len() as u64 >= least_shops;
                let expected = is_enough.then(|| Clamp {
                    lo: at(&totals, percentiles.clamp_lo) as u64,
                    hi: at(&totals, percentiles.clamp_hi) as u64,
                });
                prop_assert_eq!(found.clamps.get(&trade).copied(), expected);
                for region in 0..3u16 {
                    let own = (0..).zip(&rents).filter(|(shop, _)| business(*shop) == Business { trade, region });
                    let mut capitals: Vec<u128> = own.map(|(_, rent)| capital(*rent).total()).collect();
                    capitals.sort_unstable();
                    let is_enough = capitals.len() as u64 >= least_shops && !capitals.is_empty();
                    let expected = is_enough.then(|| at(&capitals, floor));
                    prop_assert_eq!(found.capital_floors.get(&(trade, region)).copied(), expected);
                }
            }
        }
    }
}
