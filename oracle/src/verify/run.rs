//! Reading the chain for an audit.

use super::{records, Audit, AuditError, AuditedEpoch, Difference};
use crate::{chain::LedgerError, report::ReportError};
use bizkey_client::{Block, BlockRef, Client, ClientError, ContractAddresses, Suite};
use futures::{stream, Stream, StreamExt, TryStreamExt};

/// Blocks asked for at the same time; bounds memory.
const PREFETCH: usize = 32;

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The block read last.
    pub block: u32,
    /// The last block to read.
    pub head: u32,
    /// Epochs recomputed.
    pub epochs: u32,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The last block that was read.
    pub head: BlockRef,
    /// Every closed epoch; empty if there is a difference.
    pub epochs: Vec<AuditedEpoch>,
    /// The first difference in the order of blocks; `None` if all is right.
    pub difference: Option<Difference>,
}

/// Why a network cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The chain cannot be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The blocks make no sense together.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An epoch cannot be judged.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// `rewards` works with other contracts than those given.
    #[error("the contracts named do not belong together: `rewards` works with others; check the deployment file")]
    OtherContracts,
}

/// Recomputes every epoch of a network up to the chain's last final block.
/// `progress` is called now and then.
///
/// # Errors
/// [`VerifyError`]: what kept it from a verdict.
pub async fn verify(suite: &Suite, mut progress: impl FnMut(Progress)) -> Result<Verdict, VerifyError> {
    let (client, deployment) = (suite.client(), suite.deployment());
    let head = client.finalized_head().await?;
    let calendar = suite.rewards().calendar(Some(head.hash)).await?;
    check_contracts(suite, &head).await?;
    let challenge_ms = suite.rewards().window_ms(Some(head.hash)).await?;
    let mut audit = Audit::new(client.genesis_hash(), deployment.contracts, calendar, challenge_ms);

    let mut blocks = std::pin::pin!(blocks(suite, head.number));
    while let Some(block) = blocks.try_next().await? {
        match audit.follow(&block) {
            Ok(()) => {}
            Err(AuditError::Difference(difference)) => return Ok(Verdict::of(head, *difference)),
            Err(AuditError::Ledger(error)) => return Err(error.into()),
            Err(AuditError::Report(error)) => return Err(error.into()),
        }
        progress(Progress { block: block.number, head: head.number, epochs: audit.closed_epochs() });
    }
    let epochs = match audit.finish() {
        Ok(epochs) => epochs,
        Err(difference) => return Ok(Verdict::of(head, difference)),
    };
    match records::compare(suite, &audit, &epochs, &head).await? {
        None => Ok(Verdict { head, epochs, difference: None }),
        Some(difference) => Ok(Verdict::of(head, difference)),
    }
}

impl Verdict {
    fn of(head: BlockRef, difference: Difference) -> Self {
        Self { head, epochs: Vec::new(), difference: Some(difference) }
    }
}

/// Every block of a network up to the number `last`, in order.
pub(crate) fn blocks(suite: &Suite, last: u32) -> impl Stream<Item = Result<Block, ClientError>> + Send + 'static {
    let (client, deployment) = (suite.client().clone(), suite.deployment());
    let contracts = deployment.contracts;
    // Deployment began after the block that it names.
    let numbers = stream::iter(deployment.block.saturating_add(1)..=last);
    numbers.map(move |number| fetch(client.clone(), contracts, number)).buffered(PREFETCH)
}

async fn fetch(client: Client, contracts: ContractAddresses, number: u32) -> Result<Block, ClientError> {
    let hash = client.block_hash(number).await?;
    let hash = hash.ok_or_else(|| ClientError::NoBlock(number.to_string()))?;
    client.block(hash, &contracts).await
}

/// Whether `rewards` works with the contracts that are to be verified.
pub(crate) async fn check_contracts(suite: &Suite, head: &BlockRef) -> Result<(), VerifyError> {
    let theirs = suite.rewards().contracts(Some(head.hash)).await?;
    let ours = suite.deployment().contracts;
    let agrees = theirs.bzky == ours.bzky
        && theirs.time == ours.time
        && theirs.registry == ours.registry
        && theirs.pos_deposit == ours.pos_deposit
        && theirs.receipts == ours.receipts
        && theirs.vault == ours.vault;
    if agrees {
        Ok(())
    } else {
        Err(VerifyError::OtherContracts)
    }
}
