//! `chainHead_v1_*`: following the chain's head and reading from the blocks
//! that a follower was told of, after the JSON-RPC interface specification.

mod events;
mod follow;
mod operations;
mod subscriptions;
#[cfg(test)]
mod tests;

use super::{
    error::{from_chain, plain, RpcResult},
    params::{on_worker_raw, Bytes, ListOrValue},
    storage_query::{StorageQuery, StorageReader},
};
use crate::{devchain::Devchain, runtime::Hash};
use codec::Encode;
use events::MethodResponse;
use jsonrpsee::{
    core::RegisterMethodError,
    types::{ErrorObjectOwned, Params},
    ConnectionId, Extensions, ResponsePayload, RpcModule,
};
use std::sync::Arc;
use subscriptions::{Operation, Refused, Subscription, Subscriptions, UnpinError};

/// Error codes of the specification.
mod code {
    pub const REACHED_LIMITS: i32 = -32800;
    pub const INVALID_BLOCK: i32 = -32801;
    pub const INVALID_RUNTIME_CALL: i32 = -32802;
    pub const INVALID_CONTINUE: i32 = -32803;
    pub const INVALID_DUPLICATE_HASHES: i32 = -32804;
}

type Response = ResponsePayload<'static, MethodResponse>;

/// The followers of the connection that calls.
#[derive(Clone)]
struct Caller {
    subscriptions: Arc<Subscriptions>,
    connection: ConnectionId,
}

impl Caller {
    fn new(subscriptions: &Arc<Subscriptions>, extensions: &Extensions) -> Self {
        let connection = extensions.get::<ConnectionId>().copied().unwrap_or(ConnectionId(0));
        Self { subscriptions: subscriptions.clone(), connection }
    }

    fn follower(&self, id: &str) -> Option<Arc<Subscription>> {
        self.subscriptions.get(self.connection, id)
    }
}

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    let all = Arc::new(Subscriptions::default());
    let known = all.clone();
    module.register_subscription(
        "chainHead_v1_follow",
        "chainHead_v1_followEvent",
        "chainHead_v1_unfollow",
        move |p, pending, d, _| follow::follow(p, pending, d, known.clone()),
    )?;
    let known = all.clone();
    module.register_async_method("chainHead_v1_header", move |p, d, e| header(p, d, Caller::new(&known, &e)))?;
    let known = all.clone();
    module.register_async_method("chainHead_v1_body", move |p, d, e| {
        let caller = Caller::new(&known, &e);
        async move { respond(body(&p, &d, &caller)) }
    })?;
    let known = all.clone();
    module.register_async_method("chainHead_v1_call", move |p, d, e| {
        let caller = Caller::new(&known, &e);
        async move { respond(call(&p, &d, &caller)) }
    })?;
    let known = all.clone();
    module.register_async_method("chainHead_v1_storage", move |p, d, e| {
        let caller = Caller::new(&known, &e);
        async move { respond(storage(&p, &d, &caller)) }
    })?;
    let known = all.clone();
    module.register_method("chainHead_v1_continue", move |p, _, e| continue_operation(&p, &Caller::new(&known, e)))?;
    let known = all.clone();
    module.register_method("chainHead_v1_stopOperation", move |p, _, e| stop_operation(&p, &Caller::new(&known, e)))?;
    module.register_method("chainHead_v1_unpin", move |p, _, e| unpin(&p, &Caller::new(&all, e)))?;
    Ok(())
}

fn respond(response: RpcResult<Response>) -> Response {
    response.unwrap_or_else(ResponsePayload::error)
}

fn not_pinned(hash: &Hash) -> ErrorObjectOwned {
    plain(code::INVALID_BLOCK, format!("Invalid block hash: {hash:?} was not reported or has been unpinned"))
}

/// Starts an operation of up to `wanted` parts on a pinned block; the inner
/// error is the answer when there is no such follower or no room.
fn start(caller: &Caller, follower: &str, at: &Hash, wanted: usize) -> RpcResult<Result<Operation, Response>> {
    let limit_reached = || Ok(Err(ResponsePayload::success(MethodResponse::LimitReached)));
    let Some(follower) = caller.follower(follower) else {
        return limit_reached();
    };
    match follower.start(at, wanted) {
        Ok(operation) => Ok(Ok(operation)),
        Err(Refused::NotPinned) => Err(not_pinned(at)),
        Err(Refused::LimitReached) => limit_reached(),
    }
}

/// The encoded header of a pinned block; `null` without such a follower.
async fn header(params: Params<'static>, devchain: Arc<Devchain>, caller: Caller) -> RpcResult<Option<Bytes>> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let hash: Hash = params.next()?;
    let Some(follower) = caller.follower(&follower) else {
        return Ok(None);
    };
    if !follower.is_pinned(&hash) {
        return Err(not_pinned(&hash));
    }
    on_worker_raw(&devchain, move |chain| {
        chain.header(Some(hash)).map(|header| Some(Bytes(header.encode()))).map_err(from_chain)
    })
    .await
}

fn body(params: &Params<'_>, devchain: &Devchain, caller: &Caller) -> RpcResult<Response> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let at: Hash = params.next()?;
    let operation = match start(caller, &follower, &at, 1)? {
        Ok(operation) => operation,
        Err(response) => return Ok(response),
    };
    let chain = Arc::clone(devchain.chain());
    Ok(operations::begin(operation, None, move |operation| operations::body(chain, operation, at)))
}

fn call(params: &Params<'_>, devchain: &Devchain, caller: &Caller) -> RpcResult<Response> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let at: Hash = params.next()?;
    let function: String = params.next()?;
    let arguments: Bytes = params.next()?;
    if caller.follower(&follower).is_some_and(|follower| !follower.with_runtime) {
        return Err(plain(
            code::INVALID_RUNTIME_CALL,
            "The `chainHead_follow` subscription was started with `withRuntime` set to `false`",
        ));
    }
    let operation = match start(caller, &follower, &at, 1)? {
        Ok(operation) => operation,
        Err(response) => return Ok(response),
    };
    let chain = Arc::clone(devchain.chain());
    Ok(operations::begin(operation, None, move |operation| operations::call(chain, operation, at, function, arguments)))
}

fn storage(params: &Params<'_>, devchain: &Devchain, caller: &Caller) -> RpcResult<Response> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let at: Hash = params.next()?;
    let mut queries: Vec<StorageQuery> = params.next()?;
    let child: Option<Bytes> = params.optional_next()?;
    let operation = match start(caller, &follower, &at, queries.len())? {
        Ok(operation) => operation,
        Err(response) => return Ok(response),
    };
    let discarded = queries.len().saturating_sub(operation.granted);
    queries.truncate(operation.granted);
    for query in &mut queries {
        // Belongs to the archive group alone.
        query.pagination_start_key = None;
    }
    let reader = StorageReader::new(at, child, false, queries);
    let chain = Arc::clone(devchain.chain());
    Ok(operations::begin(operation, Some(discarded), move |operation| operations::storage(chain, operation, reader)))
}

fn continue_operation(params: &Params<'_>, caller: &Caller) -> RpcResult<()> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let operation: String = params.next()?;
    match caller.follower(&follower) {
        Some(follower) if !follower.continue_operation(&operation) => {
            Err(plain(code::INVALID_CONTINUE, "Wait for continue event was not generated for the subscription"))
        }
        _ => Ok(()),
    }
}

fn stop_operation(params: &Params<'_>, caller: &Caller) -> RpcResult<()> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let operation: String = params.next()?;
    if let Some(follower) = caller.follower(&follower) {
        follower.stop_operation(&operation);
    }
    Ok(())
}

fn unpin(params: &Params<'_>, caller: &Caller) -> RpcResult<()> {
    let mut params = params.sequence();
    let follower: String = params.next()?;
    let hashes: Vec<Hash> = match params.next()? {
        ListOrValue::List(hashes) => hashes,
        ListOrValue::Value(hash) => vec![hash],
    };
    let Some(follower) = caller.follower(&follower) else {
        return Ok(());
    };
    follower.unpin(&hashes).map_err(|error| match error {
        UnpinError::NotPinned => plain(
            code::INVALID_BLOCK,
            "Invalid block hash: one was not reported or has been unpinned; none was unpinned now",
        ),
        UnpinError::Duplicate => plain(
            code::INVALID_DUPLICATE_HASHES,
            "Received duplicate hashes for the `chainHead_unpin` method; none was unpinned",
        ),
    })
}
