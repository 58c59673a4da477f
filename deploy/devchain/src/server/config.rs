//! How the server is set up.

use super::access::Origins;
use std::time::Duration;

/// Descriptors left for everything that is no connection: the chain's data,
/// the listener, the standard streams, whatever else the process opens.
const OTHER_DESCRIPTORS: u64 = 512;

/// The settings of a server. The default serves this machine.
#[derive(Clone, Debug, Default)]
pub struct ServerConfig {
    /// Bounds.
    pub limits: ServerLimits,
    /// Whether the `dev_*` methods are there.
    pub controls: Controls,
    /// Which web pages may use the server.
    pub origins: Origins,
}

impl From<ServerLimits> for ServerConfig {
    fn from(limits: ServerLimits) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// Whether the `dev_*` methods are there: whoever may call them rules the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Controls {
    /// If the server listens on a loopback address.
    #[default]
    OnLoopback,
    /// In any case.
    On,
    /// In no case.
    Off,
}

/// Bounds of the server. One connection can make it hold at most
/// (`calls` + `waiting_messages`) answers, in practice a few: while a client
/// does not read, nothing more is read from it.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Longest request in bytes.
    pub request_bytes: u32,
    /// Longest answer in bytes.
    pub response_bytes: u32,
    /// Connections at a time; fewer where the system does not allow so many
    /// open descriptors.
    pub connections: u32,
    /// Subscriptions of one connection.
    pub subscriptions: u32,
    /// Requests in one batch.
    pub batch: u32,
    /// Calls of one connection that are worked on at a time.
    pub calls: u32,
    /// Messages that may wait for a slow reader before its subscriptions wait
    /// for it.
    pub waiting_messages: u32,
    /// How long a client may take to send the head of an HTTP request, and its
    /// body; also how long an HTTP connection may wait for its next request.
    pub request_timeout: Duration,
    /// How often a WebSocket client is asked whether it is still there.
    pub ping_interval: Duration,
    /// A WebSocket client that has not been heard of for so long is gone.
    pub silence_timeout: Duration,
    /// A client that has read nothing for so long, while something waits for
    /// it, is gone. Until then a slow reader misses no block.
    pub stall_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            request_bytes: 15 * 1024 * 1024,
            response_bytes: 64 * 1024 * 1024,
            connections: 12_000,
            subscriptions: 1_024,
            batch: 1_024,
            calls: 128,
            waiting_messages: 64,
            request_timeout: Duration::from_secs(60),
            ping_interval: Duration::from_secs(30),
            silence_timeout: Duration::from_secs(180),
            stall_timeout: Duration::from_secs(180),
        }
    }
}

impl ServerLimits {
    /// The same with as many connections as so many open descriptors allow,
    /// and one at the least.
    pub(super) fn within(self, descriptors: u64) -> Self {
        let allowed = u32::try_from(descriptors.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(u32::MAX);
        Self { connections: self.connections.min(allowed).max(1), ..self }
    }
}

/// Raises this process's bound on open descriptors as far as it may, and
/// returns it.
pub(super) fn raise_descriptors() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!("the bound on open descriptors cannot be raised: {error}");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(1_024)
    })
}
