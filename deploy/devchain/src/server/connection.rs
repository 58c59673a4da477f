//! Accepting connections and serving each.

use super::{
    access::{self, Access},
    calls::CallLayer,
    config::ServerLimits,
    flow::{Calls, ClientSocket},
    request,
};
use crate::faults::MethodFaults;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::{
    core::BoxError,
    server::{middleware::rpc::RpcServiceBuilder, HttpRequest, HttpResponse, StopHandle, TowerServiceBuilder},
    Methods,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::{layer::util::Identity, Service};

/// Rest after the system refused a connection, mostly for want of descriptors:
/// they come back when clients go.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long somebody who is turned away may take to hear it.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// How many are turned away politely at a time; others are just cut off.
const REFUSALS: usize = 64;
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: text/plain\r\n\
    content-length: 35\r\n\r\nall connections are in use; retry.\n";

/// What all connections of a server share.
pub struct Shared {
    pub methods: Methods,
    pub service: TowerServiceBuilder<Identity, Identity>,
    pub faults: Arc<MethodFaults>,
    pub access: Access,
    pub limits: ServerLimits,
    /// One for each connection there may be.
    pub permits: Arc<Semaphore>,
    /// Cancelled to end all connections at once.
    pub cut: CancellationToken,
}

/// Accepts connections until the server stops.
pub async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: StopHandle) {
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let mut stopped = std::pin::pin!(stop.clone().shutdown());
    loop {
        let socket = tokio::select! {
            () = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        match shared.permits.clone().try_acquire_owned() {
            Ok(permit) => {
                tokio::spawn(serve(socket, shared.clone(), stop.clone(), permit));
            }
            Err(_) => {
                if let Ok(permit) = refusals.clone().try_acquire_owned() {
                    tokio::spawn(turn_away(socket, permit));
                }
            }
        }
    }
}

/// Says that there is no room, and waits a moment for the client to read it: a
/// socket closed over unread data takes its last words back.
async fn turn_away(mut socket: TcpStream, _permit: OwnedSemaphorePermit) {
    let farewell = async {
        socket.write_all(REFUSAL).await?;
        socket.shutdown().await?;
        let mut ignored = [0; 1_024];
        while socket.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whoever does not hear it sees the connection closed.
    let _ = tokio::time::timeout(REFUSAL_TIMEOUT, farewell).await;
}

async fn serve(socket: TcpStream, shared: Arc<Shared>, stop: StopHandle, permit: OwnedSemaphorePermit) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let limits = &shared.limits;
    let calls = Calls::new(limits.calls);
    let layer = CallLayer {
        faults: shared.faults.clone(),
        calls: calls.clone(),
        response_bytes: limits.response_bytes as usize,
    };
    let methods = shared
        .service
        .clone()
        .set_rpc_middleware(RpcServiceBuilder::new().layer(layer))
        .build(shared.methods.clone(), stop.clone());
    let socket = ClientSocket::new(socket, calls, limits, &shared.cut, permit);
    let answering = shared.clone();
    let service = service_fn(move |request| answer(answering.clone(), methods.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_timeout)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        () = stop.shutdown() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = &mut connection => served,
                () = shared.cut.cancelled() => return,
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!("a connection ended: {error}");
    }
}

async fn answer<S>(shared: Arc<Shared>, mut methods: S, request: Request<Incoming>) -> Result<HttpResponse, BoxError>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
{
    let origin = match shared.access.check(&request) {
        Ok(origin) => origin,
        Err(refusal) => return Ok(refusal.into()),
    };
    if let Some(response) = access::preflight(&request, origin.as_ref()) {
        return Ok(response);
    }
    let mut response = match request::receive(request, &shared.limits).await {
        Ok(request) => methods.call(request).await?,
        Err(refusal) => refusal.into(),
    };
    access::allow(&mut response, origin.as_ref());
    Ok(response)
}
