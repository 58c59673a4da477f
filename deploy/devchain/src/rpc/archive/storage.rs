//! `archive_v1_storage`: the answers to storage queries, one a notification.

use crate::{
    devchain::Devchain,
    rpc::{
        error::{plain, RpcResult},
        params::{send, Bytes},
        storage_query::{StorageItem, StorageQuery, StorageReader},
    },
    runtime::Hash,
};
use jsonrpsee::{
    core::SubscriptionError,
    types::{error::INVALID_PARAMS_CODE, Params},
    PendingSubscriptionSink,
};
use serde::Serialize;
use std::sync::Arc;

/// A notification of `archive_v1_storage`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
enum StorageEvent {
    Storage(StorageItem),
    StorageError { error: String },
    StorageDone,
}

/// Sends everything that was asked for and ends.
pub async fn subscribe(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
) -> Result<(), SubscriptionError> {
    let mut reader = match parse(&params) {
        Ok(reader) => reader,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    let chain = Arc::clone(devchain.chain());
    // The subscription itself must not keep the chain running.
    drop(devchain);
    while !reader.is_done() {
        let source = chain.clone();
        let (rest, page) = chain
            .workers
            .run(move || {
                let page = reader.next_page(&source);
                (reader, page)
            })
            .await?;
        reader = rest;
        match page {
            Ok(items) => {
                for item in items {
                    send(&sink, &StorageEvent::Storage(item)).await?;
                }
            }
            Err(error) => return send(&sink, &StorageEvent::StorageError { error: error.to_string() }).await,
        }
    }
    send(&sink, &StorageEvent::StorageDone).await
}

fn parse(params: &Params<'_>) -> RpcResult<StorageReader> {
    let mut params = params.sequence();
    let at: Hash = params.next()?;
    let queries: Vec<StorageQuery> = params.next()?;
    let child: Option<Bytes> = params.optional_next()?;
    if queries.iter().any(|query| query.pagination_start_key.is_some() && !query.query_type.is_descendants()) {
        return Err(plain(
            INVALID_PARAMS_CODE,
            "Invalid parameter: paginationStartKey is for descendantsValues and descendantsHashes only",
        ));
    }
    Ok(StorageReader::new(at, child, true, queries))
}
