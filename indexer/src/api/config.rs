//! How much the API gives to whom.

use ipnet::IpNet;
use std::num::{NonZeroU32, NonZeroUsize};

/// How many requests one client may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, for as long as it likes.
    pub per_second: NonZeroU32,
    /// Requests at once, after a rest.
    pub burst: NonZeroU32,
}

impl Default for Rate {
    /// 200 a second, 400 at once.
    fn default() -> Self {
        let number = |number: u32| NonZeroU32::MIN.saturating_add(number.saturating_sub(1));
        Self { per_second: number(200), burst: number(400) }
    }
}

/// What the API is served with. A client is an IPv4 address or a /64 of IPv6:
/// who has one address of a /64 has them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Requests of one client; `None` for as many as it likes. Not counted:
    /// `/health`, `/ready`, `/metrics`.
    pub rate: Option<Rate>,
    /// Proxies that stand before this server: what these say in
    /// `X-Forwarded-For` is believed. Nobody else's is, so none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Streams that may be open at once.
    pub streams: NonZeroUsize,
    /// How many of them one client may have open.
    pub streams_per_client: NonZeroUsize,
}

impl Default for ApiConfig {
    /// The usual rate, no proxies, 1,000 streams, 100 of them for one client.
    fn default() -> Self {
        let number = |number: usize| NonZeroUsize::MIN.saturating_add(number.saturating_sub(1));
        Self {
            rate: Some(Rate::default()),
            trusted_proxies: Vec::new(),
            streams: number(1_000),
            streams_per_client: number(100),
        }
    }
}
