//! The thread that makes blocks. In instant mode it seals as long as
//! transactions are ready; a sealed block is final at once.

use super::{Chain, Head, Heads};
use crate::{
    block_builder::{ApplyError, BlockBuilder},
    config::Sealing,
    error::Error,
    pool::Position,
    runtime::{BlockNumber, Hash},
    store::NewBlock,
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use std::sync::{mpsc, Arc};
use tokio::sync::oneshot;

/// How many transactions one block tries at most.
const MAX_TRIED: usize = 16_384;
/// After so many transactions that do not fit, the block counts as full.
const MAX_UNFIT: usize = 8;

/// What the block author is asked to do.
pub enum Command {
    /// Transactions may be ready.
    Wake,
    /// Seal one block now, empty or not.
    Seal(oneshot::Sender<Result<BlockInfo, Error>>),
    /// Finish.
    Stop,
}

/// A sealed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockInfo {
    /// Position in the chain.
    pub number: BlockNumber,
    /// Hash of the header.
    pub hash: Hash,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
    /// Extrinsics in the body, the timestamp among them.
    pub extrinsics: u32,
}

/// Works off `commands` until [`Command::Stop`] or until every sender is gone.
pub fn run(chain: &Arc<Chain>, commands: &mpsc::Receiver<Command>) {
    while let Ok(command) = commands.recv() {
        match command {
            Command::Wake => {
                if chain.sealing == Sealing::Instant {
                    drain(chain);
                }
            }
            Command::Seal(reply) => {
                let sealed = seal(chain, true).and_then(|sealed| sealed.ok_or(Error::Damaged("no block was sealed")));
                // The asker may have gone.
                let _ = reply.send(sealed);
            }
            Command::Stop => break,
        }
    }
}

/// Seals until nothing is ready. A failure ends the round: the next transaction
/// or call starts another.
fn drain(chain: &Chain) {
    while chain.pool.has_ready() {
        match seal(chain, false) {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "no block could be sealed");
                break;
            }
        }
    }
}

/// Seals one block of the ready transactions. Without any that can be included
/// no block is made, unless `even_empty`.
fn seal(chain: &Chain, even_empty: bool) -> Result<Option<BlockInfo>, Error> {
    let parent = chain.best();
    let timestamp_ms = chain.clock.get().now_ms().max(parent.timestamp_ms.saturating_add(1));
    let mut builder = BlockBuilder::begin(&chain.states, parent.hash, &parent.header, timestamp_ms)?;
    let included = fill(chain, &mut builder);
    if included.is_empty() && !even_empty {
        return Ok(None);
    }
    let block = builder.finish()?;
    chain.store.commit(NewBlock { hash: block.hash, header: &block.header, body: &block.body, nodes: block.nodes })?;
    let number = block.header.number;
    let head = Head { hash: block.hash, header: Arc::new(block.header), timestamp_ms };
    chain.heads.send_replace(Heads { best: head.clone(), finalized: head });
    let included: Vec<(Hash, Position)> = included
        .into_iter()
        .map(|(hash, index)| {
            let block = block.hash;
            (hash, Position { block, index })
        })
        .collect();
    let future = chain.pool.block_sealed(number, &included);
    chain.recheck(future);
    Ok(Some(BlockInfo {
        number,
        hash: block.hash,
        timestamp_ms,
        extrinsics: u32::try_from(block.body.len()).unwrap_or(u32::MAX),
    }))
}

/// Applies the ready transactions while they fit; returns those included with
/// their places in the body.
fn fill(chain: &Chain, builder: &mut BlockBuilder) -> Vec<(Hash, u32)> {
    let mut included = Vec::new();
    let mut unfit = 0_usize;
    for transaction in chain.pool.ready(MAX_TRIED) {
        if unfit >= MAX_UNFIT {
            break;
        }
        let index = u32::try_from(builder.len()).unwrap_or(u32::MAX);
        match builder.apply(&transaction.bytes) {
            Ok(_) => included.push((transaction.hash, index)),
            Err(ApplyError::Refused(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources))) => {
                // What does not fit an empty block never will.
                if included.is_empty() {
                    chain.pool.invalidate(&transaction.hash);
                    continue;
                }
                unfit = unfit.saturating_add(1);
            }
            // Behind one that did not fit or was taken out; it stays. Counted
            // too, else a long queue of one account would be tried in vain.
            Err(ApplyError::Refused(TransactionValidityError::Invalid(InvalidTransaction::Future))) => {
                unfit = unfit.saturating_add(1)
            }
            Err(error) => {
                tracing::debug!(hash = ?transaction.hash, %error, "transaction left out");
                chain.pool.invalidate(&transaction.hash);
            }
        }
    }
    included
}
