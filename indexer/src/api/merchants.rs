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

#[derive(Serialize)]
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

#[derive(Serialize)]
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

/// A shop as it stands at the checkpoint.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    after: Option<u32>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Paid {
    epoch: u32,
    /// Smallest unit of Bzky.
    amount: String,
    /// SS58.
    account: String,
    block: u32,
}

fn paid(reward: &Reward) -> Paid {
    Paid { epoch: reward.epoch, amount: reward.amount.to_string(), account: ss58(&reward.account), block: reward.block }
}

/// Rewards that were paid to a shop, by epoch.
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
