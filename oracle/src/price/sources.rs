//! Several sources, of which each is somebody else's.

use super::source::PriceSource;
use std::collections::HashMap;

/// Sources of one price, no two of the same server.
///
/// The median stands as long as liars are a minority, so one operator must
/// have one voice. What can be seen of an operator is the authority of its
/// address, host and port ([`PriceSource::authority`]); http and https with
/// their own ports, upper and lower case, a final dot, and another path or query
/// make no other one. That one operator serves under several names, or several
/// sources quote the same market, cannot be seen here: it is the care of whoever
/// chooses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(Vec<PriceSource>);

/// Two sources are of one server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{first} and {second} are both served by {authority}: one operator must not have two voices in the median; keep \
     one of them, or give another operator's"
)]
pub struct SameAuthority {
    /// Its host and port, 443 for 80 too.
    pub authority: String,
    /// The one that comes first, by its place among the sources, from 1, and
    /// where in its answer the price is.
    pub first: String,
    /// The other one, likewise.
    pub second: String,
}

impl Sources {
    /// These sources, in this order.
    ///
    /// # Errors
    /// [`SameAuthority`], of the first two that are of one server.
    pub fn new(sources: Vec<PriceSource>) -> Result<Self, SameAuthority> {
        let mut places: HashMap<String, usize> = HashMap::new();
        for (place, source) in sources.iter().enumerate() {
            let authority = source.authority();
            if let Some(earlier) = places.insert(authority.clone(), place) {
                let name = |place: usize| {
                    let pointer = sources.get(place).map(PriceSource::pointer).unwrap_or_default();
                    format!("source {} (#price={pointer})", place.saturating_add(1))
                };
                return Err(SameAuthority { authority, first: name(earlier), second: name(place) });
            }
        }
        Ok(Self(sources))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &PriceSource> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sources(texts: &[&str]) -> Result<Sources, SameAuthority> {
        Sources::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn one_server_has_one_voice_however_its_address_is_written() {
        let one = "https://exchange.example/ticker#price=/last";
        for same in [
            one,
            "https://EXCHANGE.example/other?key=hidden#price=/bid&time_s=/at",
            "https://exchange.example:443/ticker#price=/bid",
            "http://exchange.example:443/ticker#price=/bid",
            "http://exchange.example/ticker#price=/bid",
            "http://Exchange.Example.:80/ticker#price=/bid",
            "https://exchange.example:80/ticker#price=/bid",
            "https://somebody:hidden@exchange.example./ticker#price=/bid",
        ] {
            let error = sources(&["https://third.example/#price=/p", one, same]).unwrap_err();
            assert_eq!(error.authority, "exchange.example:443", "{same}");
            let said = error.to_string();
            assert!(said.contains("source 2 (#price=/last)") && said.contains("source 3 (#price="), "{said}");
            assert!(said.contains("two voices") && !said.contains("hidden"), "{said}");
        }
        for pair in [
            ["http://[::1]:80/a#price=/p", "https://[::1]:80/b#price=/p"],
            ["http://[::1]/a#price=/p", "https://[0:0::1]/b#price=/p"],
            ["http://127.1/#price=/p", "http://127.0.0.1/#price=/p"],
            ["https://127.0.0.1./#price=/p", "http://2130706433/#price=/p"],
            ["https://[::ffff:127.0.0.1]:8443/#price=/p", "http://127.0.0.1:8443/#price=/p"],
        ] {
            assert!(sources(&pair).is_err(), "{pair:?}");
        }
    }

    #[test]
    fn other_hosts_and_other_ports_are_other_servers() {
        let texts = [
            "https://exchange.example/#price=/p",
            "http://other.example/#price=/p",
            "https://www.exchange.example/#price=/p",
            "https://exchange.example:8443/#price=/p",
            "http://127.0.0.1:1/#price=/p",
            "http://127.0.0.1:2/#price=/p",
            "http://[::1]:1/#price=/p",
        ];
        let sources = sources(&texts).unwrap();
        assert_eq!(sources.len(), texts.len());
        assert!(!sources.is_empty());
    }
}
