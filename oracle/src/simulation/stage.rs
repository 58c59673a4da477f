//! The stages of the whitepaper (whitepaper 1), as attackers meet them.

use super::{AttackParameters, EconomyParameters};
use std::{fmt, str::FromStr};

/// When a network is attacked: on its first day, at its launch, or when a stage
/// of the paper has been reached.
///
/// From one to the next shops and customers only grow, while deposit and price
/// stay: each of these moments is the best one for attackers until the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The pilot on its first day: nobody knows the town's trade yet, the board
    /// has set the figures of the opening alone, and audits every shop like a
    /// small one, for the persona's rules see no ring that was there from the
    /// beginning.
    Start,
    /// A pilot of one town, of whose trade the board has seen two weeks.
    #[default]
    Launch,
    /// Stage 1 has just been reached.
    One,
    /// Stage 2 has just been reached.
    Two,
    /// Stage 3 has just been reached.
    Three,
}

/// A name that no stage has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no stage `{0}`: say start, launch, 1, 2 or 3")]
pub struct UnknownStage(String);

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 5] = [Stage::Start, Stage::Launch, Stage::One, Stage::Two, Stage::Three];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Start => "start",
            Stage::Launch => "launch",
            Stage::One => "1",
            Stage::Two => "2",
            Stage::Three => "3",
        }
    }

    /// What an attack is played with: the defaults at launch; at the start the
    /// same without any trade before; later the shops
    /// and customers of an economy that trade on a day, and the deposit that
    /// holds from then on. The price is the one at which that deposit is still
    /// worth what it was at launch: a till.
    #[must_use]
    pub fn parameters(self, economy: &EconomyParameters) -> AttackParameters {
        let launch = AttackParameters::default();
        let (shops, customers, deposit) = match self {
            Stage::Start => {
                let audited_percent_month = launch.audited_percent_month_small;
                return AttackParameters { board_figures: 0, warmup_days: 0, audited_percent_month, ..launch };
            }
            Stage::Launch => return launch,
            Stage::One => (economy.stage_1_shops, economy.stage_1_customers, economy.deposit_stage_2),
            Stage::Two => (economy.stage_2_shops, economy.stage_2_customers, economy.deposit_stage_3),
            Stage::Three => (economy.stage_3_shops, economy.stage_3_customers, economy.deposit_stage_3),
        };
        let worth = launch.bzky_price.saturating_mul(launch.deposit);
        AttackParameters {
            network_shops: shops.saturating_mul(economy.shops_open_percent) / 100,
            network_customers: customers.saturating_mul(economy.customers_buying_percent) / 100,
            deposit,
            bzky_price: worth.checked_div(deposit).unwrap_or(launch.bzky_price),
            ..launch
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(name: &str) -> Result<Self, UnknownStage> {
        Self::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| UnknownStage(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposit_is_worth_a_till_at_every_stage_and_launch_is_the_economys() {
        let economy = EconomyParameters::default();
        let launch = AttackParameters::default();
        assert_eq!((launch.deposit, launch.bzky_price), (economy.deposit_stage_1, economy.bzky_price));
        for stage in Stage::ALL {
            let AttackParameters { deposit, bzky_price, network_shops, .. } = stage.parameters(&economy);
            assert_eq!(deposit * bzky_price, launch.deposit * launch.bzky_price, "{stage}");
            assert_eq!(stage.name().parse(), Ok(stage));
            assert!(matches!(stage, Stage::Start | Stage::Launch) || network_shops > 30_000);
        }
    }
}
