//! `author_*`: submitting transactions and following them.

use super::{
    error::{from_chain, RpcResult},
    params::{on_worker, on_worker_raw, send, Bytes},
};
use crate::{devchain::Devchain, error::Error, pool::TransactionStatus, runtime::Hash};
use jsonrpsee::{
    core::{RegisterMethodError, SubscriptionError},
    types::Params,
    PendingSubscriptionSink, RpcModule,
};
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("author_submitExtrinsic", |p, d, _| submit(p, d))?;
    module.register_async_method("author_pendingExtrinsics", |_, d, _| pending(d))?;
    // The chain's blocks are not signed, so no key is ever there.
    module.register_method("author_hasKey", |_, _, _| false)?;
    module.register_method("author_hasSessionKeys", |_, _, _| false)?;
    module.register_subscription(
        "author_submitAndWatchExtrinsic",
        "author_extrinsicUpdate",
        "author_unwatchExtrinsic",
        |p, pending, d, _| submit_and_watch(p, pending, d),
    )?;
    Ok(())
}

async fn submit(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Hash> {
    let extrinsic: Bytes = params.sequence().next()?;
    on_worker_raw(&devchain, move |chain| {
        chain.submit(extrinsic.0, None).map_err(|error| from_chain(Error::Pool(error)))
    })
    .await
}

async fn pending(devchain: Arc<Devchain>) -> RpcResult<Vec<Bytes>> {
    on_worker(&devchain, |chain| {
        let pending = chain.pool.pending();
        Ok(pending.into_iter().map(|transaction| Bytes(transaction.bytes.to_vec())).collect())
    })
    .await
}

async fn submit_and_watch(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
) -> Result<(), SubscriptionError> {
    let extrinsic: Bytes = match params.sequence().next() {
        Ok(extrinsic) => extrinsic,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    let (_, mut statuses) = match devchain.submit_and_watch(extrinsic.0).await {
        Ok(submitted) => submitted,
        Err(error) => {
            pending.reject(from_chain(error)).await;
            return Ok(());
        }
    };
    drop(devchain);
    let sink = pending.accept().await?;
    loop {
        let status: Option<TransactionStatus> = tokio::select! {
            () = sink.closed() => None,
            status = statuses.recv() => status,
        };
        let Some(status) = status else {
            return Ok(());
        };
        send(&sink, &status).await?;
        if status.is_last() {
            return Ok(());
        }
    }
}
