//! How likely a forger is found.

use crate::simulation::AttackParameters;
use bizkey_primitives::wide::mul_div;

/// A certainty.
pub const CERTAIN: u128 = 1_000_000_000_000;
/// Days for which the persona's chance is given.
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

/// How likely somebody is found in the days of the attack, of [`CERTAIN`]:
/// by a demand for one of the `unopenable` receipts, or, if the persona can
/// see the attack, by that.
#[must_use]
pub fn found(parameters: &AttackParameters, unopenable: u64, is_visible: bool) -> u128 {
    let demanded = CERTAIN * u128::from(parameters.demand_ppm) / 1_000_000;
    let escapes_demands = repeated(CERTAIN - demanded, unopenable);
    let seen = if is_visible { CERTAIN * u128::from(parameters.persona_percent_month) / 100 } else { 0 };
    let (months, days) = (parameters.attack_days / MONTH, parameters.attack_days % MONTH);
    let rest = CERTAIN - seen * u128::from(days) / u128::from(MONTH);
    let escapes_persona = both(repeated(CERTAIN - seen, months), rest);
    CERTAIN - both(escapes_demands, escapes_persona)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_add_up_by_what_escapes() {
        let parameters =
            AttackParameters { demand_ppm: 500_000, persona_percent_month: 50, attack_days: 60, ..Default::default() };
        assert_eq!(found(&parameters, 0, false), 0);
        assert_eq!(found(&parameters, 2, false), CERTAIN * 3 / 4);
        assert_eq!(found(&parameters, 0, true), CERTAIN * 3 / 4);
        assert_eq!(found(&parameters, 2, true), CERTAIN * 15 / 16);
        assert_eq!(found(&AttackParameters { attack_days: 15, ..parameters }, 0, true), CERTAIN / 4);
    }

    #[test]
    fn nobody_escapes_a_certain_demand_and_more_receipts_are_never_safer() {
        let certain = AttackParameters { demand_ppm: 1_000_000, ..Default::default() };
        assert_eq!(found(&certain, 1, false), CERTAIN);
        let usual = AttackParameters::default();
        assert!((0..900).all(|number| found(&usual, number, false) <= found(&usual, number + 1, false)));
    }
}
