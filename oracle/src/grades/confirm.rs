//! Who earned a level reward.

use super::plan::{Pages, PlanSettings};
use bizkey_client::{ss58, ClientError, ContractError, Signer, Suite};
use bizkey_indexer::{
    model::{ReceiptFilter, Task, MAX_PAGE},
    Store,
};
use bizkey_primitives::{
    errors::redemption::Error as Refusal,
    redemption::{RedemptionRole, TaskId},
    ticket::REFERENCE_BYTES,
    CustomerIndex, Epoch, MerchantIndex,
};
use std::collections::BTreeSet;

/// Most confirmations that wait for a block at the same time.
const MOST_UNDER_WAY: usize = 64;

/// A customer whose fulfilment was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The shop that reached a grade.
    pub merchant: MerchantIndex,
    /// The task.
    pub task: TaskId,
    /// Who earned its reward.
    pub customer: CustomerIndex,
    /// The block that holds it.
    pub block: u32,
}

/// Why nothing could be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The key has not the role.
    #[error("{0} is not the task confirmer of `redemption`; the board names one with set_role")]
    NotTaskConfirmer(String),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] bizkey_indexer::Error),
    /// The chain did not do what it was asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Confirms the customers who bought at a shop after the task that rewards its
/// grade was created: the first ones in the order of the chain, in epochs that
/// are over for good.
pub struct Confirmer {
    suite: Suite,
    signer: Signer,
    store: Store,
    settings: PlanSettings,
}

impl Confirmer {
    /// A confirmer that signs with `signer` and judges by the rows of `store`.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, store: Store, settings: PlanSettings) -> Self {
        Self { suite, signer, store, settings }
    }

    /// Confirms everybody who has earned a reward and is not confirmed yet,
    /// and waits until that is final. Doing it again, or elsewhere at the same
    /// time, pays nobody twice: the contract refuses it.
    ///
    /// # Errors
    /// [`ConfirmError`]. What was confirmed before stays so.
    pub async fn step(&self) -> Result<Vec<Confirmed>, ConfirmError> {
        let account = self.signer.account_id();
        if self.suite.redemption().role(RedemptionRole::TaskConfirmer, None).await? != Some(account) {
            return Err(ConfirmError::NotTaskConfirmer(ss58(&account)));
        }
        let mut confirmed = Vec::new();
        let Some(last) = self.store.last_graded_epoch().await? else { return Ok(confirmed) };
        let now_ms = self.store.checkpoint().await?.map_or(0, |now| now.timestamp_ms);
        // A task may be created at the end of the window and live on.
        let epoch_ms = self.store.network().calendar.epoch_ms.max(1);
        let life = u32::try_from(self.settings.life_ms.div_ceil(epoch_ms)).unwrap_or(u32::MAX);
        let mut pages = Pages::within(last, self.settings.window.saturating_add(life));
        while let Some(page) = pages.next(&self.store).await? {
            for (reached, named) in page {
                let is_open =
                    |task: &&Task| task.closed.is_none() && task.terms.stock > 0 && task.terms.expires_ms > now_ms;
                // Of several with one name, the first: one reward a grade.
                let Some(task) = named.tasks.iter().min_by_key(|task| task.task).filter(is_open) else { continue };
                let earners = self.earners(reached.merchant, task, last).await?;
                self.confirm(reached.merchant, task, &earners, &mut confirmed).await?;
            }
        }
        Ok(confirmed)
    }

    /// Who has earned a task's reward and is not confirmed, in the order of
    /// the chain: more than are left, since some may not be payable now.
    async fn earners(
        &self,
        merchant: MerchantIndex,
        task: &Task,
        last: Epoch,
    ) -> Result<Vec<CustomerIndex>, ConfirmError> {
        let mut known = self.fulfilled(task.task).await?;
        let (mut earners, mut references) = (Vec::new(), BTreeSet::new());
        let enough = usize::try_from(task.terms.stock).unwrap_or(usize::MAX).saturating_add(MOST_UNDER_WAY);
        let blocks = self.store.blocks_after(task.block.saturating_sub(1), 1).await?;
        let Some(block) = blocks.first().filter(|block| block.checkpoint.number == task.block) else {
            return Ok(earners);
        };
        let filter = ReceiptFilter { merchant: Some(merchant), ..ReceiptFilter::default() };
        let mut after = block.receipts.end.saturating_sub(1);
        loop {
            let page = self.store.receipts(filter, after, MAX_PAGE).await?;
            let Some(end) = page.last() else { return Ok(earners) };
            after = end.id;
            for receipt in page {
                // What is not over for good may still go back.
                if receipt.epoch > last || earners.len() >= enough {
                    return Ok(earners);
                }
                let has_ticket = receipt.reference != [0; REFERENCE_BYTES];
                // A ticket counts once, whoever it names.
                if !receipt.counts() || !has_ticket || !references.insert(receipt.reference) {
                    continue;
                }
                let customer = receipt.customer.filter(|_| receipt.voided_epoch.is_none());
                earners.extend(customer.filter(|customer| known.insert(*customer)));
            }
        }
    }

    async fn fulfilled(&self, task: TaskId) -> Result<BTreeSet<CustomerIndex>, ConfirmError> {
        let mut known = BTreeSet::new();
        loop {
            let after = known.last().copied().unwrap_or(0);
            let page = self.store.fulfilments_after(task, after, MAX_PAGE).await?;
            if page.is_empty() {
                return Ok(known);
            }
            known.extend(page.iter().map(|row| row.customer));
        }
    }

    /// Confirms as many of these customers as a task has left.
    async fn confirm(
        &self,
        merchant: MerchantIndex,
        task: &Task,
        customers: &[CustomerIndex],
        confirmed: &mut Vec<Confirmed>,
    ) -> Result<(), ConfirmError> {
        let mut left = usize::try_from(task.terms.stock).unwrap_or(usize::MAX);
        for some in customers.chunks(MOST_UNDER_WAY) {
            let mut sent = Vec::new();
            for customer in some {
                if sent.len() >= left {
                    break;
                }
                match self.suite.redemption().fulfil(task.task, *customer).submit(&self.signer).await {
                    Ok(pending) => sent.push((*customer, pending)),
                    Err(error) if is_no_fault(&error) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            for (customer, pending) in sent {
                match pending.finalized().await {
                    Ok(done) => {
                        left = left.saturating_sub(1);
                        confirmed.push(Confirmed { merchant, task: task.task, customer, block: done.block.number });
                    }
                    Err(error) if is_no_fault(&error) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// Refusals that mean: somebody else has done it, it is over, or this customer
/// cannot be paid now.
fn is_no_fault(error: &ClientError) -> bool {
    use Refusal::{AlreadyFulfilled, NotPayable, OfferExpired, OutOfStock, UnknownParty, UnknownTask};
    matches!(
        error.contract(),
        Some(ContractError::Redemption(
            AlreadyFulfilled | NotPayable | OfferExpired | OutOfStock | UnknownParty | UnknownTask
        ))
    )
}
