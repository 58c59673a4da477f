//! Paying what waits of shops' rewards under bizpower-2.
//!
//! A push defers a shop's whole reward, since it cannot ask for every deposit
//! (contracts/README.md, rewards). So each shop is asked for after it: at once
//! what its deposit can be pledged for, and the rest when the epoch's receipts
//! cannot be demanded any more (architecture.md, Rewards, exactly).

use super::{
    claimer::{Claimable, CLAIM_EPOCHS, GAS_MARGIN_PERCENT, MOST_UNDER_WAY},
    refusal,
};
use crate::{report::EpochReport, Book};
use bizkey_client::{Pending, Result, Signer, Submitted, Suite};
use bizkey_primitives::{
    errors::rewards, events::Event, opening::MAX_OPENING_EPOCHS, report::BIZPOWER_2, Balance, Epoch, MerchantIndex,
    Side,
};
use std::{collections::BTreeMap, sync::Arc};

/// Epochs after its own until a reward opens: 32 in which its receipts can be
/// demanded, the longest time to open one, and one to book a debt in
/// (contracts/README.md, rewards).
const OPENS_AFTER: u32 = 32 + MAX_OPENING_EPOCHS + 1;

/// A payment of what waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeferredPayment {
    /// The epoch whose reward it is.
    pub epoch: Epoch,
    /// Whose.
    pub merchant: MerchantIndex,
    /// How much, smallest unit of Bzky; 0 if a debt took it.
    pub amount: Balance,
    /// The block that holds it.
    pub block: u32,
}

/// Who of an epoch is not paid in full.
#[derive(Debug, Default)]
struct Waiting {
    merchants: Vec<MerchantIndex>,
    /// How many epochs were judged when they were tried last.
    tried: Epoch,
    /// Whether some can be paid sooner than their rewards open: they were not
    /// pushed yet, or are held.
    is_urgent: bool,
}

/// What became of a shop's reward.
enum Outcome {
    /// Nothing is left of it.
    Paid,
    /// It has to open first.
    Later,
    /// It cannot be paid now.
    Unpayable,
    Sent(Pending),
}

/// Claims what waits, shop by shop: once after the push, and again once it has
/// opened. Who cannot be paid, because the shop is held or was not pushed, is
/// tried again whenever another epoch is judged, as long as claims are open.
///
/// It asks the chain once for every shop and epoch when it starts, and costs a
/// transaction for every shop that is paid. Shops that do not want to wait for
/// it claim for themselves (`claim`, or `claim_deferred` after a push).
pub struct DeferredClaimer {
    suite: Suite,
    signer: Signer,
    book: Arc<Book>,
    epochs: BTreeMap<Epoch, Waiting>,
}

impl DeferredClaimer {
    /// A claimer that pays its fees from `signer`.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, book: Arc<Book>) -> Self {
        Self { suite, signer, book, epochs: BTreeMap::new() }
    }

    /// Claims everything that can be paid now, and waits until the payments
    /// are final. Doing it again claims nothing twice.
    ///
    /// # Errors
    /// Those of the chain. What was paid before stays so.
    pub async fn step(&mut self) -> Result<Vec<DeferredPayment>> {
        let judged = self.book.next_epoch();
        let settled = self.suite.rewards().next_epoch(None).await?.min(judged);
        let oldest = settled.saturating_sub(CLAIM_EPOCHS);
        self.epochs = self.epochs.split_off(&oldest);
        let mut payments = Vec::new();
        for epoch in oldest..settled {
            if !self.is_due(epoch, judged) {
                continue;
            }
            // A kept report that cannot be read now is asked for at the next step.
            let Some(report) = self.book.report(epoch) else { continue };
            let waiting = self.claim_epoch(&report, judged, &mut payments).await?;
            self.epochs.insert(epoch, waiting);
        }
        Ok(payments)
    }

    fn is_due(&self, epoch: Epoch, judged: Epoch) -> bool {
        let Some(waiting) = self.epochs.get(&epoch) else { return true };
        let has_opened = judged > epoch.saturating_add(OPENS_AFTER);
        !waiting.merchants.is_empty() && waiting.tried < judged && (waiting.is_urgent || has_opened)
    }

    async fn claim_epoch(
        &self,
        report: &EpochReport,
        judged: Epoch,
        payments: &mut Vec<DeferredPayment>,
    ) -> Result<Waiting> {
        let epoch = report.epoch();
        if report.report().algorithm_version < BIZPOWER_2 {
            return Ok(Waiting::default());
        }
        let merchants: Vec<MerchantIndex> = match self.epochs.get(&epoch) {
            Some(waiting) => waiting.merchants.clone(),
            None => report.tree(Side::Merchant).leaves().iter().map(|leaf| leaf.account).collect(),
        };
        match Claimable::of(&self.suite, report).await? {
            Claimable::Yes => {}
            Claimable::Never => return Ok(Waiting::default()),
            Claimable::NotYet => return Ok(Waiting { merchants, tried: judged, is_urgent: true }),
        }
        let mut left = Waiting { merchants: Vec::new(), tried: judged, is_urgent: false };
        for some in merchants.chunks(MOST_UNDER_WAY) {
            let mut sent = Vec::new();
            for merchant in some {
                match self.claim(report, *merchant).await? {
                    Outcome::Sent(pending) => sent.push((*merchant, pending)),
                    outcome => left.keep(*merchant, &outcome),
                }
            }
            for (merchant, pending) in sent {
                match pending.finalized().await {
                    Ok(done) => payments.push(payment(epoch, merchant, &done)),
                    // Somebody else was faster, or took the deposit for another epoch.
                    Err(error) if refusal(&error).is_some() => {}
                    Err(error) => return Err(error),
                }
                if self.suite.rewards().deferred_of(epoch, merchant, None).await? > 0 {
                    left.keep(merchant, &Outcome::Later);
                }
            }
        }
        Ok(left)
    }

    /// Sends a claim of what waits of a shop's reward, if that pays anything.
    async fn claim(&self, report: &EpochReport, merchant: MerchantIndex) -> Result<Outcome> {
        let (rewards, epoch) = (self.suite.rewards(), report.epoch());
        if rewards.deferred_of(epoch, merchant, None).await? == 0 {
            // A leaf of the tree has a position, below 2^32.
            let position = report.tree(Side::Merchant).position(merchant).unwrap_or(usize::MAX);
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            let is_claimed = rewards.is_claimed(Side::Merchant, epoch, position, None).await?;
            return Ok(if is_claimed { Outcome::Paid } else { Outcome::Unpayable });
        }
        let call = rewards.claim_deferred(epoch, merchant);
        let trial = match call.dry_run(&self.signer.account_id(), None).await {
            Ok(trial) => trial,
            Err(error) => {
                return match refusal(&error) {
                    Some(rewards::Error::NothingDeferred | rewards::Error::ClaimsExpired) => Ok(Outcome::Paid),
                    Some(rewards::Error::StillDeferred) => Ok(Outcome::Later),
                    // NotFinal: the best block may lag behind the one that was read.
                    Some(rewards::Error::NotPayable | rewards::Error::Paused | rewards::Error::NotFinal) => {
                        Ok(Outcome::Unpayable)
                    }
                    _ => Err(error),
                };
            }
        };
        let gas = trial.gas_required.plus_percent(GAS_MARGIN_PERCENT);
        Ok(Outcome::Sent(call.with_gas(gas).submit(&self.signer).await?))
    }
}

impl Waiting {
    /// Notes a shop that is not paid in full.
    fn keep(&mut self, merchant: MerchantIndex, outcome: &Outcome) {
        match outcome {
            Outcome::Paid | Outcome::Sent(_) => {}
            Outcome::Later => self.merchants.push(merchant),
            Outcome::Unpayable => {
                self.merchants.push(merchant);
                self.is_urgent = true;
            }
        }
    }
}

/// What a claim that is on chain paid.
fn payment(epoch: Epoch, merchant: MerchantIndex, done: &Submitted) -> DeferredPayment {
    let amount = done.events.iter().find_map(|event| match &event.event {
        Event::DeferredRewardPaid(paid) => Some(paid.amount),
        _ => None,
    });
    DeferredPayment { epoch, merchant, amount: amount.unwrap_or(0), block: done.block.number }
}
