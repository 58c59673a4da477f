//! `transaction_v1_broadcast`: offers a transaction to the pool, again with
//! every block that leaves it out, until it is final or its sender says stop.

use crate::{
    chain::{Chain, Heads},
    devchain::Devchain,
    pool::{PoolError, TransactionStatus},
    rpc::{
        error::{plain, RpcResult},
        params::Bytes,
    },
};
use jsonrpsee::{
    types::{error::INVALID_PARAMS_CODE, Params},
    ConnectionId, Extensions,
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};
use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    task::AbortHandle,
};

/// Most broadcasts of one connection at a time.
const MAX_BROADCASTS: usize = 16;
/// After so many refusals in a row it is given up: one a block, so a
/// transaction of the usual mortality has expired by then.
const MAX_REFUSALS: u32 = 64;

/// All broadcasts of a server.
#[derive(Default)]
pub struct Broadcasts {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    running: HashMap<(ConnectionId, String), Option<AbortHandle>>,
}

/// The broadcasts of the connection that calls.
pub struct Caller {
    broadcasts: Arc<Broadcasts>,
    connection: ConnectionId,
}

impl Caller {
    /// Those of the connection named in `extensions`.
    pub fn new(broadcasts: &Arc<Broadcasts>, extensions: &Extensions) -> Self {
        let connection = extensions.get::<ConnectionId>().copied().unwrap_or(ConnectionId(0));
        Self { broadcasts: broadcasts.clone(), connection }
    }

    /// A name for one more broadcast; `None` when there are too many.
    fn enter(&self) -> Option<(ConnectionId, String)> {
        let mut inner = self.broadcasts.inner.lock();
        if inner.running.keys().filter(|(other, _)| *other == self.connection).count() >= MAX_BROADCASTS {
            return None;
        }
        let key = (self.connection, inner.next.to_string());
        inner.next = inner.next.saturating_add(1);
        inner.running.insert(key.clone(), None);
        Some(key)
    }
}

/// Begins a broadcast; answers its name or `null` when the connection has too
/// many. Whether the transaction is valid is not told.
pub fn start(params: &Params<'_>, devchain: &Devchain, caller: &Caller) -> RpcResult<Option<String>> {
    let transaction: Bytes = params.one()?;
    let Some(key) = caller.enter() else {
        return Ok(None);
    };
    // The broadcast itself must not keep the chain running.
    let chain = Arc::downgrade(devchain.chain());
    let heads = devchain.follow();
    let broadcasts = caller.broadcasts.clone();
    let own = key.clone();
    let task = tokio::spawn(async move {
        broadcast(chain, heads, transaction.0).await;
        broadcasts.inner.lock().running.remove(&own);
    });
    if let Some(handle) = caller.broadcasts.inner.lock().running.get_mut(&key) {
        *handle = Some(task.abort_handle());
    }
    Ok(Some(key.1))
}

/// Ends a broadcast.
pub fn stop(params: &Params<'_>, caller: &Caller) -> RpcResult<()> {
    let operation: String = params.one()?;
    let key = (caller.connection, operation);
    match caller.broadcasts.inner.lock().running.remove(&key) {
        Some(handle) => {
            if let Some(handle) = handle {
                handle.abort();
            }
            Ok(())
        }
        None => Err(plain(INVALID_PARAMS_CODE, format!("Invalid operation id: no broadcast {} is running", key.1))),
    }
}

async fn broadcast(chain: Weak<Chain>, mut heads: watch::Receiver<Heads>, transaction: Vec<u8>) {
    let mut refusals: u32 = 0;
    while refusals < MAX_REFUSALS {
        heads.mark_unchanged();
        let (sender, mut statuses) = tokio::sync::mpsc::unbounded_channel();
        match submit(&chain, &transaction, sender).await {
            Some(Ok(())) => {
                refusals = 0;
                while let Some(status) = statuses.recv().await {
                    match status {
                        TransactionStatus::Finalized(_) | TransactionStatus::Usurped(_) => return,
                        TransactionStatus::Dropped | TransactionStatus::Invalid => break,
                        TransactionStatus::Future
                        | TransactionStatus::Ready
                        | TransactionStatus::InBlock(_)
                        | TransactionStatus::Retracted(_) => {}
                    }
                }
            }
            Some(Err(PoolError::BadFormat(_))) | None => return,
            Some(Err(_)) => {}
        }
        refusals = refusals.saturating_add(1);
        if heads.changed().await.is_err() {
            return;
        }
    }
}

/// `None` when the chain has stopped.
async fn submit(
    chain: &Weak<Chain>,
    transaction: &[u8],
    watcher: UnboundedSender<TransactionStatus>,
) -> Option<Result<(), PoolError>> {
    let chain = chain.upgrade()?;
    let pool = chain.clone();
    let bytes = transaction.to_vec();
    chain.workers.run(move || pool.submit(bytes, Some(watcher)).map(|_| ())).await.ok()
}
