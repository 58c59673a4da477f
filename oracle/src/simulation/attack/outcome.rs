//! What a plan costs and earns, and which is the best.

use super::{
    account::{signed, value, Account},
    chance::{found, Traces},
    plans::{plans, Plan},
    scene::{Earnings, Scene, FIRST_MONTH, SIXTH_MONTH},
    suspicion, Attack, AttackError,
};
use crate::{scoring::Algorithm, simulation::AttackParameters};
use bizkey_primitives::{
    emission::mul_div, opening::MAX_OPENING_EPOCHS, redemption::PRICE_SCALE, Balance, CustomerIndex, MerchantIndex,
    TOKEN,
};
use rayon::prelude::*;
use std::cmp::Reverse;

/// Epochs for which a shop's reward waits, or its deposit is pledged, under
/// bizpower-2: 32 in which receipts can be demanded, the longest time to open
/// one, and one more (`rewards`, contracts/README.md).
const DEMAND_EPOCHS: u64 = 32 + MAX_OPENING_EPOCHS as u64 + 1;

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
    /// Interest on what is locked or rented, a deposit made for the attack among it.
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

/// How likely somebody is found, per mille.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether the persona's rules suspect the shop or its ring.
    pub is_suspected: bool,
    /// By the rules and the audit that follows a suspicion.
    pub rules: u64,
    /// By an audit that the lot brought.
    pub lot: u64,
    /// By a demand to open a receipt.
    pub demand: u64,
    /// By any of them.
    pub any: u64,
}

/// What an attack comes to in its best plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The plan, in words.
    pub what: String,
    /// The shop that attacks.
    pub shop: MerchantIndex,
    /// Bzky that the shop is expected to be paid beyond honest trade, smallest unit.
    pub bzky: i128,
    /// Time that the attacker's customers get beyond it.
    pub time: i128,
    /// Both at the named prices, millionths of a minor unit.
    pub earned: i128,
    /// What it costs.
    pub costs: Costs,
    /// What is left.
    pub net: i128,
    /// How likely the attacker is found.
    pub found: Found,
    /// Least price of a Bzky, millionths of a minor unit and not below the
    /// named one, from which some plan would pay, all else being the same;
    /// `None` if none does at any price.
    pub pays_from: Option<u128>,
    /// The deposit, in smallest units of Bzky, with which none of those plans
    /// pays at the named price or any higher one; `None` if none does anyway,
    /// or if no deposit is enough since nobody would be found.
    pub deposit_needed: Option<u128>,
}

impl Outcome {
    /// The better of two for the attacker; what is said of prices holds for both.
    fn or(self, other: Self) -> Self {
        let pays_from = self.pays_from.into_iter().chain(other.pays_from).min();
        // No deposit is enough where one of those that pay cannot be stopped by any.
        let needs = |one: &Self| one.pays_from.is_some().then_some(one.deposit_needed);
        let deposit_needed = match (needs(&self), needs(&other)) {
            (Some(one), Some(two)) => one.zip(two).map(|(one, two)| one.max(two)),
            (one, two) => one.or(two).flatten(),
        };
        let better = if other.net > self.net { other } else { self };
        Self { pays_from, deposit_needed, ..better }
    }
}

/// Interest on `amount` held `hours` of each day of the attack.
pub fn interest(amount: Balance, parameters: &AttackParameters, hours: u64) -> Balance {
    let top = u128::from(parameters.rate_percent_year) * u128::from(parameters.attack_days) * u128::from(hours);
    mul_div(amount, top, 100 * 365 * 24)
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
        let parameters = self.scene.parameters;
        let plans = plans(&self.scene, attack);
        let accounts: Vec<Account> = plans.par_iter().map(|plan| self.account(plan)).collect::<Result<_, _>>()?;
        let outcome = |plan: &Plan, account: &Account| account.outcome(&plan.what, self.scene.attacker, parameters);
        let mut unseen: Vec<(&Plan, Account, Outcome)> = plans
            .iter()
            .zip(accounts)
            .map(|(plan, account)| {
                let outcome = outcome(plan, &account);
                (plan, account, outcome)
            })
            .collect();
        unseen.sort_by_key(|(.., outcome)| Reverse(outcome.net));
        // To be suspected never helps. So the rules are asked about plans that
        // would pay, at some price, if they saw nothing; and about others only
        // until none of those left can be better than the best.
        let (may_pay, others): (Vec<_>, Vec<_>) =
            unseen.into_iter().partition(|(.., outcome)| outcome.pays_from.is_some());
        let judge = |(plan, mut account, _): (&Plan, Account, Outcome)| {
            account.suspect(suspicion::suspected(&self.scene, plan, &account.forged)?, parameters);
            Ok::<_, AttackError>(outcome(plan, &account))
        };
        let outcomes: Vec<Outcome> = may_pay.into_par_iter().map(judge).collect::<Result<_, _>>()?;
        let mut best = outcomes.into_iter().reduce(Outcome::or);
        for other in others {
            if best.as_ref().is_some_and(|best| best.net >= other.2.net) {
                break;
            }
            let judged = judge(other)?;
            best = Some(match best {
                Some(best) => best.or(judged),
                None => judged,
            });
        }
        // A town in which the attack cannot even be tried gains nothing by it.
        let none = || Outcome {
            what: "cannot be tried here".to_owned(),
            shop: self.scene.attacker,
            bzky: 0,
            time: 0,
            earned: 0,
            costs: Costs::default(),
            net: 0,
            found: Found::default(),
            pays_from: None,
            deposit_needed: None,
        };
        Ok(best.unwrap_or_else(none))
    }

    /// What a plan comes to if the rules see nothing.
    fn account(&self, plan: &Plan) -> Result<Account, AttackError> {
        let Scene { parameters, attacker, holdings, .. } = &self.scene;
        let honest = if plan.month == FIRST_MONTH { &self.first_month } else { &self.sixth_month };
        let mut lowest = holdings.clone();
        if let Some(low) = plan.holding {
            lowest.insert(*attacker, low);
        }
        let attacked = self.scene.play(&plan.days, plan.month, &lowest)?;

        let forged = suspicion::forged(&self.scene, plan);
        let all = suspicion::all(&self.scene, plan, &forged);
        let buyers = suspicion::buyers(&self.scene, &plan.days);
        let traces = Traces { unopenable: plan.unopenable, all, buyers, ..Traces::default() };

        let paid_honestly = honest.merchant(*attacker);
        let paid = attacked.merchant(*attacker);
        let deposit = TOKEN * Balance::from(parameters.deposit);
        let gain = signed(paid) - signed(paid_honestly);
        let (gain_if_found, is_beyond_deposit) = match self.scene.algorithm {
            // Paid is paid.
            Algorithm::Bizpower1 => (gain, false),
            Algorithm::Bizpower2 => {
                let (kept, waiting) = self.kept_if_found(paid, paid_honestly, deposit);
                (gain - signed(waiting.saturating_sub(kept)), waiting > deposit)
            }
        };
        // Who trades honestly has a deposit anyway.
        let locked = if paid_honestly == 0 { interest(deposit, parameters, 24) } else { 0 };
        let change =
            |customer: &CustomerIndex| signed(attacked.customer(*customer)) - signed(honest.customer(*customer));
        let time: i128 = plan.own.iter().map(change).sum();
        let given: i128 = plan.compensated.iter().map(|customer| (-change(customer)).max(0)).sum();

        let minor = i128::from(PRICE_SCALE);
        let bought = u128::from(plan.identities) * u128::from(parameters.identity_cost);
        let wallets = u128::from(plan.identities) * u128::from(parameters.wallet_month);
        let fixed_costs = Costs {
            fees: signed(plan.through_rails) * i128::from(parameters.rail_fee_ppm)
                + i128::from(plan.added) * i128::from(parameters.receipt_fee),
            identities: signed(wallets * u128::from(parameters.attack_days) * u128::from(PRICE_SCALE) / 30),
            wages: i128::from(plan.paid_days) * i128::from(parameters.accomplice_day) * minor,
            time_given: value(given, parameters.time_price),
            capital: signed(interest(bought * u128::from(PRICE_SCALE), parameters, 24)),
            penalties: 0,
        };
        Ok(Account {
            forged,
            traces,
            chances: found(parameters, &traces),
            gain,
            gain_if_found,
            is_beyond_deposit,
            time,
            bought: signed(bought) * minor,
            rent: signed(interest(plan.rented, parameters, parameters.rented_hours) + locked),
            future: signed(mul_div(paid_honestly, parameters.future_days.into(), parameters.attack_days.into())),
            deposit: signed(deposit),
            fixed_costs,
        })
    }

    /// What of the rewards of the last epochs, those of honest days before the
    /// attack among them, a shop that is found has been paid, and all of them:
    /// a claim pays at once up to the deposit, which stays pledged; the rest is
    /// still deferred, and a removed shop cannot claim it.
    fn kept_if_found(&self, paid: Balance, paid_honestly: Balance, deposit: Balance) -> (Balance, Balance) {
        let Scene { parameters, .. } = &self.scene;
        let days = parameters.attack_days;
        let of_attack = mul_div(paid, days.min(DEMAND_EPOCHS).into(), days.into());
        let before = parameters.warmup_days.min(DEMAND_EPOCHS.saturating_sub(days));
        let waiting = of_attack.saturating_add(mul_div(paid_honestly, before.into(), days.into()));
        (waiting.min(deposit), waiting)
    }
}

/// An attack in the best plan of the best placed of some shops.
pub fn best_of(judges: &[Judge<'_>], attack: Attack) -> Result<Outcome, AttackError> {
    let mut best: Option<Outcome> = None;
    for judge in judges {
        let outcome = judge.best(attack)?;
        best = Some(match best {
            Some(best) => best.or(outcome),
            None => outcome,
        });
    }
    best.ok_or(AttackError::NoShop { shops: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_is_by_the_hour() {
        let year = AttackParameters { rate_percent_year: 10, attack_days: 365, ..AttackParameters::default() };
        assert_eq!((interest(2_400, &year, 24), interest(2_400, &year, 1)), (240, 10));
    }
}
