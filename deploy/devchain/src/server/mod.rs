//! The JSON-RPC server: WebSocket and HTTP on one port. jsonrpsee reads and
//! answers the calls; who may connect, and how much one client may take, is
//! decided here.

mod access;
mod calls;
mod config;
mod connection;
mod flow;
mod request;

pub use access::{Origins, OriginsError};
pub use config::{Controls, ServerConfig, ServerLimits};

use crate::{devchain::Devchain, error::Error};
use access::Access;
use connection::Shared;
use jsonrpsee::server::{stop_channel, BatchRequestConfig, PingConfig, RandomStringIdProvider, Server};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// How long clients may take to read their last answers when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// A running server. It stops when its last handle is dropped, without waiting
/// for anything.
#[derive(Clone, Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    limits: ServerLimits,
    controls: bool,
    permits: Arc<Semaphore>,
    cut: CancellationToken,
    server: jsonrpsee::server::ServerHandle,
}

impl ServerHandle {
    /// Where it listens, with the port the system chose if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address for clients, `ws://…`; `http://` works on the same port.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The limits that hold: as many connections as descriptors allow.
    pub fn limits(&self) -> ServerLimits {
        self.limits
    }

    /// Whether clients may use the `dev_*` controls.
    pub fn controls(&self) -> bool {
        self.controls
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        (self.limits.connections as usize).saturating_sub(self.permits.available_permits())
    }

    /// Stops the server and waits until its connections are closed; clients
    /// that do not take their last answers in 3 seconds are cut off.
    pub async fn stop(self) {
        // It may have been stopped through another handle.
        let _ = self.server.stop();
        if !self.all_closed().await {
            self.cut.cancel();
            if !self.all_closed().await {
                tracing::error!("{} connections do not end", self.connections());
            }
        }
        self.server.stopped().await;
    }

    /// Waits a while until no connection is open; whether it came to that.
    async fn all_closed(&self) -> bool {
        let all = self.permits.acquire_many(self.limits.connections);
        tokio::time::timeout(STOP_TIMEOUT, all).await.is_ok()
    }
}

/// The loopback address with a port of the system's choice.
pub fn any_loopback_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Starts a server for `devchain` at `address`. Raises this process's bound on
/// open descriptors as far as it may.
///
/// # Errors
/// [`Error::Listen`] when the address cannot be had.
pub async fn serve(devchain: Devchain, address: SocketAddr, config: ServerConfig) -> Result<ServerHandle, Error> {
    let limits = config.limits.within(config::raise_descriptors());
    let on_loopback = address.ip().is_loopback();
    let controls = match config.controls {
        Controls::OnLoopback => on_loopback,
        Controls::On => true,
        Controls::Off => false,
    };
    let listen_error = |source| Error::Listen { address, source };
    let listener = listen(address).map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let (stop, server) = stop_channel();
    let permits = Arc::new(Semaphore::new(limits.connections as usize));
    let cut = CancellationToken::new();
    let faults = devchain.chain().method_faults.clone();
    let shared = Shared {
        methods: crate::rpc::module(devchain, controls)?.into(),
        service: Server::builder().set_config(rpc_config(&limits)).to_service_builder(),
        faults,
        access: Access::new(config.origins, on_loopback),
        limits,
        permits: permits.clone(),
        cut: cut.clone(),
    };
    tokio::spawn(connection::accept(listener, Arc::new(shared), stop));
    Ok(ServerHandle { address, limits, controls, permits, cut, server })
}

fn rpc_config(limits: &ServerLimits) -> jsonrpsee::server::ServerConfig {
    let ping =
        PingConfig::new().ping_interval(limits.ping_interval).inactive_limit(limits.silence_timeout).max_failures(1);
    jsonrpsee::server::ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_message_buffer_capacity(limits.waiting_messages)
        .enable_ws_ping(ping)
        .set_id_provider(RandomStringIdProvider::new(16))
        .build()
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port that was in use a moment ago can be had again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
