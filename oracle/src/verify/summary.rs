//! What a verification found, for programs: the names of the fields stay.
//!
//! Numbers that may pass 2^53 are decimal strings. Amounts are in the smallest
//! unit (12 decimals), hashes hex after `0x`.

use super::{AuditedEpoch, Verdict};
use crate::{
    explain::{decimal, state_name},
    rows::tokens,
};
use bizkey_client::{ss58, Deployment};
use bizkey_indexer::model::hex;
use bizkey_primitives::{
    report::{Payout, SideReport},
    Epoch,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A verified network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The chain's genesis hash.
    pub genesis_hash: String,
    /// Address of `rewards`, SS58.
    pub rewards: String,
    /// The last block that was read.
    pub head: u32,
    /// Its hash.
    pub head_hash: String,
    /// Whether the chain is what its receipts make it.
    pub agrees: bool,
    /// The first difference in the order of blocks, if there is one.
    pub difference: Option<String>,
    /// Every closed epoch, in order; none if there is a difference.
    pub epochs: Vec<EpochSummary>,
}

/// A closed epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochSummary {
    /// The epoch.
    pub epoch: Epoch,
    /// Version of the algorithm that scored it.
    pub algorithm_version: u16,
    /// Where it stands on chain: `open`, `pending`, `final`, `disputed` or `void`.
    pub state: String,
    /// Round of reports: 0, or 1 after a struck report.
    pub round: u8,
    /// The merchants' side, in Bzky.
    pub merchants: SideSummary,
    /// The customers' side, in Time.
    pub customers: SideSummary,
    /// Leaves of both sides that are not paid.
    pub unpaid: u32,
}

/// One side of an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideSummary {
    /// Root of its tree as its receipts make it; zeros for an empty one.
    pub root: String,
    /// Leaves.
    pub leaves: u32,
    /// Sum of scores (scale 10^18) or sales (minor units).
    #[serde(with = "decimal")]
    pub sum_v1: u128,
    /// Sum of holdings; 0 for customers.
    #[serde(with = "decimal")]
    pub sum_v2: u128,
    /// E; 0 until it is reserved, as the two below.
    #[serde(with = "decimal")]
    pub emission: u128,
    /// Part of E that leaves can claim.
    #[serde(with = "decimal")]
    pub reserved: u128,
    /// Paid so far.
    #[serde(with = "decimal")]
    pub paid: u128,
}

impl Summary {
    /// What was found on the network of a deployment.
    #[must_use]
    pub fn of(deployment: &Deployment, verdict: &Verdict) -> Self {
        Self {
            genesis_hash: hex(&deployment.genesis_hash),
            rewards: ss58(&deployment.contracts.rewards),
            head: verdict.head.number,
            head_hash: hex(verdict.head.hash.as_ref()),
            agrees: verdict.difference.is_none(),
            difference: verdict.difference.as_ref().map(ToString::to_string),
            epochs: verdict.epochs.iter().map(EpochSummary::from).collect(),
        }
    }
}

impl From<&AuditedEpoch> for EpochSummary {
    fn from(audited: &AuditedEpoch) -> Self {
        let AuditedEpoch { epoch, state, round, report, merchants, customers, unpaid } = audited;
        Self {
            epoch: *epoch,
            algorithm_version: report.algorithm_version,
            state: state_name(*state).to_owned(),
            round: *round,
            merchants: SideSummary::new(&report.merchants, merchants),
            customers: SideSummary::new(&report.customers, customers),
            unpaid: *unpaid,
        }
    }
}

impl SideSummary {
    fn new(report: &SideReport, payout: &Payout) -> Self {
        Self {
            root: hex(report.root.as_ref()),
            leaves: report.count,
            sum_v1: report.sum_v1,
            sum_v2: report.sum_v2,
            emission: payout.emission,
            reserved: payout.reserved,
            paid: payout.paid,
        }
    }
}

/// An epoch in one line.
impl fmt::Display for EpochSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, algorithm_version, state, merchants, customers, .. } = self;
        write!(f, "epoch {epoch}, bizpower-{algorithm_version}, {state}: ")?;
        write!(
            f,
            "merchants {} of {} leaves, {} Bzky reserved; customers {} of {} leaves, {} Time reserved",
            merchants.root,
            merchants.leaves,
            tokens(merchants.reserved),
            customers.root,
            customers.leaves,
            tokens(customers.reserved),
        )
    }
}
