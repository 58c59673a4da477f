//! An epoch as rows for files: what each shop and customer did and earned.
//!
//! Indices are those of `registry`; whoever writes a file puts its own ids and
//! dates in their place.

use crate::{
    report::EpochReport,
    scoring::{CustomerRow, MerchantRow},
};
use bizkey_primitives::{
    bizpower::Counts, report::Payout, Balance, CustomerIndex, Epoch, Hash, MerchantIndex, Side, TOKEN,
};

/// An amount of Bzky or Time, in its smallest unit, as whole tokens with all
/// twelve decimals.
#[must_use]
pub fn tokens(amount: Balance) -> String {
    format!("{}.{:012}", amount / TOKEN, amount % TOKEN)
}

/// A merchant with a valid receipt in the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerchantEpoch {
    /// The merchant.
    pub merchant: MerchantIndex,
    /// Its epoch in numbers.
    pub counts: Counts,
    /// BizPower, scale 10^18.
    pub score: u128,
    /// Lowest free balance + lowest own deposit, smallest unit of Bzky.
    pub holding: Balance,
    /// What the epoch owes it, smallest unit of Bzky.
    pub reward: Balance,
}

/// A known customer with a valid receipt in the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerEpoch {
    /// The customer.
    pub customer: CustomerIndex,
    /// Sales that count, minor units.
    pub sales: u128,
    /// What the epoch owes it, smallest unit of Time.
    pub reward: Balance,
}

/// One side of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideEpoch {
    /// The epoch.
    pub epoch: Epoch,
    /// The side.
    pub side: Side,
    /// Root of the tree; zero for an empty one.
    pub root: Hash,
    /// Leaves.
    pub count: u32,
    /// Sum of scores or sales.
    pub sum_v1: u128,
    /// Sum of holdings.
    pub sum_v2: u128,
    /// E, smallest unit.
    pub emission: Balance,
    /// Paid so far, smallest unit.
    pub paid: Balance,
}

/// The merchants' rows, ascending by index. `payout` is what `rewards` keeps
/// of the merchants' side once the epoch is final.
#[must_use]
pub fn merchants(report: &EpochReport, payout: &Payout) -> Vec<MerchantEpoch> {
    let row = |row: &MerchantRow| MerchantEpoch {
        merchant: row.merchant,
        counts: row.counts,
        score: row.score,
        holding: report.holding(row.merchant).map_or(0, |holding| holding.amount),
        reward: report.reward(Side::Merchant, row.merchant, payout),
    };
    report.scores.merchants.iter().map(row).collect()
}

/// The customers' rows, ascending by index; likewise.
#[must_use]
pub fn customers(report: &EpochReport, payout: &Payout) -> Vec<CustomerEpoch> {
    let row = |row: &CustomerRow| CustomerEpoch {
        customer: row.customer,
        sales: row.sales,
        reward: report.reward(Side::Customer, row.customer, payout),
    };
    report.scores.customers.iter().map(row).collect()
}

/// One side's row.
#[must_use]
pub fn side(report: &EpochReport, side: Side, payout: &Payout) -> SideEpoch {
    let totals = report.tree(side).side_report();
    SideEpoch {
        epoch: report.epoch(),
        side,
        root: totals.root,
        count: totals.count,
        sum_v1: totals.sum_v1,
        sum_v2: totals.sum_v2,
        emission: payout.emission,
        paid: payout.paid,
    }
}
