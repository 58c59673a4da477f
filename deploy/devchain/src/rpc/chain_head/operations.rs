//! What a follower can ask about a pinned block: its body, its state, a call of
//! its runtime. The answers are notifications of the follower's subscription.

use super::{
    events::{FollowEvent, MethodResponse},
    subscriptions::Operation,
    Response,
};
use crate::{
    chain::Chain,
    error::Error,
    rpc::{params::Bytes, storage_query::StorageReader},
    runtime::Hash,
};
use jsonrpsee::ResponsePayload;
use std::{future::Future, sync::Arc};

/// Answers with the operation's name and, once that is on its way, does `work`.
pub fn begin<F>(
    operation: Operation,
    discarded_items: Option<usize>,
    work: impl FnOnce(Operation) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    let started = MethodResponse::Started { operation_id: operation.id.clone(), discarded_items };
    let (response, sent) = ResponsePayload::success(started).notify_on_completion();
    tokio::spawn(async move {
        // An answer within a batch is not reported as sent; its operation runs
        // all the same.
        let _ = sent.await;
        work(operation).await;
    });
    response
}

/// The body of block `at`.
pub async fn body(chain: Arc<Chain>, operation: Operation, at: Hash) {
    let reader = chain.clone();
    let read = chain.workers.run(move || Ok(reader.store.body(&at)?)).await;
    let operation_id = operation.id.clone();
    let event = match flatten(read) {
        Ok(Some(body)) => FollowEvent::OperationBodyDone { operation_id, value: body.into_iter().map(Bytes).collect() },
        Ok(None) => FollowEvent::OperationInaccessible { operation_id },
        Err(error) => failed(operation_id, &error),
    };
    operation.finish(event).await;
}

/// The result of the runtime API function `function` after block `at`.
pub async fn call(chain: Arc<Chain>, operation: Operation, at: Hash, function: String, arguments: Bytes) {
    let caller = chain.clone();
    let name = function.clone();
    let called = chain.workers.run(move || caller.call(Some(at), &name, &arguments)).await;
    let operation_id = operation.id.clone();
    let event = match flatten(called) {
        Ok(Some(output)) => FollowEvent::OperationCallDone { operation_id, output: Bytes(output) },
        Ok(None) => {
            FollowEvent::OperationError { operation_id, error: format!("the runtime API has no function {function}") }
        }
        Err(error) => failed(operation_id, &error),
    };
    operation.finish(event).await;
}

/// What `reader` finds, a page a notification; before every page but the first
/// the follower has to ask for it.
pub async fn storage(chain: Arc<Chain>, operation: Operation, mut reader: StorageReader) {
    let operation_id = operation.id.clone();
    loop {
        let source = chain.clone();
        let read = chain.workers.run(move || {
            let page = reader.next_page(&source);
            (reader, page)
        });
        let items = match read.await {
            Ok((rest, Ok(items))) => {
                reader = rest;
                items
            }
            Ok((_, Err(error))) => return operation.finish(failed(operation_id, &error)).await,
            Err(gone) => return operation.finish(failed(operation_id, &gone.into())).await,
        };
        if !items.is_empty() {
            let event = FollowEvent::OperationStorageItems { operation_id: operation_id.clone(), items };
            if !operation.tell(event).await {
                return;
            }
        }
        if reader.is_done() {
            return operation.finish(FollowEvent::OperationStorageDone { operation_id }).await;
        }
        if !operation.wait_for_continue().await {
            return;
        }
    }
}

fn flatten<T>(result: Result<Result<T, Error>, crate::workers::WorkersGone>) -> Result<T, Error> {
    result.map_err(Error::from).and_then(|result| result)
}

fn failed(operation_id: String, error: &Error) -> FollowEvent {
    match error {
        Error::Stopped => FollowEvent::OperationInaccessible { operation_id },
        other => FollowEvent::OperationError { operation_id, error: other.to_string() },
    }
}
