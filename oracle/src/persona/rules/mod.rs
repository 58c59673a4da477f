//! Rules that a shop owner can follow: each has a name, what it measures, from
//! where on it speaks, and why.
//!
//! | rule | speaks when | because |
//! |---|---|---|
//! | [`collusion`] | several customers come to one shop nearly daily, all of them suddenly | regulars become regulars one by one |
//! | [`splitting`] | a shop, or a customer, has one basket after the other rung up in many receipts | orders count, and one visit is one order |
//! | [`circular`] | owners of shops buy at each other's, again and again, for about the same money | nothing is sold when the money comes back |
//! | [`sybil`] | many new customers come to one shop, and to no other | newcomers to a network look around |
//! | [`burst`] | a shop records in the last half hour what it never does | the others' scores are known by then |
//! | [`self_dealing`] | an owner is the best customer of the own shop | nothing is sold |
//!
//! **Thresholds** are constants of this folder with their reason: round
//! numbers between what honest households of the first three months of the
//! trial data do and what a cheat must do for it to pay. They were chosen on
//! those months, with seeds of their own; `bizkey persona evaluate` reports on
//! the last three months with others. One of them,
//! [`PIECE_MS`](super::features::PIECE_MS), was added after a first look at
//! that report, for a reason that the first months show as well.
//!
//! **What stays hidden.**
//! - A ring of two, or one of three that goes on, or whose members begin or end
//!   days apart; members who come on less than every second day; a ring that
//!   has come since a network's first four weeks, which never began; one that
//!   wins its members one by one.
//! - A basket cut in two, which is like that of somebody who forgot the milk;
//!   pieces more than five minutes apart; pieces rung up on several customers.
//! - A shop that makes receipts up every evening: it has no quiet evening to
//!   compare with. Receipts made up at noon.
//! - Whatever owners do whom the check of identities does not know: they are
//!   customers like others. Money that goes round through people who are no
//!   owners, or for amounts that do not match.
//! - Made-up customers who look around, or were registered weeks before.
//! - Single receipts with false amounts: against those stands the ticket that
//!   the customer signs, not statistics.
//!
//! And whoever is accused may be honest: a works canteen wins ten people in a
//! week. That is why people decide, and why the reasons are in words.
//!
//! **Scale.** What is rare in a small shop happens in a large one every week.
//! Rules that count people or baskets of a shop therefore also compare with
//! what its share of the network would be: [`TIMES_USUAL`].
//!
//! **Score**, 0 to 1000: each measure has 500 at its threshold, in proportion
//! above it, at most 1000; a finding has their mean. Below 500 there is none.
//!
//! **Habits.** Beside its measures, which alone decide, a finding tells what is
//! usual between its shops and customers ([`Habits`]): how often they met, in
//! how many shops the customers buy, how far the amounts lie apart, at what
//! hours, and how far the shop lies from where they buy otherwise. Honest
//! households differ too much in each of these for a threshold that would not
//! accuse some of them; people can weigh them together.

pub mod burst;
pub mod circular;
pub mod collusion;
mod habits;
pub mod self_dealing;
pub mod splitting;
pub mod sybil;

pub use habits::{Distances, Habits, Spread};

use super::features::{Features, Sale, Window};
use crate::scoring::ReceiptId;
use bizkey_primitives::{CustomerIndex, Epoch, MerchantIndex, Side};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many times as often as usual something must happen at a shop.
pub const TIMES_USUAL: u64 = 5;

/// The score at the thresholds: from here on there is a finding.
pub const LEAST_SCORE: u16 = 500;

/// What somebody is suspected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A shop and a ring of customers record sales that were none.
    Collusion,
    /// One basket is recorded as many receipts.
    Splitting,
    /// Money goes round among shops whose owners buy from each other.
    Circular,
    /// One person is many customers.
    Sybil,
    /// Receipts are made up just before an epoch closes.
    Burst,
    /// An owner buys from the own shop.
    SelfDealing,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] =
        [Kind::Collusion, Kind::Splitting, Kind::Circular, Kind::Sybil, Kind::Burst, Kind::SelfDealing];

    /// The name used in files and evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Collusion => "collusion",
            Kind::Splitting => "splitting",
            Kind::Circular => "circular",
            Kind::Sybil => "sybil",
            Kind::Burst => "burst",
            Kind::SelfDealing => "self-dealing",
        }
    }
}

/// One thing that was measured, and from where on it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// What.
    pub name: &'static str,
    /// What was found.
    pub value: u64,
    /// From where on it speaks.
    pub threshold: u64,
    /// Why there.
    pub why: &'static str,
}

/// What a rule says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is suspected.
    pub kind: Kind,
    /// The shops that take part, ascending.
    pub merchants: Vec<MerchantIndex>,
    /// The customers that take part, ascending.
    pub customers: Vec<CustomerIndex>,
    /// Those of them whom the evidence speaks against, ascending. The others
    /// may have been used without knowing it.
    pub suspects: Vec<(Side, u32)>,
    /// First and last epoch of the evidence.
    pub epochs: (Epoch, Epoch),
    /// What was measured.
    pub measures: Vec<Measure>,
    /// From [`LEAST_SCORE`] to 1000.
    pub score: u16,
    /// In words.
    pub reason: String,
    /// What is usual between those who take part.
    pub habits: Habits,
    /// The receipts that are the evidence, ascending.
    pub receipts: Vec<ReceiptId>,
}

/// Everything that the rules find, by kind, then by shop.
#[must_use]
pub fn find(features: &Features) -> Vec<Finding> {
    let mut findings = collusion::find(features);
    findings.extend(splitting::find(features));
    findings.extend(circular::find(features));
    findings.extend(sybil::find(features));
    findings.extend(burst::find(features));
    findings.extend(self_dealing::find(features));
    findings
}

/// Who takes part in a finding, and which sides of it are suspected.
struct Parties {
    merchants: BTreeSet<MerchantIndex>,
    customers: BTreeSet<CustomerIndex>,
    suspected: &'static [Side],
}

impl Parties {
    fn suspects(&self) -> Vec<(Side, u32)> {
        let on = |side: Side| match side {
            Side::Merchant => &self.merchants,
            Side::Customer => &self.customers,
        };
        self.suspected.iter().flat_map(|side| on(*side).iter().map(|index| (*side, *index))).collect()
    }
}

impl Finding {
    /// A finding over its evidence; `None` without evidence or when a measure
    /// is below its threshold.
    fn new(
        features: &Features,
        kind: Kind,
        parties: Parties,
        measures: Vec<Measure>,
        reason: String,
        sales: &[Sale],
    ) -> Option<Self> {
        if measures.iter().any(|measure| measure.value < measure.threshold) {
            return None;
        }
        let first = sales.iter().map(|sale| sale.epoch).min()?;
        let last = sales.iter().map(|sale| sale.epoch).max()?;
        let mut receipts: Vec<ReceiptId> = sales.iter().map(|sale| sale.id).collect();
        receipts.sort_unstable();
        receipts.dedup();
        Some(Self {
            kind,
            suspects: parties.suspects(),
            merchants: parties.merchants.into_iter().collect(),
            customers: parties.customers.into_iter().collect(),
            epochs: (first, last),
            score: score(&measures),
            measures,
            reason,
            habits: Habits::of(features, sales),
            receipts,
        })
    }

    /// The reason with the habits, for whoever decides and whoever is accused.
    #[must_use]
    pub fn in_words(&self) -> String {
        let habits = self.habits.to_string();
        if habits.is_empty() {
            self.reason.clone()
        } else {
            format!("{} {habits}", self.reason)
        }
    }
}

/// 500 for each measure at its threshold, at most 1000; their mean.
fn score(measures: &[Measure]) -> u16 {
    let least = u128::from(LEAST_SCORE);
    let of = |measure: &Measure| (least * u128::from(measure.value) / u128::from(measure.threshold.max(1))).min(1_000);
    let sum: u128 = measures.iter().map(of).sum();
    // A mean of numbers up to 1000.
    (sum / (measures.len().max(1) as u128)) as u16
}

/// How many times as many as usual: `count` out of `of` here, against `others`
/// out of `others_of` elsewhere, in whole times; a very large number where
/// the others have none.
fn times_usual(count: u64, of: u64, others: u64, others_of: u64) -> u64 {
    let here = u128::from(count) * u128::from(others_of);
    let elsewhere = u128::from(others) * u128::from(of);
    here.checked_div(elsewhere).map_or(u64::MAX, |times| u64::try_from(times).unwrap_or(u64::MAX))
}

/// The days of a window, each as the last of `length`: what is slid over it.
fn slides(window: Window, length: u32) -> std::ops::Range<u32> {
    length.min(window.epochs()).saturating_sub(1)..window.epochs()
}

/// An amount in minor units as people write it, two decimals.
fn money(minor: u128) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_500_at_the_thresholds_and_1000_from_twice_as_much() {
        let measure = |value, threshold| Measure { name: "", value, threshold, why: "" };
        assert_eq!(score(&[measure(7, 7)]), 500);
        assert_eq!(score(&[measure(14, 7)]), 1_000);
        assert_eq!(score(&[measure(u64::MAX, 7), measure(5, 5)]), 750);
    }

    #[test]
    fn usual_is_what_the_others_do() {
        assert_eq!(times_usual(10, 100, 10, 1_000), 10);
        assert_eq!(times_usual(0, 0, 0, 0), u64::MAX);
        assert_eq!(times_usual(3, 100, 0, 1_000), u64::MAX);
        assert_eq!(times_usual(1, u64::MAX, u64::MAX, 1), 0);
    }
}
