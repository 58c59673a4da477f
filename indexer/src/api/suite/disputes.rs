//! `/v1/disputes`: disputed reports.

use crate::api::{
    extract::QueryParameters,
    page::{limit, page, Page},
    parameters::{InEpoch, Written},
    problem::Problem,
    responses::Invalid,
    ApiState,
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those of this epoch.
    epoch: Option<u32>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<InEpoch<u8>>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A dispute of a report.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Dispute {
    epoch: u32,
    /// The round of the report, 0 or 1.
    round: u8,
    /// SS58.
    disputer: String,
    /// At stake, smallest unit of Bzky.
    bond: String,
    block: u32,
    /// Whether the board struck the report; null while it has not decided.
    upheld: Option<bool>,
    decided_block: Option<u32>,
}

/// Disputed reports, by epoch and round.
#[utoipa::path(
    get, path = "/v1/disputes", tag = "epochs", params(Parameters),
    responses((status = 200, description = "A page of disputes", body = Page<Dispute>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Dispute>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.map(|Written(InEpoch(epoch, round))| (epoch, round));
    let rows = state.store.disputes_after(parameters.epoch, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| InEpoch(row.epoch, row.round),
        |row| Dispute {
            epoch: row.epoch,
            round: row.round,
            disputer: ss58(&row.disputer),
            bond: row.bond.to_string(),
            block: row.opened.block,
            upheld: row.upheld,
            decided_block: row.decided_block,
        },
    )))
}
