//! Which leaves are paid, and how much each (whitepaper 3.4; architecture.md,
//! Rewards): the rules that a single claim and a push share.

use crate::suite;
use bizkey_primitives::{
    emission::{self, Blend},
    errors::rewards::Error,
    events::PaidReward,
    party::{Claimant, Contracts, HoldingIndex, PushedLeaf},
    report::{EpochRecord, Payout, SideReport},
    tree::{Domain, Leaf, ProofStep, Tuple},
    AccountId, Balance, Epoch, Side,
};
use ink::prelude::{vec, vec::Vec};

/// What one epoch pays on one side.
pub struct Terms<'a> {
    /// Merchants or customers.
    pub side: Side,
    /// The epoch.
    pub epoch: Epoch,
    /// How the emission is split.
    pub blend: Blend,
    /// What the epoch emits.
    pub payout: Payout,
    /// The tree.
    pub report: &'a SideReport,
}

/// A leaf's outcome: what it is paid, or why it is not.
pub type Outcome = Result<PaidReward, Error>;

impl<'a> Terms<'a> {
    /// The terms of one side of a final epoch.
    pub fn new(side: Side, epoch: Epoch, record: &'a EpochRecord) -> Self {
        let payout = match side {
            Side::Merchant => record.merchants,
            Side::Customer => record.customers,
        };
        Self { side, epoch, blend: emission::blend(side, epoch), payout, report: record.report.side(side) }
    }

    /// The position in the tree of a leaf, or of a subtree's first leaf.
    ///
    /// # Errors
    /// [`Error::BadProof`].
    pub fn prove(&self, domain: &Domain, start: Tuple, proof: &[ProofStep]) -> Result<u32, Error> {
        self.report.verify(domain, start, proof).map_err(|_| Error::BadProof)
    }

    /// Decides leaves whose place in the tree has been proven and that were
    /// not claimed before. One question to `registry`, and one each to `bzky`
    /// and `pos_deposit` if any holding is paid for.
    ///
    /// # Errors
    /// [`Error::CalleeFailed`] for all of them together; what stops a single
    /// leaf is in its own outcome.
    pub fn decide(&self, contracts: &Contracts, leaves: &[PushedLeaf]) -> Result<Vec<Outcome>, Error> {
        let indices = leaves.iter().map(|pushed| pushed.leaf.account).collect();
        let claimants = suite::claimants(contracts, self.side, self.epoch, &indices)?;
        let standings: Vec<Result<Claimant, Error>> = claimants.into_iter().map(standing).collect();
        let holdings = self.holdings(contracts, leaves, &standings)?;
        Ok(leaves
            .iter()
            .zip(standings)
            .zip(holdings)
            .map(|((pushed, standing), holding)| {
                let account = standing?.account;
                let amount = self.reward(&pushed.leaf, holding.ok_or(Error::WrongCheckpoint)?);
                Ok(PaidReward { index: pushed.leaf.account, account, amount })
            })
            .collect())
    }

    /// Whether a holding makes a difference: in the first month it does not.
    fn pays_holding(&self, leaf: &Leaf) -> bool {
        self.blend.holding > 0 && leaf.v2 > 0
    }

    /// The holding of each leaf that counts: what the tree says, or less when
    /// the account held less. `None` where a checkpoint's index is wrong.
    fn holdings(
        &self,
        contracts: &Contracts,
        leaves: &[PushedLeaf],
        standings: &[Result<Claimant, Error>],
    ) -> Result<Vec<Option<Balance>>, Error> {
        let mut holdings = vec![Some(0); leaves.len()];
        let mut asked: Vec<usize> = Vec::new();
        let mut balances: Vec<(AccountId, u32)> = Vec::new();
        let mut deposits: Vec<(AccountId, u32)> = Vec::new();
        for (position, (pushed, standing)) in leaves.iter().zip(standings).enumerate() {
            if let (true, Ok(claimant)) = (self.pays_holding(&pushed.leaf), standing) {
                let HoldingIndex { bzky, pos_deposit } = pushed.holding;
                asked.push(position);
                balances.push((claimant.account_at, bzky));
                deposits.push((claimant.account_at, pos_deposit));
            }
        }
        if asked.is_empty() {
            return Ok(holdings);
        }
        let balances = suite::lowest_balances(contracts, self.epoch, &balances)?;
        let deposits = suite::lowest_deposits(contracts, self.epoch, &deposits)?;
        for ((position, balance), deposit) in asked.into_iter().zip(balances).zip(deposits) {
            if let (Some(holding), Some(pushed)) = (holdings.get_mut(position), leaves.get(position)) {
                *holding = lower_of(pushed.leaf.v2, balance, deposit);
            }
        }
        Ok(holdings)
    }

    fn reward(&self, leaf: &Leaf, holding: Balance) -> Balance {
        let SideReport { sum_v1, sum_v2, .. } = *self.report;
        emission::reward(self.payout.emission, self.blend, leaf.v1, holding, sum_v1, sum_v2)
    }
}

/// Who claims, if they may.
fn standing(claimant: Option<Claimant>) -> Result<Claimant, Error> {
    match claimant {
        None => Err(Error::UnknownParty),
        Some(claimant) if !claimant.payable => Err(Error::NotPayable),
        Some(claimant) => Ok(claimant),
    }
}

/// `min(v2, lowest balance + lowest deposit)`; `None` if either is unknown.
fn lower_of(v2: Balance, balance: Option<Balance>, deposit: Option<Balance>) -> Option<Balance> {
    // Saturating: a sum past the type is above v2 anyway.
    Some(v2.min(balance?.saturating_add(deposit?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimant(payable: bool) -> Claimant {
        Claimant { account_at: [1; 32].into(), account: [2; 32].into(), payable }
    }

    #[test]
    fn only_a_known_party_in_good_standing_is_paid() {
        assert_eq!(standing(None), Err(Error::UnknownParty));
        assert_eq!(standing(Some(claimant(false))), Err(Error::NotPayable));
        assert_eq!(standing(Some(claimant(true))), Ok(claimant(true)));
    }

    #[test]
    fn a_holding_is_the_least_of_what_was_said_and_what_was_held() {
        assert_eq!(lower_of(10, Some(6), Some(3)), Some(9));
        assert_eq!(lower_of(8, Some(6), Some(3)), Some(8));
        assert_eq!(lower_of(u128::MAX, Some(u128::MAX), Some(3)), Some(u128::MAX));
        assert_eq!(lower_of(8, None, Some(3)), None);
        assert_eq!(lower_of(8, Some(6), None), None);
    }

    #[test]
    fn the_first_month_asks_for_no_holdings() {
        let report = SideReport { root: [1; 32].into(), count: 5, sum_v1: 400, sum_v2: 1_000 };
        let terms = |epoch| Terms {
            side: Side::Merchant,
            epoch,
            blend: emission::blend(Side::Merchant, epoch),
            payout: Payout { emission: 500, reserved: 500, paid: 0 },
            report: &report,
        };
        let leaf = |v2| Leaf { account: 1, v1: 80, v2 };
        assert!(!terms(29).pays_holding(&leaf(10)));
        assert!(terms(30).pays_holding(&leaf(10)));
        assert!(!terms(30).pays_holding(&leaf(0)));
        assert_eq!(terms(0).reward(&leaf(10), 0), 100);
    }
}
