//! `dev_*`: controls of the chain's clock and blocks, as tests need them.

use super::error::{from_chain, RpcResult};
use crate::{chain::BlockInfo, clock::Clock, devchain::Devchain};
use jsonrpsee::{core::RegisterMethodError, types::Params, RpcModule};
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_method("dev_setTime", |params, devchain, _| set_time(&params, devchain))?;
    module.register_method("dev_increaseTime", |params, devchain, _| increase_time(&params, devchain))?;
    module.register_method("dev_now", |_, devchain, _| devchain.now_ms())?;
    module.register_async_method("dev_newBlock", |_, devchain, _| new_block(devchain))?;
    Ok(())
}

/// Stops the clock at the given milliseconds since the Unix epoch; `null` gives
/// it back to the machine's time. Answers the time by the new setting.
fn set_time(params: &Params<'_>, devchain: &Devchain) -> RpcResult<u64> {
    let time: Option<u64> = params.sequence().optional_next()?;
    devchain.set_clock(time.map_or(Clock::System, Clock::Manual));
    Ok(devchain.now_ms())
}

/// Moves the clock forward by so many milliseconds; answers the time.
fn increase_time(params: &Params<'_>, devchain: &Devchain) -> RpcResult<u64> {
    let by: u64 = params.one()?;
    devchain.set_clock(devchain.clock().advanced(by));
    Ok(devchain.now_ms())
}

/// Seals a block, empty or not.
async fn new_block(devchain: Arc<Devchain>) -> RpcResult<BlockInfo> {
    devchain.seal_block().await.map_err(from_chain)
}
