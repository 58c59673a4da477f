//! `dev_*` for faults: see [`crate::faults`]. Parameters are named, one object,
//! or in the order given here.

use super::error::{plain, RpcResult};
use crate::{
    devchain::Devchain,
    faults::{Fate, MethodEffect, MethodFault, TooManyRules},
};
use jsonrpsee::{
    core::RegisterMethodError,
    types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned, Params},
    RpcModule,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, value::RawValue, Value};

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_method("dev_injectError", |params, devchain, _| inject_error(&params, devchain))?;
    module.register_method("dev_injectDelay", |params, devchain, _| inject_delay(&params, devchain))?;
    module.register_method("dev_dropTransactions", |params, devchain, _| drop_transactions(&params, devchain))?;
    module.register_method("dev_delayTransactions", |params, devchain, _| delay_transactions(&params, devchain))?;
    module.register_method("dev_faults", |_, devchain, _| list(devchain))?;
    module.register_method("dev_clearFaults", |_, devchain, _| clear(devchain))?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InjectError {
    method: String,
    code: i32,
    message: String,
    #[serde(default)]
    data: Option<Box<RawValue>>,
    #[serde(default)]
    count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InjectDelay {
    method: String,
    ms: u64,
    #[serde(default)]
    count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DropTransactions {
    count: u64,
    #[serde(default)]
    silent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayTransactions {
    count: u64,
    blocks: u32,
}

/// The next `count` calls of `method`, or all, are answered with this error.
fn inject_error(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    let InjectError { method, code, message, data, count } = named(params)?;
    let effect = MethodEffect::Error(ErrorObjectOwned::owned(code, message, data));
    devchain.chain().method_faults.add(MethodFault { method, effect }, count).map_err(too_many)
}

/// The next `count` calls of `method`, or all, wait so many milliseconds.
fn inject_delay(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    let InjectDelay { method, ms, count } = named(params)?;
    let effect = MethodEffect::Delay(ms);
    devchain.chain().method_faults.add(MethodFault { method, effect }, count).map_err(too_many)
}

/// The next `count` transactions are accepted and lost, their senders told so
/// (`dropped`) or not (`silent`).
fn drop_transactions(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    let DropTransactions { count, silent } = named(params)?;
    devchain.transaction_faults().add(Fate::Drop { silent }, count).map_err(too_many)
}

/// The next `count` transactions are held back until `blocks` more are sealed.
fn delay_transactions(params: &Params<'_>, devchain: &Devchain) -> RpcResult<()> {
    let DelayTransactions { count, blocks } = named(params)?;
    if blocks == 0 {
        return Err(plain(INVALID_PARAMS_CODE, "blocks is 0, which delays nothing: give at least 1"));
    }
    devchain.transaction_faults().add(Fate::Delay { blocks }, count).map_err(too_many)
}

fn list(devchain: &Devchain) -> Value {
    json!({
        "methods": devchain.chain().method_faults.list(),
        "transactions": devchain.transaction_faults().list(),
    })
}

fn clear(devchain: &Devchain) {
    devchain.chain().method_faults.clear();
    devchain.transaction_faults().clear();
}

/// Parameters by name, as one object in a list, or in order.
fn named<T: DeserializeOwned>(params: &Params<'_>) -> RpcResult<T> {
    if !params.is_object() {
        if let Ok(parsed) = params.one() {
            return Ok(parsed);
        }
    }
    params.parse()
}

fn too_many(error: TooManyRules) -> ErrorObjectOwned {
    plain(INVALID_PARAMS_CODE, error.to_string())
}
