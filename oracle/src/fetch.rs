//! Reading small answers over HTTP from servers that are not trusted: with
//! time-outs, a bounded number of attempts, and a bounded body.

use reqwest::{
    header::{HeaderMap, CONTENT_LENGTH, LAST_MODIFIED},
    redirect::Policy,
    Client, RequestBuilder, StatusCode,
};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// Bounds of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Longest time to connect.
    pub connect: Duration,
    /// Longest time for one attempt, the whole answer included.
    pub attempt: Duration,
    /// Attempts.
    pub attempts: u32,
    /// Pause before the second attempt; doubled before each later one.
    pub pause: Duration,
    /// Longest body, bytes.
    pub body: usize,
}

impl Default for Bounds {
    /// 3 seconds to connect, 10 an attempt, 3 attempts, 1 MiB.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(10),
            attempts: 3,
            pause: Duration::from_millis(250),
            body: 1 << 20,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The program cannot make requests at all.
    #[error("no HTTP client: {0}")]
    Client(String),
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    Connection(String),
    /// It took too long.
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    /// It answered with another status than 200.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It answered with too much.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
}

impl FetchError {
    /// Whether another attempt may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Timeout(_) => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Client(_) | Self::TooLong(_) => false,
        }
    }
}

/// An answer, and its age as far as its server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// `Last-Modified`, Unix milliseconds; `None` where it is missing or no
    /// date (RFC 9110).
    pub modified_ms: Option<u64>,
}

/// Makes requests within [`Bounds`]. A cheap clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    bounds: Bounds,
}

impl Fetcher {
    /// A fetcher. It follows no redirects: whoever names a source names its
    /// last address.
    ///
    /// # Errors
    /// [`FetchError::Client`].
    pub fn new(bounds: Bounds) -> Result<Self, FetchError> {
        let client = Client::builder()
            .connect_timeout(bounds.connect)
            .timeout(bounds.attempt)
            .redirect(Policy::none())
            .user_agent(concat!("bizkey/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| FetchError::Client(error.to_string()))?;
        Ok(Self { client, bounds })
    }

    /// The body of a 200.
    ///
    /// # Errors
    /// The last attempt's [`FetchError`].
    pub async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        Ok(self.get_dated(url).await?.body)
    }

    /// The body of a 200, and when it was changed last.
    ///
    /// # Errors
    /// The last attempt's [`FetchError`].
    pub async fn get_dated(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.ask(url, || self.client.get(url.clone())).await
    }

    /// The body of a 200 to a JSON document. Every attempt is the same, to the
    /// byte: `headers` must hold a key by which the other side knows it again.
    ///
    /// # Errors
    /// The last attempt's [`FetchError`].
    pub async fn post(&self, url: &Url, headers: &HeaderMap, json: &str) -> Result<Vec<u8>, FetchError> {
        let request = || self.client.post(url.clone()).headers(headers.clone()).body(json.to_owned());
        Ok(self.ask(url, request).await?.body)
    }

    async fn ask(&self, url: &Url, request: impl Fn() -> RequestBuilder) -> Result<Fetched, FetchError> {
        let mut pause = self.bounds.pause;
        let mut attempt = 1;
        loop {
            match self.attempt(request()).await {
                Err(error) if error.is_transient() && attempt < self.bounds.attempts => {
                    tracing::debug!(host = url.host_str(), %error, attempt, "asking again");
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(&self, request: RequestBuilder) -> Result<Fetched, FetchError> {
        // The whole answer is under one time-out, however slowly it comes.
        match tokio::time::timeout(self.bounds.attempt, self.read(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::Timeout(self.bounds.attempt)),
        }
    }

    async fn read(&self, request: RequestBuilder) -> Result<Fetched, FetchError> {
        let mut answer = request.send().await.map_err(|error| self.failed(error))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let announced = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > self.bounds.body) {
            return Err(FetchError::TooLong(self.bounds.body));
        }
        let modified_ms = modified_ms(answer.headers());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(error))? {
            if body.len().saturating_add(chunk.len()) > self.bounds.body {
                return Err(FetchError::TooLong(self.bounds.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body, modified_ms })
    }

    fn failed(&self, error: reqwest::Error) -> FetchError {
        if error.is_timeout() {
            return FetchError::Timeout(self.bounds.attempt);
        }
        // An address may hold a key of its owner.
        FetchError::Connection(error.without_url().to_string())
    }
}

fn modified_ms(headers: &HeaderMap) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get(LAST_MODIFIED)?.to_str().ok()?).ok()?;
    u64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_date_is_read_in_the_forms_of_http_and_anything_else_is_none() {
        let read =
            |text: &'static str| modified_ms(&HeaderMap::from_iter([(LAST_MODIFIED, HeaderValue::from_static(text))]));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777_000));
        for wrong in ["", "yesterday", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(modified_ms(&HeaderMap::new()), None);
    }
}
