//! Providers and the record of their verdicts, as options.

use anyhow::{bail, Context};
use bizkey_oracle::{
    fetch::Fetcher,
    persona::{
        features::Features,
        observe::Known,
        provider::{bounds, Case, Opinion, Panel, Provider, Record, Service, Verdict},
    },
};
use bizkey_primitives::{Hash, Side};
use std::path::PathBuf;
use std::str::FromStr;
use url::Url;

/// Whom to ask, and where verdicts are kept.
#[derive(Clone, Debug, clap::Args)]
pub struct PanelArgs {
    /// An anti-cheat provider, several times: it judges receipts. A key, if it
    /// wants one, is the variable BIZKEY_PROVIDER_KEY_NAME, in capitals, with _
    /// for -.
    #[arg(long, value_name = "NAME=URL", requires = "record")]
    pub anti_cheat: Vec<Named>,
    /// An identity provider, several times: it judges whether somebody exists.
    /// Its key likewise.
    #[arg(long, value_name = "NAME=URL", requires = "record")]
    pub identity: Vec<Named>,
    /// Where verdicts are kept: a file of lines, which is never shortened.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// A provider's name and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    name: String,
    url: Url,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, url) = text.split_once('=').ok_or("write NAME=https://HOST/PATH")?;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 32 || !name.bytes().all(is_plain) {
            return Err("a name is 1 to 32 of a-z, 0-9 and -".to_owned());
        }
        let url = Url::parse(url).map_err(|error| format!("its address cannot be read: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("its address is neither http nor https".to_owned());
        }
        Ok(Self { name: name.to_owned(), url })
    }
}

impl Named {
    fn key_variable(&self) -> String {
        format!("BIZKEY_PROVIDER_KEY_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }
}

impl PanelArgs {
    /// The providers with their record; `None` where no record is given.
    ///
    /// # Errors
    /// When the record is in use or damaged, two providers have one name, or a
    /// key cannot be sent.
    pub fn open(&self) -> anyhow::Result<Option<Panel>> {
        let Some(path) = &self.record else { return Ok(None) };
        let record = Record::open(path)?;
        let fetcher = Fetcher::new(bounds())?;
        let mut providers: Vec<Provider> = Vec::new();
        let anti_cheat = self.anti_cheat.iter().map(|named| (Service::AntiCheat, named));
        let identity = self.identity.iter().map(|named| (Service::Identity, named));
        for (service, named) in anti_cheat.chain(identity) {
            if providers.iter().any(|other| other.name() == named.name) {
                bail!("two providers are called {}: verdicts are kept by name, so give each its own", named.name);
            }
            let key = std::env::var(named.key_variable()).ok();
            let provider = Provider::new(&named.name, service, named.url.clone(), key.as_deref(), fetcher.clone());
            providers.push(provider.with_context(|| format!("reading {}", named.key_variable()))?);
        }
        Ok(Some(Panel::new(providers, record)))
    }

    /// Whether anybody can be asked.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        !self.anti_cheat.is_empty() || !self.identity.is_empty()
    }
}

/// What a provider is told of a party: its receipts of the window, in the order
/// of time.
#[must_use]
pub fn case(genesis: Hash, (side, index): (Side, u32), features: &Features, known: &Known) -> Case {
    let mut sales: Vec<_> = match side {
        Side::Merchant => features.shop(index).into_iter().flat_map(|shop| features.sales_of_shop(shop)).collect(),
        Side::Customer => features.pairs_of_customer(index).flat_map(|pair| features.sales_of(pair)).collect(),
    };
    sales.sort_unstable_by_key(|sale| (sale.epoch, sale.at_ms, sale.id));
    let window = features.window();
    Case {
        genesis,
        side,
        index,
        commitment: known.commitment,
        epochs: (window.first, window.last),
        receipts: sales.into_iter().map(Into::into).collect(),
    }
}

/// A provider's opinion of a party, for people.
#[must_use]
pub fn told(opinion: &Opinion) -> String {
    match opinion {
        Opinion::Verdict(verdict) => said(verdict),
        Opinion::None(error) => error.to_string(),
        Opinion::LeftOut { provider } => {
            format!("provider {provider} is not asked any more: it gave no verdict before")
        }
    }
}

fn said(verdict: &Verdict) -> String {
    let reasons = if verdict.reasons.is_empty() { "without reasons".to_owned() } else { verdict.reasons.join("; ") };
    format!(
        "provider {} ({}) says {} of {} {}, {} of 1000: {reasons}",
        verdict.provider,
        verdict.service.name(),
        verdict.judgement.name(),
        verdict.side.name(),
        verdict.index,
        verdict.score,
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_a_plain_name_and_an_address_on_the_web() {
        let named: Named = "first-look=https://cheat.example/judge?x=1".parse().unwrap();
        assert_eq!((named.name.as_str(), named.url.query()), ("first-look", Some("x=1")));
        assert_eq!(named.key_variable(), "BIZKEY_PROVIDER_KEY_FIRST_LOOK");
        for wrong in ["https://cheat.example", "=https://x.example", "A=https://x.example", "a=ftp://x.example", "a=x"]
        {
            assert!(wrong.parse::<Named>().is_err(), "{wrong}");
        }
    }
}
