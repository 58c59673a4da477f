//! Customers' sales, and what later voids carry against them.

use super::{
    input::{EpochInput, ReceiptInput},
    output::CustomerRow,
};
use bizkey_primitives::{receipt::Rail, CustomerIndex, Epoch};
use std::collections::BTreeMap;

/// A customer's ticketed sales of one epoch, over all shops; minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sales {
    /// Cash and external payments, which nobody but the shop has seen.
    pub(crate) cash: u128,
    /// Everything else.
    pub(crate) other: u128,
}

impl Sales {
    /// Whether a cap on cash and external payments applies to a rail.
    pub(crate) const fn is_cash(rail: Rail) -> bool {
        matches!(rail, Rail::Cash | Rail::External)
    }

    /// Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
    pub(super) fn add(&mut self, receipt: &ReceiptInput) {
        let sum = if Self::is_cash(receipt.rail) { &mut self.cash } else { &mut self.other };
        *sum += u128::from(receipt.amount);
    }
}

/// Cash of one customer and epoch that passed the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capped {
    /// What is not voided, capped or not.
    pub(crate) cash: u128,
    pub(crate) cap: u128,
}

impl Capped {
    fn counted(&self) -> u128 {
        self.cash.min(self.cap)
    }

    /// Takes a voided receipt away; returns by how much less counts now.
    fn take(&mut self, amount: u64) -> u128 {
        let before = self.counted();
        self.cash = self.cash.saturating_sub(amount.into());
        before.saturating_sub(self.counted())
    }
}

/// What a customer's sales of an epoch leave for later ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What is still owed, of a customer who owed something.
    owed: Option<u128>,
    capped: Option<Capped>,
}

impl Settled {
    /// Whether it leaves everything as it was.
    pub(crate) fn is_nothing(&self) -> bool {
        self.owed.is_none() && self.capped.is_none()
    }
}

/// What customers owe for voided sales.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Debts {
    /// Voided sales that no later sales have met yet.
    pub(crate) owed: BTreeMap<CustomerIndex, u128>,
    /// Where the cap still cuts something off.
    pub(crate) capped: BTreeMap<(Epoch, CustomerIndex), Capped>,
}

impl Debts {
    /// Books a receipt of an earlier epoch that was voided in this one:
    /// `amount` is what it had added to its customer's sales, `cash_of` its
    /// epoch if it was paid in cash. How much it is does not depend on the
    /// order of an epoch's voids.
    pub(crate) fn book(&mut self, customer: CustomerIndex, amount: u64, cash_of: Option<Epoch>) {
        let taken = self.counted_less(customer, amount, cash_of);
        if taken > 0 {
            *self.owed.entry(customer).or_default() += taken;
        }
    }

    fn counted_less(&mut self, customer: CustomerIndex, amount: u64, cash_of: Option<Epoch>) -> u128 {
        let key = cash_of.map(|epoch| (epoch, customer));
        let Some((key, capped)) = key.and_then(|key| Some((key, self.capped.get_mut(&key)?))) else {
            return amount.into();
        };
        let taken = capped.take(amount);
        if capped.cash <= capped.cap {
            // From here on every receipt takes its amount, as without a cap.
            self.capped.remove(&key);
        }
        taken
    }

    /// A customer's sales less debts, and what they leave, which
    /// [`Debts::apply`] books.
    pub(crate) fn settle(&self, input: &EpochInput, customer: CustomerIndex, sales: Sales) -> (CustomerRow, Settled) {
        let Sales { mut cash, other } = sales;
        let mut settled = Settled::default();
        if let Some(cap) = input.cash_cap().filter(|cap| cash > *cap) {
            settled.capped = Some(Capped { cash, cap });
            cash = cap;
        }
        let gross = other.saturating_add(cash);
        let debt = self.owed.get(&customer).copied().unwrap_or(0);
        if debt > 0 {
            // What sales do not cover is carried on.
            settled.owed = Some(debt.saturating_sub(gross));
        }
        let is_rewarded = input.customers.is_rewarded(customer);
        (CustomerRow { customer, sales: gross.saturating_sub(debt), is_rewarded }, settled)
    }

    /// Books what a customer's sales of an epoch leave.
    pub(crate) fn apply(&mut self, epoch: Epoch, customer: CustomerIndex, settled: Settled) {
        match settled.owed {
            None => {}
            Some(0) => drop(self.owed.remove(&customer)),
            Some(left) => drop(self.owed.insert(customer, left)),
        }
        if let Some(capped) = settled.capped {
            self.capped.insert((epoch, customer), capped);
        }
    }
}
