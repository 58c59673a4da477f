//! What is looked at, and when.

use super::MAX_WINDOW;
use crate::scoring::ReceiptId;
use bizkey_primitives::{Calendar, CustomerIndex, Epoch, MerchantIndex};
use std::collections::BTreeMap;

/// One valid receipt of a known customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Where it stands on chain.
    pub id: ReceiptId,
    /// The shop.
    pub merchant: MerchantIndex,
    /// The customer.
    pub customer: CustomerIndex,
    /// Minor units of the accounting currency.
    pub amount: u64,
    /// When the sale was made, Unix milliseconds. The device's time is data: it
    /// may lie outside the receipt's epoch.
    pub at_ms: u64,
    /// The epoch of the block that holds it.
    pub epoch: Epoch,
}

/// Epochs that are looked at together, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub first: Epoch,
    /// The last.
    pub last: Epoch,
}

impl Window {
    /// The longest window that ends with `last`.
    #[must_use]
    pub fn ending(last: Epoch) -> Self {
        Self { first: last.saturating_sub(MAX_WINDOW - 1), last }
    }

    /// Whether it holds 1 to [`MAX_WINDOW`] epochs.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.last.checked_sub(self.first).is_some_and(|more| more < MAX_WINDOW)
    }

    /// Epochs that it holds; 0 for one that is not valid.
    #[must_use]
    pub fn epochs(&self) -> u32 {
        if self.is_valid() {
            self.last - self.first + 1
        } else {
            0
        }
    }

    /// Whether an epoch lies in it.
    #[must_use]
    pub fn contains(&self, epoch: Epoch) -> bool {
        (self.first..=self.last).contains(&epoch)
    }

    /// The place of one of its epochs, from 0; the first for an earlier one.
    #[must_use]
    pub fn day(&self, epoch: Epoch) -> u32 {
        epoch.saturating_sub(self.first)
    }
}

/// What is known beside the receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// When epochs start.
    pub calendar: Calendar,
    /// Which customer owns a shop, where the check of identities says so
    /// (whitepaper 3.5, step 1). Rules about owners are silent on the others.
    pub owners: BTreeMap<MerchantIndex, CustomerIndex>,
    /// The epoch in which a customer was registered. A customer that is not
    /// listed counts as an old one, about whom rules on newcomers are silent.
    pub joined: BTreeMap<CustomerIndex, Epoch>,
}

impl Facts {
    /// Nothing but the calendar.
    #[must_use]
    pub fn new(calendar: Calendar) -> Self {
        Self { calendar, owners: BTreeMap::new(), joined: BTreeMap::new() }
    }
}
