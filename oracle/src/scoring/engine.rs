//! Epoch by epoch, with the state that later epochs need.

use super::{
    count::{Past, Voidable, Working},
    input::{EpochInput, ReceiptId},
    output::{CustomerRow, EpochScores, MerchantRow},
    rules::WeightBinding,
    sales::{Debts, Sales},
};
use bizkey_primitives::{
    bizpower::{Buyers, Counts, SHARE_EPOCHS},
    party::Capital,
    ticket::{Reference, REFERENCE_EPOCHS},
    CustomerIndex, Epoch, MerchantIndex,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Why an epoch cannot be scored. The engine's state is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoringError {
    /// Epochs come one after the other, empty ones too.
    #[error("epoch {given} was given, but epoch {expected} comes next: feed every epoch in order, empty ones too")]
    EpochOutOfOrder {
        /// The epoch that comes next.
        expected: Epoch,
        /// The epoch that was given.
        given: Epoch,
    },
    /// A score passes its type; no valid receipts can do that.
    #[error("the score of merchant {merchant} in epoch {epoch} does not fit 128 bits")]
    ScoreOverflow {
        /// The merchant.
        merchant: MerchantIndex,
        /// The epoch.
        epoch: Epoch,
    },
}

/// Scores each epoch by its algorithm and carries what later epochs depend on.
///
/// Time per epoch is proportional to its own receipts and voids. The state
/// keeps one entry for every valid receipt, since a void has no deadline, and
/// one for every pair of merchant and customer.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    binding: WeightBinding,
    next: Epoch,
    /// Pairs that made a buyer in an earlier epoch.
    seen: HashSet<(MerchantIndex, CustomerIndex)>,
    /// Buyers of the last epochs that had any, oldest first.
    recent: HashMap<MerchantIndex, VecDeque<(Epoch, Buyers)>>,
    /// References that counted, in the last [`REFERENCE_EPOCHS`] - 1 epochs.
    references: VecDeque<(Epoch, HashSet<(MerchantIndex, Reference)>)>,
    debts: Debts,
    voidable: HashMap<ReceiptId, Voidable>,
}

impl Past for Engine {
    fn has_bought(&self, merchant: MerchantIndex, customer: CustomerIndex) -> bool {
        self.seen.contains(&(merchant, customer))
    }

    fn is_spent(&self, merchant: MerchantIndex, reference: Reference) -> bool {
        self.references.iter().any(|(_, spent)| spent.contains(&(merchant, reference)))
    }
}

impl Engine {
    /// An engine that has seen nothing; epoch 0 comes next.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Likewise, for an auditor who reads the paper's weights so. Only the
    /// default gives what the chain pays by.
    #[must_use]
    pub fn with_binding(binding: WeightBinding) -> Self {
        Self { binding, ..Self::default() }
    }

    /// The epoch that comes next.
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.next
    }

    /// Scores the next epoch and carries its state on.
    ///
    /// # Errors
    /// [`ScoringError`]; nothing is carried then.
    pub fn score(&mut self, input: &EpochInput) -> Result<EpochScores, ScoringError> {
        if input.epoch != self.next {
            return Err(ScoringError::EpochOutOfOrder { expected: self.next, given: input.epoch });
        }
        let mut working = Working::count(input, &*self);
        let voided = self.later_voids(input);
        working.take_off(input.algorithm, voided.values());
        let merchants = self.merchants(input, &working)?;

        // Nothing fails from here on.
        for receipt in voided.values() {
            if let Some((customer, _)) = receipt.buyer {
                self.debts.book(customer, receipt.sales, receipt.cash_of);
            }
        }
        let customers = self.customers(input, &working);
        let invalid_receipts = working.invalid;
        self.carry(input.epoch, &voided, working);
        Ok(EpochScores { epoch: input.epoch, algorithm: input.algorithm, merchants, customers, invalid_receipts })
    }

    fn merchants(&self, input: &EpochInput, working: &Working) -> Result<Vec<MerchantRow>, ScoringError> {
        let row = |(&merchant, &counts): (&MerchantIndex, &Counts)| {
            let last = self.last_epochs(merchant, input.epoch, counts.buyers());
            merchant_row(input, self.binding, merchant, counts, last, input.capital.get(&merchant))
        };
        working.counts.iter().map(row).collect()
    }

    fn customers(&mut self, input: &EpochInput, working: &Working) -> Vec<CustomerRow> {
        let row = |(&customer, &sales): (&CustomerIndex, &Sales)| {
            let (row, settled) = self.debts.settle(input, customer, sales);
            self.debts.apply(input.epoch, customer, settled);
            row
        };
        working.sales.iter().map(row).collect()
    }

    /// Receipts of earlier epochs that this epoch voids, each once.
    fn later_voids(&self, input: &EpochInput) -> BTreeMap<ReceiptId, Voidable> {
        let known = |id: &ReceiptId| self.voidable.get(id).map(|receipt| (*id, *receipt));
        input.voids.iter().filter_map(known).collect()
    }

    /// Buyers of the last 30 epochs, `epoch` with its `own` included.
    fn last_epochs(&self, merchant: MerchantIndex, epoch: Epoch, own: Buyers) -> Buyers {
        let mut sum = own;
        for (earlier, buyers) in self.recent.get(&merchant).into_iter().flatten() {
            if epoch - earlier < SHARE_EPOCHS {
                sum.first += buyers.first;
                sum.repeat += buyers.repeat;
                sum.outside += buyers.outside;
            }
        }
        sum
    }

    fn carry(&mut self, epoch: Epoch, voided: &BTreeMap<ReceiptId, Voidable>, working: Working) {
        for id in voided.keys() {
            self.voidable.remove(id);
        }
        self.voidable.extend(working.voidable);
        self.seen.extend(working.bought.into_keys().map(|(merchant, customer, _)| (merchant, customer)));
        for (merchant, counts) in working.counts {
            let recent = self.recent.entry(merchant).or_default();
            recent.push_back((epoch, counts.buyers()));
            // The next epoch looks back on SHARE_EPOCHS - 1 earlier ones.
            while recent.front().is_some_and(|(earlier, _)| epoch - earlier >= SHARE_EPOCHS - 1) {
                recent.pop_front();
            }
        }
        self.references.push_back((epoch, working.references));
        while self.references.front().is_some_and(|(earlier, _)| epoch - earlier >= REFERENCE_EPOCHS - 1) {
            self.references.pop_front();
        }
        self.next = epoch.saturating_add(1);
    }
}

/// A merchant's row. `last` are its buyers of the last 30 epochs, this one
/// included, and `attested` is its capital, without which nothing scores,
/// whatever the floor.
///
/// # Errors
/// [`ScoringError::ScoreOverflow`].
pub(crate) fn merchant_row(
    input: &EpochInput,
    binding: WeightBinding,
    merchant: MerchantIndex,
    counts: Counts,
    last: Buyers,
    attested: Option<&Capital>,
) -> Result<MerchantRow, ScoringError> {
    let shares = counts.share_buyers(last);
    let capital = attested.map_or(0, |attested| attested.total().max(input.capital_floor(merchant)));
    let weights = binding.weights(input.algorithm, shares);
    let score = counts.score(weights, capital).ok_or(ScoringError::ScoreOverflow { merchant, epoch: input.epoch })?;
    Ok(MerchantRow { merchant, counts, shares, capital, score })
}
