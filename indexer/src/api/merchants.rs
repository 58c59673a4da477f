//! `/v1/merchants/{id}` and its rewards.

use super::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    problem::Problem,
    ApiState,
};
use crate::model::{hex, Party, Reward};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::{
    party::{Capital, Status},
    Side,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub(super) struct Merchant {
    id: u32,
    /// SS58.
    account: String,
    commitment: String,
    status: &'static str,
    /// Epoch of registration; null before genesis.
    registered_epoch: Option<u32>,
    capital: Option<MerchantCapital>,
    /// Free Bzky, smallest unit.
    balance: String,
    /// Bzky locked for devices, smallest unit.
    deposit: String,
}

#[derive(Serialize, ToSchema)]
struct MerchantCapital {
    area_m2: u32,
    staff: u32,
    /// Minor units, here and below.
    rent_per_m2_month: String,
    wage_month: String,
    total_month: String,
}

impl From<Capital> for MerchantCapital {
    fn from(capital: Capital) -> Self {
        Self {
            area_m2: capital.area_m2,
            staff: capital.staff,
            rent_per_m2_month: capital.rent_per_m2_month.to_string(),
            wage_month: capital.wage_month.to_string(),
            total_month: capital.total().to_string(),
        }
    }
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Demoted => "demoted",
        Status::Restricted => "restricted",
        Status::Removed => "removed",
    }
}

async fn find(state: &ApiState, id: u32) -> Result<Party, Problem> {
    let found = state.store.party(Side::Merchant, id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no merchant {id}")))
}

/// A shop as it stands at the last stored block.
#[utoipa::path(
    get, path = "/v1/merchants/{id}", tag = "merchants", params(("id" = u32, Path, description = "Its number in the registry", example = 1)),
    responses(
        (status = 200, description = "The shop", body = Merchant),
        (status = 400, description = "A parameter is invalid", body = super::problem::Body,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn merchant(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
) -> Result<Json<Merchant>, Problem> {
    let party = find(&state, id).await?;
    let store = &state.store;
    let epoch = store.checkpoint().await?.and_then(|checkpoint| checkpoint.stamp.checked_sub(1)).unwrap_or(0);
    Ok(Json(Merchant {
        id,
        account: ss58(&party.account),
        commitment: hex(party.commitment.as_ref()),
        status: status_name(store.status_at(Side::Merchant, id, epoch).await?),
        registered_epoch: party.stamp.checked_sub(1),
        capital: store.capital_at(id, epoch).await?.map(MerchantCapital::from),
        balance: store.bzky_balance(&party.account).await?.to_string(),
        deposit: store.deposit_balance(&party.account).await?.to_string(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Paid {
    epoch: u32,
    /// Smallest unit of Bzky.
    amount: String,
    /// SS58.
    account: String,
    block: u32,
}

/// A reward as it is shown.
pub(super) fn paid(reward: &Reward) -> Paid {
    Paid { epoch: reward.epoch, amount: reward.amount.to_string(), account: ss58(&reward.account), block: reward.block }
}

/// Rewards that were paid to a shop, by epoch.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/rewards", tag = "merchants", params(("id" = u32, Path, description = "Its number in the registry", example = 1), Parameters),
    responses(
        (status = 200, description = "A page of rewards", body = Page<Paid>),
        (status = 400, description = "A parameter is invalid", body = super::problem::Body,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rewards(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Paid>>, Problem> {
    let limit = limit(parameters.limit)?;
    find(&state, id).await?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.rewards_of(Side::Merchant, id, from, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |reward| reward.epoch.into(), paid)))
}
