//! What the board sets under bizpower-2, from what it saw before the attack.

use super::town::Town;
use crate::{
    scoring::Parameters,
    scoring_rules::{EpochTotals, Least, Observations, Percentiles},
    simulation::AttackParameters,
};

/// Clamps by the percentiles of customers' daily totals in each trade, floors
/// by a percentile of capital in each trade and region, and the cash cap: as
/// `bizkey scoring-rules propose` computes them for a real board. However
/// little a figure rests on, this board sets it.
#[must_use]
pub fn decide(parameters: &AttackParameters, town: &Town) -> Parameters {
    let seen = usize::try_from(parameters.warmup_days).unwrap_or(usize::MAX).min(town.days.len());
    let mut observations = Observations::default();
    for sales in &town.days[..seen] {
        let mut day = EpochTotals::default();
        for sale in sales {
            if let Some(customer) = sale.customer {
                day.add(sale.merchant, customer, sale.channel, sale.amount);
            }
        }
        observations.add_epoch(day, |merchant| Some(town.shops[merchant as usize - 1].business.trade));
    }
    for shop in &town.shops {
        observations.add_shop(shop.business, &shop.capital);
    }
    let percentiles = Percentiles {
        clamp_lo: parameters.clamp_lo_percentile,
        clamp_hi: parameters.clamp_hi_percentile,
        capital_floor: parameters.capital_floor_percentile,
    };
    observations.figures(&percentiles, &Least { totals: 1, shops: 1 }, Some(parameters.cash_cap))
}

#[cfg(test)]
mod tests {
    use super::*;

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
