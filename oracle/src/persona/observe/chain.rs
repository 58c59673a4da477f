//! A window of a network from the chain's blocks.

use super::{Batches, Observed, Parties};
use crate::{
    chain::{BlockOrder, OrderError},
    persona::{features::Window, proposal::Place, Facts, Sale},
    scoring::ReceiptId,
    verify::{blocks, check_contracts, Progress, VerifyError},
};
use bizkey_client::{Block, ClientError, ContractAddresses, ContractKind, Suite};
use bizkey_primitives::{
    calendar::Calendar,
    events::{BatchRecorded, Event},
    receipt::{decode_payload, KEPT_HEADS, MAX_AMOUNT},
    Epoch, Hash, Side, Stamp,
};
use futures::TryStreamExt;
use std::collections::{BTreeMap, HashSet};

/// Why nothing can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The chain cannot be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The chain holds another network.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Blocks are read one after the other.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Nothing is complete yet.
    #[error("no epoch is closed up to block {0}: wait until the first one is over")]
    NoEpoch(u32),
    /// The window would end in an epoch that is still open.
    #[error("epoch {asked} is not closed: the last closed one is {last}")]
    Open {
        /// The epoch that was asked for.
        asked: Epoch,
        /// The last closed one.
        last: Epoch,
    },
}

/// Folds blocks, in order, into the last window.
#[derive(Clone, Debug)]
pub struct Observer {
    calendar: Calendar,
    place: Place,
    /// The last epoch to look at; `None` for the last closed one.
    through: Option<Epoch>,
    order: BlockOrder,
    now: Stamp,
    parties: Parties,
    batches: Batches,
    closed: BTreeMap<Epoch, Vec<Sale>>,
    open: Vec<Sale>,
    voided: HashSet<ReceiptId>,
}

impl Observer {
    /// Before a network's first block. The window ends with the epoch
    /// `through`, or with the last closed one.
    #[must_use]
    pub fn new(genesis: Hash, contracts: &ContractAddresses, calendar: Calendar, through: Option<Epoch>) -> Self {
        let ContractAddresses { registry, foundation, rewards, receipts, .. } = *contracts;
        Self {
            calendar,
            place: Place { genesis, registry, foundation, rewards },
            through,
            order: BlockOrder::default(),
            now: 0,
            parties: Parties::default(),
            batches: Batches::new(genesis, receipts),
            closed: BTreeMap::new(),
            open: Vec::new(),
            voided: HashSet::new(),
        }
    }

    /// Enters a block with its events.
    ///
    /// # Errors
    /// [`OrderError`].
    pub fn follow(&mut self, block: &Block) -> Result<(), OrderError> {
        self.order.enter(block)?;
        let now = self.calendar.stamp_at(block.timestamp_ms);
        if now > self.now {
            self.close();
            self.now = now;
        }
        for event in &block.events {
            self.parties.book(self.now, event.kind, &event.event);
            match (event.kind, &event.event) {
                (ContractKind::Receipts, Event::BatchRecorded(batch)) => self.batch(batch),
                (ContractKind::Receipts, Event::ReceiptVoided(void)) => {
                    self.voided.insert(ReceiptId { device: void.device, seq: void.seq, index: void.index });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether an epoch can be in the window that ends at the earliest with
    /// the one that closes now.
    fn close(&mut self) {
        let Some(epoch) = self.now.checked_sub(1) else { return };
        let voided = std::mem::take(&mut self.voided);
        let mut sales = std::mem::take(&mut self.open);
        sales.retain(|sale| !voided.contains(&sale.id));
        if self.through.is_none_or(|through| epoch <= through) {
            self.closed.insert(epoch, sales);
            let first = Window::ending(epoch).first;
            self.closed.retain(|of, _| *of >= first);
            self.parties.forget_before(first);
        }
        // What `receipts` keeps of closed epochs, and this one.
        self.batches.forget_before(epoch.saturating_sub(KEPT_HEADS));
    }

    fn batch(&mut self, batch: &BatchRecorded) {
        let Some(epoch) = self.now.checked_sub(1) else { return };
        self.batches.add(epoch, batch);
        // What does not decode is no receipt.
        let Some(payload) = decode_payload(batch.count, &batch.payload) else { return };
        let mut at_ms = payload.header.at_ms;
        for (index, receipt) in (0u16..).zip(payload.receipts) {
            at_ms = at_ms.saturating_add(u64::from(receipt.delta_seconds).saturating_mul(1_000));
            let is_known = self.parties.is_registered(Side::Customer, receipt.customer);
            if is_known && (1..=MAX_AMOUNT).contains(&receipt.amount) {
                self.open.push(Sale {
                    id: ReceiptId { device: batch.device, seq: batch.seq, index },
                    merchant: batch.merchant,
                    customer: receipt.customer,
                    amount: receipt.amount,
                    at_ms,
                    epoch,
                });
            }
        }
    }

    /// The first epoch that is not closed.
    #[must_use]
    pub fn open_epoch(&self) -> Epoch {
        self.now.saturating_sub(1)
    }

    /// The window, what is known of the parties, and the batches of which
    /// there are proofs.
    ///
    /// # Errors
    /// [`ObserveError::NoEpoch`], [`ObserveError::Open`].
    pub fn finish(mut self) -> Result<(Observed, Parties, Batches), ObserveError> {
        let block = self.order.last();
        let last_closed = self.now.checked_sub(2).ok_or(ObserveError::NoEpoch(block.unwrap_or(0)))?;
        let last = self.through.unwrap_or(last_closed);
        if last > last_closed {
            return Err(ObserveError::Open { asked: last, last: last_closed });
        }
        let window = Window::ending(last);
        let closed = std::mem::take(&mut self.closed);
        let sales = closed.into_iter().filter(|(epoch, _)| window.contains(*epoch)).flat_map(|(_, sales)| sales);
        let joined = std::mem::take(&mut self.parties.joined);
        let facts = Facts { joined, ..Facts::new(self.calendar) };
        self.batches.forget_before(self.open_epoch().saturating_sub(KEPT_HEADS));
        let observed = Observed { place: self.place, window, sales: sales.collect(), facts };
        Ok((observed, self.parties, self.batches))
    }
}

/// Looks at a network from the chain's final blocks alone. `progress` is
/// called now and then.
///
/// # Errors
/// [`ObserveError`].
pub async fn observe(
    suite: &Suite,
    through: Option<Epoch>,
    mut progress: impl FnMut(Progress),
) -> Result<(Observed, Parties, Batches), ObserveError> {
    let (client, deployment) = (suite.client(), suite.deployment());
    let head = client.finalized_head().await?;
    let calendar = suite.rewards().calendar(Some(head.hash)).await?;
    check_contracts(suite, &head).await?;
    let mut observer = Observer::new(client.genesis_hash().into(), &deployment.contracts, calendar, through);
    let mut blocks = std::pin::pin!(blocks(suite, head.number));
    while let Some(block) = blocks.try_next().await? {
        observer.follow(&block)?;
        progress(Progress { block: block.number, head: head.number, epochs: observer.open_epoch() });
    }
    observer.finish()
}
