//! `/v1/merchants`: shops and their rewards.

use super::{
    extract::{PathParameter, QueryParameters},
    grades::{grade_now, Grade},
    page::{limit, page, Page},
    parameters::{present_epoch, ByNumber},
    problem::Problem,
    responses::{Invalid, NotFound},
    ApiState,
};
use crate::model::{hex, MerchantFilter, Party, Reward};
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
    /// Code of the trade that scores the present epoch; null until one is attested.
    trade: Option<u16>,
    /// Code of its region, likewise.
    region: Option<u16>,
    /// Terminals that are not retired.
    devices: u32,
    /// Those of them whose deposit an agent may lock.
    devices_with_agent: u32,
    /// Its grade now; null before its first kept epoch with a receipt, after
    /// thirty without one, and once it is removed.
    grade: Option<Grade>,
    capital: Option<MerchantCapital>,
    /// Free Bzky, smallest unit.
    balance: String,
    /// Bzky locked for devices, smallest unit.
    deposit: String,
    /// Owed, smallest unit of Bzky.
    debt: String,
}

/// A shop in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct MerchantSummary {
    id: u32,
    /// SS58.
    account: String,
    status: &'static str,
    /// Epoch of registration; null before genesis.
    registered_epoch: Option<u32>,
    /// Code of the trade that scores the present epoch; null until one is attested.
    trade: Option<u16>,
    /// Code of its region, likewise.
    region: Option<u16>,
    /// Terminals that are not retired.
    devices: u32,
    /// Those of them whose deposit an agent may lock.
    devices_with_agent: u32,
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

pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Demoted => "demoted",
        Status::Restricted => "restricted",
        Status::Removed => "removed",
    }
}

pub(super) async fn find(state: &ApiState, id: u32) -> Result<Party, Problem> {
    let found = state.store.party(Side::Merchant, id).await?;
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: u32) -> Problem {
    Problem::not_found(format!("there is no merchant {id}"))
}

fn summary(merchant: &crate::model::Merchant) -> MerchantSummary {
    MerchantSummary {
        id: merchant.party.index,
        account: ss58(&merchant.party.account),
        status: status_name(merchant.status),
        registered_epoch: merchant.party.stamp.checked_sub(1),
        trade: merchant.business.map(|business| business.trade),
        region: merchant.business.map(|business| business.region),
        devices: merchant.devices,
        devices_with_agent: merchant.devices_with_agent,
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only those of this trade.
    trade: Option<u16>,
    /// Only those of this region.
    region: Option<u16>,
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// Shops as they stand at the last stored block, by number.
#[utoipa::path(
    get, path = "/v1/merchants", tag = "merchants", params(ListParameters),
    responses((status = 200, description = "A page of shops", body = Page<MerchantSummary>), Invalid),
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ListParameters>,
) -> Result<Json<Page<MerchantSummary>>, Problem> {
    let limit = limit(parameters.limit)?;
    let filter = MerchantFilter { trade: parameters.trade, region: parameters.region };
    let (epoch, after) = (present_epoch(&state).await?, parameters.after.unwrap_or(0));
    let rows = state.store.merchants_after(filter, epoch, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |merchant| merchant.party.index, summary)))
}

/// A shop as it stands at the last stored block.
#[utoipa::path(
    get, path = "/v1/merchants/{id}", tag = "merchants",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1)),
    responses((status = 200, description = "The shop", body = Merchant), Invalid, NotFound),
)]
pub(super) async fn merchant(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
) -> Result<Json<Merchant>, Problem> {
    let (store, epoch) = (&state.store, present_epoch(&state).await?);
    let found = store.merchant(id, epoch).await?.ok_or_else(|| unknown(id))?;
    let MerchantSummary { account, status, registered_epoch, trade, region, devices, devices_with_agent, .. } =
        summary(&found);
    Ok(Json(Merchant {
        id,
        account,
        commitment: hex(found.party.commitment.as_ref()),
        status,
        registered_epoch,
        trade,
        region,
        devices,
        devices_with_agent,
        grade: store.merchant_grade(id).await?.and_then(|row| grade_now(&row, found.status, epoch)),
        capital: store.capital_at(id, epoch).await?.map(MerchantCapital::from),
        balance: store.bzky_balance(&found.party.account).await?.to_string(),
        deposit: store.deposit_balance(&found.party.account).await?.to_string(),
        debt: store.debt(Side::Merchant, id).await?.to_string(),
    }))
}

/// A reward that was paid to a merchant or customer.
#[derive(Serialize, ToSchema)]
pub(super) struct Paid {
    epoch: u32,
    /// Smallest unit of Bzky for a merchant, of Time for a customer.
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
    get, path = "/v1/merchants/{id}/rewards", tag = "merchants",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), ByNumber),
    responses((status = 200, description = "A page of rewards", body = Page<Paid>), Invalid, NotFound),
)]
pub(super) async fn rewards(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Paid>>, Problem> {
    let limit = limit(parameters.limit)?;
    find(&state, id).await?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.rewards_of(Side::Merchant, id, from, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |reward| reward.epoch, paid)))
}

/// A reward, or a part of one, that opens when nobody can demand its receipts
/// any more, or a deposit is pledged for it. Smallest unit of Bzky.
#[derive(Serialize, ToSchema)]
pub(super) struct DeferredReward {
    epoch: u32,
    /// Deferred by the claim.
    deferred: String,
    /// Paid since.
    paid: String,
    /// Withheld since for debts.
    withheld: String,
    /// Not paid yet.
    left: String,
    /// The block of the claim.
    block: u32,
}

/// Rewards of a shop that opened, or will open, later than their claim, by epoch.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/deferred-rewards", tag = "merchants",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), ByNumber),
    responses((status = 200, description = "A page of rewards", body = Page<DeferredReward>), Invalid, NotFound),
)]
pub(super) async fn deferred_rewards(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<DeferredReward>>, Problem> {
    let limit = limit(parameters.limit)?;
    find(&state, id).await?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.deferred_rewards_of(id, from, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |reward| reward.epoch,
        |reward| DeferredReward {
            epoch: reward.epoch,
            deferred: reward.deferred.to_string(),
            paid: reward.paid.to_string(),
            withheld: reward.withheld.to_string(),
            left: reward.left.to_string(),
            block: reward.block,
        },
    )))
}
