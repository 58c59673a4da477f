//! Where a scheduler is.

use std::{fmt, str::FromStr};
use url::Url;

/// `ballista://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerAddress {
    host: String,
    port: u16,
}

impl SchedulerAddress {
    /// A scheduler at a host's port.
    #[must_use]
    pub fn new(host: String, port: u16) -> Self {
        Self { host, port }
    }

    /// Its host, in brackets if it is an address of IPv6.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As its protocol, gRPC, takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for SchedulerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ballista://{}:{}", self.host, self.port)
    }
}

impl FromStr for SchedulerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "ballista" && url.path().len() <= 1);
        let parts = url.as_ref().and_then(|url| Some((url.host_str()?.to_owned(), url.port()?)));
        parts.map(|(host, port)| Self { host, port }).ok_or_else(|| {
            format!("{text} is no address of a scheduler: give ballista://HOST:PORT, as `engine scheduler` prints it")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in ["ballista://127.0.0.1:50050", "ballista://[::1]:1", "ballista://scheduler.example:50050"] {
            let address: SchedulerAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        for text in ["127.0.0.1:50050", "ballista://127.0.0.1", "http://127.0.0.1:1", "ballista://a:1/path", ""] {
            assert!(text.parse::<SchedulerAddress>().is_err(), "{text}");
        }
    }
}
