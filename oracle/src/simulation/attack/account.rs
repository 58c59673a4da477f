//! What a plan costs and earns apart from the price of Bzky, and so from which
//! price on it pays, and with which deposit it does not.

use super::{
    chance::{found, Audited, Chances, Traces, CERTAIN},
    outcome::{Costs, Found, Outcome},
};
use crate::{scoring::ReceiptId, simulation::AttackParameters};
use bizkey_primitives::{emission::mul_div, MerchantIndex, TOKEN};
use std::collections::BTreeSet;

/// Amounts in 128 bits with a sign: none of them passes the supply by much.
pub fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

/// `amount` of a token at `price`, rounded down; both of either sign.
pub fn value(amount: i128, price: u64) -> i128 {
    // 2^94 times 2^40 passes 128 bits: whole tokens and the rest apart.
    let token = signed(TOKEN);
    let price = i128::from(price);
    amount.div_euclid(token) * price + amount.rem_euclid(token) * price / token
}

/// An attack that is judged: what it costs and earns apart from Bzky's price.
pub struct Account {
    /// The receipts that no sale stands behind, or another one than they say.
    pub forged: BTreeSet<ReceiptId>,
    /// What the plan leaves for others to find.
    pub traces: Traces,
    /// How likely it is found.
    pub chances: Chances,
    /// What the shop is paid in the days of the attack beyond honest trade,
    /// if it is not found.
    pub gain: i128,
    /// The same if it is found: what it was paid at once and never gives back,
    /// less what honest trade would have paid.
    pub gain_if_found: i128,
    /// Whether a larger deposit would let it be paid more at once.
    pub is_beyond_deposit: bool,
    /// Time that the attacker's customers get beyond honest trade.
    pub time: i128,
    /// Price of the identities, which are lost if they are found.
    pub bought: i128,
    /// Bzky that goes for rent and interest.
    pub rent: i128,
    /// Bzky that honest trade would earn after the attack, lost if it is found.
    pub future: i128,
    /// The deposit, seized if it is found.
    pub deposit: i128,
    /// What it costs in money whether it is found or not.
    pub fixed_costs: Costs,
}

/// `amount` times a chance, rounded toward zero.
fn expected(amount: i128, chance: u128) -> i128 {
    let product = signed(mul_div(amount.unsigned_abs(), chance, CERTAIN));
    if amount < 0 {
        -product
    } else {
        product
    }
}

impl Account {
    /// Takes what the rules suspect into account.
    pub fn suspect(&mut self, suspected: Audited, parameters: &AttackParameters) {
        self.traces.suspected = suspected;
        self.chances = found(parameters, &self.traces);
    }

    /// What it is expected to cost in money, whatever the price of Bzky.
    fn costs_but_bzky(&self) -> Costs {
        let identities = self.fixed_costs.identities + expected(self.bought, self.chances.any);
        Costs { identities, ..self.fixed_costs }
    }

    /// What the shop is expected to be paid beyond honest trade.
    fn bzky(&self) -> i128 {
        expected(self.gain, CERTAIN - self.chances.any) + expected(self.gain_if_found, self.chances.any)
    }

    /// What it is expected to lose: a removed shop's deposit is seized, and it
    /// earns nothing any more.
    fn forfeited(&self) -> i128 {
        expected(self.deposit + self.future, self.chances.any)
    }

    /// What that comes to at the present price.
    pub fn outcome(&self, what: &str, shop: MerchantIndex, parameters: &AttackParameters) -> Outcome {
        let price = parameters.bzky_price;
        let mut costs = self.costs_but_bzky();
        costs.capital += value(self.rent, price);
        costs.penalties += value(self.forfeited(), price);
        let bzky = self.bzky();
        let earned = value(bzky, price) + value(self.time, parameters.time_price);
        // At most 1,000.
        let per_mille = |chance: u128| u64::try_from(chance * 1_000 / CERTAIN).unwrap_or(1_000);
        let Chances { demand, rules, lot, any } = self.chances;
        let pays_from = self.pays_from(parameters);
        Outcome {
            what: what.to_owned(),
            shop,
            bzky,
            time: self.time,
            earned,
            costs,
            net: earned - costs.total(),
            found: Found {
                is_suspected: self.traces.suspected.forged > 0,
                rules: per_mille(rules),
                lot: per_mille(lot),
                demand: per_mille(demand),
                any: per_mille(any),
            },
            pays_from,
            deposit_needed: pays_from.and_then(|_| self.deposit_needed(parameters)),
        }
    }

    /// What is earned and spent in money.
    fn others(&self, parameters: &AttackParameters) -> i128 {
        value(self.time, parameters.time_price) - self.costs_but_bzky().total()
    }

    /// The least price of a Bzky, from the present one on, from which the plan pays.
    fn pays_from(&self, parameters: &AttackParameters) -> Option<u128> {
        let bzky = self.bzky() - self.rent - self.forfeited();
        let others = self.others(parameters);
        if value(bzky, parameters.bzky_price) + others > 0 {
            return Some(parameters.bzky_price.into());
        }
        let gained = u128::try_from(bzky).ok().filter(|gained| *gained > 0)?;
        Some(mul_div(others.unsigned_abs(), TOKEN, gained).saturating_add(1))
    }

    /// The deposit with which the plan pays at no price from the present one
    /// on: what it gains is at most what it is expected to lose. With a larger
    /// deposit all is paid at once, so that what is lost is the deposit itself.
    fn deposit_needed(&self, parameters: &AttackParameters) -> Option<u128> {
        let others = self.others(parameters).max(0).unsigned_abs();
        let in_bzky = match others {
            0 => 0,
            _ => signed(mul_div(others, TOKEN, parameters.bzky_price.into())),
        };
        if self.chances.any == 0 || (others > 0 && parameters.bzky_price == 0) {
            return None;
        }
        let gained = (self.gain - self.rent + in_bzky).max(0).unsigned_abs();
        let stake = signed(mul_div(gained, CERTAIN, self.chances.any)) + 1 - self.future;
        let least = if self.is_beyond_deposit { self.deposit + self.gain - self.gain_if_found } else { self.deposit };
        Some(stake.max(least).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(gain: i128, rent: i128, fees: i128) -> Account {
        Account {
            forged: BTreeSet::new(),
            traces: Traces::default(),
            chances: Chances::default(),
            gain,
            gain_if_found: gain,
            is_beyond_deposit: false,
            time: 0,
            bought: 0,
            rent,
            future: 0,
            deposit: 0,
            fixed_costs: Costs { fees, ..Costs::default() },
        }
    }

    #[test]
    fn a_token_is_worth_its_price_and_a_lost_one_costs_it() {
        let token = signed(TOKEN);
        assert_eq!((value(3 * token, 500), value(-3 * token, 500), value(token / 2, 500)), (1_500, -1_500, 250));
    }

    #[test]
    fn the_price_from_which_a_plan_pays_is_where_its_net_turns() {
        let parameters = AttackParameters::default();
        let gains = account(10 * signed(TOKEN), 4 * signed(TOKEN), 600);
        let cheap = AttackParameters { bzky_price: 1, ..AttackParameters::default() };
        assert_eq!(gains.pays_from(&cheap), Some(101));
        assert_eq!(gains.pays_from(&parameters), Some(parameters.bzky_price.into()), "it pays now");
        let net =
            |bzky_price| gains.outcome("", 1, &AttackParameters { bzky_price, ..AttackParameters::default() }).net;
        assert!(net(100) <= 0 && net(101) > 0);
        assert_eq!(account(3, 4, 0).pays_from(&parameters), None);
    }

    #[test]
    fn the_deposit_that_is_needed_is_where_a_plan_stops_to_pay_at_any_price() {
        let one = signed(TOKEN);
        let with = |deposit| Account {
            chances: Chances { any: CERTAIN / 4, ..Chances::default() },
            future: 12 * one,
            deposit,
            ..account(10 * one, 0, 600)
        };
        let parameters = AttackParameters::default();
        let needed = with(20 * one).deposit_needed(&parameters).unwrap();
        assert_eq!(needed, 28 * TOKEN + 1, "a quarter of it and of the future is what is gained");
        assert!(with(20 * one).pays_from(&parameters).is_some());
        assert_eq!(with(signed(needed)).pays_from(&parameters), None);
        assert_eq!(account(10, 0, 0).deposit_needed(&parameters), None, "nobody is ever found");
    }
}
