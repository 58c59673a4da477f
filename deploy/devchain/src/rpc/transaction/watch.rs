//! `transactionWatch_v1_submitAndWatch`: a transaction's way into a final block.

use crate::{
    devchain::Devchain,
    error::Error,
    pool::{PoolError, Position, TransactionStatus},
    rpc::params::{send, Bytes},
    runtime::Hash,
};
use jsonrpsee::{core::SubscriptionError, types::Params, PendingSubscriptionSink};
use serde::Serialize;
use std::sync::Arc;

/// A notification of `transactionWatch_v1_submitAndWatch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
enum WatchEvent {
    /// The runtime called it valid.
    Validated,
    /// It is in this block of the best chain, or in none any more.
    BestChainBlockIncluded {
        block: Option<Block>,
    },
    /// It is in this block for good. The last notification, as are all below.
    Finalized {
        block: Block,
    },
    Error {
        error: String,
    },
    Invalid {
        error: String,
    },
    Dropped {
        error: String,
    },
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Block {
    hash: Hash,
    index: u32,
}

impl From<Position> for Block {
    fn from(position: Position) -> Self {
        Self { hash: position.block, index: position.index }
    }
}

impl From<TransactionStatus> for WatchEvent {
    fn from(status: TransactionStatus) -> Self {
        match status {
            TransactionStatus::Future | TransactionStatus::Ready => Self::Validated,
            TransactionStatus::InBlock(position) => Self::BestChainBlockIncluded { block: Some(position.into()) },
            TransactionStatus::Retracted(_) => Self::BestChainBlockIncluded { block: None },
            TransactionStatus::Finalized(position) => Self::Finalized { block: position.into() },
            TransactionStatus::Usurped(by) => {
                Self::Invalid { error: format!("transaction {by:?} of the same account and nonce replaced it") }
            }
            TransactionStatus::Dropped => {
                Self::Dropped { error: "the pool dropped it; submit it again if it is still wanted".into() }
            }
            TransactionStatus::Invalid => Self::Invalid { error: "it became invalid before a block took it".into() },
        }
    }
}

impl From<Error> for WatchEvent {
    fn from(error: Error) -> Self {
        let reason = error.to_string();
        match error {
            Error::Pool(PoolError::ImmediatelyDropped) => Self::Dropped { error: reason },
            Error::Pool(PoolError::Chain(_)) => Self::Error { error: reason },
            Error::Pool(_) => Self::Invalid { error: reason },
            _ => Self::Error { error: reason },
        }
    }
}

/// Submits a transaction and tells what becomes of it. A refusal too is a
/// notification, and no error of the call.
pub async fn submit_and_watch(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
) -> Result<(), SubscriptionError> {
    let transaction: Bytes = match params.one() {
        Ok(transaction) => transaction,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    let submitted = devchain.submit_and_watch(transaction.0).await;
    // The subscription itself must not keep the chain running.
    drop(devchain);
    let sink = pending.accept().await?;
    let mut statuses = match submitted {
        Ok((_, statuses)) => statuses,
        Err(error) => return send(&sink, &WatchEvent::from(error)).await,
    };
    let mut validated = false;
    loop {
        let status = tokio::select! {
            () = sink.closed() => return Ok(()),
            status = statuses.recv() => status,
        };
        let Some(status) = status else {
            return send(&sink, &WatchEvent::Error { error: "the chain stopped".into() }).await;
        };
        let is_last = status.is_last();
        let event = WatchEvent::from(status);
        // Told once; it waits in several places.
        let repeated = event == WatchEvent::Validated && std::mem::replace(&mut validated, true);
        if !repeated {
            send(&sink, &event).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}
