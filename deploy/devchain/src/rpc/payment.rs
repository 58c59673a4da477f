//! `payment_*`: what an extrinsic costs.

use super::{
    error::{from_chain, plain, RpcResult},
    params::{on_worker_raw, At, Bytes},
};
use crate::{
    block_builder::decode_extrinsic,
    devchain::Devchain,
    pool::PoolError,
    runtime::{Balance, TransactionPayment, UncheckedExtrinsic},
};
use jsonrpsee::{
    core::RegisterMethodError,
    types::{error::INVALID_PARAMS_CODE, Params},
    RpcModule,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use serde_json::{json, Value};
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_async_method("payment_queryInfo", |p, d, _| info(p, d))?;
    module.register_async_method("payment_queryFeeDetails", |p, d, _| details(p, d))?;
    Ok(())
}

/// Decodes the extrinsic and runs `question` on it and its length.
async fn ask<R: Send + 'static>(
    params: Params<'static>,
    devchain: Arc<Devchain>,
    question: impl FnOnce(UncheckedExtrinsic, u32) -> R + Send + 'static,
) -> RpcResult<R> {
    let mut params = params.sequence();
    let bytes: Bytes = params.next()?;
    let at: At = params.optional_next()?;
    on_worker_raw(&devchain, move |chain| {
        let length = u32::try_from(bytes.len()).map_err(|_| plain(INVALID_PARAMS_CODE, "the extrinsic is too long"))?;
        let extrinsic =
            decode_extrinsic(&bytes).map_err(|error| from_chain(PoolError::BadFormat(error.to_string()).into()))?;
        chain.run(at, || question(extrinsic, length)).map_err(from_chain)
    })
    .await
}

async fn info(p: Params<'static>, d: Arc<Devchain>) -> RpcResult<RuntimeDispatchInfo<Balance>> {
    ask(p, d, TransactionPayment::query_info).await
}

/// Fees as hexadecimal numbers, the form a node gives them in.
async fn details(p: Params<'static>, d: Arc<Devchain>) -> RpcResult<Value> {
    let details: FeeDetails<Balance> = ask(p, d, TransactionPayment::query_fee_details).await?;
    let inclusion_fee = details.inclusion_fee.map(|fee| {
        json!({
            "baseFee": format!("0x{:x}", fee.base_fee),
            "lenFee": format!("0x{:x}", fee.len_fee),
            "adjustedWeightFee": format!("0x{:x}", fee.adjusted_weight_fee),
        })
    });
    Ok(json!({ "inclusionFee": inclusion_fee }))
}
