//! REST over the rows. Amounts of tokens and everything else that can pass
//! 2^53 are decimal strings; errors are problem+json (RFC 9457).

mod client;
mod conditional;
mod config;
mod epochs;
mod export;
mod extract;
mod grades;
mod health;
mod limits;
mod merchants;
mod metrics;
mod operations;
mod page;
mod parameters;
pub mod problem;
mod receipts;
mod responses;
mod scores;
mod search;
mod stream;
mod suite;
mod texts;

pub use config::{ApiConfig, Rate};

use crate::{lake::Lake, model::MAX_TEXT_BYTES, store::Store, sync::Progress};
use axum::{
    extract::{DefaultBodyLimit, Request, State},
    http::Method,
    middleware,
    middleware::Next,
    response::Response,
    routing::get,
    Json, Router,
};
use limits::Limits;
use metrics::Metrics;
use problem::Problem;
use std::{sync::Arc, time::Duration};
use tower_http::{
    compression::{
        predicate::{NotForContentType, Predicate},
        CompressionLayer, DefaultPredicate,
    },
    cors,
    limit::RequestBodyLimitLayer,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest body of a request: only texts, which have a limit of their own, are read.
const REQUEST_BODY: usize = 1_024;

/// What the handlers need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The rows.
    pub store: Store,
    /// How far they are.
    pub progress: Progress,
    metrics: Metrics,
    limits: Arc<Limits>,
    exports: Arc<Limits>,
    lake: Option<Lake>,
}

impl ApiState {
    /// Answers from the rows of `store`, which are as far as `progress` says,
    /// within the usual limits.
    #[must_use]
    pub fn new(store: Store, progress: Progress) -> Self {
        let limits = |config| Arc::new(Limits::new(config));
        let (exports, limits) = (limits(export::limits()), limits(ApiConfig::default()));
        Self { store, progress, metrics: Metrics::default(), limits, exports, lake: None }
    }

    /// The same, and the metrics tell how far this lake is.
    #[must_use]
    pub fn with_lake(self, lake: Lake) -> Self {
        Self { lake: Some(lake), ..self }
    }

    /// The same with other limits.
    #[must_use]
    pub fn within(self, config: ApiConfig) -> Self {
        Self { limits: Arc::new(Limits::new(config)), ..self }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bizkey indexer",
        description = "What a Bizkey network recorded, from the chain's events. Amounts of tokens and everything else \
            that can pass 2^53 are decimal strings. Lists are paged: `next` of a page is `after` of the one that \
            follows. Answers under /v1 bear an ETag, which is that of the last stored block and, of scores, of the last \
            kept epoch; texts and searches, which change between blocks, do not.",
    ),
    // What the stream tells besides a `Receipt` and a `Head`.
    components(schemas(stream::RolledBack, stream::ToldReward)),
)]
struct Document;

/// The API. The caller owns the listener and its shutdown, and serves it by
/// `into_make_service_with_connect_info::<SocketAddr>()`: without addresses no
/// client is limited.
pub fn router(state: ApiState) -> Router {
    router_with(state, OpenApiRouter::new())
}

/// [`router`], and what others offer beside it: in the same document, within
/// the same limits.
pub fn router_with(state: ApiState, others: OpenApiRouter<ApiState>) -> Router {
    let rows = OpenApiRouter::new()
        .routes(routes!(merchants::list))
        .routes(routes!(merchants::rewards))
        .routes(routes!(merchants::deferred_rewards))
        .routes(routes!(receipts::list))
        .routes(routes!(receipts::receipt))
        .routes(routes!(receipts::voids))
        // The time-out is for the head of an answer: an export's body goes on,
        // as long as its reader takes it.
        .routes(routes!(export::export))
        .routes(routes!(epochs::list))
        .routes(routes!(epochs::epoch))
        .routes(routes!(epochs::reports))
        .routes(routes!(epochs::rewards))
        .merge(suite::routes())
        .layer(middleware::from_fn_with_state(state.clone(), once_filled))
        .layer(middleware::from_fn_with_state(state.clone(), conditional::conditional))
        .layer(middleware::from_fn(within_time));
    let scores = OpenApiRouter::new()
        // It has its grade, which is kept with the scores.
        .routes(routes!(merchants::merchant))
        .routes(routes!(grades::grades))
        .routes(routes!(scores::candles))
        .routes(routes!(scores::scores))
        .routes(routes!(scores::rankings))
        .layer(middleware::from_fn_with_state(state.clone(), once_filled))
        .layer(middleware::from_fn_with_state(state.clone(), conditional::conditional_scores))
        .layer(middleware::from_fn(within_time));
    // People give texts between blocks, so no block tags what these answer.
    let search = OpenApiRouter::new().routes(routes!(search::search)).layer(middleware::from_fn(within_time));
    let texts = OpenApiRouter::new()
        .routes(routes!(texts::text, texts::give))
        .layer(DefaultBodyLimit::max(MAX_TEXT_BYTES))
        .layer(middleware::from_fn(within_time));
    let operation = OpenApiRouter::new().routes(routes!(health::health)).routes(routes!(health::ready));
    // A stream has no end, so no time-out; its first answer comes at once.
    let stream = OpenApiRouter::new().routes(routes!(stream::stream_all));
    let others = others.layer(middleware::from_fn(within_time));
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(rows)
        .merge(scores)
        .merge(search)
        .merge(others)
        .merge(operation)
        .merge(stream)
        .layer(RequestBodyLimitLayer::new(REQUEST_BODY))
        .merge(texts)
        .split_for_parts();
    limits::document(&mut document);
    operations::name(&mut document);
    router
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(|| async { Json(document) }))
        .fallback(|| async { Problem::no_such_path() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn_with_state(state.clone(), limits::limited))
        .layer(middleware::from_fn_with_state(state.clone(), metrics::counted))
        // Parquet is compressed already.
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new(export::PARQUET))),
        )
        // Public figures and texts, without cookies: any page may read them, and
        // give a text, which its hash proves.
        .layer(
            cors::CorsLayer::new()
                .allow_origin(cors::Any)
                .allow_methods([Method::GET, Method::PUT])
                .allow_headers(cors::Any)
                .expose_headers(cors::Any),
        )
        .with_state(state)
}

/// While an empty index is filled, the rows of one shop or customer cannot be
/// found among all: nobody may make the database look for them.
async fn once_filled(State(state): State<ApiState>, request: Request, next: Next) -> Result<Response, Problem> {
    if state.progress.status().is_filling {
        return Err(Problem::not_ready("the index is being filled for the first time: ask again when /ready says so"));
    }
    Ok(next.run(request).await)
}

async fn within_time(request: Request, next: Next) -> Result<Response, Problem> {
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.map_err(|_| Problem::too_slow(REQUEST_TIMEOUT))
}
