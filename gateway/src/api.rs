//! The REST API. Errors are problem+json (RFC 9457), lists are paged.

use crate::{
    chain::ReceiptChain,
    gateway::{Gateway, Stored},
    payment::{NewPayment, Payment, PaymentError},
};
use axum::{
    extract::{rejection::JsonRejection, rejection::QueryRejection, DefaultBodyLimit, Path, Query, State},
    http::{header, HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
    Json, Router,
};
use serde::{Deserialize, Serialize};

/// Longest request body, bytes.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Most payments on a page.
const MAX_PAGE: u32 = 500;

/// The gateway's routes.
pub fn router<C: ReceiptChain + 'static>(gateway: Gateway<C>) -> Router {
    Router::new()
        .route("/v1/payments", post(create_payment::<C>).get(list_payments::<C>))
        .route("/v1/payments/{id}", get(get_payment::<C>))
        .route("/health", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
        .route("/ready", get(ready::<C>))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(gateway)
}

/// An error as the API shows it (RFC 9457).
#[derive(Debug, Serialize)]
struct Problem {
    /// Where the kind of error is described.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What was wrong and what to do.
    detail: String,
}

fn problem(status: StatusCode, code: &str, detail: String) -> Response {
    let problem = Problem {
        kind: format!("/problems/{code}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
    };
    (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(problem)).into_response()
}

impl IntoResponse for PaymentError {
    fn into_response(self) -> Response {
        let status = match &self {
            PaymentError::IdempotencyKey => StatusCode::BAD_REQUEST,
            PaymentError::NotFound(_) => StatusCode::NOT_FOUND,
            PaymentError::IdempotencyKeyReused(_) => StatusCode::CONFLICT,
            PaymentError::Store(_) | PaymentError::Chain(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // The cause is for the operator, not for the till.
            tracing::error!(error = ?self, "a payment could not be taken");
        }
        problem(status, self.code(), self.to_string())
    }
}

async fn create_payment<C: ReceiptChain + 'static>(
    State(gateway): State<Gateway<C>>,
    headers: HeaderMap,
    body: Result<Json<NewPayment>, JsonRejection>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => return problem(rejection.status(), "malformed_request", rejection.body_text()),
    };
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match gateway.create(&request, key).await {
        Ok(Stored::New(payment)) => (StatusCode::CREATED, Json(payment)).into_response(),
        Ok(Stored::Replayed(payment)) => {
            (StatusCode::CREATED, [("idempotent-replayed", "true")], Json(payment)).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

async fn get_payment<C: ReceiptChain + 'static>(
    State(gateway): State<Gateway<C>>,
    Path(id): Path<String>,
) -> Result<Json<Payment>, PaymentError> {
    gateway.payment(&id).await.map(Json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListPayments {
    device: u32,
    #[serde(default)]
    after: String,
    #[serde(default = "default_limit")]
    limit: u32,
}

fn default_limit() -> u32 {
    100
}

/// A page of payments.
#[derive(Debug, Serialize)]
struct Page {
    /// The payments.
    items: Vec<Payment>,
    /// Give it as `after` for the next page; absent on the last one.
    next: Option<String>,
}

async fn list_payments<C: ReceiptChain + 'static>(
    State(gateway): State<Gateway<C>>,
    query: Result<Query<ListPayments>, QueryRejection>,
) -> Response {
    let Query(query) = match query {
        Ok(query) => query,
        Err(rejection) => return problem(rejection.status(), "malformed_request", rejection.body_text()),
    };
    let limit = query.limit.clamp(1, MAX_PAGE);
    match gateway.payments_of(query.device, &query.after, limit).await {
        Ok(items) => {
            let full = items.len() == limit as usize;
            let next = items.last().filter(|_| full).map(|payment| payment.id.clone());
            Json(Page { items, next }).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

async fn ready<C: ReceiptChain + 'static>(State(gateway): State<Gateway<C>>) -> Response {
    match gateway.backlog().await {
        Ok((waiting, unrecorded)) => {
            Json(serde_json::json!({ "status": "ready", "waiting": waiting, "unrecorded_batches": unrecorded }))
                .into_response()
        }
        Err(failure) => PaymentError::Store(failure).into_response(),
    }
}
