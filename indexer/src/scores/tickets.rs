//! Which receipts of an epoch are ticketed, as the epoch goes.

use super::running::Sale;
use bizkey_primitives::ticket::{Reference, REFERENCE_BYTES};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The receipts of a shop's epoch that carry a reference of a known customer.
///
/// Of those with one reference, the first in chain order that still stands is
/// ticketed, unless the reference counted in one of the seven epochs before.
/// Were it voided before the epoch's close, it never was, and the next one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tickets {
    /// Those that are ticketed.
    ticketed: HashMap<Reference, Sale>,
    /// Those behind one of them, by number, which is chain order.
    behind: BTreeMap<(Reference, u64), Sale>,
    /// Those whose reference counted in an earlier epoch.
    spent_before: BTreeSet<u64>,
}

/// What a receipt, or its void, changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// No longer ticketed.
    pub lost: Option<Sale>,
    /// Ticketed from now on.
    pub gained: Option<Sale>,
}

impl Sale {
    /// Whether it may be ticketed: it carries a reference of a known customer.
    #[must_use]
    pub fn has_ticket(&self) -> bool {
        self.customer.is_some() && self.reference != [0; REFERENCE_BYTES]
    }
}

impl Tickets {
    /// A receipt is recorded, whose reference counted in an earlier epoch or not.
    pub fn add(&mut self, sale: Sale, is_spent: bool) -> Change {
        if !sale.has_ticket() {
            return Change::default();
        }
        if is_spent {
            self.spent_before.insert(sale.receipt);
            return Change::default();
        }
        if self.ticketed.contains_key(&sale.reference) {
            self.behind.insert((sale.reference, sale.receipt), sale);
            return Change::default();
        }
        self.ticketed.insert(sale.reference, sale);
        Change { lost: None, gained: Some(sale) }
    }

    /// A receipt never was.
    pub fn take_out(&mut self, sale: &Sale) -> Change {
        self.spent_before.remove(&sale.receipt);
        self.behind.remove(&(sale.reference, sale.receipt));
        let Some(lost) = self.ticketed.get(&sale.reference).copied().filter(|first| first.receipt == sale.receipt)
        else {
            return Change::default();
        };
        self.ticketed.remove(&sale.reference);
        let same = (sale.reference, 0)..=(sale.reference, u64::MAX);
        let next = self.behind.range(same).next().map(|(key, _)| *key);
        let gained = next.and_then(|key| self.behind.remove(&key));
        if let Some(gained) = gained {
            self.ticketed.insert(gained.reference, gained);
        }
        Change { lost: Some(lost), gained }
    }

    /// The references that counted.
    pub fn spent(&self) -> BTreeSet<Reference> {
        self.ticketed.keys().copied().collect()
    }

    /// The receipts whose reference had counted before.
    pub fn repeated(&self) -> BTreeSet<u64> {
        self.spent_before.iter().copied().chain(self.behind.values().map(|sale| sale.receipt)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::receipt::Channel;
    use proptest::prelude::*;

    fn sale(receipt: u64, reference: u8, customer: Option<u32>) -> Sale {
        Sale { receipt, reference: [reference; 16], customer, channel: Channel::InStore, amount: receipt }
    }

    proptest! {
        /// The plain reading: of all that stands, one after the other, a
        /// receipt is ticketed if its reference did not count before.
        #[test]
        fn the_first_that_stands_is_ticketed(
            steps in prop::collection::vec((0u8..4, prop::option::weighted(0.8, 1u32..3), prop::option::of(0usize..40)), 0..60),
            spent in prop::collection::hash_set(1u8..4, 0..3),
        ) {
            let mut tickets = Tickets::default();
            let mut standing: Vec<Sale> = Vec::new();
            let mut ticketed: BTreeMap<u64, Sale> = BTreeMap::new();
            for (number, (reference, customer, voids)) in (1..).zip(steps) {
                let sale = sale(number, reference, customer);
                standing.push(sale);
                let mut changes = vec![tickets.add(sale, spent.contains(&reference))];
                if let Some(pick) = voids {
                    let voided = standing.remove(pick % standing.len());
                    changes.push(tickets.take_out(&voided));
                }
                for change in changes {
                    if let Some(lost) = change.lost {
                        prop_assert_eq!(ticketed.remove(&lost.receipt), Some(lost));
                    }
                    if let Some(gained) = change.gained {
                        prop_assert_eq!(ticketed.insert(gained.receipt, gained), None);
                    }
                }
                let (mut seen, mut first, mut repeated) = (spent.clone(), BTreeMap::new(), BTreeSet::new());
                for sale in standing.iter().filter(|sale| sale.customer.is_some() && sale.reference != [0; 16]) {
                    if seen.insert(sale.reference[0]) {
                        first.insert(sale.receipt, *sale);
                    } else {
                        repeated.insert(sale.receipt);
                    }
                }
                prop_assert_eq!(&ticketed, &first);
                prop_assert_eq!(tickets.repeated(), repeated);
                let references: BTreeSet<Reference> = first.values().map(|sale| sale.reference).collect();
                prop_assert_eq!(tickets.spent(), references);
            }
        }
    }
}
