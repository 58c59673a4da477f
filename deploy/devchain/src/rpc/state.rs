//! `state_*`: storage, metadata, runtime calls and proofs.

use super::{
    error::{from_chain, plain, RpcResult},
    params::{on_worker, on_worker_raw, send, At},
};
use crate::{
    chain::Chain,
    devchain::Devchain,
    error::Error,
    runtime::{Hash, Hashing, Runtime, VERSION},
};
use codec::Encode;
use jsonrpsee::{
    core::{RegisterMethodError, SubscriptionError},
    types::{
        error::{INVALID_PARAMS_CODE, METHOD_NOT_FOUND_CODE},
        Params,
    },
    PendingSubscriptionSink, RpcModule,
};
use serde_json::{json, Value};
use sp_core::{
    storage::{StorageChangeSet, StorageData, StorageKey},
    Bytes,
};
use sp_runtime::traits::Hash as _;
use sp_version::RuntimeVersion;
use std::{collections::HashMap, sync::Arc};

/// Most keys one page may hold.
pub const MAX_KEYS: u32 = 1_000;
/// Most keys the unpaged form returns.
pub const MAX_UNPAGED_KEYS: usize = 100_000;
/// Most blocks one range query may cover.
const MAX_QUERY_BLOCKS: u32 = 4_096;
/// Error code of a Substrate node for a range without such blocks.
const INVALID_BLOCK_RANGE: i32 = 4001;
/// Most keys one subscription may follow.
const MAX_FOLLOWED_KEYS: usize = 4_096;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("state_getStorage", |p, d, _| storage(p, d))?;
    module.register_alias("state_getStorageAt", "state_getStorage")?;
    module.register_async_method("state_getStorageHash", |p, d, _| storage_hash(p, d))?;
    module.register_alias("state_getStorageHashAt", "state_getStorageHash")?;
    module.register_async_method("state_getStorageSize", |p, d, _| storage_size(p, d))?;
    module.register_alias("state_getStorageSizeAt", "state_getStorageSize")?;
    module.register_async_method("state_getKeys", |p, d, _| keys(p, d))?;
    module.register_async_method("state_getKeysPaged", |p, d, _| keys_paged(p, d))?;
    module.register_alias("state_getKeysPagedAt", "state_getKeysPaged")?;
    module.register_async_method("state_queryStorage", |p, d, _| query_storage(p, d))?;
    module.register_async_method("state_queryStorageAt", |p, d, _| query_storage_at(p, d))?;
    module.register_async_method("state_getMetadata", |p, d, _| metadata(p, d))?;
    module.register_async_method("state_getRuntimeVersion", |p, d, _| version(p, d))?;
    module.register_alias("chain_getRuntimeVersion", "state_getRuntimeVersion")?;
    module.register_async_method("state_call", |p, d, _| call(p, d))?;
    module.register_alias("state_callAt", "state_call")?;
    module.register_async_method("state_getReadProof", |p, d, _| read_proof(p, d))?;
    module.register_subscription(
        "state_subscribeStorage",
        "state_storage",
        "state_unsubscribeStorage",
        |p, pending, d, _| subscribe_storage(p, pending, d),
    )?;
    module.register_subscription(
        "state_subscribeRuntimeVersion",
        "state_runtimeVersion",
        "state_unsubscribeRuntimeVersion",
        |_, pending, d, _| subscribe_version(pending, d),
    )?;
    module.register_alias("chain_subscribeRuntimeVersion", "state_subscribeRuntimeVersion")?;
    module.register_alias("chain_unsubscribeRuntimeVersion", "state_unsubscribeRuntimeVersion")?;
    Ok(())
}

async fn value(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Vec<u8>>> {
    let mut params = params.sequence();
    let key: StorageKey = params.next()?;
    let at: At = params.optional_next()?;
    on_worker(&devchain, move |chain| chain.storage(at, None, &key.0)).await
}

async fn storage(p: Params<'static>, d: Arc<Devchain>) -> RpcResult<Option<StorageData>> {
    Ok(value(p, d).await?.map(StorageData))
}

async fn storage_hash(p: Params<'static>, d: Arc<Devchain>) -> RpcResult<Option<Hash>> {
    Ok(value(p, d).await?.map(|value| Hashing::hash(&value)))
}

async fn storage_size(p: Params<'static>, d: Arc<Devchain>) -> RpcResult<Option<u64>> {
    let size = value(p, d).await?.map(|value| value.len());
    Ok(size.and_then(|size| u64::try_from(size).ok()))
}

async fn keys(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageKey>> {
    let mut params = params.sequence();
    let prefix: StorageKey = params.next()?;
    let at: At = params.optional_next()?;
    let keys = on_worker(&devchain, move |chain| chain.keys(at, None, &prefix.0, None, MAX_UNPAGED_KEYS)).await?;
    Ok(keys.into_iter().map(StorageKey).collect())
}

async fn keys_paged(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageKey>> {
    let mut params = params.sequence();
    let prefix: Option<StorageKey> = params.optional_next()?;
    let count: u32 = params.next()?;
    let start: Option<StorageKey> = params.optional_next()?;
    let at: At = params.optional_next()?;
    let count = page_size(count)?;
    let prefix = prefix.map_or_else(Vec::new, |prefix| prefix.0);
    let keys = on_worker(&devchain, move |chain| {
        let start = start.as_ref().map(|key| &key.0[..]);
        chain.keys(at, None, &prefix, start, count)
    })
    .await?;
    Ok(keys.into_iter().map(StorageKey).collect())
}

/// Refuses pages that are too long.
pub fn page_size(count: u32) -> RpcResult<usize> {
    if count > MAX_KEYS {
        return Err(plain(4002, format!("count exceeds maximum value. value: {count}, max: {MAX_KEYS}")));
    }
    Ok(count as usize)
}

async fn query_storage_at(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageChangeSet<Hash>>> {
    let mut params = params.sequence();
    let keys: Vec<StorageKey> = params.next()?;
    let at: At = params.optional_next()?;
    on_worker(&devchain, move |chain| {
        let block = at.unwrap_or_else(|| chain.best().hash);
        let changes = values(chain, block, &keys)?;
        Ok(vec![StorageChangeSet { block, changes }])
    })
    .await
}

/// The values of `keys` after each block on the way to `to` in which one
/// changed; the first block counts as a change.
async fn query_storage(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageChangeSet<Hash>>> {
    let mut params = params.sequence();
    let keys: Vec<StorageKey> = params.next()?;
    let from: Hash = params.next()?;
    let to: At = params.optional_next()?;
    on_worker_raw(&devchain, move |chain| {
        let blocks = ancestry(chain, from, to)?;
        let mut known = HashMap::new();
        let mut sets = Vec::new();
        for block in blocks {
            let read = values(chain, block, &keys).map_err(from_chain)?;
            let changes = only_new(&mut known, read);
            if !changes.is_empty() {
                sets.push(StorageChangeSet { block, changes });
            }
        }
        Ok(sets)
    })
    .await
}

/// The blocks from `from` to `to`, the best one if not given.
fn ancestry(chain: &Chain, from: Hash, to: At) -> RpcResult<Vec<Hash>> {
    let first = chain.header(Some(from)).map_err(from_chain)?.number;
    let to = to.unwrap_or_else(|| chain.best().hash);
    let last = chain.header(Some(to)).map_err(from_chain)?.number;
    let invalid = |details: String| {
        plain(INVALID_BLOCK_RANGE, format!("Cannot resolve a block range ['{from:?}' ... '{to:?}]. {details}"))
    };
    if last.saturating_sub(first) >= MAX_QUERY_BLOCKS {
        return Err(invalid(format!("blocks {first} to {last} are more than {MAX_QUERY_BLOCKS}")));
    }
    let route = chain.route(from, to).map_err(from_chain)?;
    if !route.retracted.is_empty() {
        return Err(invalid("the first is not among the ancestors of the last".into()));
    }
    Ok(std::iter::once(from).chain(route.enacted.into_iter().map(|(hash, _)| hash)).collect())
}

type Changes = Vec<(StorageKey, Option<StorageData>)>;

fn values(chain: &Chain, block: Hash, keys: &[StorageKey]) -> Result<Changes, Error> {
    keys.iter()
        .map(|key| {
            let value = chain.storage(Some(block), None, &key.0)?;
            Ok((key.clone(), value.map(StorageData)))
        })
        .collect()
}

/// Keeps what differs from `known` and remembers it.
fn only_new(known: &mut HashMap<StorageKey, Option<StorageData>>, mut changes: Changes) -> Changes {
    changes.retain(|(key, value)| known.get(key) != Some(value));
    known.extend(changes.iter().cloned());
    changes
}

async fn metadata(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Bytes> {
    let at: At = params.sequence().optional_next()?;
    on_worker(&devchain, move |chain| chain.run(at, || Bytes(Runtime::metadata().encode()))).await
}

async fn version(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<RuntimeVersion> {
    let at: At = params.sequence().optional_next()?;
    on_worker(&devchain, move |chain| chain.header(at).map(|_| VERSION)).await
}

async fn call(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Bytes> {
    let mut params = params.sequence();
    let method: String = params.next()?;
    let arguments: Bytes = params.next()?;
    let at: At = params.optional_next()?;
    on_worker_raw(&devchain, move |chain| {
        chain
            .call(at, &method, &arguments)
            .map_err(from_chain)?
            .map(Bytes)
            .ok_or_else(|| plain(METHOD_NOT_FOUND_CODE, format!("the runtime API has no function {method}: not found")))
    })
    .await
}

async fn read_proof(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Value> {
    let mut params = params.sequence();
    let keys: Vec<StorageKey> = params.next()?;
    let at: At = params.optional_next()?;
    on_worker(&devchain, move |chain| {
        let block = at.unwrap_or_else(|| chain.best().hash);
        let keys: Vec<Vec<u8>> = keys.into_iter().map(|key| key.0).collect();
        let proof = chain.read_proof(Some(block), None, &keys)?;
        let proof: Vec<Bytes> = proof.into_iter().map(Bytes).collect();
        Ok(json!({ "at": block, "proof": proof }))
    })
    .await
}

/// Sends the values of the keys, then what differs from that with each best
/// block: a reorganisation's changes too, be they back to earlier values. A slow
/// subscriber may see the changes of several blocks at once. All values are
/// sent again when the chain was set back.
async fn subscribe_storage(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
) -> Result<(), SubscriptionError> {
    let keys: Option<Vec<StorageKey>> = match params.sequence().optional_next() {
        Ok(keys) => keys,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    let keys = match keys {
        Some(keys) if keys.len() <= MAX_FOLLOWED_KEYS => keys,
        _ => {
            let reason = format!("name the keys to follow, at most {MAX_FOLLOWED_KEYS}");
            pending.reject(plain(INVALID_PARAMS_CODE, reason)).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    let mut follower = devchain.follow();
    let chain = Arc::clone(devchain.chain());
    drop(devchain);
    let keys = Arc::new(keys);
    let mut known = HashMap::new();
    let mut revision = None;
    loop {
        let heads = follower.borrow_and_update().clone();
        let block = heads.best.hash;
        let anew = revision.replace(heads.revision) != Some(heads.revision);
        if anew {
            known.clear();
        }
        let (reader, followed) = (chain.clone(), keys.clone());
        let read = chain.workers.run(move || values(&reader, block, &followed)).await??;
        let changes = only_new(&mut known, read);
        if anew || !changes.is_empty() {
            send(&sink, &StorageChangeSet { block, changes }).await?;
        }
        tokio::select! {
            () = sink.closed() => return Ok(()),
            changed = follower.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// Sends the runtime version once; it never changes while the program runs.
async fn subscribe_version(pending: PendingSubscriptionSink, devchain: Arc<Devchain>) -> Result<(), SubscriptionError> {
    drop(devchain);
    let sink = pending.accept().await?;
    send(&sink, &VERSION).await?;
    sink.closed().await;
    Ok(())
}
