//! `/v1/customers`.

use crate::{
    api::{
        extract::{PathParameter, QueryParameters},
        merchants::{paid, status_name, Paid},
        page::{limit, page, Page},
        parameters::{present_epoch, ByNumber},
        problem::Problem,
        responses::{Invalid, NotFound},
        ApiState,
    },
    model::{hex, Party},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::Side;
use serde::Serialize;
use utoipa::ToSchema;

/// A customer as it stands at the last stored block.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Customer {
    id: u32,
    /// SS58.
    account: String,
    commitment: String,
    status: &'static str,
    /// Epoch of registration; null before genesis.
    registered_epoch: Option<u32>,
    /// Time, smallest unit.
    time: String,
    /// Free Bzky, smallest unit.
    bzky: String,
    /// Owed, smallest unit of Time.
    debt: String,
}

async fn find(state: &ApiState, id: u32) -> Result<Party, Problem> {
    let found = state.store.party(Side::Customer, id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no customer {id}")))
}

/// A customer as it stands at the last stored block.
#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "customers",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1)),
    responses((status = 200, description = "The customer", body = Customer), Invalid, NotFound),
)]
pub(in crate::api) async fn customer(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
) -> Result<Json<Customer>, Problem> {
    let (party, store) = (find(&state, id).await?, &state.store);
    let status = store.status_at(Side::Customer, id, present_epoch(&state).await?).await?;
    Ok(Json(Customer {
        id,
        account: ss58(&party.account),
        commitment: hex(party.commitment.as_ref()),
        status: status_name(status),
        registered_epoch: party.stamp.checked_sub(1),
        time: store.time_balance(&party.account).await?.to_string(),
        bzky: store.bzky_balance(&party.account).await?.to_string(),
        debt: store.debt(Side::Customer, id).await?.to_string(),
    }))
}

/// Rewards that were paid to a customer, by epoch; smallest unit of Time.
#[utoipa::path(
    get, path = "/v1/customers/{id}/rewards", tag = "customers",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), ByNumber),
    responses((status = 200, description = "A page of rewards", body = Page<Paid>), Invalid, NotFound),
)]
pub(in crate::api) async fn rewards(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Paid>>, Problem> {
    let limit = limit(parameters.limit)?;
    find(&state, id).await?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.rewards_of(Side::Customer, id, from, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |reward| reward.epoch, paid)))
}
