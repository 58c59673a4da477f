//! `chain_*`: blocks, headers and their subscriptions.

use super::{
    error::RpcResult,
    heads::{AllHeads, BestHeads, FinalizedHeads, HeadsView},
    params::{on_worker, send, ListOrValue, NumberOrHex},
};
use crate::{
    devchain::Devchain,
    runtime::{Hash, Header},
};
use jsonrpsee::{
    core::{RegisterMethodError, SubscriptionError},
    types::Params,
    PendingSubscriptionSink, RpcModule,
};
use serde_json::{json, Value};
use sp_core::Bytes;
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("chain_getHeader", |params, devchain, _| header(params, devchain))?;
    module.register_async_method("chain_getBlock", |params, devchain, _| block(params, devchain))?;
    module.register_async_method("chain_getBlockHash", |params, devchain, _| block_hash(params, devchain))?;
    module.register_alias("chain_getHead", "chain_getBlockHash")?;
    module.register_method("chain_getFinalizedHead", |_, devchain, _| RpcResult::Ok(devchain.finalized().hash))?;
    module.register_alias("chain_getFinalisedHead", "chain_getFinalizedHead")?;

    module.register_subscription(
        "chain_subscribeNewHeads",
        "chain_newHead",
        "chain_unsubscribeNewHeads",
        |_, pending, devchain, _| heads(pending, devchain, BestHeads::default()),
    )?;
    for (alias, name) in [
        ("chain_subscribeNewHead", "chain_subscribeNewHeads"),
        ("subscribe_newHead", "chain_subscribeNewHeads"),
        ("chain_unsubscribeNewHead", "chain_unsubscribeNewHeads"),
        ("unsubscribe_newHead", "chain_unsubscribeNewHeads"),
    ] {
        module.register_alias(alias, name)?;
    }
    module.register_subscription(
        "chain_subscribeAllHeads",
        "chain_allHead",
        "chain_unsubscribeAllHeads",
        |_, pending, devchain, _| heads(pending, devchain, AllHeads::default()),
    )?;
    module.register_subscription(
        "chain_subscribeFinalizedHeads",
        "chain_finalizedHead",
        "chain_unsubscribeFinalizedHeads",
        |_, pending, devchain, _| heads(pending, devchain, FinalizedHeads::default()),
    )?;
    for (alias, name) in [
        ("chain_subscribeFinalisedHeads", "chain_subscribeFinalizedHeads"),
        ("chain_unsubscribeFinalisedHeads", "chain_unsubscribeFinalizedHeads"),
    ] {
        module.register_alias(alias, name)?;
    }
    Ok(())
}

async fn header(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Header>> {
    let hash: Option<Hash> = params.sequence().optional_next()?;
    on_worker(&devchain, move |chain| match hash {
        None => chain.header(None).map(Some),
        Some(hash) => Ok(chain.store.header(&hash)?),
    })
    .await
}

async fn block(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Option<Value>> {
    let hash: Option<Hash> = params.sequence().optional_next()?;
    on_worker(&devchain, move |chain| {
        let hash = hash.unwrap_or_else(|| chain.best().hash);
        Ok(chain.block(&hash)?.map(|(header, body)| {
            let extrinsics: Vec<Bytes> = body.into_iter().map(Bytes).collect();
            json!({
                "block": { "header": header, "extrinsics": extrinsics },
                "justifications": null,
            })
        }))
    })
    .await
}

async fn block_hash(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<ListOrValue<Option<Hash>>> {
    let numbers: Option<ListOrValue<Option<NumberOrHex>>> = params.sequence().optional_next()?;
    on_worker(&devchain, move |chain| {
        let hash_at = |number: Option<NumberOrHex>| match number {
            None => Ok(Some(chain.best().hash)),
            Some(NumberOrHex(number)) => chain.hash_at(number),
        };
        Ok(match numbers {
            None => ListOrValue::Value(hash_at(None)?),
            Some(ListOrValue::Value(number)) => ListOrValue::Value(hash_at(number)?),
            Some(ListOrValue::List(numbers)) => {
                ListOrValue::List(numbers.into_iter().map(hash_at).collect::<Result<_, _>>()?)
            }
        })
    })
    .await
}

/// Sends the headers that `view` finds new, none left out however slowly the
/// subscriber reads.
async fn heads(
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
    mut view: impl HeadsView + Send,
) -> Result<(), SubscriptionError> {
    let sink = pending.accept().await?;
    let mut follower = devchain.follow();
    // The subscription itself must not keep the chain running.
    let chain = Arc::clone(devchain.chain());
    drop(devchain);
    let mut revision = None;
    loop {
        let heads = follower.borrow_and_update().clone();
        // A chain that was set back is a new one to its followers.
        let anew = revision.replace(heads.revision) != Some(heads.revision);
        let headers = if anew { view.begin(&chain, &heads)? } else { view.advance(&chain, &heads)? };
        for header in headers {
            send(&sink, &*header).await?;
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
