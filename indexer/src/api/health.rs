//! Whether the service lives, and whether its answers are current.

use super::{problem::Problem, ApiState};
use crate::sync::Status;
use axum::{extract::State, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// How far the rows are.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok` or `degraded`.
    status: &'static str,
    connected: bool,
    stalled: bool,
    head: Option<u32>,
    finalized_head: Option<u32>,
    indexed: Option<u32>,
    finalized: Option<u32>,
    rollbacks: u64,
    lag_blocks: Option<u32>,
    /// Since the rows were level with the chain.
    lag_seconds: u64,
}

impl From<Status> for Health {
    fn from(status: Status) -> Self {
        let lag_blocks = status.lag();
        let fine = status.is_ready();
        Self {
            status: if fine { "ok" } else { "degraded" },
            connected: status.connected,
            stalled: status.stalled,
            head: status.head,
            finalized_head: status.finalized_head,
            indexed: status.indexed,
            finalized: status.finalized,
            rollbacks: status.rollbacks,
            lag_blocks,
            lag_seconds: status.lag_time().as_secs(),
        }
    }
}

/// Alive: 200 as long as the database answers.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    responses(
        (status = 200, description = "Alive", body = Health),
        (status = 503, description = "The database does not answer", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn health(State(state): State<ApiState>) -> Result<Json<Health>, Problem> {
    state.store.ping().await?;
    Ok(Json(state.progress.status().into()))
}

/// Current: 200 while the chain moves and the rows are within two blocks of its
/// head, else 503.
#[utoipa::path(
    get, path = "/ready", tag = "operation",
    responses(
        (status = 200, description = "Current", body = Health),
        (status = 503, description = "The rows are behind", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, Problem> {
    let status = state.progress.status();
    if status.is_ready() {
        return Ok(Json(status.into()));
    }
    let detail = match (status.connected, status.lag()) {
        (false, _) => "the chain's endpoint does not answer".to_owned(),
        (true, None) => "no block is stored yet".to_owned(),
        (true, Some(_)) if status.stalled => "the chain makes no blocks".to_owned(),
        (true, Some(lag)) => format!("{lag} blocks behind the chain's head"),
    };
    Err(Problem::not_ready(detail))
}
