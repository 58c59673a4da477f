//! Parameter and result forms several groups share.

use super::error::{from_chain, RpcResult};
use crate::{
    chain::Chain,
    devchain::Devchain,
    error::Error,
    runtime::{BlockNumber, Hash},
};
use jsonrpsee::{core::SubscriptionError, server::SubscriptionMessage, types::ErrorObjectOwned, SubscriptionSink};
use serde::{Deserialize, Serialize};

/// Bytes as `0x…`.
pub use sp_core::Bytes;

/// One value or a list of them; the answer has the same form.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum ListOrValue<T> {
    /// Many.
    List(Vec<T>),
    /// One.
    Value(T),
}

/// A block number as JSON number or `0x…`.
#[derive(Clone, Copy, Debug)]
pub struct NumberOrHex(pub BlockNumber);

impl<'de> Deserialize<'de> for NumberOrHex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(BlockNumber),
            Hex(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Hex(text) => text
                .strip_prefix("0x")
                .and_then(|digits| BlockNumber::from_str_radix(digits, 16).ok())
                .map(Self)
                .ok_or_else(|| serde::de::Error::custom(format!("{text} is no block number (u32 or 0x hex)"))),
        }
    }
}

/// Runs `work` on a thread made for the runtime.
pub async fn on_worker<R: Send + 'static>(
    devchain: &Devchain,
    work: impl FnOnce(&Chain) -> Result<R, Error> + Send + 'static,
) -> RpcResult<R> {
    devchain.on_worker(work).await.and_then(|result| result).map_err(from_chain)
}

/// As [`on_worker`], for work that makes its own JSON-RPC error.
pub async fn on_worker_raw<R: Send + 'static>(
    devchain: &Devchain,
    work: impl FnOnce(&Chain) -> RpcResult<R> + Send + 'static,
) -> RpcResult<R> {
    devchain.on_worker(work).await.map_err(from_chain).and_then(|result: Result<R, ErrorObjectOwned>| result)
}

/// Sends `value` to a subscriber, waiting until it has room.
///
/// # Errors
/// When the subscriber has gone.
pub async fn send(sink: &SubscriptionSink, value: &impl Serialize) -> Result<(), SubscriptionError> {
    let raw = serde_json::value::to_raw_value(value)?;
    sink.send(SubscriptionMessage::from(raw)).await?;
    Ok(())
}

/// The hash parameter most state methods end with.
pub type At = Option<Hash>;
