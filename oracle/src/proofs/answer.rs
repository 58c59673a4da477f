//! The JSON of a proof.

use crate::report::{Claim, EpochReport};
use bizkey_client::ss58;
use bizkey_primitives::{hash::selector, tree, AccountId, Epoch, Side};
use codec::Encode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A leaf with its proof. Amounts are decimal strings, hashes hex after `0x`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Proof)]
pub struct ProofAnswer {
    /// `merchant` or `customer`.
    pub side: String,
    /// The epoch.
    pub epoch: Epoch,
    /// Version of the algorithm that scored it.
    pub algorithm_version: u16,
    /// Root of the side's tree.
    pub root: String,
    /// Position of the leaf in the tree.
    pub position: usize,
    /// The leaf.
    pub leaf: Leaf,
    /// Positions of the checkpoints of the leaf's holding.
    pub holdings: Holdings,
    /// Siblings from the leaf upwards.
    pub proof: Vec<Step>,
    /// Address of `rewards`, SS58: whom to call.
    pub contract: String,
    /// The call of `rewards.claim` with all of this: selector and SCALE
    /// arguments, to be sent as a contract call's input.
    pub input: String,
}

/// A leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProofLeaf)]
pub struct Leaf {
    /// Index in `registry`.
    pub account: u32,
    /// Score (scale 10^18) or sales (minor units).
    pub v1: String,
    /// Holding, smallest unit of Bzky.
    pub v2: String,
}

/// Positions of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProofHoldings)]
pub struct Holdings {
    /// In `bzky`.
    pub bzky: u32,
    /// In `pos_deposit`.
    pub pos_deposit: u32,
}

/// One level of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProofStep)]
pub struct Step {
    /// Whether the sibling is the left one.
    pub sibling_is_left: bool,
    /// The sibling.
    pub sibling: Tuple,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProofNode)]
pub struct Tuple {
    /// Its hash.
    pub hash: String,
    /// Leaves below.
    pub count: u32,
    /// Sum of their first values.
    pub sum_v1: String,
    /// Sum of their second values.
    pub sum_v2: String,
    /// Lowest account below.
    pub min_account: u32,
    /// Highest account below.
    pub max_account: u32,
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

impl From<&tree::Tuple> for Tuple {
    fn from(tuple: &tree::Tuple) -> Self {
        Self {
            hash: hex(&tuple.hash),
            count: tuple.count,
            sum_v1: tuple.sum_v1.to_string(),
            sum_v2: tuple.sum_v2.to_string(),
            min_account: tuple.min_account,
            max_account: tuple.max_account,
        }
    }
}

impl ProofAnswer {
    /// The answer for an account, to be sent to `rewards`; `None` if it has no leaf.
    #[must_use]
    pub fn new(report: &EpochReport, rewards: &AccountId, side: Side, account: u32) -> Option<Self> {
        let Claim { leaf, holdings, proof } = report.claim(side, account)?;
        let epoch = report.epoch();
        let mut input = selector("claim").to_vec();
        (side, epoch, leaf, holdings, &proof).encode_to(&mut input);
        let step = |step: &tree::ProofStep| Step {
            sibling_is_left: step.sibling_is_left,
            sibling: Tuple::from(&step.sibling),
        };
        Some(Self {
            side: side.name().to_owned(),
            epoch,
            algorithm_version: report.report().algorithm_version,
            root: hex(report.tree(side).root().as_ref()),
            position: report.tree(side).position(account)?,
            leaf: Leaf { account: leaf.account, v1: leaf.v1.to_string(), v2: leaf.v2.to_string() },
            holdings: Holdings { bzky: holdings.bzky, pos_deposit: holdings.pos_deposit },
            proof: proof.iter().map(step).collect(),
            contract: ss58(rewards),
            input: hex(&input),
        })
    }
}
