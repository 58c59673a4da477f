//! Anti-cheat and identity services of others, behind one HTTP interface
//! (whitepaper 2, "Bizkey API"; 3.5, step 1).
//!
//! Every provider speaks the same: `POST` of a [`Case`] as JSON to its address,
//! with the headers `Idempotency-Key` (the hash of the request: asked again, a
//! provider answers the same) and, if it wants one, `Authorization`. It answers
//! with status 200 and
//! `{"verdict": "genuine" | "suspicious" | "forged", "score": 0..1000, "reasons": ["…"]}`.
//!
//! No personal data leaves: a party is its index and the commitment that
//! stands on chain, a receipt is its id, amount and time.
//!
//! A provider is not trusted. It has bounded time, attempts and length of its
//! answer; one that is down, slow or answers nonsense gives no verdict, and
//! nothing else suffers ([`Panel`]). What it says is kept to the letter with
//! the hash of what it was asked ([`Record`]), and proposes at most: it
//! penalises nobody.

mod answer;
mod case;
mod panel;
mod record;

pub use answer::{Judgement, MalformedAnswer, MAX_REASONS, MAX_REASON_CHARS};
pub use case::{Case, CaseReceipt, Service, MAX_RECEIPTS};
pub use panel::{Opinion, Panel, MOST_FAILURES};
pub use record::{Record, RecordError};

use crate::fetch::{Bounds, FetchError, Fetcher};
use answer::Answer;
use bizkey_primitives::{Epoch, Side};
use reqwest::header::{HeaderMap, HeaderValue, AUTHORIZATION, CONTENT_TYPE};
use std::{fmt, time::Duration};
use url::Url;

/// The bounds for a provider: 3 seconds to connect, 10 an attempt, 3 attempts,
/// 64 KiB. A verdict is short.
#[must_use]
pub fn bounds() -> Bounds {
    Bounds {
        connect: Duration::from_secs(3),
        attempt: Duration::from_secs(10),
        attempts: 3,
        pause: Duration::from_millis(250),
        body: 64 * 1024,
    }
}

/// Why a provider gave no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It did not answer.
    #[error("provider {provider} gave no verdict: {error}")]
    Fetch {
        /// Its name.
        provider: String,
        /// Why.
        error: FetchError,
    },
    /// Its answer is not of the interface.
    #[error("provider {provider} gave no verdict: {error}; ask it to keep to the interface")]
    Malformed {
        /// Its name.
        provider: String,
        /// What is wrong.
        error: MalformedAnswer,
    },
    /// Its key cannot be sent.
    #[error("the key for provider {0} holds characters that no header takes: check how it is set")]
    Key(String),
}

/// What a provider said, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whose.
    pub provider: String,
    /// What it was asked for.
    pub service: Service,
    /// On whom: the side.
    pub side: Side,
    /// On whom: the index in `registry`.
    pub index: u32,
    /// First and last epoch that it was asked about.
    pub epochs: (Epoch, Epoch),
    /// When it was asked, Unix milliseconds.
    pub asked_ms: u64,
    /// Blake2x256 of the request's bytes.
    pub request_hash: [u8; 32],
    /// The answer to the letter.
    pub raw: String,
    /// What it says.
    pub judgement: Judgement,
    /// How sure it is, 0 to 1000.
    pub score: u16,
    /// Its reasons.
    pub reasons: Vec<String>,
}

/// A provider.
#[derive(Clone)]
pub struct Provider {
    name: String,
    service: Service,
    url: Url,
    key: Option<HeaderValue>,
    fetcher: Fetcher,
}

impl fmt::Debug for Provider {
    /// Without its key, and without its address, which may hold one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Provider").field("name", &self.name).field("service", &self.service).finish()
    }
}

impl Provider {
    /// A provider of a service at an address; `key` is sent as a bearer token.
    ///
    /// # Errors
    /// [`ProviderError::Key`].
    pub fn new(
        name: &str,
        service: Service,
        url: Url,
        key: Option<&str>,
        fetcher: Fetcher,
    ) -> Result<Self, ProviderError> {
        let key = key.map(|key| {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ProviderError::Key(name.to_owned()))?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self { name: name.to_owned(), service, url, key: key.transpose()?, fetcher })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is asked for.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Asks for a verdict. The same case has the same key, however often and
    /// after whatever restart it is asked.
    ///
    /// # Errors
    /// [`ProviderError::Fetch`], [`ProviderError::Malformed`].
    pub async fn judge(&self, case: &Case, now_ms: u64) -> Result<Verdict, ProviderError> {
        let request = case.request(self.service);
        let request_hash = case.request_hash(self.service);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Hex is what headers take.
        let key = HeaderValue::from_str(&hex::encode(request_hash));
        headers.insert("idempotency-key", key.map_err(|_| ProviderError::Key(self.name.clone()))?);
        if let Some(key) = &self.key {
            headers.insert(AUTHORIZATION, key.clone());
        }
        let body = self.fetcher.post(&self.url, &headers, &request).await;
        let body = body.map_err(|error| ProviderError::Fetch { provider: self.name.clone(), error })?;
        let malformed = |error| ProviderError::Malformed { provider: self.name.clone(), error };
        let (raw, answer) = Answer::read(body).map_err(malformed)?;
        Ok(Verdict {
            provider: self.name.clone(),
            service: self.service,
            side: case.side,
            index: case.index,
            epochs: case.epochs_for(self.service),
            asked_ms: now_ms,
            request_hash,
            raw,
            judgement: answer.verdict,
            score: answer.score,
            reasons: answer.reasons,
        })
    }
}
