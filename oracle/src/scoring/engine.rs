//! `bizpower-1`, epoch by epoch, with the state that later epochs need.

use super::{
    input::{EpochInput, ReceiptId, ReceiptInput},
    output::{CustomerRow, EpochScores, MerchantRow},
};
use bizkey_primitives::{
    bizpower::{Buyers, Counts, SHARE_EPOCHS},
    receipt::{Channel, MAX_AMOUNT},
    ticket::{Reference, REFERENCE_BYTES, REFERENCE_EPOCHS},
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

/// The kind as which a receipt's customer counted in the receipt's own epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BuyerKind {
    First,
    Repeat,
    Outside,
}

/// What a void in a later epoch has to know of a receipt.
#[derive(Clone, Copy, Debug)]
struct Voidable {
    merchant: MerchantIndex,
    channel: Channel,
    /// `None` for a receipt of an unknown customer.
    buyer: Option<(CustomerIndex, BuyerKind)>,
    /// What it added to the customer's sales.
    sales: u64,
}

/// One epoch's work, kept apart from the carried state until it has succeeded.
#[derive(Default)]
struct Working {
    counts: BTreeMap<MerchantIndex, Counts>,
    /// Sales of each known customer with a valid receipt.
    sales: BTreeMap<CustomerIndex, u128>,
    /// (merchant, customer, channel) already counted as a buyer.
    counted: HashSet<(MerchantIndex, CustomerIndex, Channel)>,
    references: HashSet<(MerchantIndex, Reference)>,
    voidable: Vec<(ReceiptId, Voidable)>,
    invalid: u64,
}

/// Scores epochs by `bizpower-1` and carries what later epochs depend on.
///
/// Time per epoch is proportional to its own receipts and voids. The state
/// keeps one entry for every valid receipt, since a void has no deadline, and
/// one for every pair of merchant and customer.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    next: Epoch,
    /// Pairs with a valid receipt in an earlier epoch.
    seen: HashSet<(MerchantIndex, CustomerIndex)>,
    /// Buyers of the last epochs that had any, oldest first.
    recent: HashMap<MerchantIndex, VecDeque<(Epoch, Buyers)>>,
    /// References that counted, in the last [`REFERENCE_EPOCHS`] - 1 epochs.
    references: VecDeque<(Epoch, HashSet<(MerchantIndex, Reference)>)>,
    /// Amounts of voided sales that no later sales have met yet.
    debts: BTreeMap<CustomerIndex, u128>,
    voidable: HashMap<ReceiptId, Voidable>,
}

impl Engine {
    /// An engine that has seen nothing; epoch 0 comes next.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        let mut working = self.count(input);
        let with_receipts: Vec<MerchantIndex> = working.counts.keys().copied().collect();

        let voided = self.later_voids(input);
        for receipt in voided.values() {
            // A merchant without receipts has nothing to take from, and gets no row.
            if let Some(counts) = working.counts.get_mut(&receipt.merchant) {
                take_off(counts, receipt);
            }
        }

        let mut merchants = Vec::with_capacity(with_receipts.len());
        for merchant in with_receipts {
            let counts = working.counts.get(&merchant).copied().unwrap_or_default();
            let shares = counts.share_buyers(self.last_epochs(merchant, input.epoch, counts.buyers()));
            let capital = input.capital.get(&merchant).map_or(0, |capital| capital.total());
            let score =
                counts.score(shares, capital).ok_or(ScoringError::ScoreOverflow { merchant, epoch: input.epoch })?;
            merchants.push(MerchantRow { merchant, counts, shares, capital, score });
        }

        // Nothing fails from here on.
        self.carry_debts(&voided);
        let customers = self.settle_sales(input, &working.sales);
        let invalid_receipts = working.invalid;
        self.carry(input.epoch, &voided, working);
        Ok(EpochScores { epoch: input.epoch, merchants, customers, invalid_receipts })
    }

    /// Counts an epoch's valid receipts.
    fn count(&self, input: &EpochInput) -> Working {
        let voided: HashSet<ReceiptId> = input.voids.iter().copied().collect();
        let mut working = Working::default();
        for receipt in &input.receipts {
            let valid = (1..=MAX_AMOUNT).contains(&receipt.amount)
                && input.merchants.is_rewarded(receipt.merchant)
                && !voided.contains(&receipt.id);
            if !valid {
                working.invalid += 1;
                continue;
            }
            let buyer = receipt.customer.map(|customer| (customer, self.kind(receipt, customer)));
            let counts = working.counts.entry(receipt.merchant).or_default();
            // Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
            match receipt.channel {
                Channel::InStore => {
                    counts.pl += 1;
                    counts.pm += u128::from(receipt.amount);
                }
                Channel::Outside => {
                    counts.uom += 1;
                    counts.uon += u128::from(receipt.amount);
                }
            }
            let mut sales = 0;
            if let Some((customer, kind)) = buyer {
                if working.counted.insert((receipt.merchant, customer, receipt.channel)) {
                    *buyers_of(counts, kind) += 1;
                }
                if self.reference_counts(receipt, &mut working.references) {
                    sales = receipt.amount;
                }
                *working.sales.entry(customer).or_default() += u128::from(sales);
            }
            let voidable = Voidable { merchant: receipt.merchant, channel: receipt.channel, buyer, sales };
            working.voidable.push((receipt.id, voidable));
        }
        working
    }

    fn kind(&self, receipt: &ReceiptInput, customer: CustomerIndex) -> BuyerKind {
        match receipt.channel {
            Channel::Outside => BuyerKind::Outside,
            Channel::InStore if self.seen.contains(&(receipt.merchant, customer)) => BuyerKind::Repeat,
            Channel::InStore => BuyerKind::First,
        }
    }

    /// Whether a receipt's reference counts; if so it is spent for eight epochs.
    fn reference_counts(&self, receipt: &ReceiptInput, spent_now: &mut HashSet<(MerchantIndex, Reference)>) -> bool {
        if receipt.reference == [0; REFERENCE_BYTES] {
            return false;
        }
        let key = (receipt.merchant, receipt.reference);
        let spent_before = self.references.iter().any(|(_, spent)| spent.contains(&key));
        !spent_before && spent_now.insert(key)
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

    fn carry_debts(&mut self, voided: &BTreeMap<ReceiptId, Voidable>) {
        for receipt in voided.values() {
            if let (Some((customer, _)), 1..) = (receipt.buyer, receipt.sales) {
                *self.debts.entry(customer).or_default() += u128::from(receipt.sales);
            }
        }
    }

    /// Sales less debts; what sales do not cover is carried on.
    fn settle_sales(&mut self, input: &EpochInput, sales: &BTreeMap<CustomerIndex, u128>) -> Vec<CustomerRow> {
        let settle = |(customer, gross): (&CustomerIndex, &u128)| {
            let debt = self.debts.remove(customer).unwrap_or(0);
            if debt > *gross {
                self.debts.insert(*customer, debt - gross);
            }
            CustomerRow {
                customer: *customer,
                sales: gross.saturating_sub(debt),
                is_rewarded: input.customers.is_rewarded(*customer),
            }
        };
        sales.iter().map(settle).collect()
    }

    fn carry(&mut self, epoch: Epoch, voided: &BTreeMap<ReceiptId, Voidable>, working: Working) {
        for id in voided.keys() {
            self.voidable.remove(id);
        }
        self.voidable.extend(working.voidable);
        self.seen.extend(working.counted.iter().map(|(merchant, customer, _)| (*merchant, *customer)));
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

fn buyers_of(counts: &mut Counts, kind: BuyerKind) -> &mut u64 {
    match kind {
        BuyerKind::First => &mut counts.um,
        BuyerKind::Repeat => &mut counts.un,
        BuyerKind::Outside => &mut counts.uo,
    }
}

/// Takes a receipt's order and buyer off the counts of a later epoch.
fn take_off(counts: &mut Counts, receipt: &Voidable) {
    let orders = match receipt.channel {
        Channel::InStore => &mut counts.pl,
        Channel::Outside => &mut counts.uom,
    };
    *orders = orders.saturating_sub(1);
    if let Some((_, kind)) = receipt.buyer {
        let buyers = buyers_of(counts, kind);
        *buyers = buyers.saturating_sub(1);
    }
}
