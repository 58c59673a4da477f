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
mod problem;

pub use answer::{Holdings, Leaf, ProofAnswer, Step, Tuple};

use crate::Book;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use bizkey_primitives::{Epoch, Side};
use problem::Problem;
use std::sync::Arc;

/// The routes, over the reports of `book`.
pub fn router(book: Arc<Book>) -> Router {
    Router::new()
        .route("/v1/proofs/{side}/{epoch}/{account}", get(proof))
        .route("/health", get(|| async { "ok" }))
        .route("/ready", get(ready))
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "no such path", "see /v1/proofs/{side}/{epoch}/{account}")
        })
        .with_state(book)
}

async fn proof(
    State(book): State<Arc<Book>>,
    Path((side, epoch, account)): Path<(String, String, String)>,
) -> Result<Json<ProofAnswer>, Problem> {
    let refuse = |title, detail: String| Problem::new(StatusCode::BAD_REQUEST, title, detail);
    let side = Side::ALL
        .into_iter()
        .find(|known| known.name() == side)
        .ok_or_else(|| refuse("unknown side", format!("`{side}` is neither `merchant` nor `customer`")))?;
    let number = |what, text: &str| {
        text.parse::<u32>().map_err(|_| refuse("not a number", format!("{what} `{text}` is no number below 2^32")))
    };
    let (epoch, account): (Epoch, u32) = (number("epoch", &epoch)?, number("account", &account)?);
    let report = book.report(epoch).ok_or_else(|| {
        let next = book.next_epoch();
        let detail = format!("epoch {epoch} is not judged yet, or too old to be claimed; the next one is {next}");
        Problem::new(StatusCode::NOT_FOUND, "no report", detail)
    })?;
    ProofAnswer::new(&report, side, account).map(Json).ok_or_else(|| {
        let detail = format!("{} {account} has nothing to claim for epoch {epoch}", side.name());
        Problem::new(StatusCode::NOT_FOUND, "no leaf", detail)
    })
}

async fn ready(State(book): State<Arc<Book>>) -> Result<&'static str, Problem> {
    if book.is_ready() {
        return Ok("ready");
    }
    let detail = book.last_error().unwrap_or_else(|| "epochs are still being judged".into());
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not ready", detail))
}
