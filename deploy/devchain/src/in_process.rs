//! The JSON-RPC methods without a socket, for clients in the same process.

use crate::{devchain::Devchain, error::Error, faults::MethodFaults};
use futures::{stream, StreamExt as _};
use jsonrpsee::{types::ErrorObjectOwned, Methods};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use subxt_rpcs::{
    client::{RawRpcFuture, RawRpcSubscription, RpcClientT},
    Error as RpcError, UserError,
};

/// Notifications that may wait for a slow reader before the sender waits.
const WAITING_NOTIFICATIONS: usize = 256;

/// Calls the chain's methods directly. Give it to subxt as its RPC client: the
/// same client code then works in process and over a socket, and meets the same
/// injected faults.
#[derive(Clone)]
pub struct InProcessRpc {
    methods: Methods,
    faults: Arc<MethodFaults>,
}

#[derive(Deserialize)]
struct Response {
    result: Option<Box<RawValue>>,
    error: Option<UserError>,
}

#[derive(Deserialize)]
struct Notification {
    params: NotificationParams,
}

#[derive(Deserialize)]
struct NotificationParams {
    result: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl InProcessRpc {
    /// A client of `devchain`.
    ///
    /// # Errors
    /// As [`Devchain::rpc_module`].
    pub fn new(devchain: &Devchain) -> Result<Self, Error> {
        Ok(Self { methods: devchain.rpc_module()?.into(), faults: devchain.chain().method_faults.clone() })
    }

    async fn send(
        &self,
        method: &str,
        params: Option<Box<RawValue>>,
        waiting: usize,
    ) -> Result<(Box<RawValue>, tokio::sync::mpsc::Receiver<Box<RawValue>>), RpcError> {
        self.faults.meet(method).await.map_err(|error| RpcError::User(user_error(&error)))?;
        let method = serde_json::to_string(method).map_err(RpcError::Serialization)?;
        let params = params.as_ref().map_or("[]", |params| params.get());
        let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":{method},"params":{params}}}"#);
        let (response, notifications) =
            self.methods.raw_json_request(&request, waiting).await.map_err(RpcError::Serialization)?;
        let response: Response = serde_json::from_str(response.get()).map_err(RpcError::Deserialization)?;
        match (response.result, response.error) {
            (_, Some(error)) => Err(RpcError::User(error)),
            (Some(result), None) => Ok((result, notifications)),
            // A result of `null` reads as none.
            (None, None) => Ok((RawValue::NULL.to_owned(), notifications)),
        }
    }
}

impl RpcClientT for InProcessRpc {
    fn request_raw<'a>(&'a self, method: &'a str, params: Option<Box<RawValue>>) -> RawRpcFuture<'a, Box<RawValue>> {
        Box::pin(async move { Ok(self.send(method, params, 1).await?.0) })
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        _unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        Box::pin(async move {
            let (id, notifications) = self.send(sub, params, WAITING_NOTIFICATIONS).await?;
            // Dropping the stream drops the receiver, which ends the subscription.
            let stream = stream::unfold(notifications, |mut notifications| async move {
                Some((notifications.recv().await?, notifications))
            })
            .map(|notification| {
                let notification: Notification =
                    serde_json::from_str(notification.get()).map_err(RpcError::Deserialization)?;
                match (notification.params.result, notification.params.error) {
                    (_, Some(error)) => Err(RpcError::Client(error.get().into())),
                    (Some(result), None) => Ok(result),
                    (None, None) => Ok(RawValue::NULL.to_owned()),
                }
            });
            Ok(RawRpcSubscription { stream: Box::pin(stream), id: Some(id.get().trim_matches('"').to_owned()) })
        })
    }
}

fn user_error(error: &ErrorObjectOwned) -> UserError {
    UserError {
        code: error.code(),
        message: error.message().to_owned(),
        data: error.data().map(|data| data.to_owned()),
    }
}
