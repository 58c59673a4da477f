//! `archive_v1_*`: reading any block of the chain, after the JSON-RPC interface
//! specification. Nothing is ever forgotten here, so blocks that left the best
//! chain can be read too.

mod diff;
mod storage;

use super::{
    error::RpcResult,
    params::{on_worker, Bytes},
};
use crate::{
    devchain::Devchain,
    error::Error,
    runtime::{BlockNumber, Hash},
};
use codec::Encode;
use jsonrpsee::{core::RegisterMethodError, types::Params, RpcModule};
use serde::Serialize;
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("archive_v1_body", |p, d, _| body(p, d))?;
    module.register_async_method("archive_v1_call", |p, d, _| call(p, d))?;
    module.register_method("archive_v1_finalizedHeight", |_, devchain, _| devchain.finalized().header.number)?;
    module.register_method("archive_v1_genesisHash", |_, devchain, _| Some(devchain.genesis_hash()))?;
    module.register_async_method("archive_v1_hashByHeight", |p, d, _| hash_by_height(p, d))?;
    module.register_async_method("archive_v1_header", |p, d, _| header(p, d))?;
    module.register_subscription(
        "archive_v1_storage",
        "archive_v1_storageEvent",
        "archive_v1_stopStorage",
        |p, pending, d, _| storage::subscribe(p, pending, d),
    )?;
    module.register_subscription(
        "archive_v1_storageDiff",
        "archive_v1_storageDiffEvent",
        "archive_v1_stopStorageDiff",
        |p, pending, d, _| diff::subscribe(p, pending, d),
    )?;
    // A Substrate node's own name for it.
    module.register_alias("archive_v1_storageDiff_stopStorageDiff", "archive_v1_stopStorageDiff")?;
    Ok(())
}

/// The encoded extrinsics of a block; `null` without such a block.
async fn body(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Vec<Bytes>>> {
    let hash: Hash = params.one()?;
    let body = on_worker(&devchain, move |chain| Ok(chain.store.body(&hash)?)).await?;
    Ok(body.map(|body| body.into_iter().map(Bytes).collect()))
}

/// The encoded header of a block; `null` without such a block.
async fn header(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Bytes>> {
    let hash: Hash = params.one()?;
    let header = on_worker(&devchain, move |chain| Ok(chain.store.header(&hash)?)).await?;
    Ok(header.map(|header| Bytes(header.encode())))
}

/// The blocks of a height, the best chain's first; one at most if it is final.
async fn hash_by_height(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<Hash>> {
    let height: u64 = params.one()?;
    let Ok(number) = BlockNumber::try_from(height) else {
        return Ok(Vec::new());
    };
    on_worker(&devchain, move |chain| {
        if number <= chain.finalized().header.number {
            return Ok(chain.hash_at(number)?.into_iter().collect());
        }
        chain.hashes_at(number)
    })
    .await
}

/// The outcome of a call.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum CallResult {
    Returned { success: bool, value: Bytes },
    Failed { success: bool, error: String },
}

/// Calls the runtime on a block's state; `null` without such a block.
async fn call(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<CallResult>> {
    let mut params = params.sequence();
    let hash: Hash = params.next()?;
    let function: String = params.next()?;
    let arguments: Bytes = params.next()?;
    on_worker(&devchain, move |chain| {
        let failed = |error: String| Ok(Some(CallResult::Failed { success: false, error }));
        match chain.call(Some(hash), &function, &arguments) {
            Ok(Some(value)) => Ok(Some(CallResult::Returned { success: true, value: Bytes(value) })),
            Ok(None) => failed(format!("the runtime API has no function {function}")),
            Err(Error::UnknownBlock(_)) => Ok(None),
            Err(error) => failed(error.to_string()),
        }
    })
    .await
}
