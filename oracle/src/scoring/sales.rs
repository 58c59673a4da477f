//! Customers' sales, and what later voids carry against them.

use super::{
    count::Voidable,
    input::{EpochInput, ReceiptInput},
    output::CustomerRow,
    rules::Algorithm,
};
use bizkey_primitives::{receipt::Rail, CustomerIndex, Epoch};
use std::collections::{BTreeMap, HashMap};

/// A customer's ticketed sales of one epoch, over all shops; minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sales {
    /// Cash and external payments, which nobody but the shop has seen.
    cash: u128,
    /// Everything else.
    other: u128,
}

impl Sales {
    /// Whether a cap on cash and external payments applies to a rail.
    pub(super) fn is_cash(rail: Rail) -> bool {
        matches!(rail, Rail::Cash | Rail::External)
    }

    /// Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
    pub(super) fn add(&mut self, receipt: &ReceiptInput) {
        let sum = if Self::is_cash(receipt.rail) { &mut self.cash } else { &mut self.other };
        *sum += u128::from(receipt.amount);
    }
}

/// Cash of one customer and epoch that passed the cap.
#[derive(Clone, Copy, Debug)]
struct Capped {
    /// What is not voided, capped or not.
    cash: u128,
    cap: u128,
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

/// What customers owe for voided sales.
#[derive(Clone, Debug, Default)]
pub(super) struct Debts {
    /// Voided sales that no later sales have met yet.
    owed: BTreeMap<CustomerIndex, u128>,
    /// Where the cap still cuts something off.
    capped: HashMap<(Epoch, CustomerIndex), Capped>,
}

impl Debts {
    /// Books a receipt of an earlier epoch that was voided in this one.
    pub(super) fn carry(&mut self, receipt: &Voidable) {
        let Some((customer, _)) = receipt.buyer else { return };
        let taken = self.counted_less(customer, receipt);
        if taken > 0 {
            *self.owed.entry(customer).or_default() += taken;
        }
    }

    fn counted_less(&mut self, customer: CustomerIndex, receipt: &Voidable) -> u128 {
        let key = receipt.cash_of.map(|epoch| (epoch, customer));
        let Some((key, capped)) = key.and_then(|key| Some((key, self.capped.get_mut(&key)?))) else {
            return receipt.sales.into();
        };
        let taken = capped.take(receipt.sales);
        if capped.cash <= capped.cap {
            // From here on every receipt takes its amount, as without a cap.
            self.capped.remove(&key);
        }
        taken
    }

    /// Sales less debts; what sales do not cover is carried on.
    pub(super) fn settle(&mut self, input: &EpochInput, sales: &BTreeMap<CustomerIndex, Sales>) -> Vec<CustomerRow> {
        let cap = match input.algorithm {
            Algorithm::Bizpower1 => None,
            Algorithm::Bizpower2 => input.parameters.cash_cap.map(u128::from),
        };
        let mut rows = Vec::with_capacity(sales.len());
        for (customer, sales) in sales {
            let mut cash = sales.cash;
            if let Some(cap) = cap.filter(|cap| cash > *cap) {
                self.capped.insert((input.epoch, *customer), Capped { cash, cap });
                cash = cap;
            }
            let gross = sales.other.saturating_add(cash);
            let debt = self.owed.remove(customer).unwrap_or(0);
            if debt > gross {
                self.owed.insert(*customer, debt - gross);
            }
            rows.push(CustomerRow {
                customer: *customer,
                sales: gross.saturating_sub(debt),
                is_rewarded: input.customers.is_rewarded(*customer),
            });
        }
        rows
    }
}
