//! `childstate_*`: the storage of single contracts, each in a trie of its own.

use super::{
    error::{plain, RpcResult},
    params::{on_worker, At},
    state::{page_size, MAX_UNPAGED_KEYS},
};
use crate::{
    devchain::Devchain,
    runtime::{Hash, Hashing},
};
use jsonrpsee::{
    core::RegisterMethodError,
    types::{error::INVALID_PARAMS_CODE, Params, ParamsSequence},
    RpcModule,
};
use sp_core::storage::{ChildInfo, ChildType, PrefixedStorageKey, StorageData, StorageKey};
use sp_runtime::traits::Hash as _;
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("childstate_getStorage", |p, d, _| storage(p, d))?;
    module.register_async_method("childstate_getStorageEntries", |p, d, _| entries(p, d))?;
    module.register_async_method("childstate_getStorageHash", |p, d, _| storage_hash(p, d))?;
    module.register_async_method("childstate_getStorageSize", |p, d, _| storage_size(p, d))?;
    module.register_async_method("childstate_getKeys", |p, d, _| keys(p, d))?;
    module.register_async_method("childstate_getKeysPaged", |p, d, _| keys_paged(p, d))?;
    module.register_alias("childstate_getKeysPagedAt", "childstate_getKeysPaged")?;
    Ok(())
}

/// The child trie a request names by its full key in the main trie.
fn child(params: &mut ParamsSequence<'_>) -> RpcResult<ChildInfo> {
    let key: PrefixedStorageKey = params.next()?;
    match ChildType::from_prefixed_key(&key) {
        Some((ChildType::ParentKeyId, id)) => Ok(ChildInfo::new_default(id)),
        None => Err(plain(INVALID_PARAMS_CODE, "no child storage key")),
    }
}

async fn value(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Vec<u8>>> {
    let mut params = params.sequence();
    let child = child(&mut params)?;
    let key: StorageKey = params.next()?;
    let at: At = params.optional_next()?;
    on_worker(&devchain, move |chain| chain.storage(at, Some(&child), &key.0)).await
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

async fn entries(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<Option<StorageData>>> {
    let mut params = params.sequence();
    let child = child(&mut params)?;
    let keys: Vec<StorageKey> = params.next()?;
    let at: At = params.optional_next()?;
    on_worker(&devchain, move |chain| {
        keys.iter()
            .map(|key| {
                let value = chain.storage(at, Some(&child), &key.0)?;
                Ok(value.map(StorageData))
            })
            .collect()
    })
    .await
}

async fn keys(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageKey>> {
    let mut params = params.sequence();
    let child = child(&mut params)?;
    let prefix: StorageKey = params.next()?;
    let at: At = params.optional_next()?;
    let keys =
        on_worker(&devchain, move |chain| chain.keys(at, Some(child), &prefix.0, None, MAX_UNPAGED_KEYS)).await?;
    Ok(keys.into_iter().map(StorageKey).collect())
}

async fn keys_paged(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<StorageKey>> {
    let mut params = params.sequence();
    let child = child(&mut params)?;
    let prefix: Option<StorageKey> = params.optional_next()?;
    let count: u32 = params.next()?;
    let start: Option<StorageKey> = params.optional_next()?;
    let at: At = params.optional_next()?;
    let count = page_size(count)?;
    let prefix = prefix.map_or_else(Vec::new, |prefix| prefix.0);
    let keys = on_worker(&devchain, move |chain| {
        let start = start.as_ref().map(|key| &key.0[..]);
        chain.keys(at, Some(child), &prefix, start, count)
    })
    .await?;
    Ok(keys.into_iter().map(StorageKey).collect())
}
