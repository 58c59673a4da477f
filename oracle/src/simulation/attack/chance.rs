//! How likely a forger is found.

use crate::simulation::AttackParameters;
use bizkey_primitives::wide::mul_div;

/// A certainty.
pub const CERTAIN: u128 = 1_000_000_000_000;
/// Days for which the share of audited shops is given.
const MONTH: u64 = 30;

/// How likely both of two independent things happen.
fn both(first: u128, second: u128) -> u128 {
    // Chances are at most CERTAIN, and so is their product over CERTAIN.
    mul_div(first, second, CERTAIN).unwrap_or(0)
}

/// How likely `escape` succeeds `times` times in a row.
fn repeated(mut escape: u128, mut times: u64) -> u128 {
    let mut result = CERTAIN;
    while times > 0 {
        if times % 2 == 1 {
            result = both(result, escape);
        }
        escape = both(escape, escape);
        times /= 2;
    }
    result
}

/// Receipts among which an audit draws, and how many of them are forged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// All of them.
    pub receipts: u64,
    /// Those that no sale stands behind, or another one than they say.
    pub forged: u64,
}

/// What a plan leaves for others to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Receipts with a reference for which no valid ticket can be shown.
    pub unopenable: u64,
    /// The receipts that the persona's rules suspect.
    pub suspected: Audited,
    /// All receipts of the shop in the days of the attack.
    pub all: Audited,
    /// The shop's buyers in those days, those of each day counted anew.
    pub buyers: u64,
}

/// Chances, of [`CERTAIN`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// That an invented receipt is demanded and cannot be opened.
    pub demand: u128,
    /// That the rules suspect the forger, and the audit that follows finds it.
    pub rules: u128,
    /// That the shop is audited by lot, and the audit finds it.
    pub lot: u128,
    /// Any of them.
    pub any: u128,
}

/// How likely an audit finds one of the forged receipts.
fn audit(parameters: &AttackParameters, audited: Audited) -> u128 {
    let Some(forged) = mul_div(CERTAIN, audited.forged.into(), audited.receipts.into()) else {
        return 0;
    };
    let recognised = both(forged.min(CERTAIN), CERTAIN * u128::from(parameters.recognised_percent) / 100);
    CERTAIN - repeated(CERTAIN - recognised, parameters.audited_receipts.min(audited.receipts))
}

/// How many of the shops with so many buyers are drawn for an audit: as
/// [`crate::persona::lot`] draws.
fn drawn_percent(parameters: &AttackParameters, buyers: u64) -> u64 {
    if buyers < parameters.small_shop_buyers_day.saturating_mul(parameters.attack_days) {
        parameters.audited_percent_month_small
    } else {
        parameters.audited_percent_month
    }
}

/// How likely somebody who leaves `traces` is found in the days of the attack.
#[must_use]
pub fn found(parameters: &AttackParameters, traces: &Traces) -> Chances {
    let demanded = CERTAIN * u128::from(parameters.demand_ppm) / 1_000_000;
    let demand = CERTAIN - repeated(CERTAIN - demanded, traces.unopenable);
    let rules = audit(parameters, traces.suspected);
    let drawn = CERTAIN * u128::from(drawn_percent(parameters, traces.buyers)) / 100;
    let by_lot = both(drawn, audit(parameters, traces.all));
    let (months, days) = (parameters.attack_days / MONTH, parameters.attack_days % MONTH);
    let rest = CERTAIN - by_lot * u128::from(days) / u128::from(MONTH);
    let lot = CERTAIN - both(repeated(CERTAIN - by_lot, months), rest);
    let escape = both(CERTAIN - demand, both(CERTAIN - rules, CERTAIN - lot));
    Chances { demand, rules, lot, any: CERTAIN - escape }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a shop that is not small.
    fn all(forged: u64, receipts: u64) -> Traces {
        Traces { all: Audited { receipts, forged }, buyers: 1_000_000, ..Traces::default() }
    }

    #[test]
    fn chances_add_up_by_what_escapes() {
        let parameters = AttackParameters {
            demand_ppm: 500_000,
            audited_percent_month: 50,
            audited_receipts: 1,
            recognised_percent: 100,
            attack_days: 60,
            ..Default::default()
        };
        assert_eq!(found(&parameters, &Traces::default()), Chances::default());
        assert_eq!(found(&parameters, &Traces { unopenable: 2, ..Traces::default() }).demand, CERTAIN * 3 / 4);
        assert_eq!(found(&parameters, &all(9, 9)).lot, CERTAIN * 3 / 4);
        assert_eq!(found(&parameters, &Traces { unopenable: 2, ..all(9, 9) }).any, CERTAIN * 15 / 16);
        let half = AttackParameters { attack_days: 15, ..parameters };
        assert_eq!(found(&half, &all(9, 9)).lot, CERTAIN / 4);
        assert_eq!(
            found(&half, &Traces { suspected: Audited { receipts: 4, forged: 2 }, ..all(0, 9) }).any,
            CERTAIN / 2
        );
    }

    #[test]
    fn a_shop_with_fewer_buyers_a_day_is_drawn_at_the_rate_of_small_ones() {
        let parameters = AttackParameters {
            audited_percent_month: 10,
            audited_percent_month_small: 50,
            small_shop_buyers_day: 5,
            recognised_percent: 100,
            attack_days: 30,
            ..Default::default()
        };
        let lot = |buyers| found(&parameters, &Traces { buyers, ..all(9, 9) }).lot;
        assert_eq!((lot(0), lot(149), lot(150)), (CERTAIN / 2, CERTAIN / 2, CERTAIN / 10));
    }

    #[test]
    fn an_audit_that_draws_more_or_meets_more_forged_receipts_finds_more() {
        let usual = AttackParameters::default();
        assert!((0..900).all(|forged| found(&usual, &all(forged, 900)).lot <= found(&usual, &all(forged + 1, 900)).lot));
        let more = AttackParameters { audited_receipts: usual.audited_receipts + 1, ..usual.clone() };
        assert!(found(&usual, &all(9, 900)).lot < found(&more, &all(9, 900)).lot);
        assert_eq!(found(&usual, &all(0, 900)).any, 0, "nothing forged, nothing found");
        assert_eq!(found(&AttackParameters { audited_percent_month: 0, ..usual }, &all(9, 9)).any, 0);
    }

    #[test]
    fn nobody_escapes_a_certain_demand_and_more_receipts_are_never_safer() {
        let certain = AttackParameters { demand_ppm: 1_000_000, ..Default::default() };
        assert_eq!(found(&certain, &Traces { unopenable: 1, ..Traces::default() }).any, CERTAIN);
        let usual = AttackParameters::default();
        let chance = |unopenable| found(&usual, &Traces { unopenable, ..Traces::default() }).any;
        assert!((0..900).all(|number| chance(number) <= chance(number + 1)));
    }
}
