//! Which leaves are paid, and how much each (whitepaper 3.4; architecture.md,
//! Rewards): the rules that a single claim and a push share.

use crate::suite;
use bizkey_primitives::{
    emission::{self, Blend},
    errors::rewards::Error,
    events::PaidReward,
    party::{Claimant, Contracts, HoldingIndex, PushedLeaf},
    report::{EpochRecord, Payout, SideReport, BIZPOWER_2},
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
    /// Whether the rewards wait for the receipts to be demanded.
    pub is_hardened: bool,
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
        Self {
            side,
            epoch,
            blend: emission::blend(side, epoch),
            payout,
            report: record.report.side(side),
            // An algorithm after it is no softer.
            is_hardened: side == Side::Merchant && record.report.algorithm_version >= BIZPOWER_2,
        }
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
        let mut held = self.held(contracts, leaves, &claimants)?.into_iter();
        let mut outcomes = Vec::with_capacity(leaves.len());
        for (pushed, claimant) in leaves.iter().zip(claimants) {
            let outcome = standing(claimant).and_then(|claimant| {
                let holding = if self.pays_holding(&pushed.leaf) { held.next().flatten() } else { Some(0) };
                let amount = self.reward(&pushed.leaf, holding.ok_or(Error::WrongCheckpoint)?);
                Ok(PaidReward { index: pushed.leaf.account, account: claimant.account, amount })
            });
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Whether a holding makes a difference: in the first month it does not.
    fn pays_holding(&self, leaf: &Leaf) -> bool {
        self.blend.holding > 0 && leaf.v2 > 0
    }

    /// What the account of each leaf held at the lowest, of those that are
    /// paid and whose holding makes a difference; `None` where a checkpoint's
    /// index is wrong.
    fn held(
        &self,
        contracts: &Contracts,
        leaves: &[PushedLeaf],
        claimants: &[Option<Claimant>],
    ) -> Result<Vec<Option<Balance>>, Error> {
        let mut balances: Vec<(AccountId, u32)> = Vec::new();
        let mut deposits: Vec<(AccountId, u32)> = Vec::new();
        for (pushed, claimant) in leaves.iter().zip(claimants) {
            if let (true, Ok(claimant)) = (self.pays_holding(&pushed.leaf), standing(*claimant)) {
                balances.push((claimant.account_at, pushed.holding.bzky));
                deposits.push((claimant.account_at, pushed.holding.pos_deposit));
            }
        }
        if balances.is_empty() {
            return Ok(Vec::new());
        }
        suite::lowest_holdings(contracts, self.epoch, &balances, &deposits)
    }

    /// What a leaf is paid for `held`, or for what the tree says if that is less.
    fn reward(&self, leaf: &Leaf, held: Balance) -> Balance {
        let SideReport { sum_v1, sum_v2, .. } = *self.report;
        emission::reward(self.payout.emission, self.blend, leaf.v1, leaf.v2.min(held), sum_v1, sum_v2)
    }
}

/// Who claims outside a tree, if they may now.
///
/// # Errors
/// [`Error::UnknownParty`], [`Error::NotPayable`], [`Error::CalleeFailed`].
pub fn claimant(contracts: &Contracts, side: Side, epoch: Epoch, index: u32) -> Result<Claimant, Error> {
    let claimants = suite::claimants(contracts, side, epoch, &vec![index])?;
    standing(claimants.into_iter().next().flatten())
}

/// Whether a leaf says more than its account held at the lowest.
///
/// # Errors
/// [`Error::UnknownParty`], [`Error::WrongCheckpoint`], [`Error::CalleeFailed`].
pub fn overstates(
    contracts: &Contracts,
    side: Side,
    epoch: Epoch,
    leaf: &Leaf,
    index: HoldingIndex,
) -> Result<bool, Error> {
    let claimants = suite::claimants(contracts, side, epoch, &vec![leaf.account])?;
    let account = claimants.into_iter().next().flatten().ok_or(Error::UnknownParty)?.account_at;
    let held =
        suite::lowest_holdings(contracts, epoch, &vec![(account, index.bzky)], &vec![(account, index.pos_deposit)])?;
    Ok(leaf.v2 > held.into_iter().next().flatten().ok_or(Error::WrongCheckpoint)?)
}

/// Who claims, if they may.
fn standing(claimant: Option<Claimant>) -> Result<Claimant, Error> {
    match claimant {
        None => Err(Error::UnknownParty),
        Some(claimant) if !claimant.payable => Err(Error::NotPayable),
        Some(claimant) => Ok(claimant),
    }
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
    fn the_first_month_asks_for_no_holdings() {
        let report = SideReport { root: [1; 32].into(), count: 5, sum_v1: 400, sum_v2: 1_000 };
        let terms = |epoch| Terms {
            side: Side::Merchant,
            epoch,
            blend: emission::blend(Side::Merchant, epoch),
            payout: Payout { emission: 500, reserved: 500, paid: 0 },
            report: &report,
            is_hardened: false,
        };
        let leaf = |v2| Leaf { account: 1, v1: 80, v2 };
        assert!(!terms(29).pays_holding(&leaf(10)));
        assert!(terms(30).pays_holding(&leaf(10)));
        assert!(!terms(30).pays_holding(&leaf(0)));
        assert_eq!(terms(0).reward(&leaf(10), 0), 100);
    }

    #[test]
    fn a_holding_is_the_least_of_what_was_said_and_what_was_held() {
        let report = SideReport { root: [1; 32].into(), count: 5, sum_v1: 400, sum_v2: 1_000 };
        let terms = Terms {
            side: Side::Merchant,
            epoch: 30,
            blend: emission::blend(Side::Merchant, 30),
            payout: Payout { emission: 1_000, reserved: 1_000, paid: 0 },
            report: &report,
            is_hardened: false,
        };
        // A tenth of 1,000 goes by holding: 100 for 1,000 held.
        let reward = |v2, held| terms.reward(&Leaf { account: 1, v1: 0, v2 }, held);
        assert_eq!([reward(100, 90), reward(80, 90), reward(100, u128::MAX)], [9, 8, 10]);
    }
}
