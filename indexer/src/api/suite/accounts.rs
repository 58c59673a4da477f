//! `/v1/accounts` and `/v1/deposits`: what accounts hold.

use crate::{
    api::{
        extract::{PathParameter, QueryParameters},
        page::{limit, page, Page},
        parameters::{Address, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{CheckpointKind, DepositFilter},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An account that the examples name.
const EXAMPLE: &str = "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT";

/// What an account holds at the last stored block. Smallest units.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Balances {
    /// SS58.
    account: String,
    /// Free Bzky.
    bzky: String,
    /// Bzky locked for devices.
    deposits: String,
    time: String,
}

/// What an account holds. Of one that never held anything, zeros.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/balances", tag = "accounts",
    params(("account" = String, Path, description = "In SS58, or hex after 0x", example = json!(EXAMPLE))),
    responses((status = 200, description = "Its balances", body = Balances), Invalid),
)]
pub(in crate::api) async fn balances(
    State(state): State<ApiState>,
    PathParameter(Written(Address(account))): PathParameter<Written<Address>>,
) -> Result<Json<Balances>, Problem> {
    let store = &state.store;
    Ok(Json(Balances {
        account: ss58(&account),
        bzky: store.bzky_balance(&account).await?.to_string(),
        deposits: store.deposit_balance(&account).await?.to_string(),
        time: store.time_balance(&account).await?.to_string(),
    }))
}

/// Which balance.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum BalanceName {
    /// Free Bzky.
    Bzky,
    /// Bzky locked for devices.
    Deposit,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct CheckpointParameters {
    /// Of which balance; `bzky` if not given.
    #[param(inline)]
    balance: Option<BalanceName>,
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// What an account held in an epoch, and from then on until the next
/// checkpoint. Smallest unit of Bzky.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DayCheckpoint {
    /// Its index in the contract's list, which proves it.
    position: u32,
    /// Null before genesis.
    epoch: Option<u32>,
    /// Held at the epoch's end, or now.
    close: String,
    /// The lowest in the epoch, its opening balance included.
    low: String,
}

/// An account's day checkpoints, by epoch.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/checkpoints", tag = "accounts",
    params(("account" = String, Path, description = "In SS58, or hex after 0x", example = json!(EXAMPLE)), CheckpointParameters),
    responses((status = 200, description = "A page of checkpoints", body = Page<DayCheckpoint>), Invalid),
)]
pub(in crate::api) async fn checkpoints(
    State(state): State<ApiState>,
    PathParameter(Written(Address(account))): PathParameter<Written<Address>>,
    QueryParameters(parameters): QueryParameters<CheckpointParameters>,
) -> Result<Json<Page<DayCheckpoint>>, Problem> {
    let limit = limit(parameters.limit)?;
    let kind = match parameters.balance {
        None | Some(BalanceName::Bzky) => CheckpointKind::Bzky,
        Some(BalanceName::Deposit) => CheckpointKind::Deposit,
    };
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.checkpoints_from(kind, &account, from, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.checkpoint.stamp,
        |row| DayCheckpoint {
            position: row.position,
            epoch: row.checkpoint.stamp.checked_sub(1),
            close: row.checkpoint.close.to_string(),
            low: row.checkpoint.low.to_string(),
        },
    )))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct DepositParameters {
    /// Only those of this account.
    #[param(value_type = Option<String>)]
    depositor: Option<Written<Address>>,
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// Bzky locked for a device.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Deposit {
    device: u32,
    /// SS58.
    depositor: String,
    /// Smallest unit; 0 once released.
    amount: String,
    /// When it may be released, Unix milliseconds; null while the device is in use.
    releasable_ms: Option<String>,
}

/// Deposits, by device.
#[utoipa::path(
    get, path = "/v1/deposits", tag = "accounts", params(DepositParameters),
    responses((status = 200, description = "A page of deposits", body = Page<Deposit>), Invalid),
)]
pub(in crate::api) async fn deposits(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<DepositParameters>,
) -> Result<Json<Page<Deposit>>, Problem> {
    let limit = limit(parameters.limit)?;
    let filter = DepositFilter { depositor: parameters.depositor.map(|Written(Address(account))| account) };
    let rows = state.store.deposits_after(filter, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.device,
        |row| Deposit {
            device: row.device,
            depositor: ss58(&row.depositor),
            amount: row.amount.to_string(),
            releasable_ms: row.releasable_ms.map(|ms| ms.to_string()),
        },
    )))
}
