//! REST over the rows. Amounts of tokens and everything else that can pass
//! 2^53 are decimal strings; errors are problem+json (RFC 9457).

mod epochs;
mod extract;
mod health;
mod merchants;
mod page;
mod problem;
mod receipts;

use crate::{store::Store, sync::Progress};
use axum::{extract::Request, middleware::Next, response::Response, routing::get, Router};
use problem::Problem;
use std::time::Duration;

/// Longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What the handlers need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The rows.
    pub store: Store,
    /// How far they are.
    pub progress: Progress,
}

/// The API. The caller owns the listener and its shutdown.
pub fn router(state: ApiState) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/v1/merchants/{id}", get(merchants::merchant))
        .route("/v1/merchants/{id}/rewards", get(merchants::rewards))
        .route("/v1/receipts", get(receipts::list))
        .route("/v1/epochs", get(epochs::list))
        .fallback(|| async { Problem::no_such_path() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(axum::middleware::from_fn(within_time))
        .with_state(state)
}

async fn within_time(request: Request, next: Next) -> Result<Response, Problem> {
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.map_err(|_| Problem::too_slow(REQUEST_TIMEOUT))
}
