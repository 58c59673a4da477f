//! The JSON-RPC server: WebSocket and HTTP on one port.

use crate::{devchain::Devchain, error::Error};
use jsonrpsee::server::{BatchRequestConfig, RandomStringIdProvider, Server, ServerConfig};
use std::net::{Ipv4Addr, SocketAddr};

/// Bounds of the server.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Longest request in bytes.
    pub request_bytes: u32,
    /// Longest answer in bytes.
    pub response_bytes: u32,
    /// Connections at a time.
    pub connections: u32,
    /// Subscriptions of one connection.
    pub subscriptions: u32,
    /// Requests in one batch.
    pub batch: u32,
    /// Messages that may wait for a slow reader before it has to catch up.
    pub waiting_messages: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            request_bytes: 15 * 1024 * 1024,
            response_bytes: 64 * 1024 * 1024,
            connections: 1_024,
            subscriptions: 1_024,
            batch: 1_024,
            waiting_messages: 64,
        }
    }
}

/// A running server.
#[derive(Clone, Debug)]
pub struct ServerHandle {
    address: SocketAddr,
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

    /// Stops the server and waits until its connections are closed.
    pub async fn stop(self) {
        // It may have been stopped through another handle.
        let _ = self.server.stop();
        self.server.stopped().await;
    }
}

/// The loopback address with a port of the system's choice.
pub fn any_loopback_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Starts a server for `devchain` at `address`.
///
/// # Errors
/// [`Error::Listen`] when the address cannot be had.
pub async fn serve(devchain: Devchain, address: SocketAddr, limits: ServerLimits) -> Result<ServerHandle, Error> {
    let module = crate::rpc::module(devchain)?;
    let config = ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_message_buffer_capacity(limits.waiting_messages)
        .set_id_provider(RandomStringIdProvider::new(16))
        .build();
    let listen_error = |source| Error::Listen { address, source };
    let server = Server::builder().set_config(config).build(address).await.map_err(listen_error)?;
    let address = server.local_addr().map_err(listen_error)?;
    Ok(ServerHandle { address, server: server.start(module) })
}
