//! Settling epochs in their turn.

use super::refusal;
use bizkey_client::{Result, Signer, Suite, Weight};
use bizkey_primitives::{
    errors::rewards,
    report::{EpochRecord, EpochState},
    Epoch,
};

/// Gas of a `finalise` that cannot be dry-run: several times what it needs.
pub const FINALISE_GAS: Weight = Weight { ref_time: 20_000_000_000, proof_size: 2_000_000 };

/// An epoch that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The epoch.
    pub epoch: Epoch,
    /// `Final`, or `Void`.
    pub state: EpochState,
    /// The block that holds it.
    pub block: u32,
}

/// Finalises epochs after their window and voids overdue ones.
pub struct Keeper {
    suite: Suite,
    signer: Signer,
}

impl Keeper {
    /// A keeper that pays its fees from `signer`.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer) -> Self {
        Self { suite, signer }
    }

    /// Settles every epoch whose time has come, in order. Doing it again does
    /// nothing.
    ///
    /// # Errors
    /// Those of the chain. What was settled before stays so.
    pub async fn step(&self) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        let mut epoch = self.suite.rewards().next_epoch(None).await?;
        loop {
            let record = self.suite.rewards().epoch(epoch, None).await?;
            let done = match record.map(|record| (record.state, record)) {
                Some((EpochState::Pending, record)) => self.finalise(epoch, &record).await?,
                None | Some((EpochState::Open, _)) => self.void(epoch).await?,
                // Frozen; or settled since the turn was read.
                Some((EpochState::Disputed, _)) => None,
                Some((EpochState::Final | EpochState::Void, _)) => None,
            };
            let Some(done) = done else { return Ok(settled) };
            settled.push(done);
            epoch = epoch.saturating_add(1);
        }
    }

    async fn finalise(&self, epoch: Epoch, record: &EpochRecord) -> Result<Option<Settled>> {
        let call = self.suite.rewards().finalise(epoch);
        let sent = match call.submit(&self.signer).await {
            Ok(sent) => sent,
            // A dry-run sees the last block. Where blocks come on demand that
            // may be the one that made the report pending, and only the next
            // one is late enough.
            Err(error) if refusal(&error) == Some(rewards::Error::WindowOpen) => {
                if !self.is_due_in_the_next_block(record).await? {
                    return Ok(None);
                }
                self.suite.rewards().finalise(epoch).with_gas(FINALISE_GAS).submit(&self.signer).await?
            }
            Err(error) if is_not_ours(refusal(&error)) => return Ok(None),
            Err(error) => return Err(error),
        };
        match sent.finalized().await {
            Ok(done) => Ok(Some(Settled { epoch, state: EpochState::Final, block: done.block.number })),
            Err(error) if is_not_ours(refusal(&error)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn is_due_in_the_next_block(&self, record: &EpochRecord) -> Result<bool> {
        let client = self.suite.client();
        let head = client.finalized_head().await?;
        let block = client.block(head.hash, &self.suite.deployment().contracts).await?;
        let window_ms = self.suite.deployment().window_ms;
        Ok(block.number >= record.since_block && block.timestamp_ms >= record.since_ms.saturating_add(window_ms))
    }

    async fn void(&self, epoch: Epoch) -> Result<Option<Settled>> {
        match self.suite.rewards().void_overdue(epoch).send(&self.signer).await {
            Ok(done) => Ok(Some(Settled { epoch, state: EpochState::Void, block: done.block.number })),
            Err(error) if is_not_ours(refusal(&error)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Refusals that mean: not yet, or somebody else has done it.
fn is_not_ours(refusal: Option<rewards::Error>) -> bool {
    use rewards::Error::{EarlierEpochOpen, NotOverdue, NotPending, ReportsClosed, WindowOpen};
    matches!(refusal, Some(EarlierEpochOpen | NotOverdue | NotPending | ReportsClosed | WindowOpen))
}
