//! What a plan costs and earns, and which is the best.

use super::{
    chance::{found, CERTAIN},
    plans::{plans, Plan},
    scene::{Earnings, Scene, FIRST_MONTH, SIXTH_MONTH},
    Attack, AttackError,
};
use crate::{scoring::Algorithm, simulation::AttackParameters};
use bizkey_primitives::{emission::mul_div, redemption::PRICE_SCALE, Balance, CustomerIndex, TOKEN};

/// What an attack costs in all its days, millionths of a minor unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Fees of rails for sales that never were, and of the chain.
    pub fees: i128,
    /// Identities that are expected to be lost, and wallets.
    pub identities: i128,
    /// Accomplices' pay.
    pub wages: i128,
    /// Time given to customers for what they lose.
    pub time_given: i128,
    /// Interest on what is locked or rented.
    pub capital: i128,
    /// Deposit and future income, times the chance of losing them.
    pub penalties: i128,
}

impl Costs {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> i128 {
        self.fees + self.identities + self.wages + self.time_given + self.capital + self.penalties
    }
}

/// What an attack comes to in its best plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The plan, in words.
    pub what: String,
    /// Bzky that it earns beyond honest trade and is expected to keep, smallest unit.
    pub bzky: i128,
    /// Time likewise.
    pub time: i128,
    /// Both at the named prices, millionths of a minor unit.
    pub earned: i128,
    /// What it costs.
    pub costs: Costs,
    /// What is left.
    pub net: i128,
    /// How likely the attacker is found, per mille.
    pub found_per_mille: u64,
    /// Least price of a Bzky, millionths of a minor unit and not below the
    /// named one, from which some plan would pay, all else being the same;
    /// `None` if none does at any price.
    pub pays_from: Option<u128>,
}

/// Amounts in 128 bits with a sign: none of them passes the supply by much.
fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

/// `amount` of a token at `price`, rounded down; both of either sign.
fn value(amount: i128, price: u64) -> i128 {
    // 2^94 times 2^40 passes 128 bits: whole tokens and the rest apart.
    let token = signed(TOKEN);
    let price = i128::from(price);
    amount.div_euclid(token) * price + amount.rem_euclid(token) * price / token
}

/// Interest on `amount` held `hours` of each day of the attack.
pub fn interest(amount: Balance, parameters: &AttackParameters, hours: u64) -> Balance {
    let top = u128::from(parameters.rate_percent_year) * u128::from(parameters.attack_days) * u128::from(hours);
    mul_div(amount, top, 100 * 365 * 24)
}

/// An attack that is judged: what it costs and earns apart from Bzky's price.
struct Account {
    /// Bzky that is gained and kept.
    bzky: i128,
    time: i128,
    found: u128,
    /// Bzky that goes for rent and penalties.
    rent: i128,
    forfeited: i128,
    costs_but_bzky: Costs,
}

/// A scene with what everybody earns in it honestly.
pub struct Judge<'a> {
    scene: Scene<'a>,
    first_month: Earnings,
    sixth_month: Earnings,
}

impl<'a> Judge<'a> {
    /// Plays the honest days.
    pub fn new(scene: Scene<'a>) -> Result<Self, AttackError> {
        let honest = |month| scene.play(scene.honest_days(), month, &scene.holdings);
        let (first_month, sixth_month) = (honest(FIRST_MONTH)?, honest(SIXTH_MONTH)?);
        Ok(Self { scene, first_month, sixth_month })
    }

    /// The plan that is best for the attacker.
    pub fn best(&self, attack: Attack) -> Result<Outcome, AttackError> {
        let mut best: Option<Outcome> = None;
        let mut pays_from: Option<u128> = None;
        for plan in plans(&self.scene, attack) {
            let account = self.account(attack, &plan)?;
            if let Some(price) = account.pays_from(self.scene.parameters) {
                pays_from = Some(pays_from.map_or(price, |least| least.min(price)));
            }
            let outcome = account.outcome(plan.what, self.scene.parameters);
            if best.as_ref().is_none_or(|best| outcome.net > best.net) {
                best = Some(outcome);
            }
        }
        // A town in which the attack cannot even be tried gains nothing by it.
        let none = || Outcome {
            what: "cannot be tried here".to_owned(),
            bzky: 0,
            time: 0,
            earned: 0,
            costs: Costs::default(),
            net: 0,
            found_per_mille: 0,
            pays_from: None,
        };
        Ok(Outcome { pays_from, ..best.unwrap_or_else(none) })
    }

    fn account(&self, attack: Attack, plan: &Plan) -> Result<Account, AttackError> {
        let Scene { parameters, attacker, holdings, .. } = &self.scene;
        let honest = if plan.month == FIRST_MONTH { &self.first_month } else { &self.sixth_month };
        let mut lowest = holdings.clone();
        if let Some(low) = plan.holding {
            lowest.insert(*attacker, low);
        }
        let attacked = self.scene.play(&plan.days, plan.month, &lowest)?;

        let found = found(parameters, plan.unopenable, attack.is_visible());
        let mut bzky = signed(attacked.merchant(*attacker)) - signed(honest.merchant(*attacker));
        if self.scene.algorithm == Algorithm::Bizpower2 && bzky > 0 {
            // What passes the deposit waits until receipts cannot be demanded
            // any more, and what does not is pledged: found in time, all is lost.
            bzky = signed(mul_div(bzky.unsigned_abs(), CERTAIN - found, CERTAIN));
        }
        let change =
            |customer: &CustomerIndex| signed(attacked.customer(*customer)) - signed(honest.customer(*customer));
        let time: i128 = plan.own.iter().map(change).sum();
        let given: i128 = plan.compensated.iter().map(|customer| (-change(customer)).max(0)).sum();

        // A removed shop loses its deposit and what it would have earned;
        // removed people lose the Time that they would have earned.
        let future = |earned: Balance| mul_div(earned, parameters.future_days.into(), parameters.attack_days.into());
        let deposit = TOKEN * Balance::from(parameters.deposit);
        let at_stake = deposit.saturating_add(future(honest.merchant(*attacker)));
        let peoples: Balance = plan.accomplices.iter().map(|person| future(honest.customer(*person))).sum();
        let expected = |stake: Balance| signed(mul_div(stake, found, CERTAIN));

        let minor = i128::from(PRICE_SCALE);
        let bought = u128::from(plan.identities) * u128::from(parameters.identity_cost);
        let wallets = u128::from(plan.identities) * u128::from(parameters.wallet_month);
        let costs_but_bzky = Costs {
            fees: signed(plan.through_rails) * i128::from(parameters.rail_fee_ppm)
                + i128::from(plan.added) * i128::from(parameters.receipt_fee),
            identities: expected(bought * u128::from(PRICE_SCALE))
                + signed(wallets * u128::from(parameters.attack_days) * u128::from(PRICE_SCALE) / 30),
            wages: i128::from(plan.paid_days) * i128::from(parameters.accomplice_day) * minor,
            time_given: value(given, parameters.time_price),
            capital: signed(interest(bought * u128::from(PRICE_SCALE), parameters, 24)),
            penalties: value(expected(peoples), parameters.time_price),
        };
        let rent = signed(interest(plan.rented, parameters, parameters.rented_hours));
        Ok(Account { bzky, time, found, rent, forfeited: expected(at_stake), costs_but_bzky })
    }
}

impl Account {
    fn outcome(&self, what: String, parameters: &AttackParameters) -> Outcome {
        let price = parameters.bzky_price;
        let mut costs = self.costs_but_bzky;
        costs.capital += value(self.rent, price);
        costs.penalties += value(self.forfeited, price);
        let earned = value(self.bzky, price) + value(self.time, parameters.time_price);
        Outcome {
            what,
            bzky: self.bzky,
            time: self.time,
            earned,
            costs,
            net: earned - costs.total(),
            // At most 1,000.
            found_per_mille: u64::try_from(self.found * 1_000 / CERTAIN).unwrap_or(1_000),
            pays_from: None,
        }
    }

    /// The least price of a Bzky, from the present one on, from which the plan pays.
    fn pays_from(&self, parameters: &AttackParameters) -> Option<u128> {
        let bzky = self.bzky - self.rent - self.forfeited;
        let others = value(self.time, parameters.time_price) - self.costs_but_bzky.total();
        if value(bzky, parameters.bzky_price) + others > 0 {
            return Some(parameters.bzky_price.into());
        }
        let gained = u128::try_from(bzky).ok().filter(|gained| *gained > 0)?;
        Some(mul_div(others.unsigned_abs(), TOKEN, gained).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(bzky: i128, forfeited: i128, fees: i128) -> Account {
        let costs_but_bzky = Costs { fees, ..Costs::default() };
        Account { bzky, time: 0, found: 0, rent: 0, forfeited, costs_but_bzky }
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
        let net = |bzky_price| {
            gains.outcome(String::new(), &AttackParameters { bzky_price, ..AttackParameters::default() }).net
        };
        assert!(net(100) <= 0 && net(101) > 0);
        assert_eq!(account(3, 4, 0).pays_from(&parameters), None);
    }

    #[test]
    fn interest_is_by_the_hour() {
        let year = AttackParameters { rate_percent_year: 10, attack_days: 365, ..AttackParameters::default() };
        assert_eq!((interest(2_400, &year, 24), interest(2_400, &year, 1)), (240, 10));
    }
}
