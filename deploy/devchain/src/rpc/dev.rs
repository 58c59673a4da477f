//! `dev_*`: what a test may do to the chain and a user of a real one may not.
//! Parameters of a method are given by position or by name.

use super::{
    error::{from_chain, plain, RpcResult},
    params::Bytes,
};
use crate::{
    chain::{BlockInfo, Reorg, RetractedTransactions, StorageChange},
    clock::Clock,
    config::Sealing,
    devchain::Devchain,
    runtime::{AccountId, Balance, Hash, Limits},
};
use jsonrpsee::{
    core::RegisterMethodError,
    types::{error::INVALID_PARAMS_CODE, Params},
    RpcModule,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Value};
use sp_core::{
    crypto::Ss58Codec,
    storage::{ChildInfo, ChildType, PrefixedStorageKey},
};
use std::{io::Cursor, sync::Arc, time::Duration};

/// Most blocks one call may seal.
const MAX_NEW_BLOCKS: u32 = 1_000_000;
/// Most blocks of which an answer tells each.
const MAX_TOLD_BLOCKS: usize = 10_000;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_method("dev_info", |_, devchain, _| info(devchain))?;
    module.register_method("dev_now", |_, devchain, _| devchain.now_ms())?;
    module.register_method("dev_setTime", |params, devchain, _| set_time(&params, devchain))?;
    module.register_method("dev_increaseTime", |params, devchain, _| increase_time(&params, devchain))?;
    module.register_method("dev_setSealing", |params, devchain, _| set_sealing(&params, devchain))?;
    module.register_method("dev_setFinalityLag", |params, devchain, _| set_finality_lag(&params, devchain))?;
    module.register_async_method("dev_newBlock", |_, devchain, _| new_block(devchain))?;
    module.register_async_method("dev_newBlocks", |params, devchain, _| new_blocks(params, devchain))?;
    module.register_async_method("dev_finalize", |params, devchain, _| finalize(params, devchain))?;
    module.register_async_method("dev_reorg", |params, devchain, _| reorg(params, devchain))?;
    module.register_async_method("dev_setStorage", |params, devchain, _| set_storage(params, devchain))?;
    module.register_async_method("dev_setBalance", |params, devchain, _| set_balance(params, devchain))?;
    module.register_async_method("dev_snapshot", |_, devchain, _| snapshot(devchain))?;
    module.register_async_method("dev_revert", |params, devchain, _| revert(params, devchain))?;
    module.register_async_method("dev_dump", |_, devchain, _| dump(devchain))?;
    module.register_async_method("dev_load", |params, devchain, _| load(params, devchain))?;
    module.register_method("dev_removeTransaction", |params, devchain, _| remove_transaction(&params, devchain))?;
    Ok(())
}

/// The one parameter of `params`, by position or as an object's field `name`.
fn one<T: DeserializeOwned>(params: &Params<'_>, name: &str) -> RpcResult<T> {
    let value = if params.is_object() {
        let mut fields: serde_json::Map<String, Value> = params.parse()?;
        fields.remove(name).unwrap_or_default()
    } else {
        params.sequence().optional_next::<Value>()?.unwrap_or_default()
    };
    serde_json::from_value(value).map_err(|error| plain(INVALID_PARAMS_CODE, format!("{name}: {error}")))
}

/// The parameters as the fields of `T`: an object, or a list with one.
fn fields<T: DeserializeOwned>(params: &Params<'_>) -> RpcResult<T> {
    if params.is_object() {
        params.parse()
    } else {
        params.one()
    }
}

/// What the chain is and how it is set.
fn info(devchain: &Devchain) -> Value {
    let chain = devchain.chain();
    let settings = chain.settings();
    let head = |head: crate::chain::Head| json!({ "number": head.header.number, "hash": head.hash, "timestampMs": head.timestamp_ms });
    let heads = chain.heads.borrow().clone();
    json!({
        "chain": chain.name,
        "genesisHash": chain.genesis_hash,
        "best": head(heads.best),
        "finalized": head(heads.finalized),
        "nowMs": devchain.now_ms(),
        "sealing": SealingForm::from(settings.sealing),
        "finalityLag": settings.finality_lag,
        "limits": match chain.limits {
            Limits::RealChain => "realChain",
            Limits::Lifted => "lifted",
        },
        "pending": devchain.pending(),
    })
}

/// Stops the clock at the given milliseconds since the Unix epoch; `null` gives
/// it back to the machine's time. Answers the time by the new setting.
fn set_time(params: &Params<'_>, devchain: &Devchain) -> RpcResult<u64> {
    let time: Option<u64> = one(params, "ms")?;
    devchain.set_clock(time.map_or(Clock::System, Clock::Manual));
    Ok(devchain.now_ms())
}

/// Moves the clock forward by so many milliseconds; answers the time.
fn increase_time(params: &Params<'_>, devchain: &Devchain) -> RpcResult<u64> {
    let by: u64 = one(params, "ms")?;
    devchain.set_clock(devchain.clock().advanced(by));
    Ok(devchain.now_ms())
}

/// `"instant"`, `"manual"` or `{"interval": MS}`.
#[derive(Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
enum SealingForm {
    Instant,
    Manual,
    Interval(u64),
}

impl From<Sealing> for SealingForm {
    fn from(sealing: Sealing) -> Self {
        match sealing {
            Sealing::Instant => Self::Instant,
            Sealing::Manual => Self::Manual,
            Sealing::Interval(interval) => Self::Interval(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

fn set_sealing(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    devchain.set_sealing(match one(params, "sealing")? {
        SealingForm::Instant => Sealing::Instant,
        SealingForm::Manual => Sealing::Manual,
        SealingForm::Interval(0) => {
            return Err(plain(INVALID_PARAMS_CODE, "sealing: the interval is 0 ms, use 1 or more"))
        }
        SealingForm::Interval(ms) => Sealing::Interval(Duration::from_millis(ms)),
    });
    Ok(())
}

fn set_finality_lag(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    devchain.set_finality_lag(one(params, "blocks")?);
    Ok(())
}

/// Seals a block, empty or not.
async fn new_block(devchain: Arc<Devchain>) -> RpcResult<BlockInfo> {
    devchain.seal_block().await.map_err(from_chain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewBlocks {
    count: u32,
    #[serde(default)]
    interval_ms: u64,
}

/// Seals many blocks, the clock put forward by `intervalMs` between them;
/// answers the newest of them, at most 10,000, oldest first.
async fn new_blocks(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<BlockInfo>> {
    let NewBlocks { count, interval_ms } = fields(&params)?;
    if count > MAX_NEW_BLOCKS {
        return Err(plain(INVALID_PARAMS_CODE, format!("count: {count} is more than {MAX_NEW_BLOCKS} blocks a call")));
    }
    let mut blocks = devchain.seal_blocks(count, interval_ms).await.map_err(from_chain)?;
    blocks.drain(..blocks.len().saturating_sub(MAX_TOLD_BLOCKS));
    Ok(blocks)
}

/// Makes the given block of the best branch, or the best one, final.
async fn finalize(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Hash> {
    devchain.finalize(one(&params, "hash")?).await.map_err(from_chain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReorgForm {
    depth: u32,
    #[serde(default)]
    blocks: Option<u32>,
    #[serde(default)]
    transactions: RetractedTransactions,
    #[serde(default)]
    include: Vec<Bytes>,
}

/// Takes `depth` blocks off the chain and puts `blocks` (one more, if not given)
/// in their place; `transactions` of the old ones are "include"d again,
/// "return"ed to the pool or "drop"ped; `include` are extrinsics that come first.
async fn reorg(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Vec<BlockInfo>> {
    let ReorgForm { depth, blocks, transactions, include } = fields(&params)?;
    let include = include.into_iter().map(|bytes| bytes.0).collect();
    devchain.reorg(Reorg { depth, blocks, transactions, include }).await.map_err(from_chain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetStorage {
    changes: Vec<(Bytes, Option<Bytes>)>,
    #[serde(default)]
    child: Option<PrefixedStorageKey>,
}

/// Seals a block in which `changes`, pairs of a key and a value or null, are
/// made to the state or to the child trie `child`.
async fn set_storage(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<BlockInfo> {
    let SetStorage { changes, child } = fields(&params)?;
    let child = match child.as_ref().map(|child| (ChildType::from_prefixed_key(child), child)) {
        None => None,
        Some((Some((ChildType::ParentKeyId, id)), _)) => Some(ChildInfo::new_default(id)),
        Some((None, _)) => {
            return Err(plain(INVALID_PARAMS_CODE, "child: no child storage key (`:child_storage:default:` and an id)"))
        }
    };
    let changes = changes
        .into_iter()
        .map(|(key, value)| StorageChange { child: child.clone(), key: key.0, value: value.map(|value| value.0) })
        .collect();
    devchain.set_storage(changes).await.map_err(from_chain)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBalance {
    account: String,
    /// In the smallest unit: a number, or a decimal text where it is too large
    /// for a JSON number.
    free: Amount,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(u64),
    Text(String),
}

/// Seals a block after which the account has so much of the native coin.
async fn set_balance(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<BlockInfo> {
    let SetBalance { account, free } = fields(&params)?;
    let account = AccountId::from_ss58check(&account)
        .map_err(|error| plain(INVALID_PARAMS_CODE, format!("account: {account} is no SS58 address: {error:?}")))?;
    let free: Balance = match free {
        Amount::Number(number) => number.into(),
        Amount::Text(text) => text
            .parse()
            .map_err(|_| plain(INVALID_PARAMS_CODE, format!("free: {text} is no amount (decimal, smallest unit)")))?,
    };
    devchain.set_balance(account, free).await.map_err(from_chain)
}

/// Remembers the chain as it is; answers the number to go back by.
async fn snapshot(devchain: Arc<Devchain>) -> RpcResult<u32> {
    devchain.snapshot().await.map_err(from_chain)
}

/// Goes back to a snapshot; answers the best block's hash.
async fn revert(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Hash> {
    Ok(devchain.revert(one(&params, "snapshot")?).await.map_err(from_chain)?.hash)
}

/// The whole chain as `0x…`; a long one does not fit an answer: start the
/// program with a file to dump to.
async fn dump(devchain: Arc<Devchain>) -> RpcResult<Bytes> {
    let buffer = SharedBuffer::default();
    devchain.dump(buffer.clone()).await.map_err(from_chain)?;
    let bytes = std::mem::take(&mut *buffer.0.lock());
    Ok(Bytes(bytes))
}

/// Goes on from a dumped chain; answers the best block's hash.
async fn load(params: Params<'static>, devchain: Arc<Devchain>) -> RpcResult<Hash> {
    let dump: Bytes = one(&params, "dump")?;
    Ok(devchain.load(Cursor::new(dump.0)).await.map_err(from_chain)?.hash)
}

/// Takes a waiting transaction out of the pool; whether it was there.
fn remove_transaction(params: &Params<'_>, devchain: &Devchain) -> RpcResult<bool> {
    Ok(devchain.remove_transaction(&one(params, "hash")?))
}

/// Bytes written on one thread and read on another.
#[derive(Clone, Default)]
struct SharedBuffer(Arc<parking_lot::Mutex<Vec<u8>>>);

impl std::io::Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
