//! How good the rules are: fraud of each kind is put among honest receipts,
//! and the rules, which see nothing but receipts, are asked to find it.
//!
//! The receipts of some months are halved. The first half is history: what
//! thresholds may be chosen by, and what tells a newcomer from an old
//! customer. Fraud is put into the second half alone, and only what is found
//! there is counted.
//!
//! **Honest.** A cheat is what somebody would do who wants to be paid and not
//! to be seen: its amounts, hours, shops and customers are drawn from those of
//! the honest receipts ([`inject`] states the rest for each kind). Real
//! receipts get owners by lot ([`inject::owners`]), among them regulars of the
//! own shop, since nobody knows the true ones. What the receipts themselves
//! hide is taken for honest, so that true fraud in them would count as wrongly
//! accused.
//!
//! **Counting** is by receipt: of the receipts put in for a kind, how many are
//! evidence in a finding of that very kind (recall); of the receipts that are
//! evidence for it, how many were put in for it (precision). A scheme is found
//! when half of its receipts are.

pub mod inject;
mod schemes;

use super::{
    features::{Facts, Features, FeaturesError, Sale, Window, MAX_WINDOW},
    rules::{find, Finding, Kind},
};
use crate::scoring::ReceiptId;
use bizkey_primitives::{Calendar, CustomerIndex, Epoch};
use inject::Injected;
use std::collections::{BTreeMap, BTreeSet};

/// First seed of reports: none by which a threshold was chosen.
pub const REPORT_SEED: u64 = 1_000_001;

/// What is to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of a thousand receipts, so many are fraud, all kinds together.
    pub fraud_per_mille: u32,
    /// The same seed plays the same. Thresholds were chosen with seeds from 1
    /// to 1,000; reports take others.
    pub seed: u64,
    /// How often fraud is drawn anew; the table sums all draws.
    pub runs: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { fraud_per_mille: 10, seed: REPORT_SEED, runs: 100 }
    }
}

/// Why receipts cannot be used for an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Too short to be halved.
    #[error("the receipts span {0} epochs: at least 60 are needed, half of them as history")]
    TooShort(u32),
    /// The rows cannot be measured.
    #[error(transparent)]
    Features(#[from] FeaturesError),
}

/// What came out for one kind, over all draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Schemes that were put in.
    pub schemes: u64,
    /// Of those, found.
    pub schemes_found: u64,
    /// Receipts that were put in.
    pub injected: u64,
    /// Of those, evidence in a finding of the kind.
    pub found: u64,
    /// Receipts that are evidence in findings of the kind, right or wrong.
    pub accused: u64,
}

impl Outcome {
    /// Thousandths of the accused receipts that were put in; `None` if nothing
    /// is accused.
    #[must_use]
    pub fn precision(&self) -> Option<u64> {
        (self.found * 1_000).checked_div(self.accused)
    }

    /// Thousandths of the receipts put in that were found; `None` if none was.
    #[must_use]
    pub fn recall(&self) -> Option<u64> {
        (self.found * 1_000).checked_div(self.injected)
    }

    fn add(&mut self, other: &Outcome) {
        self.schemes += other.schemes;
        self.schemes_found += other.schemes_found;
        self.injected += other.injected;
        self.found += other.found;
        self.accused += other.accused;
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Epochs into which fraud was put, and that were counted.
    pub counted: (Epoch, Epoch),
    /// Receipts in them, fraud included, over all draws.
    pub receipts: u64,
    /// Each kind, strictly: what was taken for another kind is not found.
    pub kinds: BTreeMap<Kind, Outcome>,
    /// Fraud of any kind, found as whatever kind.
    pub any: Outcome,
    /// Honest receipts that are evidence where no fraud was put in, by kind.
    pub honest_alone: BTreeMap<Kind, u64>,
}

/// The honest receipts, and how they are halved.
#[derive(Clone, Debug)]
pub struct Trial {
    calendar: Calendar,
    sales: Vec<Sale>,
    joined: BTreeMap<CustomerIndex, Epoch>,
    window: Window,
    counted: (Epoch, Epoch),
}

impl Trial {
    /// Honest receipts of at least 60 epochs. A customer joins with its first.
    ///
    /// # Errors
    /// [`EvaluateError::TooShort`].
    pub fn new(mut sales: Vec<Sale>, calendar: Calendar) -> Result<Self, EvaluateError> {
        // What is drawn must not depend on the order in which rows come.
        sales.sort_unstable_by_key(|sale| (sale.at_ms, sale.merchant, sale.customer, sale.amount, sale.id));
        let first = sales.iter().map(|sale| sale.epoch).min().unwrap_or(0);
        let last = sales.iter().map(|sale| sale.epoch).max().unwrap_or(0);
        let epochs = (last - first).saturating_add(1);
        if epochs < 60 {
            return Err(EvaluateError::TooShort(epochs));
        }
        let mut joined = BTreeMap::new();
        for sale in &sales {
            let known = joined.entry(sale.customer).or_insert(sale.epoch);
            *known = sale.epoch.min(*known);
        }
        let window = Window { first: first.max(last.saturating_sub(MAX_WINDOW - 1)), last };
        Ok(Self { calendar, sales, joined, window, counted: (first + epochs / 2, last) })
    }

    /// The first half as if it were the one that counts, for choosing
    /// thresholds: its first third is history.
    ///
    /// # Errors
    /// [`EvaluateError::TooShort`].
    pub fn first_half(&self) -> Result<Self, EvaluateError> {
        let sales = self.sales.iter().filter(|sale| sale.epoch < self.counted.0).copied().collect();
        let mut half = Self::new(sales, self.calendar)?;
        half.counted.0 = half.window.first + half.window.epochs() / 3;
        Ok(half)
    }

    /// Puts fraud in, `settings.runs` times, and counts. `progress` is told
    /// after each.
    ///
    /// # Errors
    /// [`EvaluateError::Features`] for more rows than a window takes.
    pub fn evaluate(&self, settings: &Settings, mut progress: impl FnMut(u32)) -> Result<Evaluation, EvaluateError> {
        let mut evaluation = Evaluation {
            counted: self.counted,
            receipts: 0,
            kinds: Kind::ALL.into_iter().map(|kind| (kind, Outcome::default())).collect(),
            any: Outcome::default(),
            honest_alone: BTreeMap::new(),
        };
        for run in 0..settings.runs {
            let seed = settings.seed.wrapping_add(u64::from(run));
            let (none, findings) = self.findings(0, seed)?;
            for (kind, accused) in self.accused(&none, &findings) {
                *evaluation.honest_alone.entry(kind).or_default() += accused.len() as u64;
            }
            let (injected, findings) = self.findings(settings.fraud_per_mille, seed)?;
            let accused = self.accused(&injected, &findings);
            evaluation.receipts += injected.sales.iter().filter(|sale| sale.epoch >= self.counted.0).count() as u64;
            count(&mut evaluation, &injected, &accused);
            progress(run + 1);
        }
        Ok(evaluation)
    }

    /// One draw of fraud, and everything that the rules find in it, in the
    /// epochs that count and in those before.
    ///
    /// # Errors
    /// [`EvaluateError::Features`] for more rows than a window takes.
    pub fn findings(&self, fraud_per_mille: u32, seed: u64) -> Result<(Injected, Vec<Finding>), EvaluateError> {
        let injected = inject::inject(&self.sales, self.counted, &self.calendar, fraud_per_mille, seed);
        let mut joined = self.joined.clone();
        for sale in &injected.sales {
            let known = joined.entry(sale.customer).or_insert(sale.epoch);
            *known = sale.epoch.min(*known);
        }
        let facts = Facts { calendar: self.calendar, owners: injected.owners.clone(), joined };
        let sales = injected.sales.iter().filter(|sale| self.window.contains(sale.epoch)).copied().collect();
        let findings = find(&Features::new(sales, self.window, facts)?);
        Ok((injected, findings))
    }

    /// The evidence of each kind, of the epochs that count.
    fn accused(&self, injected: &Injected, findings: &[Finding]) -> BTreeMap<Kind, BTreeSet<ReceiptId>> {
        let counted: BTreeSet<ReceiptId> =
            injected.sales.iter().filter(|sale| sale.epoch >= self.counted.0).map(|sale| sale.id).collect();
        let mut accused: BTreeMap<Kind, BTreeSet<ReceiptId>> = BTreeMap::new();
        for finding in findings {
            let receipts = finding.receipts.iter().filter(|id| counted.contains(id));
            accused.entry(finding.kind).or_default().extend(receipts);
        }
        accused
    }
}

/// Adds what one draw gave.
fn count(evaluation: &mut Evaluation, injected: &Injected, accused: &BTreeMap<Kind, BTreeSet<ReceiptId>>) {
    let nothing = BTreeSet::new();
    let all: BTreeSet<ReceiptId> = accused.values().flatten().copied().collect();
    let mut any = Outcome { accused: all.len() as u64, ..Outcome::default() };
    for (kind, outcome) in &mut evaluation.kinds {
        let accused = accused.get(kind).unwrap_or(&nothing);
        let mut of_kind = Outcome { accused: accused.len() as u64, ..Outcome::default() };
        for scheme in injected.schemes.iter().filter(|scheme| scheme.kind == *kind) {
            let found_in = |receipts: &BTreeSet<ReceiptId>| {
                scheme.receipts.iter().filter(|id| receipts.contains(id)).count() as u64
            };
            let size = scheme.receipts.len() as u64;
            let scheme_as = |found: u64| Outcome {
                schemes: 1,
                schemes_found: u64::from(found * 2 >= size),
                injected: size,
                found,
                accused: 0,
            };
            of_kind.add(&scheme_as(found_in(accused)));
            any.add(&scheme_as(found_in(&all)));
        }
        outcome.add(&of_kind);
    }
    evaluation.any.add(&any);
}
