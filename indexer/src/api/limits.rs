//! No client takes the server for itself: a limit on requests (the generic
//! cell rate algorithm, by `governor`) and one on open streams.

use super::{
    client::{self, Client},
    config::{ApiConfig, Rate},
    problem::{Body, Problem},
    ApiState,
};
use axum::{
    extract::{Request, State},
    http::{header::RETRY_AFTER, HeaderName},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::StateStore,
    Quota, RateLimiter,
};
use lru::LruCache;
use std::{
    collections::HashMap,
    hash::RandomState,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};
use utoipa::{
    openapi::{Content, OpenApi, Ref, ResponseBuilder},
    PartialSchema, ToSchema,
};

/// Whoever runs the server asks these, and has to get an answer.
const NOT_COUNTED: [&str; 3] = ["/health", "/ready", "/metrics"];
/// Clients remembered, some 8 MiB. With more, the one that asked least recently
/// is forgotten; it is the one whose burst is most likely whole again.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 16) - 1);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// When each client's requests were used up, the least recent one first to go.
#[derive(Debug)]
struct Recent(Mutex<LruCache<Client, Nanos, RandomState>>);

impl StateStore for Recent {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut recent = locked(&self.0);
        let (outcome, next) = measure(recent.get(client).copied())?;
        recent.put(*client, next);
        Ok(outcome)
    }
}

/// Nothing panics while these locks are held, so what they guard is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Requests<C: Clock = MonotonicClock> {
    rate: Rate,
    limiter: RateLimiter<Client, Recent, C, StateInformationMiddleware>,
}

impl<C: Clock> Requests<C> {
    fn new(rate: Rate, remembered: NonZeroUsize, clock: C) -> Self {
        let recent = Recent(Mutex::new(LruCache::with_hasher(remembered, RandomState::new())));
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self { rate, limiter: RateLimiter::new(quota, recent, clock) }
    }

    /// Counts a request. How many more may follow at once; if it is one too
    /// many, how long to wait.
    fn take(&self, client: Client) -> Result<u32, Duration> {
        match self.limiter.check_key(&client) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(until) => Err(until.wait_time_from(self.limiter.clock().now())),
        }
    }
}

/// Requests and open streams, by client.
#[derive(Debug)]
pub(super) struct Limits {
    config: ApiConfig,
    requests: Option<Requests>,
    streams: Mutex<Streams>,
    warned: Once,
}

/// Streams that are open. By client, at most as many entries as streams.
#[derive(Debug, Default)]
struct Streams {
    open: usize,
    of: HashMap<Client, usize>,
}

impl Limits {
    pub fn new(config: ApiConfig) -> Self {
        let requests = config.rate.map(|rate| Requests::new(rate, REMEMBERED, MonotonicClock));
        Self { config, requests, streams: Mutex::default(), warned: Once::new() }
    }

    fn client(&self, request: &Request) -> Option<Client> {
        let Some(peer) = client::peer(request.extensions()) else {
            self.warned.call_once(|| {
                tracing::warn!(
                    "requests come without an address, so clients are not told apart and none is limited: serve the \
                     router by into_make_service_with_connect_info::<SocketAddr>()"
                );
            });
            return None;
        };
        Some(Client::of(peer, request.headers(), &self.config.trusted_proxies))
    }

    /// Opens a stream, until the answer is dropped.
    pub fn open_stream(self: &Arc<Self>, client: Option<Client>) -> Result<OpenStream, Problem> {
        let mut streams = locked(&self.streams);
        if streams.open >= self.config.streams.get() {
            return Err(Problem::too_many_streams(self.config.streams.get()));
        }
        if let Some(client) = client {
            let own = streams.of.entry(client).or_default();
            if *own >= self.config.streams_per_client.get() {
                return Err(Problem::too_many_streams_of_one(*own));
            }
            *own = own.saturating_add(1);
        }
        streams.open = streams.open.saturating_add(1);
        Ok(OpenStream { limits: self.clone(), client })
    }
}

/// A stream that counts as open.
#[derive(Debug)]
pub(super) struct OpenStream {
    limits: Arc<Limits>,
    client: Option<Client>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut streams = locked(&self.limits.streams);
        streams.open = streams.open.saturating_sub(1);
        let Some(client) = self.client else { return };
        if let Some(own) = streams.of.get_mut(&client) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                streams.of.remove(&client);
            }
        }
    }
}

/// Lets a client's requests through up to its rate.
pub(super) async fn limited(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let Some(client) = state.limits.client(&request) else { return next.run(request).await };
    request.extensions_mut().insert(client);
    let Some(requests) = &state.limits.requests else { return next.run(request).await };
    if NOT_COUNTED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let (mut response, remaining) = match requests.take(client) {
        Ok(remaining) => (next.run(request).await, remaining),
        Err(wait) => (too_many(requests.rate, wait), 0),
    };
    let headers = response.headers_mut();
    headers.insert(LIMIT, requests.rate.burst.get().into());
    headers.insert(REMAINING, remaining.into());
    response
}

fn too_many(rate: Rate, wait: Duration) -> Response {
    // Whole seconds, rounded up: after them a request passes.
    let seconds = u64::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1);
    let mut response = Problem::too_many_requests(rate, seconds).into_response();
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// Says in the document that every path that is counted may answer 429.
pub(super) fn document(document: &mut OpenApi) {
    let (name, schema) = (Body::name(), Body::schema());
    document.components.get_or_insert_default().schemas.entry(name.to_string()).or_insert(schema);
    let content = Content::new(Some(Ref::from_schema_name(name)));
    let response = ResponseBuilder::new()
        .description("Too many requests: `Retry-After` says how many seconds to wait")
        .content("application/problem+json", content)
        .build();
    let counted = document.paths.paths.iter_mut().filter(|(path, _)| !NOT_COUNTED.contains(&path.as_str()));
    for operation in counted.flat_map(|(_, item)| item.get.iter_mut().chain(&mut item.put)) {
        operation.responses.responses.entry("429".into()).or_insert_with(|| response.clone().into());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;
    use std::{net::Ipv6Addr, num::NonZeroU32};

    fn client(number: u64) -> Client {
        Client::at(Ipv6Addr::from_bits(u128::from(number) << 64).into())
    }

    fn requests(per_second: u32, burst: u32, remembered: usize) -> (FakeRelativeClock, Requests<FakeRelativeClock>) {
        let clock = FakeRelativeClock::default();
        let number = |number| NonZeroU32::new(number).unwrap();
        let rate = Rate { per_second: number(per_second), burst: number(burst) };
        let remembered = NonZeroUsize::new(remembered).unwrap();
        (clock.clone(), Requests::new(rate, remembered, clock))
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (clock, requests) = requests(10, 5, 8);
        for remaining in (0..5).rev() {
            assert_eq!(requests.take(client(1)), Ok(remaining));
        }
        assert_eq!(requests.take(client(1)), Err(Duration::from_millis(100)));
        assert_eq!(requests.take(client(2)), Ok(4));
        clock.advance(Duration::from_millis(99));
        assert_eq!(requests.take(client(1)), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(requests.take(client(1)), Ok(0));
        // A refused request costs nothing; a second brings a whole burst, and no more.
        clock.advance(Duration::from_secs(1_000_000));
        assert_eq!(requests.take(client(1)), Ok(4));
    }

    #[test]
    fn many_clients_take_no_more_than_their_room() {
        let (_, requests) = requests(1, 1, 8);
        for number in 0..100_000 {
            assert_eq!(requests.take(client(number)), Ok(0));
        }
        let recent = requests.limiter.into_state_store().0.into_inner().unwrap();
        assert_eq!((recent.len(), recent.cap().get()), (8, 8));
    }

    #[test]
    fn who_keeps_asking_is_not_forgotten() {
        let (_, requests) = requests(1, 1, 8);
        assert_eq!(requests.take(client(0)), Ok(0));
        for number in 1..1_000 {
            assert_eq!(requests.take(client(number)), Ok(0));
            assert!(requests.take(client(0)).is_err());
        }
    }

    #[test]
    fn a_stream_that_ends_makes_room() {
        let number = |number| NonZeroUsize::new(number).unwrap();
        let config = ApiConfig { streams: number(3), streams_per_client: number(2), ..ApiConfig::default() };
        let limits = Arc::new(Limits::new(config));
        let open = |number| limits.open_stream(Some(client(number)));
        let (one, two) = (open(1).unwrap(), open(1).unwrap());
        assert!(open(1).is_err(), "its own third");
        let _other = open(2).unwrap();
        assert!(open(3).is_err() && limits.open_stream(None).is_err(), "the server's fourth");
        drop(one);
        let _third = open(3).unwrap();
        drop(two);
        assert_eq!(locked(&limits.streams).of.len(), 2, "clients without a stream are forgotten");
    }
}
