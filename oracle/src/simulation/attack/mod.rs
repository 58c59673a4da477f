//! A town with and without an attack, under both algorithms: what the attack
//! costs, and what it earns.
//!
//! | module | holds |
//! |---|---|
//! | `town` | an honest town, made up or of real receipts |
//! | `board` | what the board sets under bizpower-2 |
//! | `scene` | the town on the real scoring engine |
//! | `plans` | the ways in which an attack can be made |
//! | `suspicion` | what the persona's own rules say of a plan |
//! | `chance` | how likely a forger is found |
//! | `account` | what a plan costs and earns apart from the price of Bzky |
//! | `outcome` | what a plan comes to, and which is the best |
//!
//! For each attack the attacker is given several plans, of several sizes, and
//! the best of them is what counts. Where the rules leave a doubt it is
//! decided for the attacker: the town earns the most that it can, Time can all
//! be spent, what was paid under bizpower-1 is never given back, Time is kept
//! even by those who are found. Unless a shop is named, the one that gains the
//! most, the one with the least trade, and one that opens for the attack and has
//! none all attack.
//!
//! **Who is found.** A shop that cannot open a demanded receipt; one that the
//! rules of [`crate::persona`] suspect, which is audited for it; and one that
//! the lot audits, which nobody can see coming: small shops the more often, since
//! each of their buyers weighs more. A plan that the rules do not see is found
//! by the lot alone. An audit draws receipts, and compares each
//! with till, stock and payments: the more are forged, the likelier it meets one.
//!
//! **What is lost.** The board removes who is found. A removed shop's deposit
//! is seized, its deferred rewards cannot be claimed, and it earns nothing any
//! more. Under bizpower-2 a claim pays at once only up to the deposit, which
//! stays pledged for 63 epochs, so of those epochs' rewards a shop keeps at most as
//! much as the deposit that it loses. A debt that the board books as well adds
//! nothing: it is paid out of claims, and a removed shop has none.
//!
//! **For how long.** A month is played. Who goes on for longer decides anew each
//! month: the gain is one month's, what is at stake is the same or more.

mod account;
mod board;
mod chance;
mod outcome;
mod plans;
mod scene;
mod suspicion;
mod town;

pub use outcome::{Costs, Found, Outcome};
pub use scene::{Attacker, Earnings, Scene};
pub use town::{Sale, Shop, Town};

use super::AttackParameters;
use crate::{
    persona::FeaturesError,
    scoring::{Algorithm, ScoringError},
};
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
    /// The receipts cannot be measured.
    #[error(transparent)]
    Features(#[from] FeaturesError),
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

/// Plays attacks by a named shop, or else by the one whose buyers weigh the
/// most, the one with the least trade, and a newcomer, of which the best
/// counts. `done` is told of each attack that is over.
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
    let attackers: &[Attacker] = match attacker {
        Some(index) => &[Attacker::Named(index)],
        None => &[Attacker::Weightiest, Attacker::LeastTrade, Attacker::Newcomer],
    };
    let judge = |algorithm, attacker| Judge::new(Scene::new(parameters, town, algorithm, attacker)?);
    // Under bizpower-1 one shop is enough to see that attacks pay.
    let first = judge(Algorithm::Bizpower1, attackers[0])?;
    let second: Vec<Judge<'_>> =
        attackers.iter().map(|attacker| judge(Algorithm::Bizpower2, *attacker)).collect::<Result<_, _>>()?;
    let mut comparisons = Vec::with_capacity(attacks.len());
    for attack in attacks {
        let second = outcome::best_of(&second, *attack)?;
        comparisons.push(Comparison { attack: *attack, first: first.best(*attack)?, second });
        done(*attack);
    }
    Ok(comparisons)
}

/// Every plan of an attack under bizpower-2, in words, and whether the
/// persona's rules suspect the shop or its ring for it.
///
/// # Errors
/// [`AttackError`].
pub fn verdicts(
    parameters: &AttackParameters,
    town: &Town,
    attacker: Attacker,
    attack: Attack,
) -> Result<Vec<(String, bool)>, AttackError> {
    let scene = Scene::new(parameters, town, Algorithm::Bizpower2, attacker)?;
    let mut verdicts = Vec::new();
    for plan in plans::plans(&scene, attack) {
        let forged = suspicion::forged(&scene, &plan);
        let suspected = suspicion::suspected(&scene, &plan, &forged)?;
        verdicts.push((plan.what, suspected.forged > 0));
    }
    Ok(verdicts)
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
    let attacker = attacker.map_or(Attacker::Weightiest, Attacker::Named);
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
