//! `/metrics`: how far the rows are and how requests fare, for Prometheus.

use super::ApiState;
use crate::lake::Lake;
use axum::{
    extract::{MatchedPath, Request, State},
    http::header::CONTENT_TYPE,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bizkey_primitives::Epoch;
use prometheus_client::{
    encoding::{text::encode, EncodeLabelSet},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{exponential_buckets, Histogram},
    },
    registry::Registry,
};
use std::{
    sync::{atomic::AtomicU64, Arc},
    time::{Duration, Instant},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    path: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Path {
    path: String,
}

/// What is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
    durations: Family<Path, Histogram>,
    status: Arc<StatusGauges>,
    registry: Arc<Registry>,
}

#[derive(Debug, Default)]
struct StatusGauges {
    connected: Gauge,
    stalled: Gauge,
    head: Gauge,
    finalized_head: Gauge,
    indexed: Gauge,
    finalized: Gauge,
    lag_blocks: Gauge,
    lag_seconds: Gauge<f64, AtomicU64>,
    rollbacks: Gauge,
    fetching: Gauge<f64, AtomicU64>,
    storing: Gauge<f64, AtomicU64>,
    lake_epoch: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("bizkey_indexer");
        let requests = Family::<Answered, Counter>::default();
        registry.register("requests", "Requests answered", requests.clone());
        // From half a millisecond to eight seconds.
        let durations =
            Family::<Path, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.0005, 2.0, 15)));
        registry.register("request_duration_seconds", "Time to answer a request", durations.clone());
        let status = StatusGauges::default();
        registry.register("connected", "1 while the chain's endpoint answers", status.connected.clone());
        registry.register("stalled", "1 while the chain makes no blocks although they are due", status.stalled.clone());
        registry.register("head", "The chain's best block", status.head.clone());
        registry.register("finalized_head", "The chain's last final block", status.finalized_head.clone());
        registry.register("indexed", "Highest block stored", status.indexed.clone());
        registry.register("finalized", "Highest block stored as final", status.finalized.clone());
        registry.register("lag_blocks", "Blocks behind the chain's head", status.lag_blocks.clone());
        registry.register("lag_seconds", "Time since the rows were level with the chain", status.lag_seconds.clone());
        registry.register("rollbacks", "How often stored blocks were undone", status.rollbacks.clone());
        registry.register("fetching_seconds", "Time spent waiting for blocks", status.fetching.clone());
        registry.register("storing_seconds", "Time spent writing rows", status.storing.clone());
        registry.register("lake_epoch", "Last epoch in the lake", status.lake_epoch.clone());
        Self { requests, durations, status: Arc::new(status), registry: Arc::new(registry) }
    }
}

impl Metrics {
    fn count(&self, path: String, status: u16, duration: Duration) {
        self.durations.get_or_create(&Path { path: path.clone() }).observe(duration.as_secs_f64());
        self.requests.get_or_create(&Answered { path, status }).inc();
    }

    fn text(&self, status: &crate::sync::Status, lake: Option<Epoch>) -> Result<String, std::fmt::Error> {
        let gauges = &self.status;
        let number = |gauge: &Gauge, value: Option<u32>| gauge.set(value.map_or(-1, i64::from));
        gauges.connected.set(status.connected.into());
        gauges.stalled.set(status.stalled.into());
        number(&gauges.head, status.head);
        number(&gauges.finalized_head, status.finalized_head);
        number(&gauges.indexed, status.indexed);
        number(&gauges.finalized, status.finalized);
        number(&gauges.lag_blocks, status.lag());
        gauges.lag_seconds.set(status.lag_time().as_secs_f64());
        gauges.rollbacks.set(i64::try_from(status.rollbacks).unwrap_or(i64::MAX));
        gauges.fetching.set(status.work.fetching.as_secs_f64());
        gauges.storing.set(status.work.storing.as_secs_f64());
        number(&gauges.lake_epoch, lake);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The figures, as OpenMetrics text; -1 for what is not known yet.
pub(super) async fn metrics(State(state): State<ApiState>) -> Response {
    let lake = state.lake.as_ref().and_then(Lake::newest);
    match state.metrics.text(&state.progress.status(), lake) {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        // Writing to a string does not fail.
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            super::problem::Problem::not_ready("the metrics could not be written").into_response()
        }
    }
}

/// Counts each request by its route, never by its path: paths have no end.
pub(super) async fn counted(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    state.metrics.count(path, response.status().as_u16(), started.elapsed());
    response
}
