//! Claims: what leaves are paid, and when (architecture.md, Rewards).

use crate::{
    bitmap,
    claims::{self, Terms},
    debts::{self, Word},
    numbers::Kind,
    rewards::Rewards,
    settlement, suite,
};
use bizkey_primitives::{
    emit::emit,
    errors::rewards::Error,
    events::{DebtPaid, DeferredRewardPaid, RewardDeferred, RewardsPaid},
    opening::MAX_OPENING_EPOCHS,
    party::PushedLeaf,
    report::EpochRecord,
    tree::{self, Leaf, ProofStep},
    AccountId, Balance, Epoch, MerchantIndex, Side,
};
use ink::prelude::{vec, vec::Vec};

/// Epochs after its own in which an epoch's receipts can be demanded
/// (architecture.md, customer ticket).
const DEMANDABLE_EPOCHS: u32 = 32;
/// Epochs after its own until a merchant's reward opens under bizpower-2: then
/// the last demand is answered at the latest, whatever time to open the board
/// has set, and one epoch was left to book a debt for a failed opening.
pub const DEMAND_EPOCHS: u32 = DEMANDABLE_EPOCHS.saturating_add(MAX_OPENING_EPOCHS).saturating_add(1);
/// Most claims in one `claim_many`.
pub const MAX_CLAIMS: usize = 16;

/// Whether a call is about one leaf, whose failure fails the call, or about a
/// subtree, whose failing leaves are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `claim`.
    Single,
    /// `push`.
    Subtree,
}

impl Rewards {
    /// Pays leaves of a final epoch that lie side by side; returns how many,
    /// and how much together.
    pub(crate) fn take(
        &mut self,
        scope: Scope,
        side: Side,
        epoch: Epoch,
        leaves: Vec<PushedLeaf>,
        proof: &[ProofStep],
    ) -> Result<(u32, Balance), Error> {
        let record = self.claimable(epoch)?;
        let domain = self.domain(side, epoch, &record.report);
        let bare: Vec<Leaf> = leaves.iter().map(|pushed| pushed.leaf).collect();
        let start = tree::top(&domain, &bare).map_err(|_| Error::BadProof)?;
        let terms = Terms::new(side, epoch, &record);
        let place = bitmap::place(terms.prove(&domain, start, proof)?);
        if scope == Scope::Subtree && place.bit != 0 {
            return Err(Error::BadSubtree);
        }
        let mut word = self.claimed_words(side, epoch, place.word);
        let (bits, open): (Vec<u32>, Vec<PushedLeaf>) =
            (place.bit..).zip(leaves).filter(|(bit, _)| !bitmap::is_set(word, *bit)).unzip();
        if open.is_empty() {
            return if scope == Scope::Single { Err(Error::AlreadyClaimed) } else { Ok((0, 0)) };
        }
        let mut rewards = Vec::with_capacity(open.len());
        for (bit, outcome) in bits.into_iter().zip(terms.decide(&self.contracts, &open)?) {
            match outcome {
                Ok(reward) => {
                    word = bitmap::set(word, bit);
                    rewards.push(reward);
                }
                Err(error) if scope == Scope::Single => return Err(error),
                Err(_) => {}
            }
        }
        if rewards.is_empty() {
            return Ok((0, 0));
        }
        self.numbers.set(Kind::Claimed, side, epoch, place.word, word);
        let waits = terms.is_hardened && !self.demands_are_over(epoch);
        let mut debtors = None;
        let mut payments = Vec::with_capacity(rewards.len());
        for reward in &mut rewards {
            let due = self.less_debt(&mut debtors, side, epoch, reward.index, reward.amount);
            reward.amount = match (waits, scope) {
                (false, _) => due,
                // One question for each leaf would be too many: `claim_deferred` asks it.
                (true, Scope::Subtree) => 0,
                (true, Scope::Single) => self.against_pledge(epoch, reward.account, due)?,
            };
            let rest = due.saturating_sub(reward.amount);
            if rest > 0 {
                self.defer(epoch, reward.index, rest);
                emit(&RewardDeferred { epoch, index: reward.index, amount: rest });
            }
            if reward.amount > 0 {
                payments.push((reward.account, reward.amount));
            }
        }
        // At most 128.
        #[allow(clippy::cast_possible_truncation)]
        let count = rewards.len() as u32;
        emit(&RewardsPaid { side, epoch, rewards });
        Ok((count, self.disburse(side, epoch, record, &payments)?))
    }

    pub(crate) fn take_deferred(&mut self, epoch: Epoch, index: MerchantIndex) -> Result<Balance, Error> {
        let record = self.claimable(epoch)?;
        let deferred = self.deferred_of(epoch, index);
        if deferred == 0 {
            return Err(Error::NothingDeferred);
        }
        let account = claims::claimant(&self.contracts, Side::Merchant, epoch, index)?.account;
        let due = self.less_debt(&mut None, Side::Merchant, epoch, index, deferred);
        let amount = if self.demands_are_over(epoch) { due } else { self.against_pledge(epoch, account, due)? };
        let rest = due.saturating_sub(amount);
        if rest == deferred {
            return Err(Error::StillDeferred);
        }
        self.defer(epoch, index, rest);
        emit(&DeferredRewardPaid { epoch, index, account, amount });
        let payments = if amount > 0 { vec![(account, amount)] } else { Vec::new() };
        self.disburse(Side::Merchant, epoch, record, &payments)
    }

    /// The record of an epoch that can be claimed now.
    fn claimable(&self, epoch: Epoch) -> Result<EpochRecord, Error> {
        self.running()?;
        let record = self.final_record(epoch)?;
        if self.claims_are_over(&record) {
            return Err(Error::ClaimsExpired);
        }
        Ok(record)
    }

    fn demands_are_over(&self, epoch: Epoch) -> bool {
        let window_ms = self.calendar.epoch_ms.saturating_mul(u64::from(DEMAND_EPOCHS));
        self.is_over(self.calendar.end_ms(epoch), window_ms)
    }

    /// What of `due` a deposit can be pledged for, until the receipts cannot
    /// be demanded any more.
    fn against_pledge(&self, epoch: Epoch, account: AccountId, due: Balance) -> Result<Balance, Error> {
        if due == 0 {
            return Ok(0);
        }
        suite::pledge(&self.contracts, account, due, epoch.saturating_add(DEMAND_EPOCHS))
    }

    fn defer(&mut self, epoch: Epoch, index: MerchantIndex, amount: Balance) {
        self.numbers.set(Kind::Deferred, Side::Merchant, epoch, index, amount);
    }

    /// What is left of a reward when its party's debt is paid out of it. The
    /// withheld part stays reserved, and goes back to the pool when the
    /// epoch's claims expire.
    fn less_debt(&mut self, debtors: &mut Word, side: Side, epoch: Epoch, index: u32, reward: Balance) -> Balance {
        let amount = debts::withhold(&mut self.numbers, debtors, side, index, reward);
        if amount > 0 {
            emit(&DebtPaid { side, index, amount, epoch: Some(epoch) });
        }
        reward.saturating_sub(amount)
    }

    /// Books payments as paid by an epoch, then makes them; returns their sum.
    fn disburse(
        &mut self,
        side: Side,
        epoch: Epoch,
        mut record: EpochRecord,
        payments: &Vec<(AccountId, Balance)>,
    ) -> Result<Balance, Error> {
        if payments.is_empty() {
            return Ok(0);
        }
        let amounts = payments.iter().map(|(_, amount)| *amount);
        let paid = settlement::pay(settlement::payout_mut(&mut record, side), amounts)?;
        self.epochs.insert(epoch, &record);
        suite::pay(&self.contracts, side, epoch, payments)?;
        Ok(paid)
    }
}
