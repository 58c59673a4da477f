//! What the board sets under bizpower-2, from what it saw before the attack.

use super::town::Town;
use crate::{scoring::Parameters, simulation::AttackParameters};
use bizkey_primitives::{membership::Clamp, receipt::MAX_AMOUNT};
use std::collections::BTreeMap;

/// The value below which `percent` of the sorted `values` lie.
fn percentile(values: &mut [u128], percent: u64) -> Option<u128> {
    values.sort_unstable();
    let last = values.len().checked_sub(1)?;
    let position = last as u128 * u128::from(percent) / 100;
    values.get(usize::try_from(position).ok()?).copied()
}

/// Clamps by the percentiles of customers' daily totals in each trade, floors
/// by a percentile of capital in each trade and region, and the cash cap.
#[must_use]
pub fn decide(parameters: &AttackParameters, town: &Town) -> Parameters {
    let seen = usize::try_from(parameters.warmup_days).unwrap_or(usize::MAX).min(town.days.len());
    let mut totals: BTreeMap<u16, Vec<u128>> = BTreeMap::new();
    for sales in &town.days[..seen] {
        let mut day = BTreeMap::new();
        for sale in sales.iter().filter(|sale| (1..=MAX_AMOUNT).contains(&sale.amount)) {
            if let Some(customer) = sale.customer {
                *day.entry((sale.merchant, customer, sale.channel)).or_insert(0u128) += u128::from(sale.amount);
            }
        }
        for ((merchant, ..), total) in day {
            let trade = town.shops[merchant as usize - 1].business.trade;
            totals.entry(trade).or_default().push(total);
        }
    }
    let mut board = Parameters { cash_cap: Some(parameters.cash_cap), ..Parameters::default() };
    for (trade, mut totals) in totals {
        let mut at = |percent| percentile(&mut totals, percent).and_then(|total| u64::try_from(total).ok());
        if let (Some(lo), Some(hi)) = (at(parameters.clamp_lo_percentile), at(parameters.clamp_hi_percentile)) {
            let lo = lo.clamp(1, MAX_AMOUNT);
            board.clamps.insert(trade, Clamp { lo, hi: hi.clamp(lo, MAX_AMOUNT) });
        }
    }
    let mut capitals: BTreeMap<(u16, u16), Vec<u128>> = BTreeMap::new();
    for shop in &town.shops {
        capitals.entry((shop.business.trade, shop.business.region)).or_default().push(shop.capital.total());
    }
    for (business, mut capitals) in capitals {
        if let Some(floor) = percentile(&mut capitals, parameters.capital_floor_percentile) {
            board.capital_floors.insert(business, floor);
        }
    }
    board
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let mut values = [40, 10, 30, 20, 50];
        assert_eq!([0, 24, 25, 50, 99].map(|percent| percentile(&mut values, percent)), [10, 10, 20, 30, 40].map(Some));
        assert_eq!(percentile(&mut [], 50), None);
    }

    #[test]
    fn the_board_clamps_every_trade_and_lifts_few_shops_to_the_floor() {
        let parameters = AttackParameters { clamp_hi_percentile: 75, ..AttackParameters::default() };
        let town = Town::made_up(&parameters, 3);
        let board = decide(&parameters, &town);
        assert_eq!(board.clamps.len(), 3);
        assert!(board.clamps.values().all(|clamp| clamp.lo < clamp.hi), "{:?}", board.clamps);
        let below = |shop: &super::super::town::Shop| {
            shop.capital.total() < board.capital_floors[&(shop.business.trade, shop.business.region)]
        };
        let few = town.shops.iter().filter(|shop| below(shop)).count();
        assert!(few > 0 && few <= town.shops.len() / 4, "{few} shops below the floor");
    }
}
