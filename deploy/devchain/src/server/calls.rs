//! What every call over a socket passes on its way to its method: it is
//! counted, and meets the injected faults.

use super::flow::Calls;
use crate::faults::MethodFaults;
use jsonrpsee::{
    server::{
        middleware::rpc::{Batch, BatchEntry, Notification, RpcServiceT},
        BatchResponseBuilder, MethodResponse,
    },
    types::Request,
};
use std::{future::Future, sync::Arc};
use tower::Layer;

/// Puts [`CallService`] around a connection's methods.
#[derive(Clone, Debug)]
pub struct CallLayer {
    /// The faults that calls meet.
    pub faults: Arc<MethodFaults>,
    /// The connection's calls.
    pub calls: Arc<Calls>,
    /// Longest answer to a batch in bytes.
    pub response_bytes: usize,
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, methods: S) -> CallService<S> {
        CallService { methods, layer: self.clone() }
    }
}

/// A connection's methods behind their faults.
#[derive(Clone, Debug)]
pub struct CallService<S> {
    methods: S,
    layer: CallLayer,
}

impl<S> CallService<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    async fn one(self, request: Request<'_>) -> MethodResponse {
        match self.layer.faults.meet(&request.method).await {
            Ok(()) => self.methods.call(request).await,
            Err(error) => MethodResponse::error(request.id, error).with_extensions(request.extensions),
        }
    }
}

impl<S> RpcServiceT for CallService<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let running = self.layer.calls.begin();
        let service = self.clone();
        async move {
            let response = service.one(request).await;
            drop(running);
            response
        }
    }

    /// One after the other, as the server would without this layer.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let running = self.layer.calls.begin();
        let service = self.clone();
        async move {
            let mut responses = BatchResponseBuilder::new_with_limit(service.layer.response_bytes);
            let mut notified = false;
            for entry in batch {
                let response = match entry {
                    Ok(BatchEntry::Call(request)) => service.clone().one(request).await,
                    Ok(BatchEntry::Notification(notification)) => {
                        notified = true;
                        service.methods.notification(notification).await;
                        continue;
                    }
                    Err(error) => {
                        let (error, id) = error.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_long) = responses.append(response) {
                    return too_long;
                }
            }
            drop(running);
            if responses.is_empty() && notified {
                MethodResponse::notification()
            } else {
                MethodResponse::from_batch(responses.finish())
            }
        }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.methods.notification(notification)
    }
}
