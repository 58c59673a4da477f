//! Proofs over HTTP: everything that a claim needs, ready to submit.
//!
//! | path | answers |
//! |---|---|
//! | `/v1/proofs/{side}/{epoch}/{account}` | the leaf, where its holding is read, the proof |
//! | `/health` | 200 while the process runs |
//! | `/ready` | 200 once every closed epoch is judged, 503 before and after a failure |
//!
//! `side` is `merchant` or `customer`, `account` the index in `registry`.
//! Errors are `application/problem+json`.

mod answer;

pub use answer::{Holdings, Leaf, ProofAnswer, Step, Tuple};

use crate::{book::BookError, Book};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use bizkey_indexer::api::problem::{self, Problem};
use bizkey_primitives::{Epoch, Side};
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The proofs alone, over the reports of `book`, to be served beside an
/// indexer's rows (`bizkey_indexer::router_with`).
pub fn routes<S: Clone + Send + Sync + 'static>(book: Arc<Book>) -> OpenApiRouter<S> {
    OpenApiRouter::new().routes(routes!(proof)).with_state(book)
}

/// All routes, over the reports of `book`.
pub fn router(book: Arc<Book>) -> Router {
    let operation = Router::new().route("/health", get(|| async { "ok" })).route("/ready", get(ready));
    operation.with_state(book.clone()).merge(routes(book)).fallback(|| async {
        let detail = "see /v1/proofs/{side}/{epoch}/{account}";
        Problem::new(StatusCode::NOT_FOUND, "not-found", "no such path", detail)
    })
}

/// What a merchant or a customer can claim for an epoch, ready to submit: send
/// `input` to `contract` as a contract call, from any account, once the epoch
/// is final. It pays the party's present account.
#[utoipa::path(
    get, path = "/v1/proofs/{side}/{epoch}/{account}", tag = "proofs",
    params(
        ("side" = String, Path, description = "`merchant` or `customer`", example = "merchant"),
        ("epoch" = u32, Path, description = "The epoch", example = 0),
        ("account" = u32, Path, description = "Index in `registry`", example = 1),
    ),
    responses(
        (status = 200, description = "The leaf, its proof and the call", body = ProofAnswer),
        (status = 400, description = "A parameter is invalid", body = problem::Body,
         content_type = "application/problem+json"),
        (status = 404, description = "The epoch is not judged, or the account has nothing to claim for it",
         body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The epoch's report is not in memory and cannot be read now: ask again",
         body = problem::Body, content_type = "application/problem+json"),
    ),
)]
async fn proof(
    State(book): State<Arc<Book>>,
    Path((side, epoch, account)): Path<(String, String, String)>,
) -> Result<Json<ProofAnswer>, Problem> {
    let refuse = |title, detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid-parameter", title, detail);
    let side = Side::ALL
        .into_iter()
        .find(|known| known.name() == side)
        .ok_or_else(|| refuse("unknown side", format!("`{side}` is neither `merchant` nor `customer`")))?;
    let number = |what, text: &str| {
        text.parse::<u32>().map_err(|_| refuse("not a number", format!("{what} `{text}` is no number below 2^32")))
    };
    let (epoch, account): (Epoch, u32) = (number("epoch", &epoch)?, number("account", &account)?);
    let unreadable = |error: BookError| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-readable", "report not readable now", error.to_string())
    };
    let report = book.report_for_stranger(epoch).map_err(unreadable)?.ok_or_else(|| {
        let next = book.next_epoch();
        let detail = format!("epoch {epoch} is not judged yet, or too old to be claimed; the next one is {next}");
        Problem::new(StatusCode::NOT_FOUND, "not-judged", "no report", detail)
    })?;
    ProofAnswer::new(&report, &book.network().rewards, side, account).map(Json).ok_or_else(|| {
        let detail = format!("{} {account} has nothing to claim for epoch {epoch}", side.name());
        Problem::new(StatusCode::NOT_FOUND, "nothing-to-claim", "no leaf", detail)
    })
}

async fn ready(State(book): State<Arc<Book>>) -> Result<&'static str, Problem> {
    if book.is_ready() {
        return Ok("ready");
    }
    let detail = book.last_error().unwrap_or_else(|| "epochs are still being judged".into());
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "not ready", detail))
}
