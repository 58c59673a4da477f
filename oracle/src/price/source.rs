//! Prices of Bzky from somebody else's servers.

use super::decimal::{scaled, DecimalError};
use crate::fetch::{FetchError, Fetched, Fetcher};
use serde_json::value::RawValue;
use std::{collections::HashMap, fmt, str::FromStr};
use url::{Host, Url};

/// How far a source's clock may be ahead of ours, milliseconds.
const CLOCK_SKEW_MS: u64 = 60_000;

/// A source of prices: JSON over HTTP. Written as its address with a fragment
/// that says where in the answer the price is, as JSON pointers:
/// `https://exchange.example/ticker#price=/data/last&time_ms=/data/at`.
///
/// The price is of one Bzky, in whole units of the accounting currency, as a
/// number or a text. `time_ms` or `time_s` point at its date, Unix time in
/// milliseconds or seconds. Without one it is dated when it was asked for, as
/// long as its digits move: see [`Sightings`](super::Sightings).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSource {
    url: Url,
    price: Pointer,
    date: Option<(Pointer, u64)>,
}

/// Why a text names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; write https://HOST/PATH#price=/POINTER, with &time_ms=/POINTER or &time_s=/POINTER where there is a date"
)]
pub struct BadSource(String);

/// Why a source gave no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFailure {
    /// It did not answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its answer is no JSON.
    #[error("its answer is no JSON")]
    NoJson,
    /// There is nothing at the pointer.
    #[error("its answer has nothing at {0}")]
    NothingThere(String),
    /// What is there is no price.
    #[error("what it has at {pointer} is no price: {error}")]
    NoPrice {
        /// The pointer.
        pointer: String,
        /// Why.
        error: DecimalError,
    },
    /// What is there is no date.
    #[error("what it has at {0} is no date")]
    NoDate(String),
    /// Its date lies in the future.
    #[error("its price is dated in the future")]
    Future,
    /// It gives no date, and its price has not moved for too long.
    #[error(
        "it gives no date, and its price is the same since {since_ms} (Unix milliseconds), for longer than {max_ms} \
         ms: it seems to stand still; where its answer has a date, point at it"
    )]
    Unchanged {
        /// Since when, as far as it was looked at, or its header tells.
        since_ms: u64,
        /// How long is allowed, milliseconds.
        max_ms: u64,
    },
}

/// What a source answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Of one Bzky, millionths of a minor unit.
    pub price: u64,
    /// The date in the answer, Unix milliseconds; `None` if none is pointed at.
    pub dated_ms: Option<u64>,
    /// The price as it is written.
    pub digits: String,
    /// `Last-Modified`, Unix milliseconds.
    pub modified_ms: Option<u64>,
}

impl PriceSource {
    /// Host and port of its server, the same however the address is written.
    ///
    /// Who serves a host's http serves its https: port 80 counts as 443, and so
    /// does none. A host's final dot is left out, and an IPv4 address that is
    /// written as one of IPv6 is that IPv4 address.
    #[must_use]
    pub fn authority(&self) -> String {
        // The URL library has put names in lower case and addresses into one form.
        let host = match self.url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => {
                address.to_ipv4_mapped().map_or_else(|| format!("[{address}]"), |mapped| mapped.to_string())
            }
            // None is read without a host.
            None => "?".to_owned(),
        };
        let port = match self.url.port_or_known_default() {
            None | Some(80) => 443,
            Some(port) => port,
        };
        format!("{host}:{port}")
    }

    /// Whether its answer has a date.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.date.is_some()
    }

    /// Where in its answer the price is.
    pub(super) fn pointer(&self) -> String {
        self.price.to_string()
    }

    /// Asks for the price at `now_ms`. `digits` are those of the accounting
    /// currency's minor unit: 2 for cents.
    ///
    /// # Errors
    /// [`SourceFailure`].
    pub(super) async fn ask(&self, fetcher: &Fetcher, digits: u8, now_ms: u64) -> Result<Answer, SourceFailure> {
        let Fetched { body, modified_ms } = fetcher.get_dated(&self.url).await?;
        Ok(Answer { modified_ms, ..self.read(&body, digits, now_ms)? })
    }

    fn read(&self, body: &[u8], digits: u8, now_ms: u64) -> Result<Answer, SourceFailure> {
        let json: &RawValue = serde_json::from_slice(body).map_err(|_| SourceFailure::NoJson)?;
        let text = self.price.find(json)?;
        let no_price = |error| SourceFailure::NoPrice { pointer: self.price.to_string(), error };
        // Millionths of a minor unit.
        let price = scaled(&text, digits.saturating_add(6)).map_err(no_price)?;
        let dated_ms = self.date.as_ref().map(|(pointer, unit_ms)| {
            let number = scaled(&pointer.find(json)?, 0);
            let date = number.ok().and_then(|number| number.checked_mul(*unit_ms));
            date.ok_or_else(|| SourceFailure::NoDate(pointer.to_string()))
        });
        let dated_ms = dated_ms.transpose()?;
        if dated_ms.is_some_and(|dated_ms| dated_ms > now_ms.saturating_add(CLOCK_SKEW_MS)) {
            return Err(SourceFailure::Future);
        }
        let dated_ms = dated_ms.map(|dated_ms| dated_ms.min(now_ms));
        Ok(Answer { price, dated_ms, digits: text, modified_ms: None })
    }
}

impl fmt::Display for PriceSource {
    /// Its host: the rest of an address may hold a key of its owner.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.host_str().unwrap_or("?"))?;
        self.url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for PriceSource {
    type Err = BadSource;

    fn from_str(text: &str) -> Result<Self, BadSource> {
        let bad = |what: &str| BadSource(what.to_owned());
        let mut url = Url::parse(text).map_err(|_| bad("it is no address"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(bad("its address is neither http nor https"));
        }
        let fragment = url.fragment().ok_or_else(|| bad("it does not say where the price is"))?.to_owned();
        url.set_fragment(None);
        let (mut price, mut date) = (None, None);
        for (name, value) in url::form_urlencoded::parse(fragment.as_bytes()) {
            let pointer = value.parse::<Pointer>().map_err(|()| bad("a pointer begins with /"))?;
            let is_new = match &*name {
                "price" => price.replace(pointer).is_none(),
                "time_ms" => date.replace((pointer, 1)).is_none(),
                "time_s" => date.replace((pointer, 1_000)).is_none(),
                _ => return Err(bad("its fragment has a part that is not known")),
            };
            if !is_new {
                return Err(bad("its fragment has a part twice"));
            }
        }
        let price = price.ok_or_else(|| bad("it does not say where the price is"))?;
        Ok(Self { url, price, date })
    }
}

/// A JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pointer(Vec<String>);

impl Pointer {
    /// The number or text that it points at. Numbers are kept as they are
    /// written.
    fn find(&self, json: &RawValue) -> Result<String, SourceFailure> {
        let nothing = || SourceFailure::NothingThere(self.to_string());
        let mut at = json;
        for step in &self.0 {
            at = child(at, step).ok_or_else(nothing)?;
        }
        let text = at.get();
        match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str(text).map_err(|_| nothing()),
            Some(b'-' | b'0'..=b'9') => Ok(text.to_owned()),
            _ => Err(nothing()),
        }
    }
}

fn child<'a>(json: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    match json.get().as_bytes().first()? {
        b'{' => serde_json::from_str::<HashMap<String, &RawValue>>(json.get()).ok()?.remove(step),
        b'[' => serde_json::from_str::<Vec<&RawValue>>(json.get()).ok()?.get(step.parse::<usize>().ok()?).copied(),
        _ => None,
    }
}

impl FromStr for Pointer {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let steps = text.strip_prefix('/').ok_or(())?;
        Ok(Self(steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn source(fragment: &str) -> PriceSource {
        format!("https://exchange.example/ticker?key=hidden#{fragment}").parse().unwrap()
    }

    #[test]
    fn a_price_is_read_where_it_is_pointed_at_and_never_through_a_float() {
        // More digits than a float has, and one that no float is.
        let body = br#"{"data":[{"last":9007199254.74099267,"a/b":"0.10","at":1500000000}],"n":1}"#;
        let read = |fragment| source(fragment).read(body, 2, 1_500_000_000_500);
        assert_eq!(read("price=/data/0/last").unwrap().price, 900_719_925_474_099_267);
        let quote = read("price=/data/0/a~1b&time_s=/data/0/at").unwrap();
        assert_eq!((quote.price, quote.dated_ms), (10_000_000, Some(1_500_000_000_000)));
        assert_eq!(quote.digits, "0.10");
        assert_eq!(read("price=/n").unwrap().dated_ms, None);
    }

    #[test]
    fn rubbish_is_no_price() {
        let read = |body: &[u8]| source("price=/p&time_ms=/t").read(body, 2, 1_000_000).unwrap_err();
        assert_eq!(read(b"<html>"), SourceFailure::NoJson);
        assert_eq!(read(b"\xff"), SourceFailure::NoJson);
        assert!(matches!(read(b"[]"), SourceFailure::NothingThere(_)));
        for nothing in [r#"{"p":null}"#, r#"{"p":{}}"#, r#"{"p":[1]}"#, r#"{"q":1}"#, r#"{"p":true}"#] {
            assert!(matches!(read(nothing.as_bytes()), SourceFailure::NothingThere(_)), "{nothing}");
        }
        for wrong in [r#"{"p":-1}"#, r#"{"p":0}"#, r#"{"p":"1,5"}"#, r#"{"p":1e30}"#, r#"{"p":"NaN"}"#] {
            assert!(matches!(read(wrong.as_bytes()), SourceFailure::NoPrice { .. }), "{wrong}");
        }
        assert!(matches!(read(br#"{"p":1,"t":"yesterday"}"#), SourceFailure::NoDate(_)));
        assert_eq!(read(br#"{"p":1,"t":1060001}"#), SourceFailure::Future);
    }

    #[test]
    fn an_address_says_where_the_price_is_and_is_shown_without_its_key() {
        assert_eq!(source("price=/p").to_string(), "exchange.example");
        for wrong in [
            "exchange.example#price=/p",
            "ftp://exchange.example/#price=/p",
            "https://exchange.example/",
            "https://exchange.example/#/p",
            "https://exchange.example/#price=p",
            "https://exchange.example/#time_ms=/t",
            "https://exchange.example/#price=/p&price=/q",
            "https://exchange.example/#price=/p&time_s=/t&time_ms=/t",
            "https://exchange.example/#price=/p&bid=/b",
        ] {
            assert!(wrong.parse::<PriceSource>().is_err(), "{wrong}");
        }
    }
}
