//! Scores, holdings and trees of one epoch, together.

use super::EpochTree;
use crate::scoring::{EpochScores, ScoringError};
use bizkey_client::Deployment;
use bizkey_primitives::{
    emission::{self, blend},
    party::{HoldingIndex, PushedLeaf},
    report::{Payout, Report},
    tree::{Domain, Leaf, ProofStep, TreeError},
    AccountId, Balance, Epoch, Hash, MerchantIndex, Side,
};
use std::collections::BTreeMap;

/// The network whose epochs are reported: what ties a tree to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Genesis hash of the chain.
    pub genesis: Hash,
    /// Address of `rewards`.
    pub rewards: AccountId,
}

impl From<&Deployment> for Network {
    fn from(deployment: &Deployment) -> Self {
        Self { genesis: deployment.genesis_hash.into(), rewards: deployment.contracts.rewards }
    }
}

impl Network {
    /// The domain of one side of an epoch's report.
    #[must_use]
    pub fn domain(&self, side: Side, epoch: Epoch, algorithm_version: u16) -> Domain {
        let rewards: &[u8; 32] = self.rewards.as_ref();
        Domain::new(&self.genesis, rewards, side, epoch, algorithm_version)
    }
}

/// A merchant's holding in an epoch, and where the contracts keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Lowest free balance + lowest own deposit of the account that the
    /// merchant had at the epoch's close, smallest unit of Bzky.
    pub amount: Balance,
    /// The checkpoints that say so.
    pub index: HoldingIndex,
}

/// A claim of one leaf, as `rewards.claim` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The leaf.
    pub leaf: Leaf,
    /// Where its holding is read.
    pub holdings: HoldingIndex,
    /// Siblings from the leaf upwards.
    pub proof: Vec<ProofStep>,
}

/// An aligned subtree, as `rewards.push` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Position of its first leaf, a multiple of 128.
    pub base: usize,
    /// Its leaves, up to 128.
    pub leaves: Vec<PushedLeaf>,
    /// Siblings from the subtree upwards.
    pub proof: Vec<ProofStep>,
}

/// Why an epoch cannot be reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// A merchant that needs a leaf has no holding in the input.
    #[error("epoch {epoch}: no holding was given for merchant {merchant}, which has a leaf; the source of the epoch is incomplete")]
    MissingHolding {
        /// The epoch.
        epoch: Epoch,
        /// The merchant.
        merchant: MerchantIndex,
    },
    /// A tree cannot be built.
    #[error("epoch {epoch}, {} side: the tree cannot be built: {error:?}", .side.name())]
    Tree {
        /// The epoch.
        epoch: Epoch,
        /// The side.
        side: Side,
        /// Why.
        error: TreeError,
    },
}

/// Everything that follows from an epoch's receipts.
#[derive(Clone, Debug)]
pub struct EpochReport {
    /// Scores and sales.
    pub scores: EpochScores,
    holdings: BTreeMap<MerchantIndex, Holding>,
    merchants: EpochTree,
    customers: EpochTree,
}

impl EpochReport {
    /// Builds both trees. `holdings` has an entry for every merchant with a
    /// leaf; others are dropped.
    ///
    /// # Errors
    /// [`ReportError::MissingHolding`], [`ReportError::Tree`].
    pub fn build(
        network: &Network,
        scores: EpochScores,
        mut holdings: BTreeMap<MerchantIndex, Holding>,
    ) -> Result<Self, ReportError> {
        let epoch = scores.epoch;
        if let Some(row) = scores.merchants.iter().find(|row| !holdings.contains_key(&row.merchant)) {
            return Err(ReportError::MissingHolding { epoch, merchant: row.merchant });
        }
        let amount = |merchant| holdings.get(&merchant).map_or(0, |holding| holding.amount);
        let version = scores.algorithm.version();
        let tree = |side, leaves| {
            EpochTree::build(network.domain(side, epoch, version), leaves).map_err(|error| ReportError::Tree {
                epoch,
                side,
                error,
            })
        };
        let merchants = tree(Side::Merchant, scores.merchant_leaves(amount))?;
        let customers = tree(Side::Customer, scores.customer_leaves())?;
        holdings.retain(|merchant, _| merchants.position(*merchant).is_some());
        Ok(Self { scores, holdings, merchants, customers })
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.scores.epoch
    }

    /// What a committee member reports.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            algorithm_version: self.scores.algorithm.version(),
            merchants: self.merchants.side_report(),
            customers: self.customers.side_report(),
        }
    }

    /// One side's tree.
    #[must_use]
    pub fn tree(&self, side: Side) -> &EpochTree {
        match side {
            Side::Merchant => &self.merchants,
            Side::Customer => &self.customers,
        }
    }

    /// A merchant's holding; `None` for one without a leaf.
    #[must_use]
    pub fn holding(&self, merchant: MerchantIndex) -> Option<Holding> {
        self.holdings.get(&merchant).copied()
    }

    /// Where a leaf's holding is read; zeros for a customer.
    fn holding_index(&self, side: Side, account: u32) -> HoldingIndex {
        match side {
            Side::Merchant => self.holding(account).unwrap_or_default().index,
            Side::Customer => HoldingIndex::default(),
        }
    }

    /// The claim of an account's leaf; `None` for an account without one.
    #[must_use]
    pub fn claim(&self, side: Side, account: u32) -> Option<Claim> {
        let (leaf, proof) = self.tree(side).proof(account)?;
        Some(Claim { leaf, holdings: self.holding_index(side, account), proof })
    }

    /// The push of the subtree at `base`; `None` for a base that starts none.
    #[must_use]
    pub fn push(&self, side: Side, base: usize) -> Option<Push> {
        let (leaves, proof) = self.tree(side).subtree(base)?;
        let pushed = |leaf: &Leaf| PushedLeaf { leaf: *leaf, holding: self.holding_index(side, leaf.account) };
        Some(Push { base, leaves: leaves.iter().map(pushed).collect(), proof })
    }

    /// What an epoch that emits `payout` owes an account by the reward
    /// formula (architecture.md, Rewards); 0 without a leaf. Smallest unit of
    /// Bzky or Time.
    #[must_use]
    pub fn reward(&self, side: Side, account: u32, payout: &Payout) -> Balance {
        let tree = self.tree(side);
        let Some(leaf) = tree.position(account).and_then(|position| tree.leaves().get(position)) else { return 0 };
        let totals = tree.side_report();
        let blend = blend(side, self.epoch());
        emission::reward(payout.emission, blend, leaf.v1, leaf.v2, totals.sum_v1, totals.sum_v2)
    }
}
