//! REST over the rows. Amounts of tokens and everything else that can pass
//! 2^53 are decimal strings; errors are problem+json (RFC 9457).

mod conditional;
mod epochs;
mod extract;
mod health;
mod merchants;
mod metrics;
mod page;
mod problem;
mod receipts;
mod stream;

use crate::{store::Store, sync::Progress};
use axum::{extract::Request, middleware, middleware::Next, response::Response, routing::get, Json, Router};
use metrics::Metrics;
use problem::Problem;
use std::time::Duration;
use tower_http::{compression::CompressionLayer, cors, limit::RequestBodyLimitLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest body of a request: nothing here reads one.
const REQUEST_BODY: usize = 1_024;

/// What the handlers need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The rows.
    pub store: Store,
    /// How far they are.
    pub progress: Progress,
    metrics: Metrics,
}

impl ApiState {
    /// Answers from the rows of `store`, which are as far as `progress` says.
    #[must_use]
    pub fn new(store: Store, progress: Progress) -> Self {
        Self { store, progress, metrics: Metrics::default() }
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Bizkey indexer",
    description = "What a Bizkey network recorded, from the chain's events. Amounts of tokens and everything else that \
        can pass 2^53 are decimal strings. Lists are paged: `next` of a page is `after` of the one that follows. \
        Answers under /v1 bear an ETag, which is that of the last stored block.",
))]
struct Document;

/// The API. The caller owns the listener and its shutdown.
pub fn router(state: ApiState) -> Router {
    let rows = OpenApiRouter::new()
        .routes(routes!(merchants::merchant))
        .routes(routes!(merchants::rewards))
        .routes(routes!(receipts::list))
        .routes(routes!(epochs::list))
        .layer(middleware::from_fn_with_state(state.clone(), conditional::conditional))
        .layer(middleware::from_fn(within_time));
    let operation = OpenApiRouter::new().routes(routes!(health::health)).routes(routes!(health::ready));
    // A stream has no end, so no time-out; its first answer comes at once.
    let stream = OpenApiRouter::new().routes(routes!(stream::stream_all));
    let (router, document) =
        OpenApiRouter::with_openapi(Document::openapi()).merge(rows).merge(operation).merge(stream).split_for_parts();
    router
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(|| async { Json(document) }))
        .fallback(|| async { Problem::no_such_path() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn_with_state(state.clone(), metrics::counted))
        .layer(CompressionLayer::new())
        // Public figures, read only, without cookies: any page may read them.
        .layer(
            cors::CorsLayer::new()
                .allow_origin(cors::Any)
                .allow_methods([axum::http::Method::GET])
                .expose_headers(cors::Any),
        )
        .layer(RequestBodyLimitLayer::new(REQUEST_BODY))
        .with_state(state)
}

async fn within_time(request: Request, next: Next) -> Result<Response, Problem> {
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.map_err(|_| Problem::too_slow(REQUEST_TIMEOUT))
}
