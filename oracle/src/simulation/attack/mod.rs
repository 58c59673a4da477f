//! A town with and without an attack, under both algorithms: what the attack
//! costs, and what it earns.
//!
//! | module | holds |
//! |---|---|
//! | `town` | an honest town, made up or of real receipts |
//! | `board` | what the board sets under bizpower-2 |
//! | `scene` | the town on the real scoring engine |
//! | `plans` | the ways in which an attack can be made |
//! | `chance` | how likely a forger is found |
//! | `outcome` | what a plan costs and earns |
//!
//! For each attack the attacker is given several plans, of several sizes, and
//! the best of them is what counts. Where the rules leave a doubt it is
//! decided for the attacker: the town earns the most that it can, Time can all
//! be spent, what was paid under bizpower-1 is never given back, Time is kept
//! even by those who are found.

mod board;
mod chance;
mod outcome;
mod plans;
mod scene;
mod town;

pub use outcome::{Costs, Outcome};
pub use scene::{Earnings, Scene};
pub use town::{Sale, Shop, Town};

use super::AttackParameters;
use crate::scoring::{Algorithm, ScoringError};
use bizkey_primitives::{Balance, MerchantIndex, TOKEN};
use outcome::Judge;
use std::{fmt, str::FromStr};

/// The attacks that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attack {
    /// Floods of one-cent orders, and sales understated at the till.
    OneCentOrders,
    /// Bought identities that buy at the attacker's shop.
    SybilCustomers,
    /// Real people who let the shop record sales that never were.
    CashSelfDealing,
    /// Bzky that is moved in for a moment of the day.
    RentedHoldings,
    /// One sale as many receipts.
    SplitReceipts,
    /// Sales recorded on a later, quieter day.
    LateReceipts,
    /// Receipts for customers who know nothing of them.
    InventedReceipts,
}

/// A name that no attack has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no attack is named `{0}`; there are {names}", names = Attack::ALL.map(Attack::name).join(", "))]
pub struct UnknownAttack(String);

impl Attack {
    /// Every attack.
    pub const ALL: [Attack; 7] = [
        Attack::OneCentOrders,
        Attack::SybilCustomers,
        Attack::CashSelfDealing,
        Attack::RentedHoldings,
        Attack::SplitReceipts,
        Attack::LateReceipts,
        Attack::InventedReceipts,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Attack::OneCentOrders => "one-cent-orders",
            Attack::SybilCustomers => "sybil-customers",
            Attack::CashSelfDealing => "cash-self-dealing",
            Attack::RentedHoldings => "rented-holdings",
            Attack::SplitReceipts => "split-receipts",
            Attack::LateReceipts => "late-receipts",
            Attack::InventedReceipts => "invented-receipts",
        }
    }

    /// Whether the customer persona can see it: strangers who only ever buy at
    /// one shop, a household that buys there every day, runs of receipts.
    const fn is_visible(self) -> bool {
        matches!(self, Attack::SybilCustomers | Attack::CashSelfDealing | Attack::SplitReceipts)
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Attack {
    type Err = UnknownAttack;

    fn from_str(name: &str) -> Result<Self, UnknownAttack> {
        Self::ALL.into_iter().find(|attack| attack.name() == name).ok_or_else(|| UnknownAttack(name.to_owned()))
    }
}

/// Why an attack cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttackError {
    /// The receipts do not reach for the days of the attack.
    #[error("the receipts cover {has} days, but {needed} are to be played: give fewer warmup_days and attack_days")]
    TooShort {
        /// Days that are to be played.
        needed: u64,
        /// Days that there are.
        has: u64,
    },
    /// Nobody to attack.
    #[error("none of the {shops} shops can attack: it needs sales and capital, and if one was named it is not there")]
    NoShop {
        /// Shops that there are.
        shops: usize,
    },
    /// The engine refused an epoch.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

/// An attack under both algorithms, each time in its best plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The attack.
    pub attack: Attack,
    /// Under bizpower-1.
    pub first: Outcome,
    /// Under bizpower-2.
    pub second: Outcome,
}

/// Plays attacks by one shop of the town, by the one whose buyers weigh the
/// most unless another is named. `done` is told of each attack that is over.
///
/// # Errors
/// [`AttackError`].
pub fn compare(
    parameters: &AttackParameters,
    town: &Town,
    attacker: Option<MerchantIndex>,
    attacks: &[Attack],
    mut done: impl FnMut(Attack),
) -> Result<Vec<Comparison>, AttackError> {
    let first = Judge::new(Scene::new(parameters, town, Algorithm::Bizpower1, attacker)?)?;
    let second = Judge::new(Scene::new(parameters, town, Algorithm::Bizpower2, attacker)?)?;
    let mut comparisons = Vec::with_capacity(attacks.len());
    for attack in attacks {
        comparisons.push(Comparison { attack: *attack, first: first.best(*attack)?, second: second.best(*attack)? });
        done(*attack);
    }
    Ok(comparisons)
}

/// What holding a deposit's worth more of Bzky for whole days earns in the
/// sixth month, and what it costs to borrow, both in the smallest unit of
/// Bzky. It is no forgery: the paper pays shops for holding.
///
/// # Errors
/// [`AttackError`].
pub fn held_for_whole_days(
    parameters: &AttackParameters,
    town: &Town,
    attacker: Option<MerchantIndex>,
) -> Result<(Balance, Balance), AttackError> {
    let scene = Scene::new(parameters, town, Algorithm::Bizpower2, attacker)?;
    let borrowed = TOKEN * Balance::from(parameters.deposit);
    let mut holdings = scene.holdings.clone();
    *holdings.entry(scene.attacker).or_default() += borrowed;
    let earned = |holdings| {
        let earnings = scene.play(scene.honest_days(), scene::SIXTH_MONTH, holdings)?;
        Ok::<_, AttackError>(earnings.merchant(scene.attacker))
    };
    let gain = earned(&holdings)?.saturating_sub(earned(&scene.holdings)?);
    Ok((gain, outcome::interest(borrowed, parameters, 24)))
}
