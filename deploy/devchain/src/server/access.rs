//! Who may use the server. A web page can make its visitor's browser connect
//! to the visitor's own machine; the browser then names the page (`Origin`),
//! or, when a foreign name was made to point here (DNS rebinding), that name
//! (`Host`).

use super::request::Refusal;
use hyper::{
    header::{self, HeaderMap, HeaderValue},
    http::uri::{Authority, Uri},
    Method, Request, StatusCode,
};
use jsonrpsee::server::{HttpBody, HttpResponse};
use std::{net::IpAddr, str::FromStr};

/// Of the public wallet and explorer that most people use with a local node.
const POLKADOT_JS: &str = "https://polkadot.js.org";

/// Headers of Private Network Access, by which a browser asks before a public
/// page may reach a local server.
const REQUEST_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOW_PRIVATE_NETWORK: &str = "access-control-allow-private-network";

/// Which web pages may use the server. Programs that are no browser send no
/// origin and are not concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Pages of this machine, of polkadot.js.org, and these.
    Listed(Vec<String>),
    /// Every page.
    All,
}

impl Default for Origins {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// A list of origins that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no origin: give scheme://host or scheme://host:port without a path, several with commas, or all")]
pub struct OriginsError(String);

impl FromStr for Origins {
    type Err = OriginsError;

    fn from_str(text: &str) -> Result<Self, OriginsError> {
        if text == "all" {
            return Ok(Self::All);
        }
        let origins = text.split(',').map(str::trim).map(|origin| {
            let rest = origin.split_once("://").map(|(_, rest)| rest);
            match rest.map(str::parse::<Authority>) {
                Some(Ok(authority)) if !authority.as_str().contains('@') => Ok(origin.to_owned()),
                _ => Err(OriginsError(origin.to_owned())),
            }
        });
        Ok(Self::Listed(origins.collect::<Result<_, _>>()?))
    }
}

impl Origins {
    fn allow(&self, origin: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(listed) => {
                is_local(origin)
                    || origin == POLKADOT_JS
                    || listed.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
            }
        }
    }
}

/// Whether a page with this origin was served by this machine.
fn is_local(origin: &str) -> bool {
    let Some(("http" | "https", authority)) = origin.split_once("://") else {
        return false;
    };
    authority.parse::<Authority>().is_ok_and(|authority| {
        !authority.as_str().contains('@')
            && matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
            && authority.as_str().strip_prefix(authority.host()).is_some_and(is_port)
    })
}

/// Whether this is what may follow a host: nothing, or a port.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

/// Whether this host of a URL means this machine whoever resolves it.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The rules of one server.
#[derive(Clone, Debug)]
pub struct Access {
    origins: Origins,
    loopback_hosts_only: bool,
}

impl Access {
    /// `on_loopback`: the server listens on a loopback address, so that every
    /// honest client names one.
    pub fn new(origins: Origins, on_loopback: bool) -> Self {
        Self { origins, loopback_hosts_only: on_loopback }
    }

    /// Looks at a request's head before anything else of it is read. Returns
    /// the origin it came from, if it has one.
    ///
    /// # Errors
    /// When the request is refused.
    pub fn check<B>(&self, request: &Request<B>) -> Result<Option<HeaderValue>, Refusal> {
        if self.loopback_hosts_only && !hosts_are_loopback(request.uri(), request.headers()) {
            return Err(forbidden(
                "this server answers to localhost, 127.0.0.1 and [::1] only; name one of them in Host",
            ));
        }
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(None),
            (Some(origin), None) if origin.to_str().is_ok_and(|origin| self.origins.allow(origin)) => {
                Ok(Some(origin.clone()))
            }
            _ => Err(forbidden("web pages of this origin may not use this server; its owner can list it (--rpc-cors)")),
        }
    }
}

fn hosts_are_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            host.to_str().is_ok_and(|host| host.parse::<Authority>().is_ok_and(|host| is_loopback(&host)))
        }
        _ => false,
    };
    named && uri.authority().is_none_or(is_loopback)
}

fn forbidden(reason: &str) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, reason: reason.to_owned() }
}

/// The answer to a browser that asks what a page of an allowed origin may do;
/// `None` if the request is no such question.
pub fn preflight<B>(request: &Request<B>, origin: Option<&HeaderValue>) -> Option<HttpResponse> {
    let asks =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let origin = origin.filter(|_| asks)?;
    let mut response = HttpResponse::new(HttpBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if request.headers().contains_key(REQUEST_PRIVATE_NETWORK) {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    allow(&mut response, Some(origin));
    Some(response)
}

/// Lets the page of this origin read the answer.
pub fn allow(response: &mut HttpResponse, origin: Option<&HeaderValue>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{Access, Origins};
    use hyper::Request;

    fn allowed(origins: &Origins, origin: &str) -> bool {
        origins.allow(origin)
    }

    #[test]
    fn pages_of_this_machine_and_of_polkadot_js_are_allowed_and_no_look_alikes() {
        let default = Origins::default();
        for origin in [
            "http://localhost",
            "http://localhost:3000",
            "https://127.0.0.1:8443",
            "http://[::1]:5173",
            "https://polkadot.js.org",
        ] {
            assert!(allowed(&default, origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "localhost",
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost:3000.evil.example",
            "http://localhost:99999",
            "http://evil@localhost",
            "http://127.0.0.1.evil.example",
            "http://polkadot.js.org",
            "https://polkadot.js.org:444",
            "https://polkadot.js.org.evil.example",
            "ftp://localhost",
            "http://localhost/",
        ] {
            assert!(!allowed(&default, origin), "{origin}");
        }
    }

    #[test]
    fn a_list_adds_to_the_default_and_all_means_all() {
        let listed: Origins = "https://shop.example, https://till.example:8443".parse().unwrap();
        assert!(allowed(&listed, "https://shop.example"));
        assert!(allowed(&listed, "https://till.example:8443"));
        assert!(allowed(&listed, "http://localhost:1"));
        assert!(!allowed(&listed, "https://till.example"));
        assert!(allowed(&"all".parse().unwrap(), "https://evil.example"));
        for text in ["", "shop.example", "https://", "https://shop.example/path", "https://a b", "https://a,"] {
            assert!(text.parse::<Origins>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rebound_name_is_refused_on_loopback_only() {
        let request = |host: &str| Request::builder().header("host", host).body(()).unwrap();
        let local = Access::new(Origins::default(), true);
        for host in ["localhost", "LOCALHOST:9944", "127.0.0.1:1", "127.3.2.1", "[::1]:9944"] {
            assert!(local.check(&request(host)).is_ok(), "{host}");
        }
        for host in ["evil.example", "evil.example:9944", "localhost.evil.example", "10.0.0.1", "", "a b"] {
            assert!(local.check(&request(host)).is_err(), "{host}");
        }
        assert!(local.check(&Request::new(())).is_err(), "no host at all");
        let twice = Request::builder().header("host", "localhost").header("host", "evil.example").body(()).unwrap();
        assert!(local.check(&twice).is_err());
        let absolute = Request::builder().uri("http://evil.example/").header("host", "localhost").body(()).unwrap();
        assert!(local.check(&absolute).is_err());
        assert!(Access::new(Origins::default(), false).check(&request("node.example")).is_ok());
    }
}
