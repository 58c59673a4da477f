//! `/v1/agents`: who locks deposits for shops.

use crate::api::{
    extract::QueryParameters,
    page::{limit, page, Page},
    parameters::ByNumber,
    problem::Problem,
    responses::Invalid,
    ApiState,
};
use crate::model::hex;
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who locks deposits for shops.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Agent {
    id: u32,
    /// SS58.
    account: String,
    commitment: String,
    /// Epoch of registration; null before genesis.
    registered_epoch: Option<u32>,
    /// Whether it may lock deposits.
    active: bool,
    /// Hash of the reason of its last removal or return; null if there was none.
    reason: Option<String>,
}

/// Agents, by number.
#[utoipa::path(
    get, path = "/v1/agents", tag = "agents", params(ByNumber),
    responses((status = 200, description = "A page of agents", body = Page<Agent>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Agent>>, Problem> {
    let limit = limit(parameters.limit)?;
    let rows = state.store.agents_after(parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.agent,
        |row| Agent {
            id: row.agent,
            account: ss58(&row.account),
            commitment: hex(row.commitment.as_ref()),
            registered_epoch: row.stamp.checked_sub(1),
            active: row.active,
            reason: row.reason.map(|reason| hex(reason.as_ref())),
        },
    )))
}
