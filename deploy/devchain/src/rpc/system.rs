//! `system_*`: what the node is, and account nonces.

use super::{
    error::{plain, RpcResult},
    params::{on_worker, on_worker_raw, At, Bytes},
};
use crate::{
    block_builder::{ApplyError, BlockBuilder, Origin},
    devchain::Devchain,
    error::Error,
    runtime::{AccountId, Nonce, System, SS58_PREFIX, TOKEN_DECIMALS},
};
use codec::Encode;
use jsonrpsee::{
    core::RegisterMethodError,
    types::{error::INVALID_PARAMS_CODE, Params},
    RpcModule,
};
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_runtime::ApplyExtrinsicResult;
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_method("system_name", |_, _, _| env!("CARGO_PKG_NAME"))?;
    module.register_method("system_version", |_, _, _| env!("CARGO_PKG_VERSION"))?;
    module.register_method("system_chain", |_, devchain, _| devchain.chain().name.clone())?;
    module.register_method("system_chainType", |_, _, _| "Development")?;
    module.register_method("system_properties", |_, _, _| properties())?;
    module.register_method(
        "system_health",
        |_, _, _| json!({ "peers": 0, "isSyncing": false, "shouldHavePeers": false }),
    )?;
    module.register_method("system_peers", |_, _, _| json!([]))?;
    module.register_method("system_localPeerId", |_, _, _| "devchain")?;
    module.register_method("system_localListenAddresses", |_, _, _| json!([]))?;
    module.register_method("system_nodeRoles", |_, _, _| json!(["Authority"]))?;
    module.register_method("system_syncState", |_, devchain, _| {
        let best = devchain.best().header.number;
        json!({ "startingBlock": 0, "currentBlock": best, "highestBlock": best })
    })?;
    module.register_async_method("system_accountNextIndex", |params, devchain, _| next_index(params, devchain))?;
    module.register_alias("account_nextIndex", "system_accountNextIndex")?;
    module.register_async_method("system_dryRun", |params, devchain, _| dry_run(params, devchain))?;
    module.register_alias("system_dryRunAt", "system_dryRun")?;
    Ok(())
}

/// How addresses and amounts of this chain are written.
pub fn properties() -> Value {
    json!({
        "ss58Format": SS58_PREFIX,
        "tokenDecimals": TOKEN_DECIMALS,
        "tokenSymbol": "UNIT",
    })
}

/// The nonce of the account's next transaction, those in the pool counted.
async fn next_index(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Nonce> {
    let address: String = params.one()?;
    let account = AccountId::from_ss58check(&address)
        .map_err(|error| plain(INVALID_PARAMS_CODE, format!("{address} is no SS58 address: {error:?}")))?;
    on_worker(&devchain, move |chain| {
        let mut nonce = chain.run(None, || System::account_nonce(&account))?;
        // The tag every signed transaction provides is its account and nonce.
        while chain.pool.provides(&(&account, nonce).encode()) {
            nonce = nonce.saturating_add(1);
        }
        Ok(nonce)
    })
    .await
}

/// What would happen to an extrinsic in the block after `at`.
async fn dry_run(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Bytes> {
    let mut params = params.sequence();
    let extrinsic: Bytes = params.next()?;
    let at: At = params.optional_next()?;
    on_worker_raw(&devchain, move |chain| {
        dry_run_result(chain, &extrinsic, at).map(|result| Bytes(result.encode())).map_err(super::error::from_chain)
    })
    .await
}

fn dry_run_result(chain: &crate::chain::Chain, extrinsic: &[u8], at: At) -> Result<ApplyExtrinsicResult, Error> {
    let header = chain.header(at)?;
    let parent_ms = chain.run(at, || pallet_timestamp::Now::<crate::runtime::Runtime>::get())?;
    let timestamp_ms = chain.clock.get().now_ms().max(parent_ms.saturating_add(1));
    let hash = at.unwrap_or_else(|| chain.best().hash);
    let mut builder = BlockBuilder::begin(&chain.states, hash, &header, timestamp_ms, Origin::Best)?;
    match builder.apply(extrinsic) {
        Ok(dispatch_result) => Ok(Ok(dispatch_result)),
        Err(ApplyError::Refused(refused)) => Ok(Err(refused)),
        Err(ApplyError::Decode(error)) => Err(crate::pool::PoolError::BadFormat(error.to_string()).into()),
        Err(ApplyError::Panicked(panic)) => Err(panic.into()),
    }
}
