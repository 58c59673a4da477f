//! What the engine says of one epoch.

use super::{
    engine::ScoringError,
    rules::{Algorithm, WeightBinding},
};
use bizkey_primitives::{
    bizpower::{Buyers, Counts},
    tree::Leaf,
    Balance, CustomerIndex, Epoch, MerchantIndex,
};

/// A merchant with a valid receipt in the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerchantRow {
    /// The merchant.
    pub merchant: MerchantIndex,
    /// Its epoch in numbers, voids of earlier receipts taken off.
    pub counts: Counts,
    /// The buyers whose proportions weighed the score, as counted: another
    /// binding of the weights does not move them.
    pub shares: Buyers,
    /// area · rent + staff · wage, minor units a month, at least the floor
    /// under `bizpower-2`; 0 when none is attested.
    pub capital: u128,
    /// BizPower, scale 10^18.
    pub score: u128,
}

/// A known customer with a valid receipt in the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// The customer.
    pub customer: CustomerIndex,
    /// Sales that count, less what earlier voids carried; minor units.
    pub sales: u128,
    /// Whether the status at the epoch's close is active or demoted.
    pub is_rewarded: bool,
}

impl CustomerRow {
    /// Whether the customer has a leaf: positive sales and a rewarded status.
    #[must_use]
    pub fn has_leaf(&self) -> bool {
        self.is_rewarded && self.sales > 0
    }
}

/// Scores and sales of one epoch, both ascending by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochScores {
    /// The epoch.
    pub epoch: Epoch,
    /// The algorithm that scored it.
    pub algorithm: Algorithm,
    /// Exactly the merchants that have a leaf.
    pub merchants: Vec<MerchantRow>,
    /// Customers with a valid receipt; see [`CustomerRow::has_leaf`].
    pub customers: Vec<CustomerRow>,
    /// Receipts that were not valid.
    pub invalid_receipts: u64,
}

impl EpochScores {
    /// The same epoch by another reading of the paper's weights. Only the
    /// scores change: counts, shares and customers' sales know no weights.
    ///
    /// # Errors
    /// [`ScoringError::ScoreOverflow`].
    pub fn bound(&self, binding: WeightBinding) -> Result<Self, ScoringError> {
        let mut scores = self.clone();
        for row in &mut scores.merchants {
            let weights = binding.weights(self.algorithm, row.shares);
            let overflow = ScoringError::ScoreOverflow { merchant: row.merchant, epoch: self.epoch };
            row.score = row.counts.score(weights, row.capital).ok_or(overflow)?;
        }
        Ok(scores)
    }

    /// The merchants' leaves; `holding` gives each one's holding in the
    /// smallest unit of Bzky.
    pub fn merchant_leaves(&self, holding: impl Fn(MerchantIndex) -> Balance) -> Vec<Leaf> {
        let leaf = |row: &MerchantRow| Leaf { account: row.merchant, v1: row.score, v2: holding(row.merchant) };
        self.merchants.iter().map(leaf).collect()
    }

    /// The customers' leaves.
    #[must_use]
    pub fn customer_leaves(&self) -> Vec<Leaf> {
        let leaf = |row: &CustomerRow| Leaf { account: row.customer, v1: row.sales, v2: 0 };
        self.customers.iter().filter(|row| row.has_leaf()).map(leaf).collect()
    }
}
