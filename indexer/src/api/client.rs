//! Who asks.

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{request::Parts, HeaderMap},
};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// Bits of an IPv6 address that name one subscriber's network (RFC 6177).
const SUBSCRIBER_BITS: u32 = 64;

/// Who asks: an IPv4 address, or the /64 of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client(IpAddr);

impl Client {
    /// Whose address this is.
    pub fn at(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(SUBSCRIBER_BITS).unwrap_or_default();
                Ipv6Addr::from_bits(address.to_bits() & !host).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// Who sent a request that came from `peer`, if all that `proxies` say is true.
    pub fn of(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let mut address = peer.ip().to_canonical();
        let texts = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
        // Each proxy adds at the right whom it heard. So the last one counts
        // that a trusted proxy wrote; what is left of it may be made up.
        for text in texts.flat_map(|text| text.split(',')).rev() {
            if !proxies.iter().any(|network| network.contains(&address)) {
                break;
            }
            let Some(heard) = read(text.trim()) else { break };
            address = heard.to_canonical();
        }
        Self::at(address)
    }
}

/// Some proxies add the port.
fn read(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The client of a request; `None` where the server was not told addresses.
pub(super) struct Asking(pub Option<Client>);

impl<S: Sync> FromRequestParts<S> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Client>().copied()))
    }
}

/// The address at the other end of the connection.
pub(super) fn peer(extensions: &axum::http::Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> Client {
        let headers = forwarded.iter().map(|text| ("x-forwarded-for".parse().unwrap(), text.parse().unwrap()));
        let proxies: Vec<IpNet> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        Client::of(SocketAddr::new(peer.parse().unwrap(), 1), &HeaderMap::from_iter(headers), &proxies)
    }

    fn at(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    #[test]
    fn a_subscriber_is_one_client_whichever_address_it_takes() {
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2:ffff::"));
        assert_ne!(at("2001:db8:1:2::"), at("2001:db8:1:3::"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let inner: &[&str] = &["10.0.0.0/8"];
        for (peer, forwarded, proxies, expected) in [
            ("192.0.2.1", &["198.51.100.1"] as &[&str], &[] as &[&str], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.1"], inner, "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.1"], inner, "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], inner, "198.51.100.1"),
            // What the client itself sent stands to the left.
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], inner, "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1:5123, 10.0.0.2"], inner, "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, who knows"], inner, "10.0.0.1"),
            ("10.0.0.1", &[], inner, "10.0.0.1"),
        ] {
            assert_eq!(client(peer, forwarded, proxies), at(expected), "{peer} {forwarded:?}");
        }
    }
}
