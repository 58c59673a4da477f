//! One epoch's receipts into orders, buyers and sales.

use super::{
    input::{EpochInput, ReceiptId, ReceiptInput},
    rules::Algorithm,
    sales::Sales,
};
use bizkey_indexer::scores::rules::{buyers_of, clamped, orders_of, BuyerKind};
use bizkey_primitives::{
    bizpower::Counts,
    receipt::{Channel, MAX_AMOUNT},
    ticket::{Reference, REFERENCE_BYTES},
    CustomerIndex, Epoch, MerchantIndex,
};
use std::collections::{hash_map::Entry, BTreeMap, HashMap, HashSet};

/// What a void in a later epoch has to know of a receipt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voidable {
    pub(super) merchant: MerchantIndex,
    pub(super) channel: Channel,
    /// `None` for a receipt of an unknown customer.
    pub(super) buyer: Option<(CustomerIndex, BuyerKind)>,
    /// What it added to the customer's sales before a cap; 0 if not ticketed.
    pub(super) sales: u64,
    /// Its epoch, if the epoch's cap on cash applies to it.
    pub(super) cash_of: Option<Epoch>,
}

impl Voidable {
    fn is_ticketed(&self) -> bool {
        // A valid amount is never zero.
        self.sales > 0
    }
}

/// What earlier epochs say of a receipt.
pub(super) trait Past {
    /// Whether the customer was a buyer at the merchant before.
    fn has_bought(&self, merchant: MerchantIndex, customer: CustomerIndex) -> bool;
    /// Whether the reference was spent at the merchant in the last epochs.
    fn is_spent(&self, merchant: MerchantIndex, reference: Reference) -> bool;
}

/// One epoch's work, kept apart from what is carried until it has succeeded.
#[derive(Default)]
pub(super) struct Working {
    pub(super) counts: BTreeMap<MerchantIndex, Counts>,
    /// Sales of each known customer with a valid receipt.
    pub(super) sales: BTreeMap<CustomerIndex, Sales>,
    /// What each buyer spent by receipts that make buyers; minor units.
    pub(super) bought: HashMap<(MerchantIndex, CustomerIndex, Channel), u128>,
    /// References that counted.
    pub(super) references: HashSet<(MerchantIndex, Reference)>,
    pub(super) voidable: Vec<(ReceiptId, Voidable)>,
    pub(super) invalid: u64,
}

impl Working {
    /// Counts an epoch's valid receipts. [`Working::take_off`] comes next.
    pub(super) fn count(input: &EpochInput, past: &impl Past) -> Self {
        let voided: HashSet<ReceiptId> = input.voids.iter().copied().collect();
        let mut working = Self::default();
        for receipt in &input.receipts {
            let valid = (1..=MAX_AMOUNT).contains(&receipt.amount)
                && input.merchants.is_rewarded(receipt.merchant)
                && !voided.contains(&receipt.id);
            if valid {
                working.add(input, receipt, past);
            } else {
                working.invalid += 1;
            }
        }
        if input.algorithm == Algorithm::Bizpower2 {
            working.add_clamped_totals(input);
        }
        working
    }

    fn add(&mut self, input: &EpochInput, receipt: &ReceiptInput, past: &impl Past) {
        let (merchant, channel, amount) = (receipt.merchant, receipt.channel, u128::from(receipt.amount));
        // Whoever has a receipt has a leaf, by either algorithm.
        let counts = self.counts.entry(merchant).or_default();
        if input.algorithm == Algorithm::Bizpower1 {
            // Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
            let (orders, sales) = orders_of(counts, channel);
            *orders += 1;
            *sales += amount;
        }
        let kind = |customer| BuyerKind::of(channel, past.has_bought(merchant, customer));
        let buyer = receipt.customer.map(|customer| (customer, kind(customer)));
        let mut voidable = Voidable { merchant, channel, buyer, sales: 0, cash_of: None };
        if let Some((customer, kind)) = buyer {
            let is_ticketed = receipt.reference != [0; REFERENCE_BYTES]
                && !past.is_spent(merchant, receipt.reference)
                && self.references.insert((merchant, receipt.reference));
            let makes_buyer = match input.algorithm {
                Algorithm::Bizpower1 => true,
                Algorithm::Bizpower2 => is_ticketed,
            };
            if makes_buyer {
                match self.bought.entry((merchant, customer, channel)) {
                    Entry::Vacant(first) => {
                        *buyers_of(counts, kind) += 1;
                        first.insert(amount);
                    }
                    Entry::Occupied(mut total) => *total.get_mut() += amount,
                }
            }
            let sales = self.sales.entry(customer).or_default();
            if is_ticketed {
                sales.add(receipt);
                voidable.sales = receipt.amount;
                let is_capped = Sales::is_cash(receipt.rail) && input.algorithm == Algorithm::Bizpower2;
                voidable.cash_of = is_capped.then_some(input.epoch);
            }
        }
        self.voidable.push((receipt.id, voidable));
    }

    /// Pm and Uon of `bizpower-2`: each buyer's total, clamped.
    fn add_clamped_totals(&mut self, input: &EpochInput) {
        for ((merchant, _, channel), total) in &self.bought {
            // Whoever sold something has an entry.
            let Some(counts) = self.counts.get_mut(merchant) else { continue };
            *orders_of(counts, *channel).1 += clamped(*total, input.clamp(*merchant));
        }
    }

    /// Takes receipts of earlier epochs off that were voided in this one, none
    /// of the counts below zero. A merchant without receipts has nothing to
    /// take from. Buyers are then as they stay, and so are the orders that
    /// follow from them.
    pub(super) fn take_off<'a>(&mut self, algorithm: Algorithm, voided: impl Iterator<Item = &'a Voidable>) {
        for receipt in voided {
            let Some(counts) = self.counts.get_mut(&receipt.merchant) else { continue };
            if algorithm == Algorithm::Bizpower1 {
                let orders = orders_of(counts, receipt.channel).0;
                *orders = orders.saturating_sub(1);
            }
            let made_buyer = algorithm == Algorithm::Bizpower1 || receipt.is_ticketed();
            if let (Some((_, kind)), true) = (receipt.buyer, made_buyer) {
                let buyers = buyers_of(counts, kind);
                *buyers = buyers.saturating_sub(1);
            }
        }
        if algorithm == Algorithm::Bizpower2 {
            for counts in self.counts.values_mut() {
                counts.pl = counts.um + counts.un;
                counts.uom = counts.uo;
            }
        }
    }
}
