//! What the board has set under bizpower-2 when the attack begins: from what it
//! saw of trade, or before there was any.

use super::town::Town;
use crate::{
    scoring::Parameters,
    scoring_rules::{EpochTotals, Least, Observations, Percentiles},
    simulation::AttackParameters,
};
use bizkey_primitives::membership::Clamp;

/// Clamps by the percentiles of customers' daily totals in each trade, floors
/// by a percentile of capital in each trade and region, and the cash cap: as
/// `bizkey scoring-rules propose` computes them for a real board. However
/// little a figure rests on, this board sets it.
///
/// A network that has just opened has seen no trade: there every trade has the
/// clamp of the opening, if any, and the floors are of the capital that was
/// attested.
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
    let mut figures = observations.figures(&percentiles, &Least { totals: 1, shops: 1 }, Some(parameters.cash_cap));
    if parameters.board_figures == 0 {
        let amount = parameters.opening_clamp;
        let trades = town.shops.iter().map(|shop| shop.business.trade).filter(|_| amount > 0);
        figures.clamps = trades.map(|trade| (trade, Clamp { lo: amount, hi: amount })).collect();
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_there_was_trade_each_trade_has_the_clamp_of_the_opening_and_its_floor() {
        let opening = AttackParameters { board_figures: 0, ..AttackParameters::default() };
        let town = Town::made_up(&opening, 3);
        let (before, after) = (decide(&opening, &town), decide(&AttackParameters::default(), &town));
        let clamp = Clamp { lo: opening.opening_clamp, hi: opening.opening_clamp };
        assert_eq!(before.clamps, [(1, clamp), (2, clamp), (3, clamp)].into());
        assert_eq!(before.capital_floors, after.capital_floors);
        let none = decide(&AttackParameters { opening_clamp: 0, ..opening }, &town);
        assert!(none.clamps.is_empty());
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
