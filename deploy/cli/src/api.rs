//! What the indexer's address serves, and within which limits.

use anyhow::Context;
use axum::Router;
use bizkey_indexer::{ApiConfig, ApiState, Rate};
use bizkey_oracle::Book;
use ipnet::IpNet;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

/// Limits of the indexer's API.
#[derive(Clone, Debug, clap::Args)]
pub struct ApiArgs {
    /// Requests a second that one client (an IPv4 address, a /64 of IPv6) may
    /// make of the indexer; 0 for as many as it likes.
    #[arg(long, default_value_t = 200)]
    pub api_rate: u32,
    /// Requests that it may make at once, after a rest.
    #[arg(long, default_value = "400")]
    pub api_burst: NonZeroU32,
    /// Streams that may be open at once.
    #[arg(long, default_value = "1000")]
    pub api_streams: NonZeroUsize,
    /// Streams that one client may have open.
    #[arg(long, default_value = "100")]
    pub api_streams_per_client: NonZeroUsize,
    /// A proxy in front of the indexer, as an address or a network
    /// (10.0.0.0/8), whose X-Forwarded-For is believed; may be given several
    /// times.
    #[arg(long = "trusted-proxy", value_name = "NETWORK", value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
}

impl ApiArgs {
    /// The limits that these options ask for.
    #[must_use]
    pub fn config(&self) -> ApiConfig {
        let rate = NonZeroU32::new(self.api_rate).map(|per_second| Rate { per_second, burst: self.api_burst });
        ApiConfig {
            rate,
            trusted_proxies: self.trusted_proxies.clone(),
            streams: self.api_streams,
            streams_per_client: self.api_streams_per_client,
        }
    }
}

fn network(text: &str) -> anyhow::Result<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.into()),
        Err(_) => text.parse().context("give an address, or a network such as 10.0.0.0/8"),
    }
}

/// The rows and, beside them, the oracle's proofs: a page asks one address.
pub fn router(state: ApiState, book: Arc<Book>) -> Router {
    bizkey_indexer::router_with(state, bizkey_oracle::proofs::routes(book))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        api: ApiArgs,
    }

    fn config(arguments: &[&str]) -> Option<ApiConfig> {
        let all = ["program"].iter().chain(arguments);
        Program::try_parse_from(all).ok().map(|program| program.api.config())
    }

    #[test]
    fn without_options_the_limits_are_the_usual_ones() {
        assert_eq!(config(&[]), Some(ApiConfig::default()));
        assert_eq!(config(&["--api-rate", "0"]).unwrap().rate, None);
        let proxies = config(&["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1"]).unwrap().trusted_proxies;
        assert_eq!(proxies, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        assert!(config(&["--trusted-proxy", "everybody"]).is_none() && config(&["--api-streams", "0"]).is_none());
    }
}
